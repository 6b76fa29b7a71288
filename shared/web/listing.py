"""Lists of pages: columns, search, filters, order and pages declared once, and the whole list as an Excel file."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter
from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from starlette.responses import Response

from shared import audit, clock
from shared.errors import Invalid
from shared.files.sheet import Cell, workbook
from shared.identity.actor import Actor, Role
from shared.web.doing import Doing, may_do
from shared.web.forms import Typed
from shared.web.language import _, translated
from shared.web.seeing import Seeing, may_see
from shared.web.signed_in import shell_of

T = TypeVar("T")
Expression = ColumnElement[Any] | InstrumentedAttribute[Any]
Options = Mapping[str, str]

ROWS = 50
MOST_EXPORTED = 100_000
LONGEST_TEXT = 100
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: value is what is shown and exported of a row (text, number, date or time).

    order is what the list is sorted by when people choose this column; without it they cannot. link, note and tone give
    the value an address, small print below it, and the colours of a badge.
    """

    key: str
    title: str
    value: Callable[[T], Cell]
    order: Expression | None = None
    link: Callable[[T], str] | None = None
    note: Callable[[T], str] | None = None
    tone: Callable[[T], str] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with a few values: their words by value, known or read for whoever looks."""

    key: str
    title: str
    options: Options | Callable[[AsyncSession, Actor], Awaitable[Options]]
    where: Callable[[str], ColumnElement[bool]]
    every: str = _("Semua")

    async def offered(self, page: Seeing) -> Options:
        """The words by value."""
        return await self.options(page.session, page.actor) if callable(self.options) else self.options


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What part of a list is asked for; sort is the key of a column, after a dash when the last comes first."""

    text: str = ""
    chosen: Options = field(default_factory=dict)
    sort: str
    number: int = 1

    @property
    def kept(self) -> Options:
        """What another page of the same list is asked for with; the text goes beside it, in forms only."""
        return {**self.chosen, "sort": self.sort}

    def address(self, path: str, name: str, value: str | int) -> str:
        """Where this list stands with one thing changed."""
        return f"{path}?{urlencode({**self.kept, name: value})}"


@dataclass(frozen=True, kw_only=True)
class Shown(Generic[T]):
    """The part of a list that one page shows, for the macro ``listing``."""

    listing: Listing[T]
    path: str
    asked: Asked
    rows: Sequence[T]
    total: int
    offered: Mapping[str, Options]

    @property
    def pages(self) -> int:
        """How many pages the list has, one if it is empty."""
        return max(1, math.ceil(self.total / ROWS))

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return (self.asked.number - 1) * ROWS + 1

    @property
    def narrowed(self) -> bool:
        """Whether something was searched for or chosen."""
        return bool(self.asked.text or self.asked.chosen)

    def direction(self, column: Column[T]) -> str | None:
        """How the list is sorted by this column, in the words of aria-sort."""
        return {column.key: "ascending", f"-{column.key}": "descending"}.get(self.asked.sort)

    def sort_by(self, column: Column[T]) -> str:
        """What choosing the title of this column sorts by: a second time the other way round."""
        return f"-{column.key}" if self.asked.sort == column.key else column.key


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[T]):
    """A list declared once. rows gives the statement of everything the actor may see; read makes a row of its result.

    id breaks ties, so that no row is shown twice. sort is the order at first, search what a text is looked for in.
    """

    name: str
    columns: Sequence[Column[T]]
    rows: Callable[[Actor], Select[*tuple[Any, ...]]]
    id: Expression
    read: Callable[[Any], T]
    sort: str
    search: Callable[[str], ColumnElement[bool]] | None = None
    search_title: str = _("Cari")
    choices: Sequence[Choice] = ()
    empty: str = _("Tidak ada yang tercatat di sini")
    hint: str = ""

    async def asked(self, page: Seeing, given: Mapping[str, str] | Typed) -> Asked:
        """What is asked for, from an address or a form; what this list does not know is left out."""
        chosen = {}
        for choice in self.choices:
            value = given.get(choice.key, "")
            if value in await choice.offered(page):
                chosen[choice.key] = value
        sort, number = given.get("sort", ""), given.get("page", "")
        text = given.get("text", "").strip()[:LONGEST_TEXT].replace("\0", "") if isinstance(given, Typed) else ""
        return Asked(
            text=text if self.search else "",
            chosen=chosen,
            sort=sort if sort.removeprefix("-") in self._orders() else self.sort,
            number=int(number) if NUMBER.fullmatch(number) else 1,
        )

    async def answer(
        self, page: Seeing, given: Mapping[str, str] | Typed, template: str, **content: object
    ) -> Response:
        """The page of the list, or the file when that is asked for."""
        asked = await self.asked(page, given)
        if given.get("export", ""):
            return await self._file(page, asked)
        return await page.show(template, list=await self.part(page, asked), **content)

    async def part(self, page: Seeing, asked: Asked) -> Shown[T]:
        """The rows of one page; a number behind the last page shows the last."""
        statement = self._found(page.actor, asked)
        total = await self._count(page.session, statement)
        number = min(asked.number, max(1, math.ceil(total / ROWS)))
        found = await page.session.execute(self._sorted(statement, asked).limit(ROWS).offset((number - 1) * ROWS))
        return Shown(
            listing=self,
            path=page.request.url.path,
            asked=replace(asked, number=number),
            rows=[self.read(row) for row in found],
            total=total,
            offered={choice.key: await choice.offered(page) for choice in self.choices},
        )

    async def _file(self, page: Seeing, asked: Asked) -> Response:
        statement = self._found(page.actor, asked)
        total = await self._count(page.session, statement)
        if total > MOST_EXPORTED:
            told = _("Saring dahulu: paling banyak {most} baris dapat diunduh, bukan {total}.")
            raise Invalid(told.format(most=MOST_EXPORTED, total=total))
        zone = shell_of(page.request).settings.zone
        lines: list[list[Cell]] = []
        # Read by parts, so that others are served meanwhile.
        async for part in (await page.session.stream(self._sorted(statement, asked))).partitions(1_000):
            lines += [[_written(column, self.read(row), zone) for column in self.columns] for row in part]
        now = await clock.now(page.session)
        notes = await self._notes(page, asked, [(_("Diunduh"), _local(now, zone)), (_("Baris"), total)])
        titles = [translated(column.title) for column in self.columns]
        content = await asyncio.to_thread(workbook, translated(self.name), titles, lines, notes)
        audit.note_export(page.session, page.actor, self.name, total)
        name = f"{self.name.lower().replace(' ', '-')}-{now.astimezone(zone):%Y-%m-%d}.xlsx"
        return Response(content, media_type=EXCEL, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    async def _notes(self, page: Seeing, asked: Asked, known: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
        notes: list[Sequence[Cell]] = [
            (_("Daftar"), translated(self.name)),
            (_("Instansi"), shell_of(page.request).settings.agency),
        ]
        notes += [(_("Diunduh oleh"), await page.name() or _("akun tanpa pegawai")), *known]
        if asked.text:
            notes.append((translated(self.search_title), asked.text))
        for choice in self.choices:
            if choice.key in asked.chosen:
                words = (await choice.offered(page))[asked.chosen[choice.key]]
                notes.append((translated(choice.title), translated(words)))
        return notes

    def _orders(self) -> dict[str, Expression]:
        return {column.key: column.order for column in self.columns if column.order is not None}

    def _found(self, actor: Actor, asked: Asked) -> Select[*tuple[Any, ...]]:
        statement = self.rows(actor)
        if self.search and asked.text:
            statement = statement.where(self.search(asked.text))
        return statement.where(*(c.where(asked.chosen[c.key]) for c in self.choices if c.key in asked.chosen))

    def _sorted(self, statement: Select[*tuple[Any, ...]], asked: Asked) -> Select[*tuple[Any, ...]]:
        order = self._orders()[asked.sort.removeprefix("-")]
        if asked.sort.startswith("-"):
            return statement.order_by(order.desc(), self.id.desc())
        return statement.order_by(order, self.id)

    async def _count(self, session: AsyncSession, statement: Select[*tuple[Any, ...]]) -> int:
        counted = statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        return (await session.execute(counted)).scalar_one()


def contains(*columns: InstrumentedAttribute[str]) -> Callable[[str], ColumnElement[bool]]:
    """A search for a part of any of these columns; % and _ mean themselves."""
    return lambda text: or_(*(column.icontains(text, autoescape=True) for column in columns))


def add_list(router: APIRouter, path: str, listing: Listing[Any], *roles: Role, template: str = "list.html") -> None:
    """The page of a list for people with one of the roles, or everybody signed in: by address, and searched by form.

    What is searched for may be somebody's name, and names have no place in addresses.
    """
    see, do = may_see(*roles), may_do(*roles)

    @router.get(path)
    async def show_list(page: Seeing = see) -> Response:
        return await listing.answer(page, page.request.query_params, template)

    if listing.search is None:
        return

    @router.post(path)
    async def search_list(form: Doing = do) -> Response:
        return await form.look(lambda page: listing.answer(page, form.typed, template))


def _written(column: Column[T], row: T, zone: tzinfo) -> Cell:
    value = column.value(row)
    # What has a tone is a state, whose words are ours; other texts are what people wrote.
    return translated(value) if column.tone and isinstance(value, str) else _local(value, zone)


def _local(value: Cell, zone: tzinfo) -> Cell:
    return value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) else value
