"""Find the row that holds the wanted titles, wherever it stands, and take the rows below it."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from shared.files.workbook.cells import EMPTY, Cell, CellKind, Table, TableRow
from shared.files.workbook.limits import Limits
from shared.files.workbook.refusal import WorkbookRefused

RawT = TypeVar("RawT")
Numbered = Iterator[tuple[int, Sequence[RawT]]]


class HeaderColumn(Protocol):
    """What the search needs to know of a column."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def required(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Generic[RawT]):
    """Rows from the first on, gaps included, and how one raw cell is understood."""

    name: str
    rows: Iterable[Sequence[RawT]]
    to_cell: Callable[[RawT], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The row that came nearest to a header; row 0 with `blank` when the sheet holds nothing at all."""

    sheet: str
    row: int = 0
    missing: tuple[str, ...] = ()
    matched: int = 0
    blank: bool = True


def normal_form(text: str) -> str:
    """The letters and digits of a title or code, without case, spaces and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def first_table(sheets: Iterable[Sheet[RawT]], columns: Sequence[HeaderColumn], limits: Limits) -> Table:
    """The table of the first sheet that has every required column; else a refusal that names the nearest row."""
    nearest = Nearest(sheet="")
    for sheet in sheets:
        found = find_table(sheet, columns, limits)
        if isinstance(found, Table):
            return found
        if found.matched > nearest.matched or nearest.blank:
            nearest = found
    raise _not_found(nearest, columns)


def find_table(sheet: Sheet[RawT], columns: Sequence[HeaderColumn], limits: Limits) -> Table | Nearest:
    """The table of this sheet, or how near its best row came."""
    numbered = _within_columns(sheet, limits)
    nearest = Nearest(sheet=sheet.name)
    for number, row in islice(numbered, limits.header_rows):
        texts = {index: str(cell.value) for index, cell in enumerate(map(sheet.to_cell, row)) if cell is not EMPTY}
        positions = _positions(texts, columns)
        missing = tuple(column.name for column in columns if column.required and column.name not in positions)
        if not missing and positions:
            titles = _single_titles(positions, texts, sheet.name, number)
            return _table(sheet, numbered, Nearest(sheet=sheet.name, row=number), titles, limits)
        if len(positions) > nearest.matched or (nearest.blank and texts):
            nearest = Nearest(sheet=sheet.name, row=number, missing=missing, matched=len(positions), blank=False)
    return nearest
