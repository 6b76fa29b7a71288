"""Whose records an actor may see."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.identity.actor import Actor, Role

AnyId = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


def seen_by(actor: Actor, *owners: AnyId) -> ColumnElement[bool]:
    """Analysts and auditors see all, others what one of the columns says is theirs."""
    if actor.roles & SEES_ALL:
        return true()
    if actor.employee_id is None:
        return false()
    return or_(*(owner == actor.employee_id for owner in owners))
