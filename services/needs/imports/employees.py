"""The columns of an employee list, and what makes its rows good."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from services.needs.domain.employee_numbers import birth_date, is_employee_number, oddities
from services.needs.domain.people import ACTIVE, Employee, EmploymentType
from services.needs.imports import positions
from services.needs.imports.checked import (
    Checked,
    Findings,
    TreeColumns,
    TreeWording,
    check_tree,
    first_of_each,
    left_out_of_tree,
)
from shared.files import parsers
from shared.files.columns import CellError, Column, ReadRow, RowError, read_rows
from shared.files.workbook import Cell, CellKind, Table

_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_LEGAL_STATUS = re.compile(r"[0-9]{2}")
_LEGAL_STATUS_WORDS = {"Aktif": ACTIVE, "CLTN": "02", "Cuti di Luar Tanggungan Negara": "02", "Tugas Belajar": "03"}


def employee_number(cell: Cell) -> str:
    """18 digits as text, blanks between groups allowed; a number has already lost its last digits."""
    written = re.sub(r"[\s'’]", "", str(cell.value))
    if cell.kind is CellKind.NUMBER or _SCIENTIFIC.fullmatch(written):
        raise CellError(
            "tersimpan sebagai angka, bukan teks, sehingga digit terakhirnya hilang; isi ulang sebagai teks"
        )
    if not is_employee_number(written):
        raise CellError("harus tepat 18 angka")
    return written


def legal_status(cell: Cell) -> str:
    """A code of two digits, or one of the few words that everybody uses."""
    written = f"{cell.value:02d}" if isinstance(cell.value, int) else str(cell.value)
    if _LEGAL_STATUS.fullmatch(written):
        return written
    return parsers.choice(_LEGAL_STATUS_WORDS, "bukan kode kedudukan hukum dua angka, misalnya 01 (aktif)")(cell)


NUMBER = Column(
    name="NIP",
    parse=employee_number,
    aliases=("NIP Baru", "NI PPPK", "NIP/NI PPPK", "NIP / NIPPPK", "Nomor Induk Pegawai"),
    note="18 angka sebagai teks. Ubah format kolom menjadi Teks sebelum mengisi: Excel hanya menyimpan 15 angka.",
    example="198001012005012000",
)
NAME = Column(
    name="Nama",
    parse=parsers.text,
    aliases=("Nama Pegawai", "Nama Lengkap"),
    note="Nama tanpa gelar.",
    example="Contoh Rekaan",
)
TITLE_BEFORE = Column(
    name="Gelar Depan", parse=parsers.text, required=False, filled=False, note="Boleh kosong.", example="Dra."
)
TITLE_AFTER = Column(
    name="Gelar Belakang", parse=parsers.text, required=False, filled=False, note="Boleh kosong.", example="M.Si."
)
EMPLOYMENT_TYPE = Column(
    name="Status Kepegawaian",
    parse=parsers.choice(
        {
            "CPNS": EmploymentType.CPNS,
            "PNS": EmploymentType.PNS,
            "PPPK": EmploymentType.PPPK,
            "PPPK Penuh Waktu": EmploymentType.PPPK,
            "PPPK Paruh Waktu": EmploymentType.PPPK_PARUH_WAKTU,
        },
        "status kepegawaian tidak dikenal; yang dikenal: CPNS, PNS, PPPK, PPPK Paruh Waktu",
    ),
    aliases=("Jenis Kepegawaian", "Status Pegawai", "Jenis Pegawai"),
    note="CPNS, PNS, PPPK atau PPPK Paruh Waktu.",
    example="PNS",
)
LEGAL_STATUS = Column(
    name="Kedudukan Hukum",
    parse=legal_status,
    required=False,
    filled=False,
    note="Kode dua angka; kosong berarti 01 (aktif).",
    example="01",
)
UNIT = Column(
    name="Kode Unit",
    parse=parsers.code,
    aliases=("Kode Unit Kerja", "Kode UNOR", "Kode SKPD", "Kode OPD"),
    note="Kode dari daftar unit; impor unit lebih dahulu.",
    example="1.04",
)
SUPERIOR = Column(
    name="NIP Atasan",
    parse=employee_number,
    aliases=("NIP Atasan Langsung", "Atasan Langsung"),
    filled=False,
    note="NIP atasan langsung; kosong untuk pegawai tertinggi.",
    example="197001011995011000",
)
EMAIL = Column(
    name="Email",
    parse=parsers.email,
    aliases=("Alamat Email", "Surel", "Pos-el"),
    required=False,
    filled=False,
    note="Boleh kosong.",
    example="contoh@contoh.example",
)
KEPT = {
    TITLE_BEFORE.name: "title_before",
    TITLE_AFTER.name: "title_after",
    LEGAL_STATUS.name: "legal_status",
    EMAIL.name: "email",
}
TREE = TreeColumns(
    key=NUMBER,
    parent=SUPERIOR,
    wording=TreeWording(
        unknown="atasan tidak ada dalam berkas ini dan belum tercatat",
        own="pegawai ini menunjuk dirinya sendiri sebagai atasan",
        circle="atasan berputar: pegawai ini berada di bawah dirinya sendiri",
        left_out="baris atasannya ikut ditolak, jadi baris ini belum dapat dicatat",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an employee list is checked against: codes of units, and number → superior's number."""

    unit_codes: AbstractSet[str]
    superiors: Mapping[str, str | None]


def valid_from(today: date) -> Column[date]:
    """The column of the date from which the record holds (TMT)."""
    return Column(
        name="TMT",
        parse=parsers.past_date(today),
        aliases=("TMT Jabatan", "Terhitung Mulai Tanggal"),
        note="Sel tanggal, atau teks hari/bulan/tahun.",
        example="01/01/2005",
    )


def columns(today: date) -> tuple[Column[object], ...]:
    """All columns of an employee list, in the order of our template."""
    return (
        NUMBER,
        NAME,
        TITLE_BEFORE,
        TITLE_AFTER,
        EMPLOYMENT_TYPE,
        LEGAL_STATUS,
        *positions.COLUMNS,
        UNIT,
        SUPERIOR,
        valid_from(today),
        EMAIL,
    )


def check(table: Table, today: date, recorded: Recorded) -> Checked[Employee]:
    """Check an employee list against itself and what is recorded."""
    rows = read_rows(table, columns(today))
    findings = Findings(table, rows)
    check_tree(first_of_each(rows, NUMBER, findings), TREE, recorded.superiors, findings)
    for row in rows:
        positions.check_class(row, findings)
        unit_code = UNIT.of(row)
        if unit_code is not None and unit_code not in recorded.unit_codes:
            findings.add(row, UNIT, "unit belum tercatat; impor daftar unit lebih dahulu atau perbaiki kodenya")
        _check_dates(row, valid_from(today), findings)
    bad = findings.bad_rows
    records = {row.number: _employee(row, valid_from(today)) for row in rows if row.number not in bad}
    notes = [findings.at(row, NUMBER, oddity) for row, person in records.items() for oddity in _oddities(person)]
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors, notes=notes)


def left_out(
    people: Mapping[int, Employee], recorded: Mapping[str, str | None], titles: Mapping[str, str]
) -> list[RowError]:
    """Good rows that cannot be recorded without a refused one."""
    entries = {number: (person.employee_number, person.superior_number) for number, person in people.items()}
    return left_out_of_tree(entries, recorded, titles, TREE)


def _oddities(person: Employee) -> list[str]:
    return oddities(person.employee_number, person.employment_type)


def _check_dates(row: ReadRow, start: Column[date], findings: Findings) -> None:
    number, day = NUMBER.of(row), start.of(row)
    born = birth_date(number) if number else None
    if born and day and day <= born:
        findings.add(row, start, "tanggal sebelum pegawai ini lahir menurut NIP-nya")


def _employee(row: ReadRow, start: Column[date]) -> Employee:
    return Employee(
        employee_number=NUMBER.given(row),
        name=NAME.given(row),
        title_before=TITLE_BEFORE.of(row),
        title_after=TITLE_AFTER.of(row),
        email=EMAIL.of(row),
        employment_type=EMPLOYMENT_TYPE.given(row),
        legal_status=LEGAL_STATUS.of(row) or ACTIVE,
        position=positions.position_of(row),
        unit_code=UNIT.given(row),
        superior_number=SUPERIOR.of(row),
        valid_from=start.given(row),
    )
