"""The columns of a table of standards by class of positions, and what makes its rows good."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.needs.domain.competencies import Competency
from services.needs.domain.positions import PositionClass
from services.needs.imports import positions
from services.needs.imports.checked import Checked, Findings
from shared.files.columns import CellError, Column, read_rows
from shared.files.workbook import Cell, Table

LEVELS = range(1, 6)
CLASS = Column(
    name="Kelas Jabatan",
    parse=positions.CLASS.parse,
    aliases=("Jenjang Jabatan", "Jenjang", "Kelas"),
    note=positions.CLASS.note,
    example=positions.CLASS.example,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassStandard:
    """What a class asks, by competency."""

    position_class: PositionClass
    levels: Mapping[str, int]


def level(allowed: range) -> Callable[[Cell], int]:
    """A parser of a level."""

    def parse(cell: Cell) -> int:
        written = cell.value
        if isinstance(written, str) and written.isdecimal():
            written = int(written)
        if isinstance(written, float) and written.is_integer():
            written = int(written)
        if not isinstance(written, int) or written not in allowed:
            raise CellError(f"bukan level {allowed[0]} sampai {allowed[-1]}")
        return written

    return parse


def competency_columns(
    competencies: Iterable[Competency], core: Iterable[str], allowed: range
) -> dict[str, Column[int]]:
    """Competency → its column, found by its title; a file must have all core competencies, cells may stay blank."""
    needed = set(core)
    return {
        each.code: Column(
            name=each.title,
            parse=level(allowed),
            required=each.code in needed,
            filled=False,
            note=f"Level {allowed[0]} sampai {allowed[-1]}; kosong atau - berarti tidak ada.",
            example=str(allowed[-1] - 2),
        )
        for each in competencies
    }


def columns(levels: Mapping[str, Column[int]]) -> Sequence[Column[object]]:
    """All columns, in the order of our template."""
    return (CLASS, *levels.values())


def check(table: Table, levels: Mapping[str, Column[int]]) -> Checked[ClassStandard]:
    """Check a table of standards: each class once."""
    rows = read_rows(table, columns(levels))
    findings = Findings(table, rows)
    first: dict[PositionClass, int] = {}
    for row in rows:
        position_class = CLASS.of(row)
        if position_class is None:
            continue
        if first.setdefault(position_class, row.number) != row.number:
            findings.add(row, CLASS, f"sama dengan baris {first[position_class]}")
    bad = findings.bad_rows
    records = {
        row.number: ClassStandard(
            position_class=CLASS.given(row),
            levels={code: found for code, column in levels.items() if (found := column.of(row)) is not None},
        )
        for row in rows
        if row.number not in bad
    }
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors)
