"""The columns of a unit list, and what makes its rows good."""

from collections.abc import Mapping

from services.needs.domain.units import Unit
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
from shared.files.columns import Column, ReadRow, RowError, read_rows
from shared.files.workbook import Table

CODE = Column(
    name="Kode",
    parse=parsers.code,
    aliases=("Kode Unit", "Kode Unit Kerja", "Kode UNOR", "Kode SKPD", "Kode OPD"),
    note="Kode unik unit, sebagai teks: 1.1 dan 1.10 berbeda.",
    example="1.04",
)
NAME = Column(
    name="Nama Unit",
    parse=parsers.text,
    aliases=("Nama", "Unit Kerja", "Nama Unit Kerja", "Nama UNOR", "Nama SKPD", "Perangkat Daerah"),
    note="Nama resmi, paling banyak 200 huruf.",
    example="Dinas Kesehatan",
)
PARENT = Column(
    name="Kode Induk",
    parse=parsers.code,
    aliases=("Kode Unit Induk", "Kode Atasan", "Kode Unit Atasan", "Induk"),
    filled=False,
    note="Kode unit di atasnya; kosong untuk puncak.",
    example="1",
)
TYPE = Column(
    name="Jenis",
    parse=parsers.text,
    aliases=("Jenis Unit", "Jenis Unit Kerja", "Tipe"),
    required=False,
    filled=False,
    note="Misalnya Dinas, Badan, UPT, Kecamatan, Kelurahan.",
    example="Dinas",
)
COLUMNS: tuple[Column[str], ...] = (CODE, NAME, PARENT, TYPE)
KEPT = {TYPE.name: "unit_type"}
TREE = TreeColumns(
    key=CODE,
    parent=PARENT,
    wording=TreeWording(
        unknown="unit induk tidak ada dalam berkas ini dan belum tercatat",
        own="unit ini menunjuk dirinya sendiri sebagai induk",
        circle="induk berputar: unit ini berada di bawah dirinya sendiri",
        left_out="unit induknya ikut ditolak, jadi unit ini belum dapat dicatat",
    ),
)


def check(table: Table, recorded: Mapping[str, str | None]) -> Checked[Unit]:
    """Check a unit list against itself and the recorded units (code → parent's code)."""
    rows = read_rows(table, COLUMNS)
    findings = Findings(table, rows)
    check_tree(first_of_each(rows, CODE, findings), TREE, recorded, findings)
    bad = findings.bad_rows
    records = {row.number: _unit(row) for row in rows if row.number not in bad}
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors)


def left_out(
    units: Mapping[int, Unit], recorded: Mapping[str, str | None], titles: Mapping[str, str]
) -> list[RowError]:
    """Good rows that cannot be recorded without a refused one."""
    entries = {number: (unit.code, unit.parent_code) for number, unit in units.items()}
    return left_out_of_tree(entries, recorded, titles, TREE)


def _unit(row: ReadRow) -> Unit:
    return Unit(code=CODE.given(row), name=NAME.given(row), parent_code=PARENT.of(row), unit_type=TYPE.of(row))
