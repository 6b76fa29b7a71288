"""Seats in classes: given, promised, given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands.demand_rows import keep_demands, settle_demands
from services.training.commands.enrolment_rows import keep_enrolments, of_classes
from services.training.domain import (
    DECLINES,
    CancellationReason,
    Commitment,
    Demand,
    DemandAction,
    Enrolment,
    EnrolmentStatus,
    require_served,
)
from services.training.rules import LEARNING_HOURS_TARGET
from services.training.tables import ClassRow, EnrolmentRow, enrolment_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import Conflict, Invalid, NotFound
from shared.events.training import EnrolmentCancelled, EnrolmentConfirmed
from shared.identity.actor import Actor
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody to be enrolled, what the class is to meet, and what the person promises to do with it at work."""

    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None
    application: str | None = None

    @property
    def demand_ids(self) -> tuple[UUID, ...]:
        return tuple(each for each in (self.plan_item_id, self.follow_up_id) if each is not None)


async def enrol(session: AsyncSession, actor: Actor, class_id: UUID, newcomers: Sequence[Newcomer]) -> list[Enrolment]:
    """Give every newcomer a seat, or nobody; the demands named with them are met by it."""
    return await enrol_in_classes(session, actor, {class_id: newcomers})


async def enrol_in_classes(
    session: AsyncSession, actor: Actor, newcomers: Mapping[UUID, Sequence[Newcomer]]
) -> list[Enrolment]:
    """As enrol, in several classes: everybody gets a seat, or nobody."""
    rows = await queries.every_class_for_update(session, actor, newcomers)
    asked = await seat_newcomers(session, rows, newcomers)
    for class_id in rows:
        audit.record(session, actor, "enrol", "class", class_id, {"enrolments": len(newcomers[class_id])})
    return asked


async def seat_newcomers(
    session: AsyncSession, rows: Mapping[UUID, ClassRow], newcomers: Mapping[UUID, Sequence[Newcomer]]
) -> list[Enrolment]:
    """Seat newcomers in classes that the caller holds the locks of."""
    today = await clock.today(session)
    everybody = [newcomer for each in newcomers.values() for newcomer in each]
    seated = of_classes(await queries.enrolments_of(session, *rows))
    known = await queries.at_work(
        session, {newcomer.employee_id for newcomer in everybody}, LEARNING_HOURS_TARGET.active_on(today)
    )
    demands = await queries.demands_for_update(session, {each for one in everybody for each in one.demand_ids})
    taken: list[Demand] = []
    asked: list[Enrolment] = []
    for class_id, row in rows.items():
        seats = [_seat(class_id, newcomer, demands, today) for newcomer in newcomers[class_id]]
        there = {seat.employee_id for seat in seated.get(class_id, {}).values()}
        row.to_domain().admit(seats, seated=there, known=known)
        taken += _taken_up(seats, demands, row.competency)
        asked += seats
    await keep_demands(session, taken)
    await insert_rows(session, EnrolmentRow, [enrolment_values(enrolment) for enrolment in asked])
    for enrolment in asked:
        event = _enrolment_confirmed(rows[enrolment.class_id].program_id, enrolment)
        outbox.record(session, event, correlation=enrolment.correlation_id)
    return asked


async def commit_to_apply(session: AsyncSession, actor: Actor, enrolment_id: UUID, application: str) -> Enrolment:
    """Let a participant promise to attend all of the class and say what will be applied at work."""
    enrolment = await queries.enrolment(session, actor, enrolment_id)
    row = await queries.class_for_update(session, actor, enrolment.class_id)
    enrolment = (await queries.enrolments_of(session, row.id)).get(enrolment_id, enrolment)
    if enrolment.status is not EnrolmentStatus.CONFIRMED:
        raise Conflict("Komitmen dicatat sebelum kelas ditutup.")
    promised = Commitment(application=application, promised_on=await clock.today(session))
    committed = replace(enrolment, commitment=promised)
    await keep_enrolments(session, [committed])
    audit.record(session, actor, "commit_to_apply", "enrolment", enrolment_id)
    return committed


async def decline(session: AsyncSession, actor: Actor, enrolment_id: UUID, reason: CancellationReason) -> Enrolment:
    """Let a participant give up the own seat, saying why."""
    if reason not in DECLINES:
        raise Invalid("Alasan ini bukan alasan peserta.")
    enrolment = await queries.enrolment(session, actor, enrolment_id)
    return (await cancel(session, actor, enrolment.class_id, [(enrolment_id, reason)]))[0]


async def cancel(
    session: AsyncSession, actor: Actor, class_id: UUID, lines: Sequence[tuple[UUID, CancellationReason]]
) -> list[Enrolment]:
    """Give up seats of a class; what they were to meet waits for another class."""
    row = await queries.class_for_update(session, actor, class_id)
    seated = await queries.enrolments_of(session, class_id)
    if any(enrolment_id not in seated for enrolment_id, _ in lines):
        raise NotFound("Tempat di kelas tidak ditemukan.")
    presence = await queries.presence(session, seated)
    training_class = row.to_domain()
    vacated = [training_class.cancel(seated[each], reason, presence) for each, reason in dict(lines).items()]
    await vacate(session, vacated, {row.id: row}, {})
    await settle_demands(session, dict.fromkeys((seat.id for seat in vacated), False), vacated)
    audit.record(session, actor, "cancel_enrolments", "class", class_id, {"enrolments": len(vacated)})
    return vacated


async def vacate(
    session: AsyncSession,
    vacated: Sequence[Enrolment],
    classes: Mapping[UUID, ClassRow],
    causes: Mapping[UUID, Received[Any]],
) -> None:
    """Write down and tell of seats that were given up; causes are by enrolment id."""
    await keep_enrolments(session, vacated)
    for enrolment in vacated:
        event = _enrolment_cancelled(classes[enrolment.class_id].program_id, enrolment)
        outbox.record(session, event, caused_by=causes.get(enrolment.id), correlation=enrolment.correlation_id)


def _seat(class_id: UUID, newcomer: Newcomer, demands: Mapping[UUID, Demand], today: date) -> Enrolment:
    of_demands = [need for each in newcomer.demand_ids if each in demands for need in demands[each].need_ids]
    promised = Commitment(application=newcomer.application, promised_on=today) if newcomer.application else None
    return Enrolment(
        id=new_id(),
        class_id=class_id,
        employee_id=newcomer.employee_id,
        need_ids=tuple(dict.fromkeys([*newcomer.need_ids, *of_demands])),
        plan_item_id=newcomer.plan_item_id,
        follow_up_id=newcomer.follow_up_id,
        commitment=promised,
    )


def _taken_up(asked: Sequence[Enrolment], demands: dict[UUID, Demand], competency: str) -> list[Demand]:
    """The demands that these seats are to meet, which nobody else takes from now on."""
    taken = []
    for number, enrolment in enumerate(asked, start=1):
        for demand_id in enrolment.demand_ids:
            demand = require_served(demands.get(demand_id), enrolment.employee_id, competency, number)
            demands[demand_id] = demand.after(DemandAction.ENROL, enrolment.id)
            taken.append(demands[demand_id])
    return taken


def _enrolment_confirmed(program_id: UUID, enrolment: Enrolment) -> EnrolmentConfirmed:
    return EnrolmentConfirmed(
        enrolment_id=enrolment.id,
        class_id=enrolment.class_id,
        program_id=program_id,
        employee_id=enrolment.employee_id,
        need_ids=enrolment.need_ids,
        plan_item_id=enrolment.plan_item_id,
        follow_up_id=enrolment.follow_up_id,
    )


def _enrolment_cancelled(program_id: UUID, enrolment: Enrolment) -> EnrolmentCancelled:
    assert enrolment.cancellation is not None
    return EnrolmentCancelled(
        enrolment_id=enrolment.id,
        class_id=enrolment.class_id,
        program_id=program_id,
        employee_id=enrolment.employee_id,
        reason=enrolment.cancellation.value,
        need_ids=enrolment.need_ids,
        plan_item_id=enrolment.plan_item_id,
        follow_up_id=enrolment.follow_up_id,
    )
