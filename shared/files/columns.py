"""Declare the columns of an import: how each is found, and how a cell becomes a value or a reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from shared.files.workbook import Cell, CellKind, Table, TableRow

ValueT_co = TypeVar("ValueT_co", covariant=True)

_DASHES = frozenset("-–—")
_ON_SIGHT = {
    CellKind.FORMULA: "berisi rumus; ganti dengan nilainya (salin, lalu tempel nilai)",
    CellKind.ERROR: "berisi galat Excel; isi dengan nilai yang benar",
    CellKind.BOOL: "berisi benar/salah, bukan nilai yang diminta",
}


class CellError(Exception):
    """A cell that its column cannot take; the reason never repeats what the cell holds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What is wrong in one cell: row as Excel numbers it, column by its title in the file."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """The values that could be read of one row, by column name; a blank cell reads as None."""

    number: int
    values: Mapping[str, object]
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[ValueT_co]):
    """One column: `name` is the title of our own template; `required` that the file must have it, `filled` every row.

    `parse` takes a cell that holds something and gives the value or raises CellError. `note` and `example` go into
    the template.
    """

    name: str
    parse: Callable[[Cell], ValueT_co]
    aliases: tuple[str, ...] = ()
    required: bool = True
    filled: bool = True
    note: str = ""
    example: str = field(default="", repr=False)

    def of(self, row: ReadRow) -> ValueT_co | None:
        """This column's value in the row; None when blank, unreadable or not in the file."""
        return cast("ValueT_co | None", row.values.get(self.name))

    def given(self, row: ReadRow) -> ValueT_co:
        """This column's value in a row without errors that must have one."""
        value = self.of(row)
        assert value is not None
        return value

    def read(self, cell: Cell) -> ValueT_co | None:
        """The value of a cell, None for a blank one; raises CellError."""
        if cell.kind in _ON_SIGHT:
            raise CellError(_ON_SIGHT[cell.kind])
        if cell.kind is CellKind.EMPTY or (not self.filled and cell.value in _DASHES):
            if self.filled:
                raise CellError("kosong; kolom ini wajib diisi")
            return None
        return self.parse(cell)


def read_rows(table: Table, columns: Sequence[Column[object]]) -> list[ReadRow]:
    """Every row of the table with its values and, where a cell cannot be read, the errors."""
    present = [column for column in columns if column.name in table.titles]
    return [_read_row(row, present, table.titles) for row in table.rows]


def _read_row(row: TableRow, columns: Iterable[Column[object]], titles: Mapping[str, str]) -> ReadRow:
    values: dict[str, object] = {}
    errors = []
    for column in columns:
        try:
            values[column.name] = column.read(row.cells[column.name])
        except CellError as invalid:
            errors.append(RowError(row=row.number, column=titles[column.name], reason=invalid.reason))
    return ReadRow(number=row.number, values=values, errors=tuple(errors))
