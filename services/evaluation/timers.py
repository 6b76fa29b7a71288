"""Work that is due on a day: forms go out, reviews and classes are concluded; and what those who left let go of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import feedback, people, reviews
from services.evaluation.commands.absences import LET_GO
from services.evaluation.commands.days import CLOSE_REVIEWS, CONCLUDE_CLASSES, OPEN_REVIEWS
from shared.timers import Due, TimerFunction


def _for_the_day(work: Callable[[AsyncSession], Awaitable[None]]) -> TimerFunction:
    """A day's work looks at everything that is due by now, so that a day that was missed is made up for."""

    async def function(session: AsyncSession, due: Due) -> None:  # noqa: ARG001 one shape for all timers
        await work(session)

    return function


async def _let_go(session: AsyncSession, due: Due) -> None:
    await people.let_go(session, due.subject_id)


TIMERS: Mapping[str, TimerFunction] = {
    OPEN_REVIEWS: _for_the_day(reviews.open_due),
    CLOSE_REVIEWS: _for_the_day(reviews.close_overdue),
    LET_GO: _let_go,
    CONCLUDE_CLASSES: _for_the_day(feedback.conclude_classes),
}
