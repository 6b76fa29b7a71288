"""Work that is due on a day: forms go out, reviews and classes are concluded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import feedback, reviews
from services.evaluation.commands.days import CLOSE_REVIEWS, CONCLUDE_CLASSES, OPEN_REVIEWS
from shared.timers import Due, TimerFunction


def _for_the_day(work: Callable[[AsyncSession], Awaitable[None]]) -> TimerFunction:
    """A day's work looks at everything that is due by now, so that a day that was missed is made up for."""

    async def function(session: AsyncSession, due: Due) -> None:  # noqa: ARG001 one shape for all timers
        await work(session)

    return function


TIMERS: Mapping[str, TimerFunction] = {
    OPEN_REVIEWS: _for_the_day(reviews.open_due),
    CLOSE_REVIEWS: _for_the_day(reviews.close_overdue),
    CONCLUDE_CLASSES: _for_the_day(feedback.conclude_classes),
}
