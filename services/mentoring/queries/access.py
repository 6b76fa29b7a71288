"""Who sees what: analysts and auditors all, others what is about themselves, those below them or their unit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.directory import DirectoryEmployee, DirectoryUnit
from shared.identity.actor import Actor, Role

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


def seen_by(
    actor: Actor, employee: InstrumentedAttribute[UUID], *others: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """Rows about the actor, whichever column names them, about those below, and for unit staff about their unit."""
    if actor.roles & SEES_ALL:
        return true()
    if actor.employee_id is None:
        return false()
    own = [column == actor.employee_id for column in (employee, *others)]
    charge = [employee.in_(_subordinates_of(actor.employee_id))]
    if Role.UNIT_STAFF in actor.roles:
        charge.append(employee.in_(_people_of_unit_of(actor.employee_id)))
    return or_(*own, *charge)


def _subordinates_of(employee_id: UUID) -> Select[UUID]:
    """Everybody below a person in the order of superiors."""
    entry = DirectoryEmployee
    below = select(entry.id).where(entry.superior_id == employee_id).cte("subordinates", recursive=True)
    return select(below.union(select(entry.id).join(below, entry.superior_id == below.c.id)).c.id)


def _people_of_unit_of(employee_id: UUID) -> Select[UUID]:
    """Everybody in the unit of a person and the units below it."""
    own = select(DirectoryEmployee.unit_id.label("id")).where(DirectoryEmployee.id == employee_id)
    units = own.cte("own_units", recursive=True)
    units = units.union(select(DirectoryUnit.id).join(units, DirectoryUnit.parent_id == units.c.id))
    return select(DirectoryEmployee.id).where(DirectoryEmployee.unit_id.in_(select(units.c.id)))
