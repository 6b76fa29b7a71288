"""Who sees what: analysts and auditors all, others what is about themselves or about those they are superior of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, any_, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.directory import DirectoryEmployee
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
    """Rows about the actor, whichever column names them, and about people whose superior the actor is."""
    if actor.roles & SEES_ALL:
        return true()
    if actor.employee_id is None:
        return false()
    led = select(DirectoryEmployee.id).where(DirectoryEmployee.superior_id == actor.employee_id)
    return or_(*(column == actor.employee_id for column in (employee, *others)), employee.in_(led))


def among(column: InstrumentedAttribute[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of the ids; the statement does not grow with them."""
    return column == any_(literal(sorted(ids), ARRAY(Uuid)))


def among_codes(column: InstrumentedAttribute[str], codes: Collection[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the codes."""
    return column == any_(literal(sorted(codes), ARRAY(Text)))
