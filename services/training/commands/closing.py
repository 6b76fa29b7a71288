"""The end of a class: who completed it, what that is worth, and corrections of it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands import ledger
from services.training.commands.certificates import issue_certificates, revoke_certificates
from services.training.commands.classes import keep_attendance
from services.training.commands.demand_rows import settle_demands
from services.training.commands.enrolment_rows import keep_enrolments, of_classes
from services.training.domain import (
    Activity,
    ActivityOrigin,
    Enrolment,
    EnrolmentStatus,
    Presence,
    Program,
    TrainingClass,
)
from services.training.rules import LEARNING_HOURS
from shared import audit, clock
from shared.delivery import outbox
from shared.events.training import TrainingCompleted, TrainingCompletionCorrected, TrainingNotCompleted
from shared.identity.actor import Actor

Finding = tuple[TrainingClass, Enrolment]
"""A class and what it found of one seat."""


class CorrectionReason(StrEnum):
    """What was wrong with the finding."""

    ATTENDANCE = "ATTENDANCE"
    POST_TEST = "POST_TEST"


async def close_class(session: AsyncSession, actor: Actor, class_id: UUID, today: date) -> list[Enrolment]:
    """Close a class: say of each participant whether it was completed, and give those who did what it is worth."""
    return await close_classes(session, actor, [class_id], today)


async def close_classes(
    session: AsyncSession, actor: Actor, class_ids: Collection[UUID], today: date
) -> list[Enrolment]:
    """Close classes, all of them or none."""
    await clock.now(session)  # known from here on, so that the entries of the audit are written together
    rows = await queries.every_class_for_update(session, actor, class_ids)
    seats = await queries.enrolments_of(session, *rows)
    presence, seated = await queries.presence(session, seats), of_classes(seats)
    found: list[Finding] = []
    for class_id, row in rows.items():
        closed, judged = row.to_domain().close(list(seated.get(class_id, {}).values()), presence, today)
        row.status = closed.status.value
        audit.record(session, actor, "close_class", "class", class_id, {"enrolments": len(judged)})
        found += [(closed, enrolment) for enrolment in judged]
    await keep_enrolments(session, [enrolment for _, enrolment in found])
    for closed, enrolment in found:
        outbox.record(session, _outcome(closed, enrolment), correlation=enrolment.correlation_id)
    await _reward(session, actor, found, today)
    return [enrolment for _, enrolment in found]


async def correct_class(
    session: AsyncSession,
    actor: Actor,
    class_id: UUID,
    corrected: Mapping[UUID, Presence],
    reason: CorrectionReason,
    today: date,
) -> list[Enrolment]:
    """Correct attendance of a closed class and judge those participants anew, also by scores corrected before.

    Gives those of whom another finding holds. corrected is by enrolment id; a presence that is empty only judges anew.
    """
    row = await queries.class_for_update(session, actor, class_id)
    seated = await queries.enrolments_of(session, class_id)
    training_class = row.to_domain()
    training_class.accept_correction(corrected, seated=seated)
    await keep_attendance(session, [(each, n, was) for each, marks in corrected.items() for n, was in marks.items()])
    changed = training_class.correct([seated[each] for each in corrected], await queries.presence(session, corrected))
    await keep_enrolments(session, changed)
    audit.record(session, actor, "correct_class", "class", class_id, {"reason": reason, "changed": len(changed)})
    for enrolment in changed:
        event = _corrected(training_class, enrolment, reason)
        outbox.record(session, event, correlation=enrolment.correlation_id)
    turned = [(training_class, seat) for seat in changed if seat.status != seated[seat.id].status]
    await _reward(session, actor, turned, today)
    return changed


async def _reward(session: AsyncSession, actor: Actor, found: Sequence[Finding], today: date) -> None:
    """Certificates and learning hours for those who completed, none for those who did not; the same for demands."""
    judged = [enrolment for _, enrolment in found]
    completed = [(held, seat) for held, seat in found if seat.status is EnrolmentStatus.COMPLETED]
    failed = [seat for seat in judged if seat.status is not EnrolmentStatus.COMPLETED]
    programs = await queries.programs_by_id(session, actor, {held.program_id for held, _ in found})
    await settle_demands(session, {each.id: each.status is EnrolmentStatus.COMPLETED for each in judged}, judged)
    await revoke_certificates(session, failed, today)
    await issue_certificates(session, [(programs[held.program_id], seat) for held, seat in completed], today)
    await ledger.set_counts(session, [each.id for each in failed], counts=False)
    await ledger.enter(session, [_entry(held, programs[held.program_id], seat) for held, seat in completed])


def _entry(training_class: TrainingClass, program: Program, enrolment: Enrolment) -> ledger.Entry:
    schedule = training_class.schedule
    activity = Activity(
        id=enrolment.id,
        employee_id=enrolment.employee_id,
        form_code=LEARNING_HOURS.code_of(training_class.form, schedule.end_date),
        starts_on=schedule.start_date,
        ends_on=schedule.end_date,
        scope=schedule.scope,
        claimed_hours=Decimal(training_class.terms.learning_hours),
    )
    return ledger.Entry(
        activity=activity,
        origin=ActivityOrigin.ENROLMENT,
        title=program.title,
        correlation_id=enrolment.correlation_id,
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
        plan_item_id=enrolment.plan_item_id,
        follow_up_id=enrolment.follow_up_id,
    )


def _corrected(
    training_class: TrainingClass, enrolment: Enrolment, reason: CorrectionReason
) -> TrainingCompletionCorrected:
    judgement = enrolment.judgement
    assert judgement is not None
    completed = judgement.missed is None
    return TrainingCompletionCorrected(
        enrolment_id=enrolment.id,
        class_id=training_class.id,
        program_id=training_class.program_id,
        employee_id=enrolment.employee_id,
        competency=training_class.terms.competency,
        completed=completed,
        learning_hours=training_class.terms.learning_hours if completed else 0,
        attendance_percent=judgement.attendance_percent,
        pass_mark=training_class.terms.pass_mark,
        start_date=training_class.schedule.start_date,
        end_date=training_class.schedule.end_date,
        reason=reason.value,
        need_ids=enrolment.need_ids,
        plan_item_id=enrolment.plan_item_id,
        follow_up_id=enrolment.follow_up_id,
    )
