"""Reads of the needs service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.needs.domain.people import Employee, EmploymentType
from services.needs.domain.positions import Position, PositionClass
from services.needs.domain.units import Unit
from services.needs.queries.scope import SEES_ALL, seen_by
from services.needs.tables import EmployeeRow, ImportRow, PositionRow, UnitRow
from shared.errors import NotFound
from shared.identity.actor import Actor

_PARENT = aliased(UnitRow)
_SUPERIOR = aliased(EmployeeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedUnit:
    """A unit as recorded, with its id and head."""

    id: UUID
    unit: Unit
    head_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEmployee:
    """An employee as recorded, with their id and the units they head."""

    id: UUID
    employee: Employee
    unit_name: str
    heads: tuple[str, ...] = ()


async def recorded_units(session: AsyncSession) -> dict[str, RecordedUnit]:
    """All units by code."""
    statement = select(UnitRow, _PARENT.code).outerjoin(_PARENT, _PARENT.id == UnitRow.parent_id).order_by(UnitRow.code)
    return {
        row.code: RecordedUnit(
            id=row.id,
            unit=Unit(code=row.code, name=row.name, parent_code=parent_code, unit_type=row.unit_type),
            head_id=row.head_id,
        )
        for row, parent_code in await session.execute(statement)
    }


async def parent_codes(session: AsyncSession) -> dict[str, str | None]:
    """Unit code → code of the unit above."""
    statement = select(UnitRow.code, _PARENT.code).outerjoin(_PARENT, _PARENT.id == UnitRow.parent_id)
    return {row[0]: row[1] for row in await session.execute(statement)}


async def superior_numbers(session: AsyncSession) -> dict[str, str | None]:
    """Employee number → number of the superior."""
    statement = select(EmployeeRow.employee_number, _SUPERIOR.employee_number).outerjoin(
        _SUPERIOR, _SUPERIOR.id == EmployeeRow.superior_id
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def position_ids(session: AsyncSession) -> dict[Position, UUID]:
    """All positions with their ids."""
    statement = select(PositionRow.id, PositionRow.title, PositionRow.position_class)
    return {
        Position(title=title, position_class=PositionClass(position_class)): position_id
        for position_id, title, position_class in await session.execute(statement)
    }


async def recorded_employees(session: AsyncSession) -> dict[str, RecordedEmployee]:
    """All employees by number; 25,000 of them take about a second."""
    people = [as_recorded(row) for row in await session.execute(employees_in_place())]
    return {person.employee.employee_number: person for person in people}


async def page_of_employees(
    session: AsyncSession, actor: Actor, *, after: UUID | None, unit_code: str | None, limit: int
) -> list[RecordedEmployee]:
    """Employees that the actor may see, in the order of their ids, from the one behind `after` on."""
    statement = employees_in_place().where(_seen_by(actor)).order_by(EmployeeRow.id).limit(limit)
    if after is not None:
        statement = statement.where(EmployeeRow.id > after)
    if unit_code is not None:
        statement = statement.where(UnitRow.code == unit_code)
    return await _with_heads(session, [as_recorded(row) for row in await session.execute(statement)])


async def employee(session: AsyncSession, actor: Actor, employee_id: UUID) -> RecordedEmployee:
    """One employee; raises NotFound, also when it is not the actor's to see."""
    statement = employees_in_place().where(EmployeeRow.id == employee_id, _seen_by(actor))
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("Pegawai ini tidak ada.")
    return (await _with_heads(session, [as_recorded(row)]))[0]


async def person_in_place(session: AsyncSession, actor: Actor, employee_id: UUID) -> RecordedEmployee:
    """One employee, for everybody who has them in their charge too; raises NotFound."""
    statement = employees_in_place().where(EmployeeRow.id == employee_id, seen_by(actor, EmployeeRow.id))
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("Pegawai ini tidak ada.")
    return (await _with_heads(session, [as_recorded(row)]))[0]


async def recorded_employee(session: AsyncSession, employee_id: UUID) -> RecordedEmployee:
    """One employee as recorded, for commands that have locked them."""
    statement = employees_in_place().where(EmployeeRow.id == employee_id)
    return (await _with_heads(session, [as_recorded((await session.execute(statement)).one())]))[0]


async def page_of_imports(session: AsyncSession, *, limit: int) -> Sequence[ImportRow]:
    """The newest imports first."""
    statement = select(ImportRow).order_by(ImportRow.created_at.desc(), ImportRow.id.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def import_of(session: AsyncSession, import_id: UUID) -> ImportRow:
    """One import; raises NotFound."""
    row = await session.get(ImportRow, import_id)
    if row is None:
        raise NotFound("Impor ini tidak ada.")
    return row


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    if actor.roles & SEES_ALL:
        return true()
    return false() if actor.employee_id is None else EmployeeRow.id == actor.employee_id


def employees_in_place() -> Select[EmployeeRow, str, str, UnitRow, str]:
    """People joined with where they work, for as_recorded; statements add conditions and order."""
    return (
        select(EmployeeRow, PositionRow.title, PositionRow.position_class, UnitRow, _SUPERIOR.employee_number)
        .join(PositionRow, PositionRow.id == EmployeeRow.position_id)
        .join(UnitRow, UnitRow.id == EmployeeRow.unit_id)
        .outerjoin(_SUPERIOR, _SUPERIOR.id == EmployeeRow.superior_id)
    )


def as_recorded(row: tuple[EmployeeRow, str, str, UnitRow, str]) -> RecordedEmployee:
    """One row of employees_in_place."""
    person, title, position_class, unit, superior_number = row
    return RecordedEmployee(
        id=person.id,
        unit_name=unit.name,
        employee=Employee(
            employee_number=person.employee_number,
            name=person.name,
            title_before=person.title_before,
            title_after=person.title_after,
            email=person.email,
            employment_type=EmploymentType(person.employment_type),
            legal_status=person.legal_status,
            position=Position(title=title, position_class=PositionClass(position_class)),
            unit_code=unit.code,
            superior_number=superior_number,
            valid_from=person.valid_from,
        ),
    )


async def _with_heads(session: AsyncSession, people: Sequence[RecordedEmployee]) -> list[RecordedEmployee]:
    statement = select(UnitRow.head_id, UnitRow.code).where(UnitRow.head_id.in_(person.id for person in people))
    headed: dict[UUID, list[str]] = {}
    for head_id, code in await session.execute(statement.order_by(UnitRow.code)):
        if head_id is not None:
            headed.setdefault(head_id, []).append(code)
    return [replace(person, heads=tuple(headed.get(person.id, ()))) for person in people]
