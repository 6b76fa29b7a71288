"""What is asked of the master data: record units, positions and employees as they now are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import queries
from services.needs.domain.deputies import Deputy
from services.needs.domain.heads import Placement, heads_of_units
from services.needs.domain.people import ACTIVE, Employee
from services.needs.domain.positions import Position
from services.needs.domain.units import Unit
from services.needs.queries import RecordedEmployee, RecordedUnit
from services.needs.queries.competencies import standards
from services.needs.queries.deputies import duties_from
from services.needs.tables import EmployeeRow, PositionRow, UnitRow
from shared import clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.events.employees import Acting, EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.files.outcome import Changes
from shared.ids import new_id

# Trees, heads and duplicates are judged over all rows at once, so no row may change meanwhile. This mode also waits for
# FOR UPDATE, so that it cannot deadlock with a command that has locked single rows; readers go on.
_LOCK = text("LOCK TABLE units, positions, employees IN EXCLUSIVE MODE")
_SET_HEADS = text(
    "UPDATE units SET head_id = heads.head_id"
    " FROM unnest(CAST(:unit_ids AS uuid[]), CAST(:head_ids AS uuid[])) AS heads(unit_id, head_id)"
    " WHERE units.id = heads.unit_id"
)
_WRITE_UNITS = (
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, parent_id = excluded.parent_id,"
    " unit_type = excluded.unit_type"
)
_WRITE_EMPLOYEES = (
    "ON CONFLICT (id) DO UPDATE SET employee_number = excluded.employee_number, name = excluded.name,"
    " title_before = excluded.title_before, title_after = excluded.title_after, email = excluded.email,"
    " employment_type = excluded.employment_type, legal_status = excluded.legal_status, unit_id = excluded.unit_id,"
    " position_id = excluded.position_id, superior_id = excluded.superior_id, valid_from = excluded.valid_from"
)


async def lock_master_data(session: AsyncSession) -> None:
    """Let nobody else change units, positions and employees until this transaction ends."""
    await session.execute(_LOCK)


async def record_units(session: AsyncSession, units: Collection[Unit]) -> Changes:
    """Record units as given, tell the other services of those that differ. The master data must be locked."""
    recorded = await queries.recorded_units(session)
    different = [unit for unit in units if unit.code not in recorded or recorded[unit.code].unit != unit]
    ids = {code: unit.id for code, unit in recorded.items()}
    for unit in different:
        ids.setdefault(unit.code, new_id())
    rows = [
        {
            "id": ids[unit.code],
            "code": unit.code,
            "name": unit.name,
            "parent_id": ids[unit.parent_code] if unit.parent_code else None,
            "unit_type": unit.unit_type,
        }
        for unit in different
    ]
    await insert_rows(session, UnitRow, rows, _WRITE_UNITS)
    for row in rows:
        outbox.record(session, UnitRecorded.model_validate({**row, "unit_id": row["id"]}))
    return _changes(units, different, {unit.code for unit in different} - recorded.keys())


async def record_positions(session: AsyncSession, positions: Collection[Position]) -> Changes:
    """Record positions that are not there yet and tell the other services. The master data must be locked."""
    recorded = await queries.position_ids(session)
    new = [position for position in dict.fromkeys(positions) if position not in recorded]
    rows = [
        {"id": new_id(), "title": position.title, "position_class": position.position_class.value} for position in new
    ]
    await insert_rows(session, PositionRow, rows)
    known = await standards(session, await clock.today(session))
    for row, position in zip(rows, new, strict=True):
        told = {
            **row,
            "position_id": row["id"],
            "job_kind": position.job_kind,
            "standard_levels": known.levels(None, position.position_class),
        }
        outbox.record(session, PositionRecorded.model_validate(told))
    return _changes(positions, new, set(new))


async def record_employees(session: AsyncSession, employees: Collection[Employee]) -> Changes:
    """Record employees as given with their positions, find the heads of units anew, tell the other services.

    The master data must be locked; units and superiors must be recorded or among those given.
    """
    recorded = await queries.recorded_employees(session)
    units = await queries.recorded_units(session)
    different = [person for person in employees if _differs(person, recorded.get(person.employee_number))]
    await record_positions(session, [person.position for person in different])
    register = Register(
        ids={number: known.id for number, known in recorded.items()},
        people={number: known.employee for number, known in recorded.items()},
        units=units,
        positions=await queries.position_ids(session),
    )
    register.take(different)
    await insert_rows(session, EmployeeRow, [register.row(person) for person in different], _WRITE_EMPLOYEES)
    heads = register.heads()
    moved = await _set_heads(session, units, heads)
    await _tell_of_employees(session, register, heads, {register.ids[p.employee_number] for p in different} | moved)
    return _changes(employees, different, {person.employee_number for person in different} - recorded.keys())


@dataclass(slots=True, kw_only=True)
class Register:
    """All employees as they will be, with the ids behind the natural keys."""

    ids: dict[str, UUID]
    people: dict[str, Employee]
    units: Mapping[str, RecordedUnit]
    positions: Mapping[Position, UUID]

    def take(self, people: Iterable[Employee]) -> None:
        """Put people in the place of what was known of them."""
        for person in people:
            self.ids.setdefault(person.employee_number, new_id())
            self.people[person.employee_number] = person

    def row(self, person: Employee) -> dict[str, object]:
        """The columns of an employee."""
        return {
            "id": self.ids[person.employee_number],
            "employee_number": person.employee_number,
            "name": person.name,
            "title_before": person.title_before,
            "title_after": person.title_after,
            "email": person.email,
            "employment_type": person.employment_type.value,
            "legal_status": person.legal_status,
            "unit_id": self.units[person.unit_code].id,
            "position_id": self.positions[person.position],
            "superior_id": self.ids[person.superior_number] if person.superior_number else None,
            "valid_from": person.valid_from,
        }

    def heads(self) -> dict[UUID, UUID]:
        """Unit → its head, as domain.heads finds them."""
        return heads_of_units(
            Placement(
                employee_id=self.ids[number],
                unit_id=self.units[person.unit_code].id,
                position_class=person.position.position_class,
                superior_id=self.ids[person.superior_number] if person.superior_number else None,
                on_duty=person.legal_status == ACTIVE,
            )
            for number, person in self.people.items()
        )


async def _set_heads(session: AsyncSession, units: Mapping[str, RecordedUnit], heads: Mapping[UUID, UUID]) -> set[UUID]:
    """Write the heads that changed; gives everybody who became one or is none any more."""
    changed = [unit for unit in units.values() if unit.head_id != heads.get(unit.id)]
    if changed:
        values = {"unit_ids": [unit.id for unit in changed], "head_ids": [heads.get(unit.id) for unit in changed]}
        await session.execute(_SET_HEADS, values)
    return {head for unit in changed for head in (unit.head_id, heads.get(unit.id)) if head is not None}


async def _tell_of_employees(
    session: AsyncSession, register: Register, heads: Mapping[UUID, UUID], employee_ids: set[UUID]
) -> None:
    duties = await duties_from(session, employee_ids, await clock.today(session))
    headed: dict[UUID, list[UUID]] = {}
    for unit_id, head_id in sorted(heads.items()):
        headed.setdefault(head_id, []).append(unit_id)
    for number, person in register.people.items():
        employee_id = register.ids[number]
        if employee_id in employee_ids:
            told = {
                **register.row(person),
                "employee_id": employee_id,
                "name": person.full_name,
                "heads_unit_ids": headed.get(employee_id, ()),
                "acting": acting_told(duties.get(employee_id, ())),
            }
            outbox.record(session, EmployeeRecorded.model_validate(told))


def acting_told(duties: Iterable[Deputy]) -> tuple[Acting, ...]:
    """Duties of a deputy as events tell them."""
    return tuple(
        Acting(unit_id=each.unit_id, capacity=each.capacity.value, from_date=each.from_date, to_date=each.to_date)
        for each in duties
    )


def _differs(person: Employee, known: RecordedEmployee | None) -> bool:
    return known is None or known.employee != person


def _changes(given: Collection[object], different: Sequence[object], new: Collection[object]) -> Changes:
    return Changes(added=len(new), changed=len(different) - len(new), unchanged=len(given) - len(different))
