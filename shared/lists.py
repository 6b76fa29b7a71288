"""Lists: which part of one is asked for, conditions that many share, and single rows that must be there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, any_, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from shared.directory import DirectoryEmployee
from shared.errors import NotFound

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Ids = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, newest first: what follows the row with the id before, or the beginning."""

    before: UUID | None = None
    limit: int = 50


def page_of(statement: Select[*Ts], key: InstrumentedAttribute[UUID], page: Page) -> Select[*Ts]:
    """Ids grow with time, so they are the order and the mark where the next page goes on."""
    earlier = statement.where(key < page.before) if page.before else statement
    return earlier.order_by(key.desc()).limit(page.limit)


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of the ids: one array, so that the statement does not grow with them."""
    return column == any_(literal(sorted(ids), ARRAY(Uuid)))


def among_codes(column: InstrumentedAttribute[str], codes: Collection[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the codes."""
    return column == any_(literal(sorted(codes), ARRAY(Text)))


def names_contain(words: str, *people: Ids) -> ColumnElement[bool]:
    """Whether one of the columns means somebody whose name holds the words; whoever asks says who is seen."""
    found = select(DirectoryEmployee.id).where(DirectoryEmployee.name.icontains(words, autoescape=True))
    return or_(*(column.in_(found) for column in people))


def require(row: T | None, what: str) -> T:
    """The row; NotFound if there is none, or none for this actor."""
    if row is None:
        raise NotFound(f"{what} tidak ditemukan.")
    return row
