"""Whose records an actor may see."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.identity.actor import Actor, Role
from shared.scope import stands_for

Id = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


def seen_by(
    actor: Actor, person: Id, superior: InstrumentedAttribute[UUID | None] | None = None
) -> ColumnElement[bool]:
    """Analysts and auditors see all, others what is about them, and what is theirs to do as superior or deputy."""
    if actor.roles & SEES_ALL:
        return true()
    if actor.employee_id is None:
        return false()
    own = person == actor.employee_id
    return own if superior is None else or_(own, stands_for(actor, superior))
