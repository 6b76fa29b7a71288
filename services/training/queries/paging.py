"""Lists in slices, and single rows that must be there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import CollectionAggregate, Select, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from shared.errors import NotFound

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of a list, newest first: what was created before the thing with this id."""

    before: UUID | None = None
    limit: int = 50


def page_of(statement: Select[*Ts], key: InstrumentedAttribute[UUID], page: Page) -> Select[*Ts]:
    """Ids grow with time, so they are the order of creation and the mark where the next page goes on."""
    earlier = statement.where(key < page.before) if page.before else statement
    return earlier.order_by(key.desc()).limit(page.limit)


def any_of(ids: Collection[UUID]) -> CollectionAggregate[bool]:
    """The ids as one array: the statement does not grow with the list, and the limit on parameters does not count."""
    return any_(literal(list(ids), ARRAY(Uuid)))


def require(row: T | None, what: str) -> T:
    """The row; NotFound if there is none, or none for this actor."""
    if row is None:
        raise NotFound(f"{what} tidak ditemukan.")
    return row
