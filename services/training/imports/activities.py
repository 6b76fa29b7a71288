"""The columns of a list of activities, and what makes its rows good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from services.training.domain import Activity, Scope
from shared.files import parsers
from shared.files.columns import CellError, Column, ReadRow, RowError, read_rows
from shared.files.workbook import Cell, CellKind, Table, normal_form

NAMESPACE = UUID("5f0c7f0a-6c5f-5a35-9a0e-3d9d27c1b4e2")
"""Makes the id of an imported activity of what tells it from others, so that a file may come again."""

LONGEST_DAYS = 366
MOST_HOURS = 2_000
STUDY_CODES = frozenset({"A1", "A2"})

_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_NUMBER_LENGTH = 18


def employee_number(cell: Cell) -> str:
    """18 digits as text, blanks between groups allowed; a number has already lost its last digits."""
    written = re.sub(r"[\s'’]", "", str(cell.value))
    if cell.kind is CellKind.NUMBER or _SCIENTIFIC.fullmatch(written):
        raise CellError(
            "tersimpan sebagai angka, bukan teks, sehingga digit terakhirnya hilang; isi ulang sebagai teks"
        )
    if len(written) != _NUMBER_LENGTH or not (written.isascii() and written.isdigit()):
        raise CellError("harus tepat 18 angka")
    return written


def hours(cell: Cell) -> Decimal:
    """Learning hours of 45 minutes; certificates name a part of one now and then."""
    written = str(cell.value).replace(",", ".")
    if cell.kind is CellKind.DATE or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,2})?0*", written):
        raise CellError("bukan jumlah JP; tulis bilangan, misalnya 20")
    if not 1 <= Decimal(written) <= MOST_HOURS:
        raise CellError(f"JP harus antara 1 dan {MOST_HOURS}")
    return Decimal(written)


PROVIDER = Column(
    name="Penyelenggara Kegiatan",
    parse=parsers.text,
    aliases=("Penyelenggara", "Lembaga Penyelenggara", "Instansi Penyelenggara"),
    note="Lembaga yang menyelenggarakan.",
    example="BPSDM Provinsi",
)
TITLE = Column(
    name="Nama Kegiatan",
    parse=parsers.text,
    aliases=("Kegiatan", "Judul Kegiatan", "Nama Pelatihan", "Nama Diklat"),
    note="Nama kegiatan, paling banyak 200 huruf.",
    example="Seminar Transformasi Digital",
)
CLAIMED = Column(
    name="Total Jam Pelajaran",
    parse=hours,
    aliases=("JP", "Jumlah JP", "Jam Pelajaran", "Jumlah Jam Pelajaran", "Total JP"),
    note="JP menurut sertifikat; JP yang diakui dihitung dari tabel konversi.",
    example="4",
)
NUMBER = Column(
    name="NIP Peserta",
    parse=employee_number,
    aliases=("NIP", "NIP Pegawai", "NIP/NI PPPK"),
    note="18 angka sebagai teks.",
    example="198001012005012000",
)
SCOPE = Column(
    name="Lingkup",
    parse=parsers.choice(
        {"Nasional": Scope.NATIONAL, "Internasional": Scope.INTERNATIONAL},
        "lingkup tidak dikenal; yang dikenal: Nasional, Internasional",
    ),
    aliases=("Tingkat", "Skala"),
    required=False,
    filled=False,
    note="Nasional atau Internasional; kosong berarti Nasional.",
    example="Nasional",
)


def starts_on(today: date) -> Column[date]:
    """The column of the first day."""
    return Column(
        name="Tanggal Mulai",
        parse=parsers.past_date(today),
        aliases=("Mulai", "Tgl Mulai", "Tanggal Awal"),
        note="Sel tanggal, atau teks hari/bulan/tahun.",
        example="01/08/2026",
    )


def ends_on(today: date) -> Column[date]:
    """The column of the last day, which must have passed: what has not been held counts nothing yet."""
    return Column(
        name="Tanggal Selesai",
        parse=parsers.past_date(today),
        aliases=("Selesai", "Tgl Selesai", "Tanggal Akhir"),
        note="Hari terakhir; tahun tanggal ini menjadi tahun perolehan JP.",
        example="01/08/2026",
    )


def form_code(codes: AbstractSet[str]) -> Column[str]:
    """The column of the code of the form."""
    return Column(
        name="Kode Jenis Pengembangan",
        parse=parsers.choice(
            {code: code for code in sorted(codes)}, "kode bentuk pengembangan tidak dikenal; misalnya B6 atau C3"
        ),
        aliases=("Kode Pengembangan", "Kode Jenis", "Kode Bentuk", "Kode Jalur"),
        note="Kode tabel konversi JP: A1, A2, B1–B11, C1–C11.",
        example="B6",
    )


def columns(today: date, codes: AbstractSet[str]) -> tuple[Column[object], ...]:
    """All columns of a list of activities, in the order of our template."""
    return (starts_on(today), ends_on(today), TITLE, PROVIDER, CLAIMED, NUMBER, form_code(codes), SCOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One good row."""

    activity: Activity
    title: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The good rows and every error, under the titles that the file itself uses."""

    rows_read: int
    lines: list[Line]
    errors: list[RowError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a list of activities is checked against: the day, the table's codes, and employee number → id."""

    today: date
    codes: AbstractSet[str]
    employees: Mapping[str, UUID]


def numbers_in(table: Table) -> set[str]:
    """Every employee number of a file, as far as it can be read."""
    return {number for row in read_rows(table, (NUMBER,)) if (number := NUMBER.of(row)) is not None}


def check(table: Table, reference: Reference) -> Checked:
    """Check a list of activities against itself, the directory and the calendar."""
    rows = read_rows(table, columns(reference.today, reference.codes))
    errors = [error for row in rows for error in row.errors]
    seen: dict[UUID, int] = {}
    lines = []
    for row in rows:
        found = list(_faults(row, reference))
        line = None if row.errors or found else _line(row, reference)
        if line is not None and (first := seen.setdefault(line.activity.id, row.number)) != row.number:
            found.append((NUMBER, f"kegiatan yang sama sudah ada di baris {first}"))
        elif line is not None:
            lines.append(line)
        errors += [RowError(row=row.number, column=table.titles[column.name], reason=why) for column, why in found]
    return Checked(rows_read=len(rows), lines=lines, errors=sorted(errors, key=lambda error: error.row))


def _faults(row: ReadRow, reference: Reference) -> Iterable[tuple[Column[object], str]]:
    number = NUMBER.of(row)
    if number is not None and number not in reference.employees:
        yield NUMBER, "pegawai dengan nomor ini belum tercatat"
    first, last = starts_on(reference.today).of(row), ends_on(reference.today).of(row)
    if first is None or last is None:
        return
    if last < first:
        yield ends_on(reference.today), "mendahului tanggal mulai"
    elif last >= reference.today:
        yield ends_on(reference.today), "kegiatan belum selesai; catat sesudah hari terakhirnya"
    elif (last - first).days >= LONGEST_DAYS and form_code(reference.codes).of(row) not in STUDY_CODES:
        yield ends_on(reference.today), "kegiatan berlangsung lebih dari satu tahun; periksa kedua tanggalnya"


def _line(row: ReadRow, reference: Reference) -> Line:
    employee_id = reference.employees[NUMBER.given(row)]
    code = form_code(reference.codes).given(row)
    first, last = starts_on(reference.today).given(row), ends_on(reference.today).given(row)
    title, provider = TITLE.given(row), PROVIDER.given(row)
    key = (str(employee_id), code, first.isoformat(), last.isoformat(), normal_form(title), normal_form(provider))
    activity = Activity(
        id=uuid5(NAMESPACE, "|".join(key)),
        employee_id=employee_id,
        form_code=code,
        starts_on=first,
        ends_on=last,
        scope=SCOPE.of(row) or Scope.NATIONAL,
        claimed_hours=CLAIMED.given(row),
    )
    return Line(activity=activity, title=title, provider=provider)
