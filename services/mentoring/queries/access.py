"""Who sees what: analysts and auditors all, others what is about themselves, those below them or their unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, any_, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.directory import DirectoryEmployee, DirectoryUnit
from shared.identity.actor import Actor, Role

Ts = TypeVarTuple("Ts")

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, newest first: what follows the row with the id before, or the beginning."""

    before: UUID | None = None
    limit: int = 50


def one_page(statement: Select[*Ts], key: InstrumentedAttribute[UUID], page: Page) -> Select[*Ts]:
    """Ids grow with time, so they are the order and the mark where the next page goes on."""
    earlier = statement.where(key < page.before) if page.before else statement
    return earlier.order_by(key.desc()).limit(page.limit)


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


def names_contain(words: str, *people: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether one of the columns means somebody whose name holds the words; whoever asks says who is seen."""
    found = select(DirectoryEmployee.id).where(DirectoryEmployee.name.icontains(words, autoescape=True))
    return or_(*(column.in_(found) for column in people))


def among(column: InstrumentedAttribute[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of the ids; the statement does not grow with them."""
    return column == any_(literal(sorted(ids), ARRAY(Uuid)))


def among_codes(column: InstrumentedAttribute[str], codes: Collection[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the codes."""
    return column == any_(literal(sorted(codes), ARRAY(Text)))


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
