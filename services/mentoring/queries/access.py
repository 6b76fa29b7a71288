"""Who sees what: analysts and auditors all, others what is about themselves, those below them or their unit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.identity.actor import Actor, Role
from shared.scope import led_by, of_unit_of

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
    of_unit = [of_unit_of(actor, employee)] if Role.UNIT_STAFF in actor.roles else []
    return or_(*own, led_by(actor, employee), *of_unit)
