"""Classes as they are held: scheduled, attended, measured. Nothing commits here.

Every command on a class or a seat locks the class first, so that commands on one class follow each other and the
events of a seat are published in the order of its changes; then demands, then accounts of learning hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands.enrolment_rows import keep_enrolments
from services.training.domain import Enrolment, Schedule, Scores, TrainingClass
from services.training.tables import AttendanceRow, ClassRow
from shared import audit
from shared.db import insert_rows
from shared.delivery import outbox
from shared.events.training import ClassScheduled, LearningMeasured
from shared.identity.actor import Actor
from shared.ids import new_id

CORRECT_ATTENDANCE = "ON CONFLICT (enrolment_id, session_number) DO UPDATE SET present = excluded.present"

Marks = Sequence[tuple[UUID, int, bool]]
"""Enrolment, number of the session, whether present."""


async def schedule_class(session: AsyncSession, actor: Actor, program_id: UUID, schedule: Schedule) -> TrainingClass:
    """Schedule a class of a programme under the programme's present terms."""
    program = await queries.program(session, actor, program_id)
    training_class = TrainingClass(
        id=new_id(), program_id=program.id, form=program.form, terms=program.terms, schedule=schedule
    )
    session.add(ClassRow.from_domain(training_class))
    audit.record(session, actor, "schedule_class", "class", training_class.id)
    outbox.record(session, _class_scheduled(training_class))
    return training_class


async def record_attendance(
    session: AsyncSession,
    actor: Actor,
    class_id: UUID,
    session_number: int,
    present: Sequence[tuple[UUID, bool]],
    today: date,
) -> None:
    """Record or correct who was present in one session; enrolments not named stay as they are."""
    row = await queries.class_for_update(session, actor, class_id)
    seated = await queries.enrolments_of(session, class_id)
    named = [enrolment_id for enrolment_id, _ in present]
    row.to_domain().accept_attendance(session_number, named, seated=seated, today=today)
    await keep_attendance(session, [(each, session_number, was_present) for each, was_present in present])
    audit.record(session, actor, "record_attendance", "class", class_id, {"session": session_number})


async def record_scores(
    session: AsyncSession, actor: Actor, class_id: UUID, measured: Sequence[tuple[UUID, Scores]]
) -> list[Enrolment]:
    """Record or correct pre and post tests; what did not change is not told again."""
    row = await queries.class_for_update(session, actor, class_id)
    changed = row.to_domain().measure(measured, await queries.enrolments_of(session, class_id))
    await keep_enrolments(session, changed)
    audit.record(session, actor, "record_scores", "class", class_id, {"changed": len(changed)})
    for enrolment in changed:
        outbox.record(session, _learning_measured(row.program_id, enrolment), correlation=enrolment.correlation_id)
    return changed


async def keep_attendance(session: AsyncSession, marks: Marks) -> None:
    """Write down who was present, over what was written before."""
    rows = [
        {"enrolment_id": enrolment_id, "session_number": number, "present": present}
        for enrolment_id, number, present in marks
    ]
    await insert_rows(session, AttendanceRow, rows, CORRECT_ATTENDANCE)


def _class_scheduled(training_class: TrainingClass) -> ClassScheduled:
    schedule = training_class.schedule
    return ClassScheduled(
        class_id=training_class.id,
        program_id=training_class.program_id,
        start_date=schedule.start_date,
        end_date=schedule.end_date,
        cost_level=schedule.cost_level.value,
    )


def _learning_measured(program_id: UUID, enrolment: Enrolment) -> LearningMeasured:
    scores = enrolment.scores
    assert scores is not None
    return LearningMeasured(
        enrolment_id=enrolment.id,
        class_id=enrolment.class_id,
        program_id=program_id,
        employee_id=enrolment.employee_id,
        pre_score=scores.pre_score,
        post_score=scores.post_score,
        max_score=scores.max_score,
    )
