"""What happens in evaluation on the events of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation import commands, queries
from services.evaluation.domain import Completion, Enrolment, Scores
from services.evaluation.tables import ProgramRow
from shared.db import insert_rows
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.events.training import (
    EnrolmentConfirmed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingNotCompleted,
)

AboutEnrolment = EnrolmentConfirmed | LearningMeasured | TrainingCompleted | TrainingNotCompleted
E = TypeVar("E", EnrolmentConfirmed, LearningMeasured, TrainingCompleted, TrainingNotCompleted)

NEWER_PROGRAM = (
    "ON CONFLICT (id) DO UPDATE SET code = excluded.code, title = excluded.title, pass_mark = excluded.pass_mark,"
    " sequence = excluded.sequence WHERE programs.sequence < excluded.sequence"
)


async def on_program_recorded(session: AsyncSession, events: list[Received[ProgramRecorded]]) -> None:
    """Take over the newest state of each programme; one that was removed keeps its title in what was evaluated."""
    present = sorted((e for e in events if e.payload is not None), key=lambda e: e.subject)
    rows = [
        {
            "id": e.subject,
            "code": e.data.code,
            "title": e.data.title,
            "pass_mark": e.data.pass_mark,
            "sequence": e.sequence,
        }
        for e in present
    ]
    await insert_rows(session, ProgramRow, rows, NEWER_PROGRAM)


async def on_enrolment_confirmed(session: AsyncSession, events: list[Received[EnrolmentConfirmed]]) -> None:
    """Remember the needs each seat is to meet."""
    await _apply(session, events, lambda known, seat: known.confirmed(seat.need_ids))


async def on_learning_measured(session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
    """Take the newest scores; after completion they are a correction, and the verdict is reached anew."""
    await _apply(session, events, lambda known, test: known.measured(_scores(test)))


async def on_training_completed(session: AsyncSession, events: list[Received[TrainingCompleted]]) -> None:
    """Conclude what was learned (PP 11/2017 Pasal 203: every activity is evaluated)."""
    await _apply(session, events, lambda known, done: known.completed(_completion(done), done.need_ids))


async def on_training_not_completed(session: AsyncSession, events: list[Received[TrainingNotCompleted]]) -> None:
    """Remember that there is nothing to evaluate."""
    await _apply(session, events, lambda known, _: known.not_completed())


HANDLERS: Handlers = {
    ProgramRecorded: on_program_recorded,
    EnrolmentConfirmed: on_enrolment_confirmed,
    LearningMeasured: on_learning_measured,
    TrainingCompleted: on_training_completed,
    TrainingNotCompleted: on_training_not_completed,
}


async def _apply(session: AsyncSession, events: list[Received[E]], change: Callable[[Enrolment, E], Enrolment]) -> None:
    """Let each event change its enrolment, whether or not an earlier one made it known, and conclude what follows."""
    enrolments = await queries.enrolments_for_update(session, {event.subject for event in events})
    for event in events:
        known = enrolments.get(event.subject) or _first_seen(event.data)
        enrolments[event.subject] = change(known, event.data)
    await commands.keep_enrolments(session, enrolments.values())
    causes: dict[Any, Received[Any]] = {event.subject: event for event in events}
    await commands.conclude_learning(session, list(enrolments.values()), causes)


def _first_seen(data: AboutEnrolment) -> Enrolment:
    return Enrolment(
        id=data.enrolment_id, class_id=data.class_id, program_id=data.program_id, employee_id=data.employee_id
    )


def _scores(data: LearningMeasured) -> Scores:
    return Scores(pre=data.pre_score, post=data.post_score, highest=data.max_score)


def _completion(data: TrainingCompleted) -> Completion:
    return Completion(competency=data.competency, pass_mark=data.pass_mark, end_date=data.end_date)
