"""Demands as the plan and follow-ups make them: opened, withdrawn; and the seats of people who are away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands.demand_rows import keep_demands, settle_demands
from services.training.commands.seats import vacate
from services.training.domain import CancellationReason, Demand, DemandAction, Enrolment, EnrolmentStatus
from services.training.tables import ClassRow, DemandRow, demand_values
from shared import clock
from shared.db import insert_rows
from shared.delivery.envelope import Received

Causes = Mapping[UUID, Received[Any]]

# One that was withdrawn is asked for anew; any other stands as it does.
OPEN_AGAIN = (
    "ON CONFLICT (id) DO UPDATE SET status = excluded.status, competency = excluded.competency, form = excluded.form,"
    " program = excluded.program, due_date = excluded.due_date, need_ids = excluded.need_ids,"
    " demanded_at = excluded.demanded_at WHERE demands.status = 'WITHDRAWN'"
)


async def open_demands(session: AsyncSession, demands: Sequence[Demand]) -> None:
    """Open demands; one that is known and was not withdrawn stays as it is."""
    now = await clock.now(session)
    rows = [demand_values(demand, now) for demand in sorted(demands, key=lambda demand: demand.id)]
    await insert_rows(session, DemandRow, rows, OPEN_AGAIN)


async def withdraw_demands(session: AsyncSession, causes: Causes, reason: CancellationReason) -> None:
    """Withdraw demands that are not met, and give up their seats where the class has not begun; causes by demand."""
    classes = await queries.classes_for_update(session, await queries.seated_classes(session, causes))
    demands = await queries.demands_for_update(session, causes)
    withdrawn = {
        each.id: each.after(DemandAction.WITHDRAW) for each in demands.values() if each.takes(DemandAction.WITHDRAW)
    }
    if not withdrawn:
        return
    await keep_demands(session, list(withdrawn.values()))
    seats = await _seats_not_begun(session, classes)
    # A seat that another demand still needs is kept.
    freed = [seat for seat in seats if seat.demand_ids and withdrawn.keys() >= set(seat.demand_ids)]
    await _give_up(session, freed, classes, {seat.id: causes[seat.demand_ids[0]] for seat in freed}, reason)


async def free_seats_of(session: AsyncSession, causes: Causes) -> None:
    """Give up the seats that people who are away cannot take; causes by employee. Their demands wait for them."""
    classes = await queries.classes_for_update(session, await queries.classes_awaiting(session, causes.keys()))
    freed = [seat for seat in await _seats_not_begun(session, classes) if seat.employee_id in causes]
    by_seat = {seat.id: causes[seat.employee_id] for seat in freed}
    await _give_up(session, freed, classes, by_seat, CancellationReason.EMPLOYEE_AWAY)
    await settle_demands(session, dict.fromkeys(by_seat, False), freed)


async def _seats_not_begun(session: AsyncSession, classes: Mapping[UUID, ClassRow]) -> list[Enrolment]:
    if not classes:
        return []
    seated = await queries.enrolments_of(session, *classes)
    waiting = {each: seat for each, seat in seated.items() if seat.status is EnrolmentStatus.CONFIRMED}
    begun = await queries.presence(session, waiting)
    return [seat for seat in waiting.values() if seat.id not in begun]


async def _give_up(
    session: AsyncSession,
    seats: Sequence[Enrolment],
    classes: Mapping[UUID, ClassRow],
    causes: Causes,
    reason: CancellationReason,
) -> None:
    vacated = [classes[seat.class_id].to_domain().cancel(seat, reason, {}) for seat in seats]
    await vacate(session, vacated, classes, causes)
