"""Whose records an actor may see or decide on, computed from the order of superiors and units as it is now."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.needs.tables import EmployeeRow, UnitRow
from shared.errors import NotFound
from shared.identity.actor import Actor, Role
from shared.lists import among

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
    """Rows about people for whom the actor may speak: those they lead, and as staff those of their unit."""
    if actor.employee_id is None:
        return false()
    if Role.UNIT_STAFF in actor.roles:
        return or_(led_by(actor, person), person.in_(_people_of_unit_of(actor.employee_id)))
    return led_by(actor, person)


def led_by(actor: Actor, person: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Rows about people below the actor on every step; for a deputy also those of the unit and the units below it.

    Nobody is led by themselves, and no head by their deputy: their own cases go one level up.
    """
    if actor.employee_id is None:
        return false()
    below = person.in_(_subordinates_of(actor.employee_id))
    return or_(below, person.in_(_deputised(actor))) if actor.acting_units else below


def _deputised(actor: Actor) -> Select[UUID]:
    """Everybody of the units that the actor leads as a deputy, but the actor and the heads."""
    units = _and_below(select(UnitRow.id).where(among(UnitRow.id, actor.acting_units)), "acting_units")
    heads = select(UnitRow.head_id).where(among(UnitRow.id, actor.acting_units), UnitRow.head_id.is_not(None))
    return select(EmployeeRow.id).where(
        EmployeeRow.unit_id.in_(units), EmployeeRow.id != actor.employee_id, EmployeeRow.id.not_in(heads)
    )


def _subordinates_of(employee_id: UUID) -> Select[UUID]:
    """Everybody below a person in the order of superiors."""
    below = select(EmployeeRow.id).where(EmployeeRow.superior_id == employee_id).cte("subordinates", recursive=True)
    below = below.union(select(EmployeeRow.id).join(below, EmployeeRow.superior_id == below.c.id))
    return select(below.c.id)


def _people_of_unit_of(employee_id: UUID) -> Select[UUID]:
    """Everybody in the unit of a person and the units below it."""
    own = select(EmployeeRow.unit_id.label("id")).where(EmployeeRow.id == employee_id)
    return select(EmployeeRow.id).where(EmployeeRow.unit_id.in_(_and_below(own, "own_units")))


def _and_below(first: Select[UUID], name: str) -> Select[UUID]:
    """These units and all below them."""
    units = first.cte(name, recursive=True)
    units = units.union(select(UnitRow.id).join(units, UnitRow.parent_id == units.c.id))
    return select(units.c.id)


def unit_and_below(unit_code: str) -> Select[UUID]:
    """The unit with this code and all units below it; none when there is no such unit."""
    return _and_below(select(UnitRow.id).where(UnitRow.code == unit_code), "units_below")


async def units_below(session: AsyncSession, unit_code: str) -> list[UUID]:
    """The unit with this code and all units below it; raises NotFound."""
    found = list(await session.scalars(unit_and_below(unit_code)))
    if not found:
        raise NotFound("Unit ini tidak ada.")
    return found
