"""What a table consists of once read: typed cells, numbered rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# Spaces and marks that people cannot see but copy along with a value.
_INVISIBLE = " \t\r\n\v\f\u00a0\u200b\u200e\u200f\u202f\u2060\ufeff"


class CellKind(StrEnum):
    """What the file says a cell is, which is not always what the column should hold."""

    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"
    FORMULA = "formula"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; a formula is never evaluated, and neither it nor an error has a value."""

    kind: CellKind
    value: str | int | float | date | bool | None = None


EMPTY = Cell(CellKind.EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row with its number as Excel shows it and the declared columns that the file has."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`titles`: declared column → title as written in the file, in the order of the file."""

    sheet: str
    header_row: int
    titles: Mapping[str, str]
    rows: tuple[TableRow, ...]


def text_cell(text: str) -> Cell:
    """Trimmed text. A leading "=" makes it a formula: some programs would run it, and no name or code begins so."""
    trimmed = text.strip(_INVISIBLE)
    if not trimmed:
        return EMPTY
    return Cell(CellKind.FORMULA) if trimmed.startswith("=") else Cell(CellKind.TEXT, trimmed)
