"""Appoint deputies and end their duties; all services hear of it with the record of the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.commands.master import acting_told
from services.needs.domain.deputies import Capacity, Deputy
from services.needs.domain.people import ACTIVE
from services.needs.queries import deputies as reads
from services.needs.queries.master import recorded_employee
from services.needs.tables import DeputyRow, EmployeeRow, UnitRow
from shared import audit, clock
from shared.delivery import outbox
from shared.errors import NotAllowed, NotFound
from shared.events.employees import EmployeeRecorded
from shared.identity.actor import Actor
from shared.ids import new_id

OWN_DUTY = "Tidak ada yang boleh mencatat atau mengubah penugasannya sendiri."


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What the decree says: who leads which unit from which day to which, both included."""

    unit_code: str
    employee_number: str
    capacity: Capacity
    decree_number: str
    from_date: date
    to_date: date


async def appoint_deputy(session: AsyncSession, actor: Actor, entry: Appointment) -> Deputy:
    """Record a deputy. Raises NotFound, Invalid, NotAllowed for oneself, Conflict with another of the unit."""
    unit = await reads.locked_unit(session, entry.unit_code)
    number = EmployeeRow.employee_number == entry.employee_number
    employee_id = await session.scalar(select(EmployeeRow.id).where(number))
    if employee_id is None:
        raise NotFound("Tidak ada pegawai dengan NIP ini.")
    _require_another(actor, employee_id)
    person = await reads.locked_employee(session, employee_id)
    deputy = Deputy(
        id=new_id(),
        unit_id=unit.id,
        employee_id=employee_id,
        capacity=entry.capacity,
        decree_number=entry.decree_number,
        from_date=entry.from_date,
        to_date=entry.to_date,
    ).appointed(
        await reads.deputies_of_units(session, [unit.id]),
        on_duty=person.legal_status == ACTIVE,
        is_head=unit.head_id == employee_id,
    )
    session.add(_row(deputy, actor, await clock.now(session)))
    await session.flush()
    audit.record(session, actor, "appoint_deputy", "deputy", deputy.id, _details(deputy))
    await _tell(session, person)
    return deputy


async def end_deputy(session: AsyncSession, actor: Actor, deputy_id: UUID, last_day: date) -> Deputy:
    """Let a duty end earlier than recorded; it stays as history. Raises as appoint_deputy does."""
    deputy = await reads.deputy_for_update(session, deputy_id)
    _require_another(actor, deputy.employee_id)
    ended = deputy.ended(last_day, await clock.today(session))
    await session.execute(update(DeputyRow).where(DeputyRow.id == deputy_id).values(to_date=ended.to_date))
    audit.record(session, actor, "end_deputy", "deputy", deputy_id, _details(ended))
    await _tell(session, await reads.locked_employee(session, deputy.employee_id))
    return ended


def _require_another(actor: Actor, employee_id: UUID) -> None:
    if actor.employee_id == employee_id:
        raise NotAllowed(OWN_DUTY)


def _row(deputy: Deputy, actor: Actor, moment: datetime) -> DeputyRow:
    return DeputyRow(
        id=deputy.id,
        unit_id=deputy.unit_id,
        employee_id=deputy.employee_id,
        capacity=deputy.capacity.value,
        decree_number=deputy.decree_number,
        from_date=deputy.from_date,
        to_date=deputy.to_date,
        recorded_by=actor.employee_id or actor.id,
        recorded_at=moment,
    )


def _details(deputy: Deputy) -> dict[str, str]:
    return {
        "unit_id": str(deputy.unit_id),
        "employee_id": str(deputy.employee_id),
        "capacity": deputy.capacity.value,
        "from": deputy.from_date.isoformat(),
        "to": deputy.to_date.isoformat(),
    }


async def _tell(session: AsyncSession, person: EmployeeRow) -> None:
    known = await recorded_employee(session, person.id)
    duties = await reads.duties_from(session, [person.id], await clock.today(session))
    headed = await session.scalars(select(UnitRow.id).where(UnitRow.head_id == person.id).order_by(UnitRow.id))
    event = EmployeeRecorded(
        employee_id=person.id,
        name=known.employee.full_name,
        employee_number=person.employee_number,
        email=person.email,
        employment_type=person.employment_type,
        legal_status=person.legal_status,
        unit_id=person.unit_id,
        position_id=person.position_id,
        superior_id=person.superior_id,
        heads_unit_ids=tuple(headed),
        acting=acting_told(duties.get(person.id, ())),
        valid_from=person.valid_from,
    )
    outbox.record(session, event)
