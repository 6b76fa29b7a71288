"""What a file holds once every row has been looked at, and the checks that all kinds of imports share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.needs.domain.tree import members_of_cycles, without_place
from shared.files.columns import Column, ReadRow, RowError
from shared.files.workbook import Table

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Generic[RecordT]):
    """The good records by row number, every error, and notes on what looks odd but is accepted."""

    titles: Mapping[str, str]
    rows_read: int
    records: Mapping[int, RecordT]
    errors: Sequence[RowError]
    notes: Sequence[RowError] = ()


class Findings:
    """Collects errors under the titles that the file itself uses, at most one per cell."""

    def __init__(self, table: Table, rows: Iterable[ReadRow]) -> None:
        self._titles = table.titles
        self._by_cell = {(error.row, error.column): error for row in rows for error in row.errors}

    def add(self, row: ReadRow, column: Column[object], reason: str) -> None:
        """Note what is wrong with a cell, unless something was found there before."""
        error = self.at(row.number, column, reason)
        self._by_cell.setdefault((error.row, error.column), error)

    def at(self, row: int, column: Column[object], reason: str) -> RowError:
        """An error of this file, not yet added."""
        return RowError(row=row, column=self._titles.get(column.name, column.name), reason=reason)

    @property
    def errors(self) -> list[RowError]:
        """All errors in the order of rows, within a row in the order of the file's columns."""
        order = {title: index for index, title in enumerate(self._titles.values())}
        return sorted(self._by_cell.values(), key=lambda error: (error.row, order.get(error.column, 0)))

    @property
    def bad_rows(self) -> set[int]:
        """The numbers of rows with at least one error."""
        return {row for row, _ in self._by_cell}


def first_of_each(rows: Iterable[ReadRow], key: Column[str], findings: Findings) -> dict[str, ReadRow]:
    """Key → the first row that has it; each further one is an error that names the first."""
    first: dict[str, ReadRow] = {}
    for row in rows:
        value = key.of(row)
        if value is None:
            continue
        if value in first:
            findings.add(row, key, f"sama dengan baris {first[value].number}")
        else:
            first[value] = row
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeWording:
    """How the errors of a tree are worded: unknown parent, own parent, a circle."""

    unknown: str
    own: str
    circle: str
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeColumns:
    """The columns that make a table a tree."""

    key: Column[str]
    parent: Column[str]
    wording: TreeWording


def check_tree(
    rows: Mapping[str, ReadRow], columns: TreeColumns, recorded: Mapping[str, str | None], findings: Findings
) -> None:
    """Every parent is in the file or recorded, nobody is their own, and nothing goes in a circle."""
    parents = dict(recorded)
    for key, row in rows.items():
        parent = columns.parent.of(row)
        if parent == key:
            findings.add(row, columns.parent, columns.wording.own)
        elif parent is not None and parent not in rows and parent not in recorded:
            findings.add(row, columns.parent, columns.wording.unknown)
        elif columns.parent.name in row.values:
            parents[key] = parent
    for key in members_of_cycles(parents) & rows.keys():
        findings.add(rows[key], columns.parent, columns.wording.circle)


def left_out_of_tree(
    entries: Mapping[int, tuple[str, str | None]],
    recorded: Mapping[str, str | None],
    titles: Mapping[str, str],
    columns: TreeColumns,
) -> list[RowError]:
    """Rows, good in themselves, whose place in the tree hangs on a row that is refused; row → (key, parent)."""
    loose = without_place(dict(entries.values()), recorded)
    title = titles.get(columns.parent.name, columns.parent.name)
    return [
        RowError(row=number, column=title, reason=columns.wording.left_out)
        for number, (key, _) in sorted(entries.items())
        if key in loose
    ]
