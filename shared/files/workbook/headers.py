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
_NUMBERED_COLUMNS = 3


class HeaderColumn(Protocol):
    """What the search needs to know of a column; `name` is the title we write ourselves."""

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
class Header:
    """A row seen as a header: where each declared column stands, and which required ones it lacks."""

    sheet: str
    row: int
    positions: Mapping[str, int]
    titles: Mapping[str, str]
    missing: tuple[str, ...]


def normal_form(text: str) -> str:
    """The letters and digits of a title or code, without case, spaces and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def first_table(sheets: Iterable[Sheet[RawT]], columns: Sequence[HeaderColumn], limits: Limits) -> Table:
    """The table of the first sheet that has every required column; else a refusal that names the nearest row."""
    nearest: Header | None = None
    for sheet in sheets:
        numbered = enumerate(sheet.rows, start=1)
        for number, row in islice(numbered, limits.header_rows):
            header = _as_header(sheet, number, row, columns)
            if header is None:
                continue
            if not header.missing:
                return _table(sheet, numbered, header, limits)
            if nearest is None or len(header.positions) > len(nearest.positions):
                nearest = header
    raise _not_found(nearest, columns)


def _as_header(sheet: Sheet[RawT], number: int, row: Sequence[RawT], columns: Sequence[HeaderColumn]) -> Header | None:
    """None for a blank row. A title found twice is refused only in a row that has everything else."""
    cells = [(index, sheet.to_cell(raw)) for index, raw in enumerate(row)]
    texts = {index: str(cell.value) for index, cell in cells if cell.kind is CellKind.TEXT}
    if all(cell is EMPTY for _, cell in cells):
        return None
    names = {normal_form(title): column.name for column in columns for title in (column.name, *column.aliases)}
    found: dict[str, list[int]] = {}
    for index, text in texts.items():
        name = names.get(normal_form(text))
        if name is not None:
            found.setdefault(name, []).append(index)
    missing = tuple(column.name for column in columns if column.required and column.name not in found)
    if not missing:
        _refuse_twins(found, texts, sheet.name, number)
    positions = {name: indexes[0] for name, indexes in found.items()}
    titles = {name: texts[index] for name, index in positions.items()}
    return Header(sheet=sheet.name, row=number, positions=positions, titles=titles, missing=missing)


def _refuse_twins(found: Mapping[str, list[int]], texts: Mapping[int, str], sheet: str, number: int) -> None:
    for name, indexes in found.items():
        if len(indexes) > 1:
            titles = ", ".join(texts[index] for index in indexes)
            raise WorkbookRefused("header-twice", column=name, sheet=sheet, row=number, titles=titles)


def _table(sheet: Sheet[RawT], below: Iterator[tuple[int, Sequence[RawT]]], header: Header, limits: Limits) -> Table:
    rows: list[TableRow] = []
    for number, raw in below:
        cells = {
            name: sheet.to_cell(raw[position]) if position < len(raw) else EMPTY
            for name, position in header.positions.items()
        }
        if all(cell is EMPTY for cell in cells.values()) or (not rows and _counts_columns(cells, header)):
            continue
        if len(rows) == limits.rows:
            raise WorkbookRefused("too-many-rows", limit=limits.rows)
        rows.append(TableRow(number=number, cells=cells))
    if not rows:
        raise WorkbookRefused("no-rows", sheet=header.sheet, row=header.row)
    return Table(sheet=header.sheet, header_row=header.row, titles=header.titles, rows=tuple(rows))


def _counts_columns(cells: Mapping[str, Cell], header: Header) -> bool:
    """Whether a row only numbers the columns, 1 2 3 or (1) (2) (3), as many forms do below their titles."""
    numbers = {name: normal_form(str(cell.value)) for name, cell in cells.items() if cell is not EMPTY}
    if len(numbers) < _NUMBERED_COLUMNS or not all(number.isdecimal() for number in numbers.values()):
        return False
    return len({int(number) - header.positions[name] for name, number in numbers.items()}) == 1


def _not_found(nearest: Header | None, columns: Sequence[HeaderColumn]) -> WorkbookRefused:
    wanted = ", ".join(column.name for column in columns if column.required)
    if nearest is None:
        return WorkbookRefused("empty")
    if not nearest.positions:
        return WorkbookRefused("header-absent", columns=wanted)
    missing = ", ".join(nearest.missing)
    return WorkbookRefused("header-not-found", columns=wanted, sheet=nearest.sheet, row=nearest.row, missing=missing)
