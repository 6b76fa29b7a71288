"""The columns of performance results (SKP), and what makes its rows good (PermenPANRB 6/2022)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.needs.imports import employees
from services.needs.imports.checked import Checked, Findings
from shared.files import parsers
from shared.files.columns import CellError, Column, ReadRow, read_rows
from shared.files.workbook import Cell, Table

_FIRST_YEAR = 2000
PREDICATES = {
    "Sangat Baik": "SANGAT_BAIK",
    "Baik": "BAIK",
    "Butuh Perbaikan": "BUTUH_PERBAIKAN",
    "Kurang": "KURANG",
    "Sangat Kurang": "SANGAT_KURANG",
}
EXPECTATIONS = {
    "di atas ekspektasi": "DI_ATAS_EKSPEKTASI",
    "sesuai ekspektasi": "SESUAI_EKSPEKTASI",
    "di bawah ekspektasi": "DI_BAWAH_EKSPEKTASI",
}
_EXPECTATION = parsers.choice(EXPECTATIONS, "tidak dikenal; yang dikenal: di atas, sesuai, di bawah ekspektasi")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsYear:
    """One row: the result of one person in one year, by codes."""

    employee_number: str
    year: int
    predicate: str
    result: str | None = None
    behaviour: str | None = None


PREDICATE = Column(
    name="Predikat Kinerja",
    parse=parsers.choice(PREDICATES, f"predikat tidak dikenal; yang dikenal: {', '.join(PREDICATES)}"),
    aliases=("Predikat", "Predikat Kinerja Pegawai"),
    note="Sangat Baik, Baik, Butuh Perbaikan, Kurang atau Sangat Kurang.",
    example="Baik",
)
RESULT = Column(
    name="Hasil Kerja", parse=_EXPECTATION, aliases=("Rating Hasil Kerja",), required=False, filled=False,
    note="Di atas, sesuai atau di bawah ekspektasi.", example="sesuai ekspektasi",
)  # fmt: skip
BEHAVIOUR = Column(
    name="Perilaku Kerja", parse=_EXPECTATION, aliases=("Rating Perilaku Kerja",), required=False, filled=False,
    note="Di atas, sesuai atau di bawah ekspektasi.", example="sesuai ekspektasi",
)  # fmt: skip


def year(today: date) -> Column[int]:
    """The column of the year, up to the present one."""

    def parse(cell: Cell) -> int:
        written = str(cell.value).removesuffix(".0")
        if not written.isdecimal() or not _FIRST_YEAR <= int(written) <= today.year:
            raise CellError(f"bukan tahun {_FIRST_YEAR} sampai {today.year}")
        return int(written)

    return Column(name="Tahun", parse=parse, aliases=("Tahun Penilaian",), note="Tahun kinerja.", example="2025")


def columns(today: date) -> Sequence[Column[object]]:
    """All columns, in the order of our template."""
    return (employees.NUMBER, year(today), PREDICATE, RESULT, BEHAVIOUR)


def check(table: Table, today: date, known: Mapping[str, object]) -> Checked[PersonsYear]:
    """Check performance results: recorded people, each year of a person once."""
    of_year = year(today)
    rows = read_rows(table, columns(today))
    findings = Findings(table, rows)
    first: dict[tuple[str, int | None], int] = {}
    for row in rows:
        number = employees.NUMBER.of(row)
        if number is None:
            continue
        if number not in known:
            findings.add(row, employees.NUMBER, "pegawai belum tercatat; impor daftar pegawai lebih dahulu")
        place = (number, of_year.of(row))
        if first.setdefault(place, row.number) != row.number:
            findings.add(row, employees.NUMBER, f"sama dengan baris {first[place]}")
    bad = findings.bad_rows
    records = {row.number: _persons_year(row, of_year) for row in rows if row.number not in bad}
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors)


def _persons_year(row: ReadRow, of_year: Column[int]) -> PersonsYear:
    return PersonsYear(
        employee_number=employees.NUMBER.given(row),
        year=of_year.given(row),
        predicate=PREDICATE.given(row),
        result=RESULT.of(row),
        behaviour=BEHAVIOUR.of(row),
    )
