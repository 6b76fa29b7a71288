"""What people ask of training: load, let the domain decide, write, tell the other services. Nothing commits here.

Every command on a class or a seat locks the class first, so that commands on one class follow each other and the
events of a seat are published in the order of its changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Enrolment, Program, Schedule, Scores, Terms, TrainingClass
from services.training.tables import AttendanceRow, ClassRow, EnrolmentRow, ProgramRow, enrolment_values
from shared import audit
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Conflict
from shared.events.training import (
    EnrolmentConfirmed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingNotCompleted,
)
from shared.identity.actor import Actor
from shared.ids import new_id

UPDATE_ENROLMENTS = text(
    "UPDATE enrolments e SET status = n.status, pre_score = n.pre_score, post_score = n.post_score,"
    " max_score = n.max_score, attendance_percent = n.attendance_percent, missed = n.missed"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:status AS text[]), CAST(:pre_score AS int[]),"
    "  CAST(:post_score AS int[]), CAST(:max_score AS int[]), CAST(:attendance_percent AS int[]),"
    "  CAST(:missed AS text[]))"
    " AS n(id, status, pre_score, post_score, max_score, attendance_percent, missed) WHERE e.id = n.id"
)
UPDATED = ("id", "status", "pre_score", "post_score", "max_score", "attendance_percent", "missed")
CORRECT_ATTENDANCE = "ON CONFLICT (enrolment_id, session_number) DO UPDATE SET present = excluded.present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody to be enrolled, and the needs the class is to meet."""

    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()


async def create_program(
    session: AsyncSession, actor: Actor, code: str, title: str, form: int, terms: Terms
) -> Program:
    """Add a programme to the catalogue; its code is taken by the first."""
    program = Program(id=new_id(), code=code, title=title, form=form, terms=terms)
    row = ProgramRow.from_domain(program)
    # Two analysts who take one code at the same moment: the database decides, the second is refused like any other.
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(f"Kode program {code} sudah dipakai.") from None
    audit.record(session, actor, "create_program", "program", program.id)
    outbox.record(session, _program_recorded(program))
    return program


async def change_program(
    session: AsyncSession, actor: Actor, program_id: UUID, title: str, form: int, terms: Terms
) -> Program:
    """Change a programme; classes already scheduled keep their terms."""
    row = await queries.program_for_update(session, actor, program_id)
    program = Program(id=row.id, code=row.code, title=title, form=form, terms=terms)
    row.update_from(program)
    audit.record(session, actor, "change_program", "program", program.id)
    outbox.record(session, _program_recorded(program))
    return program


async def schedule_class(session: AsyncSession, actor: Actor, program_id: UUID, schedule: Schedule) -> TrainingClass:
    """Schedule a class of a programme under the programme's present terms."""
    program = await queries.program(session, actor, program_id)
    training_class = TrainingClass(id=new_id(), program_id=program.id, terms=program.terms, schedule=schedule)
    session.add(ClassRow.from_domain(training_class))
    audit.record(session, actor, "schedule_class", "class", training_class.id)
    return training_class


async def enrol(session: AsyncSession, actor: Actor, class_id: UUID, newcomers: Sequence[Newcomer]) -> list[Enrolment]:
    """Give every newcomer a seat, or nobody."""
    row = await queries.class_for_update(session, actor, class_id)
    seated = await queries.enrolments_of(session, row)
    known = await queries.known_employees(session, {newcomer.employee_id for newcomer in newcomers})
    asked = [
        Enrolment(id=new_id(), class_id=class_id, employee_id=newcomer.employee_id, need_ids=newcomer.need_ids)
        for newcomer in newcomers
    ]
    row.to_domain().admit(asked, seated={seat.employee_id for seat in seated.values()}, known=known)
    await insert_rows(session, EnrolmentRow, [enrolment_values(enrolment) for enrolment in asked])
    audit.record(session, actor, "enrol", "class", class_id, {"enrolments": len(asked)})
    for enrolment in asked:
        outbox.record(session, _enrolment_confirmed(row.program_id, enrolment), correlation=enrolment.correlation_id)
    return asked


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
    seated = await queries.enrolments_of(session, row)
    named = [enrolment_id for enrolment_id, _ in present]
    row.to_domain().accept_attendance(session_number, named, seated=seated, today=today)
    marks = [
        {"enrolment_id": enrolment_id, "session_number": session_number, "present": was_present}
        for enrolment_id, was_present in present
    ]
    await insert_rows(session, AttendanceRow, marks, CORRECT_ATTENDANCE)
    audit.record(session, actor, "record_attendance", "class", class_id, {"session": session_number})


async def record_scores(
    session: AsyncSession, actor: Actor, class_id: UUID, measured: Sequence[tuple[UUID, Scores]]
) -> list[Enrolment]:
    """Record or correct pre and post tests; what did not change is not told again."""
    row = await queries.class_for_update(session, actor, class_id)
    changed = row.to_domain().measure(measured, await queries.enrolments_of(session, row))
    await _update_enrolments(session, changed)
    audit.record(session, actor, "record_scores", "class", class_id, {"changed": len(changed)})
    for enrolment in changed:
        outbox.record(session, _learning_measured(row.program_id, enrolment), correlation=enrolment.correlation_id)
    return changed


async def close_class(session: AsyncSession, actor: Actor, class_id: UUID, today: date) -> list[Enrolment]:
    """Close a class and say of each participant, once and for all, whether the class was completed."""
    row = await queries.class_for_update(session, actor, class_id)
    seated = await queries.enrolments_of(session, row)
    presence = await queries.presence(session, seated)
    closed, judged = row.to_domain().close(list(seated.values()), presence, today)
    row.status = closed.status.value
    await _update_enrolments(session, judged)
    audit.record(session, actor, "close_class", "class", class_id, {"enrolments": len(judged)})
    for enrolment in judged:
        outbox.record(session, _outcome(closed, enrolment), correlation=enrolment.correlation_id)
    return judged


async def _update_enrolments(session: AsyncSession, enrolments: Sequence[Enrolment]) -> None:
    if enrolments:
        rows = [enrolment_values(enrolment) for enrolment in enrolments]
        await session.execute(UPDATE_ENROLMENTS, {name: [row[name] for row in rows] for name in UPDATED})


def _program_recorded(program: Program) -> ProgramRecorded:
    return ProgramRecorded(
        program_id=program.id,
        code=program.code,
        title=program.title,
        form=program.form,
        competency=program.terms.competency,
        learning_hours=program.terms.learning_hours,
        pass_mark=program.terms.pass_mark,
    )


def _enrolment_confirmed(program_id: UUID, enrolment: Enrolment) -> EnrolmentConfirmed:
    return EnrolmentConfirmed(
        enrolment_id=enrolment.id,
        class_id=enrolment.class_id,
        program_id=program_id,
        employee_id=enrolment.employee_id,
        need_ids=enrolment.need_ids,
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


def _outcome(closed: TrainingClass, enrolment: Enrolment) -> TrainingCompleted | TrainingNotCompleted:
    judgement = enrolment.judgement
    assert judgement is not None
    if judgement.missed:
        return TrainingNotCompleted(
            enrolment_id=enrolment.id,
            class_id=closed.id,
            program_id=closed.program_id,
            employee_id=enrolment.employee_id,
            reason=judgement.missed.value,
            attendance_percent=judgement.attendance_percent,
        )
    return TrainingCompleted(
        enrolment_id=enrolment.id,
        class_id=closed.id,
        program_id=closed.program_id,
        employee_id=enrolment.employee_id,
        competency=closed.terms.competency,
        learning_hours=closed.terms.learning_hours,
        attendance_percent=judgement.attendance_percent,
        pass_mark=closed.terms.pass_mark,
        start_date=closed.schedule.start_date,
        end_date=closed.schedule.end_date,
        need_ids=enrolment.need_ids,
    )
