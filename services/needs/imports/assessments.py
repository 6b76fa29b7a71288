"""The columns of an assessment recap, and what makes its rows good; the sender's figures are taken, never used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from services.needs.domain.evidence import EvidenceKind
from services.needs.imports import employees
from services.needs.imports.checked import Checked, Findings, first_of_each
from shared.files import parsers
from shared.files.columns import CellError, Column, ReadRow, RowError, read_rows
from shared.files.workbook import Cell, Table, normal_form

LEVELS = range(6)
_ACCREDITED = "terakreditasi"
_NOT_ACCREDITED = ("tidakterakreditasi", "belumterakreditasi", "nonterakreditasi")
_LARGEST = Decimal(10_000)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedPerson:
    """One row: the levels of one person, and what the sender made of them."""

    employee_number: str
    kind: EvidenceKind
    assessed_on: date
    levels: Mapping[str, int]
    provider: str | None = None
    sender_total: int | None = None
    sender_match: Decimal | None = None


def total(cell: Cell) -> int:
    """A whole number from 0 on."""
    figure = percent(cell)
    if figure != int(figure):
        raise CellError("bukan bilangan bulat")
    return int(figure)


def percent(cell: Cell) -> Decimal:
    """A figure of percent with at most two decimals that count, written with a comma or a point, with or without %."""
    written = str(cell.value).replace("%", "").replace(",", ".").strip()
    try:
        figure = Decimal(written)
    except InvalidOperation:
        raise CellError("bukan angka") from None
    if not figure.is_finite() or not 0 <= figure < _LARGEST:
        raise CellError("bukan angka yang masuk akal")
    return figure.quantize(_CENT)


TOTAL = Column(
    name="Total", parse=total, aliases=("Jumlah", "Total Nilai"), required=False, filled=False,
    note="Jumlah level menurut pengirim; disimpan untuk dibandingkan.", example="25",
)  # fmt: skip
MATCH = Column(
    name="JPM (%)", parse=percent, aliases=("JPM", "Job Person Match"), required=False, filled=False,
    note="JPM menurut pengirim; disimpan untuk dibandingkan.", example="92,59",
)  # fmt: skip
PROVIDER = Column(
    name="Lembaga", parse=parsers.text, aliases=("Lembaga Penilai", "Penyelenggara", "Unit Penilai"),
    required=False, filled=False,
    note="Lembaga penilai; tulis “terakreditasi” bila demikian. Tanpa itu hasilnya berlaku lebih singkat.",
    example="Unit Penilaian Kompetensi (terakreditasi)",
)  # fmt: skip


def assessed_on(today: date) -> Column[date]:
    """The column of the day of the assessment."""
    return Column(
        name="Tanggal",
        parse=parsers.past_date(today),
        aliases=("Tanggal Asesmen", "Tanggal Penilaian", "Tanggal Pelaksanaan"),
        note="Sel tanggal, atau teks hari/bulan/tahun.",
        example="16/03/2026",
    )


def columns(levels: Mapping[str, Column[int]], today: date) -> Sequence[Column[object]]:
    """All columns, in the order of our template."""
    return (employees.NUMBER, *levels.values(), TOTAL, MATCH, assessed_on(today), PROVIDER)


def check(
    table: Table, levels: Mapping[str, Column[int]], today: date, known: Mapping[str, object]
) -> Checked[AssessedPerson]:
    """Check a recap: recorded people, each once a file, with at least one level."""
    rows = read_rows(table, columns(levels, today))
    findings = Findings(table, rows)
    first_of_each(rows, employees.NUMBER, findings)
    for row in rows:
        number = employees.NUMBER.of(row)
        if number is not None and number not in known:
            findings.add(row, employees.NUMBER, "pegawai belum tercatat; impor daftar pegawai lebih dahulu")
        if not row.errors and not _levels(row, levels):
            findings.add(row, next(iter(levels.values())), "tidak ada satu pun kompetensi yang dinilai")
    bad = findings.bad_rows
    records = {row.number: _assessed(row, levels, assessed_on(today)) for row in rows if row.number not in bad}
    notes = [note for row, record in records.items() for note in _notes(findings, row, record, levels)]
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors, notes=notes)


def _notes(findings: Findings, row: int, record: AssessedPerson, levels: Mapping[str, Column[int]]) -> list[RowError]:
    notes = []
    if record.sender_total is not None and record.sender_total != sum(record.levels.values()):
        notes.append(findings.at(row, TOTAL, "berbeda dari jumlah level di baris ini; keduanya disimpan"))
    notes += [
        findings.at(row, column, "tidak dinilai, sehingga JPM orang ini tidak lengkap")
        for code, column in levels.items()
        if column.required and code not in record.levels
    ]
    return notes


def _assessed(row: ReadRow, levels: Mapping[str, Column[int]], day: Column[date]) -> AssessedPerson:
    provider = PROVIDER.of(row)
    return AssessedPerson(
        employee_number=employees.NUMBER.given(row),
        kind=EvidenceKind.CENTRE if _is_accredited(provider) else EvidenceKind.CENTRE_UNACCREDITED,
        assessed_on=day.given(row),
        levels=_levels(row, levels),
        provider=provider,
        sender_total=TOTAL.of(row),
        sender_match=MATCH.of(row),
    )


def _levels(row: ReadRow, levels: Mapping[str, Column[int]]) -> dict[str, int]:
    return {code: found for code, column in levels.items() if (found := column.of(row)) is not None}


def _is_accredited(provider: str | None) -> bool:
    form = normal_form(provider or "")
    return _ACCREDITED in form and not any(word in form for word in _NOT_ACCREDITED)
