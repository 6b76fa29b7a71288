"""What happens in evaluation on the events of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import feedback, follow_ups, learning, reviews
from services.evaluation.commands.days import OPEN_REVIEWS, schedule_days
from services.evaluation.domain.evaluations import Activity
from services.evaluation.domain.learning import Completion, Enrolment, Scores
from services.evaluation.domain.selection import Ground
from services.evaluation.queries import evaluations as queries
from services.evaluation.tables import ClassRow, ProgramRow
from shared import clock, metrics
from shared.db import insert_rows
from shared.delivery.envelope import Received
from shared.events.training import (
    ClassScheduled,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingCompletionCorrected,
    TrainingNotCompleted,
)

AboutEnrolment = (
    EnrolmentConfirmed | LearningMeasured | TrainingCompleted | TrainingNotCompleted | TrainingCompletionCorrected
)
E = TypeVar(
    "E", EnrolmentConfirmed, LearningMeasured, TrainingCompleted, TrainingNotCompleted, TrainingCompletionCorrected
)

NEWER_PROGRAM = (
    "ON CONFLICT (id) DO UPDATE SET code = excluded.code, title = excluded.title, form = excluded.form,"
    " pass_mark = excluded.pass_mark, sequence = excluded.sequence WHERE programs.sequence < excluded.sequence"
)
KEEP_CLASS = "ON CONFLICT (id) DO UPDATE SET cost_level = excluded.cost_level"
# Reviews that fell due before their class or programme was heard of are looked at once more.
LOOK_AGAIN = text(
    "UPDATE reviews r SET status = 'PLANNED', ground = NULL FROM classes c"
    " WHERE r.ground = 'CLASS_UNKNOWN' AND r.class_id = c.id"
    " AND (c.id = ANY(CAST(:ids AS uuid[])) OR c.program_id = ANY(CAST(:ids AS uuid[]))) RETURNING r.id"
)


async def on_program_recorded(session: AsyncSession, events: list[Received[ProgramRecorded]]) -> None:
    """Take over the newest state of each programme; one that was removed keeps its title in what was evaluated."""
    present = sorted((e for e in events if e.payload is not None), key=lambda e: e.subject)
    rows = [
        {
            "id": e.subject,
            "code": e.data.code,
            "title": e.data.title,
            "form": e.data.form,
            "pass_mark": e.data.pass_mark,
            "sequence": e.sequence,
        }
        for e in present
    ]
    await insert_rows(session, ProgramRow, rows, NEWER_PROGRAM)
    await _look_again(session, (e.subject for e in present))


async def on_class_scheduled(session: AsyncSession, events: list[Received[ClassScheduled]]) -> None:
    """Remember what each class costs: paid ones are reviewed at work."""
    rows = [
        {
            "id": e.data.class_id,
            "program_id": e.data.program_id,
            "end_date": e.data.end_date,
            "cost_level": e.data.cost_level,
        }
        for e in sorted(events, key=lambda e: e.subject)
    ]
    await insert_rows(session, ClassRow, rows, KEEP_CLASS)
    await _look_again(session, (e.subject for e in events))


async def on_enrolment_confirmed(session: AsyncSession, events: list[Received[EnrolmentConfirmed]]) -> None:
    """Remember the needs each seat is to meet; the follow-up that asked for it has been taken up."""
    seats = await _seats_of(session, events)
    await _apply(session, seats, events, lambda seat, told: seat.confirmed(told.data.need_ids, told.data.follow_up_id))
    await follow_ups.accepted(session, _by_follow_up(events))


async def on_enrolment_cancelled(session: AsyncSession, events: list[Received[EnrolmentCancelled]]) -> None:
    """A follow-up whose seat was given up waits for another class."""
    await follow_ups.returned(session, _by_follow_up(events))


async def on_learning_measured(session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
    """Take the newest scores; after completion they are a correction, and the verdict is reached anew."""
    seats = await _seats_of(session, events)
    newer = _newer(session, events, {seat.id: seat.score_sequence for seat in seats.values()})
    await _apply(session, seats, newer, _measured)


async def on_training_completed(session: AsyncSession, events: list[Received[TrainingCompleted]]) -> None:
    """Conclude what was learned (PP 11/2017 Pasal 203: every activity is evaluated), ask about it, look again later."""
    seats, newer = await _ended(session, events)
    await _finish(session, newer)
    await _evaluate_further(session, await _apply(session, seats, newer, _completed))


async def on_training_not_completed(session: AsyncSession, events: list[Received[TrainingNotCompleted]]) -> None:
    """Remember that there is nothing to evaluate; a follow-up that asked for the class waits for another."""
    seats, newer = await _ended(session, events)
    enrolments = await _apply(session, seats, newer, _not_completed)
    left = {event.subject: event for event in newer}
    waiting = {e.follow_up_id: left[e.id] for e in enrolments if e.follow_up_id and not e.completion}
    await follow_ups.returned(session, waiting)


async def on_training_completion_corrected(
    session: AsyncSession, events: list[Received[TrainingCompletionCorrected]]
) -> None:
    """Judge anew what was found to be completed, and take back what was not."""
    seats, newer = await _ended(session, events)
    met, missed = [e for e in newer if e.data.completed], [e for e in newer if not e.data.completed]
    await _finish(session, met)
    await _evaluate_further(session, await _apply(session, seats, met, _completed))
    activities = _activities(await _apply(session, seats, missed, _taken_back))
    await feedback.drop_forms(session, activities)
    await reviews.drop_reviews_of(session, [activity.id for activity in activities], Ground.NOT_COMPLETED)
    await follow_ups.undone(session, _by_follow_up(missed))


async def _seats_of(session: AsyncSession, events: Iterable[Received[Any]]) -> dict[UUID, Enrolment]:
    return await queries.enrolments_for_update(session, {event.subject for event in events})


async def _ended(
    session: AsyncSession, events: Sequence[Received[E]]
) -> tuple[dict[UUID, Enrolment], list[Received[E]]]:
    """The seats, and those events that no newer one about how the same seat ended has overtaken."""
    seats = await _seats_of(session, events)
    return seats, _newer(session, events, {seat.id: seat.outcome_sequence for seat in seats.values()})


def _newer(session: AsyncSession, events: Sequence[Received[E]], newest: Mapping[UUID, int]) -> list[Received[E]]:
    """Those that no newer one has overtaken: an old event that is told again under another id undoes nothing."""
    found = [event for event in events if event.sequence >= newest.get(event.subject, 0)]
    metrics.OLDER.labels(session.info["origin"].service).inc(len(events) - len(found))
    return found


async def _apply(
    session: AsyncSession,
    seats: dict[UUID, Enrolment],
    events: Sequence[Received[E]],
    change: Callable[[Enrolment, Received[E]], Enrolment],
) -> list[Enrolment]:
    """Let each event change its seat, whether or not an earlier one made it known, and conclude what follows."""
    if not events:
        return []
    for event in events:
        seats[event.subject] = change(seats.get(event.subject) or _first_seen(event.data), event)
    changed = [seats[subject] for subject in {event.subject: None for event in events}]
    await learning.keep_enrolments(session, changed)
    causes: dict[Any, Received[Any]] = {event.subject: event for event in events}
    await learning.conclude_learning(session, changed, causes)
    return changed


async def _evaluate_further(session: AsyncSession, enrolments: Iterable[Enrolment]) -> None:
    activities = _activities(enrolments)
    await feedback.ask_participants(session, activities)
    await reviews.plan_reviews(session, activities)


async def _finish(session: AsyncSession, events: Iterable[Received[Any]]) -> None:
    """What follow-ups ordered is done; before its result is judged, since that may end the follow-up."""
    causes = _by_follow_up(events)
    dates: dict[UUID, tuple[date, date]] = {}
    for follow_up_id, event in causes.items():
        completion = _completion(event.data)
        activity = _first_seen(event.data).activity(completion)
        dates[follow_up_id] = completion.end_date, reviews.due_date_of(activity)
    await follow_ups.finished(session, dates, causes)


async def _look_again(session: AsyncSession, ids: Iterable[UUID]) -> None:
    found = (await session.execute(LOOK_AGAIN, {"ids": sorted(ids)})).all()
    if found:
        await schedule_days(session, OPEN_REVIEWS, [await clock.today(session)])


def _by_follow_up(events: Iterable[Received[Any]]) -> dict[UUID, Received[Any]]:
    return {event.data.follow_up_id: event for event in events if event.data.follow_up_id is not None}


def _activities(enrolments: Iterable[Enrolment]) -> list[Activity]:
    return [enrolment.activity(enrolment.completion) for enrolment in enrolments if enrolment.completion]


def _first_seen(data: AboutEnrolment) -> Enrolment:
    return Enrolment(
        id=data.enrolment_id, class_id=data.class_id, program_id=data.program_id, employee_id=data.employee_id
    )


def _scores(data: LearningMeasured) -> Scores:
    return Scores(pre=data.pre_score, post=data.post_score, highest=data.max_score)


def _completion(data: TrainingCompleted | TrainingCompletionCorrected) -> Completion:
    return Completion(
        competency=data.competency,
        pass_mark=data.pass_mark,
        end_date=data.end_date,
        learning_hours=data.learning_hours,
    )


def _measured(seat: Enrolment, told: Received[LearningMeasured]) -> Enrolment:
    return replace(seat.measured(_scores(told.data)), score_sequence=told.sequence)


def _completed(seat: Enrolment, told: Received[TrainingCompleted] | Received[TrainingCompletionCorrected]) -> Enrolment:
    data = told.data
    ended = seat.completed(_completion(data), data.need_ids, data.follow_up_id)
    return replace(ended, outcome_sequence=told.sequence)


def _not_completed(seat: Enrolment, told: Received[TrainingNotCompleted]) -> Enrolment:
    return replace(seat.not_completed(), outcome_sequence=told.sequence)


def _taken_back(seat: Enrolment, told: Received[TrainingCompletionCorrected]) -> Enrolment:
    data = told.data
    ended = seat.taken_back(_completion(data), data.need_ids, data.follow_up_id)
    return replace(ended, outcome_sequence=told.sequence)
