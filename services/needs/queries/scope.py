"""Whose records an actor may see or decide on, computed from the order of superiors and units as it is now."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.needs.tables import EmployeeRow, UnitRow
from shared.errors import NotFound
from shared.identity.actor import Actor, Role

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


def seen_by(
    actor: Actor, person: InstrumentedAttribute[UUID], sees_all: frozenset[Role] = SEES_ALL
) -> ColumnElement[bool]:
    """Rows about oneself, about those below oneself, about one's unit for unit staff; all for some roles."""
    if actor.roles & sees_all:
        return true()
    if actor.employee_id is None:
        return false()
    return or_(person == actor.employee_id, in_charge_of(actor, person))


def in_charge_of(actor: Actor, person: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Rows about people for whom the actor may speak: their superiors on every step, and the staff of their unit."""
    if actor.employee_id is None:
        return false()
    below = person.in_(subordinates_of(actor.employee_id))
    if Role.UNIT_STAFF in actor.roles:
        return or_(below, person.in_(people_of_unit_of(actor.employee_id)))
    return below


def subordinates_of(employee_id: UUID) -> Select[UUID]:
    """Everybody below a person in the order of superiors."""
    below = select(EmployeeRow.id).where(EmployeeRow.superior_id == employee_id).cte("subordinates", recursive=True)
    below = below.union(select(EmployeeRow.id).join(below, EmployeeRow.superior_id == below.c.id))
    return select(below.c.id)


def people_of_unit_of(employee_id: UUID) -> Select[UUID]:
    """Everybody in the unit of a person and the units below it."""
    own = select(EmployeeRow.unit_id.label("id")).where(EmployeeRow.id == employee_id)
    units = own.cte("own_units", recursive=True)
    units = units.union(select(UnitRow.id).join(units, UnitRow.parent_id == units.c.id))
    return select(EmployeeRow.id).where(EmployeeRow.unit_id.in_(select(units.c.id)))


def unit_and_below(unit_code: str) -> Select[UUID]:
    """The unit with this code and all units below it; none when there is no such unit."""
    units = select(UnitRow.id).where(UnitRow.code == unit_code).cte("units_below", recursive=True)
    units = units.union(select(UnitRow.id).join(units, UnitRow.parent_id == units.c.id))
    return select(units.c.id)


async def units_below(session: AsyncSession, unit_code: str) -> list[UUID]:
    """The unit with this code and all units below it; raises NotFound."""
    found = list(await session.scalars(unit_and_below(unit_code)))
    if not found:
        raise NotFound("Unit ini tidak ada.")
    return found
