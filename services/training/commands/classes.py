"""Classes as they are held: scheduled, attended, measured. Nothing commits here.

Every command on a class or a seat locks the class first, so that commands on one class follow each other and the
events of a seat are published in the order of its changes; then demands, then accounts of learning hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands.enrolment_rows import keep_enrolments, of_classes
from services.training.domain import Enrolment, Schedule, Scores, TrainingClass
from services.training.tables import AttendanceRow, ClassRow
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.events.training import ClassScheduled, LearningMeasured
from shared.identity.actor import Actor
from shared.ids import new_id

CORRECT_ATTENDANCE = "ON CONFLICT (enrolment_id, session_number) DO UPDATE SET present = excluded.present"

Marks = Sequence[tuple[UUID, int, bool]]
"""Enrolment, number of the session, whether present."""

AttendanceLists = Mapping[int, Sequence[tuple[UUID, bool]]]
"""By number of the session: who of its class was present."""


async def schedule_class(session: AsyncSession, actor: Actor, program_id: UUID, schedule: Schedule) -> TrainingClass:
    """Schedule a class of a programme under the programme's present terms."""
    return (await schedule_classes(session, actor, [(program_id, schedule)]))[0]


async def schedule_classes(
    session: AsyncSession, actor: Actor, planned: Sequence[tuple[UUID, Schedule]]
) -> list[TrainingClass]:
    """Schedule classes, each of a programme by its id."""
    await clock.now(session)  # known from here on, so that the entries of the audit are written together
    programs = await queries.programs_by_id(session, actor, {program_id for program_id, _ in planned})
    scheduled = [
        TrainingClass(
            id=new_id(),
            program_id=program_id,
            form=programs[program_id].form,
            terms=programs[program_id].terms,
            schedule=schedule,
        )
        for program_id, schedule in planned
    ]
    session.add_all(ClassRow.from_domain(training_class) for training_class in scheduled)
    for training_class in scheduled:
        audit.record(session, actor, "schedule_class", "class", training_class.id)
        outbox.record(session, _class_scheduled(training_class))
    return scheduled


async def record_attendance(
    session: AsyncSession,
    actor: Actor,
    class_id: UUID,
    session_number: int,
    present: Sequence[tuple[UUID, bool]],
    today: date,
) -> None:
    """Record or correct who was present in one session; enrolments not named stay as they are."""
    await record_attendances(session, actor, {class_id: {session_number: present}}, today)


async def record_attendances(
    session: AsyncSession, actor: Actor, lists: Mapping[UUID, AttendanceLists], today: date
) -> None:
    """Record or correct who was present in sessions of several classes."""
    await clock.now(session)  # as above
    rows = await queries.every_class_for_update(session, actor, lists)
    seated = of_classes(await queries.enrolments_of(session, *rows))
    for class_id, row in rows.items():
        training_class, seats = row.to_domain(), seated.get(class_id, {})
        for number, present in lists[class_id].items():
            named = [enrolment_id for enrolment_id, _ in present]
            training_class.accept_attendance(number, named, seated=seats, today=today)
            audit.record(session, actor, "record_attendance", "class", class_id, {"session": number})
    marks = [(each, n, was) for by in lists.values() for n, present in by.items() for each, was in present]
    await keep_attendance(session, marks)


async def record_scores(
    session: AsyncSession, actor: Actor, class_id: UUID, measured: Sequence[tuple[UUID, Scores]]
) -> list[Enrolment]:
    """Record or correct pre and post tests; what did not change is not told again."""
    return await record_scores_of_classes(session, actor, {class_id: measured})


async def record_scores_of_classes(
    session: AsyncSession, actor: Actor, measured: Mapping[UUID, Sequence[tuple[UUID, Scores]]]
) -> list[Enrolment]:
    """As record_scores, of several classes."""
    await clock.now(session)  # as above
    rows = await queries.every_class_for_update(session, actor, measured)
    seated = of_classes(await queries.enrolments_of(session, *rows))
    changed: list[Enrolment] = []
    for class_id, row in rows.items():
        of_class = row.to_domain().measure(measured[class_id], seated.get(class_id, {}))
        audit.record(session, actor, "record_scores", "class", class_id, {"changed": len(of_class)})
        for enrolment in of_class:
            outbox.record(session, _learning_measured(row.program_id, enrolment), correlation=enrolment.correlation_id)
        changed += of_class
    await keep_enrolments(session, changed)
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
