"""What lists have in common: which part of one is asked for, and whose records an actor may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor, Role

AnyId = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, newest first: what follows the row with the id before, or the beginning."""

    before: UUID | None = None
    limit: int = 50


def among(column: AnyId, ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of the ids."""
    # One array instead of a list of parameters: the statement's text does not grow with the batch.
    return column == any_(literal(sorted(ids), ARRAY(Uuid)))


def seen_by(actor: Actor, *owners: AnyId) -> ColumnElement[bool]:
    """Analysts and auditors see all, others what one of the columns says is theirs."""
    if actor.roles & SEES_ALL:
        return true()
    if actor.employee_id is None:
        return false()
    return or_(*(owner == actor.employee_id for owner in owners))


def names_contain(words: str, *people: AnyId) -> ColumnElement[bool]:
    """Whether one of the columns means somebody whose name holds the words; whoever asks says who is seen."""
    found = select(DirectoryEmployee.id).where(DirectoryEmployee.name.icontains(words, autoescape=True))
    return or_(*(column.in_(found) for column in people))


def on(page: Page, row_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The rows of the page."""
    return true() if page.before is None else row_id < page.before
