"""Lists of activities: read by their titles, checked cell by cell, each row an activity that is known again."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.training.domain import Scope
from services.training.imports.activities import Checked, Reference, check, columns, numbers_in
from services.training.rules import LEARNING_HOURS
from shared.files.workbook import read_table

TODAY = date(2026, 11, 1)
CODES = LEARNING_HOURS.known_codes
ANI, BUDI = "199001012015011000", "199002022015012000"
EMPLOYEES = {ANI: UUID(int=1), BUDI: UUID(int=2)}
TITLES = (
    "Tanggal Mulai",
    "Tanggal Selesai",
    "Nama Kegiatan",
    "Penyelenggara Kegiatan",
    "Total Jam Pelajaran",
    "NIP Peserta",
    "Kode Jenis Pengembangan",
)
GOOD = ("04/03/2026", "05-03-2026", "Seminar Rekaan", "BPSDM Provinsi", "8", ANI, "B6")


def checked(
    *rows: tuple[str, ...], titles: tuple[str, ...] = TITLES, employees: dict[str, UUID] = EMPLOYEES
) -> Checked:
    text = io.StringIO()
    csv.writer(text).writerows([("Rekap Kegiatan",), titles, *rows])
    table = read_table(text.getvalue().encode(), columns(TODAY, CODES))
    return check(table, Reference(today=TODAY, codes=CODES, employees=employees))


def with_cell(title: str, value: str) -> tuple[str, ...]:
    return tuple(value if name == title else cell for name, cell in zip(TITLES, GOOD, strict=True))


def test_good_row_becomes_an_activity() -> None:
    found = checked(GOOD)

    assert (found.rows_read, found.errors) == (1, [])
    [line] = found.lines
    assert (line.title, line.provider) == ("Seminar Rekaan", "BPSDM Provinsi")
    activity = line.activity
    assert (activity.employee_id, activity.form_code, activity.scope) == (EMPLOYEES[ANI], "B6", Scope.NATIONAL)
    assert (activity.starts_on, activity.ends_on) == (date(2026, 3, 4), date(2026, 3, 5))
    assert activity.claimed_hours == Decimal(8)


@pytest.mark.parametrize(
    ("title", "value", "reason"),
    [
        ("Tanggal Mulai", "31/02/2026", "tidak ada di kalender"),
        ("Tanggal Mulai", "", "wajib diisi"),
        ("Tanggal Selesai", "03/03/2026", "mendahului tanggal mulai"),
        ("Tanggal Selesai", "01/11/2026", "belum selesai"),
        ("Tanggal Selesai", "02/11/2026", "masa depan"),
        ("Nama Kegiatan", "-!-", "tidak berisi huruf"),
        ("Total Jam Pelajaran", "0", "antara 1 dan"),
        ("Total Jam Pelajaran", "2001", "antara 1 dan"),
        ("Total Jam Pelajaran", "delapan", "bukan jumlah JP"),
        ("Total Jam Pelajaran", "-8", "bukan jumlah JP"),
        ("NIP Peserta", "1.99001E+17", "digit terakhirnya hilang"),
        ("NIP Peserta", "19900101201501100", "tepat 18 angka"),
        ("NIP Peserta", "199009092015011000", "belum tercatat"),
        ("Kode Jenis Pengembangan", "B99", "tidak dikenal"),
    ],
)
def test_faulty_cell_is_named_with_its_row_and_reason(title: str, value: str, reason: str) -> None:
    found = checked(GOOD, with_cell(title, value))

    [error] = found.errors
    assert (error.row, error.column) == (4, title)
    assert reason in error.reason
    assert len(found.lines) == 1


def test_activity_of_more_than_a_year_is_taken_for_a_slip() -> None:
    [error] = checked(with_cell("Tanggal Mulai", "04/03/2025")).errors

    assert (error.column, error.reason[:30]) == ("Tanggal Selesai", "kegiatan berlangsung lebih dar")


def test_study_may_last_longer_than_a_year() -> None:
    row = with_cell("Kode Jenis Pengembangan", "A1")

    assert checked(("01/02/2025", "28/02/2026", *row[2:])).errors == []


def test_hours_keep_the_part_that_a_certificate_names() -> None:
    found = checked(with_cell("Total Jam Pelajaran", "22,5"), (*with_cell("Total Jam Pelajaran", "22.50")[:6], "B7"))

    assert [line.activity.claimed_hours for line in found.lines] == [Decimal("22.5")] * 2


def test_columns_are_found_by_other_titles_in_another_order() -> None:
    titles = ("NIP", "Kode Pengembangan", "Kegiatan", "Penyelenggara", "JP", "Mulai", "Selesai", "Lingkup")
    row = (ANI, "b6", "Seminar Rekaan", "BPSDM Provinsi", "8", "2026-03-04", "2026-03-05", "internasional")

    [line] = checked(row, titles=titles).lines

    assert line.activity.id == checked(GOOD).lines[0].activity.id
    assert line.activity.scope is Scope.INTERNATIONAL


def test_same_activity_is_known_again_and_another_is_not() -> None:
    def id_of(*row: str) -> UUID:
        return checked(row).lines[0].activity.id

    same = [with_cell("Total Jam Pelajaran", "9"), with_cell("Nama Kegiatan", "SEMINAR  rekaan")]
    others = [
        with_cell("Nama Kegiatan", "Seminar Lain"),
        with_cell("Tanggal Mulai", "05/03/2026"),
        with_cell("NIP Peserta", BUDI),
        with_cell("Kode Jenis Pengembangan", "B7"),
        with_cell("Penyelenggara Kegiatan", "Universitas Rekaan"),
    ]

    assert {id_of(*row) for row in same} == {id_of(*GOOD)}
    assert len({id_of(*row) for row in [GOOD, *others]}) == 6


def test_row_that_comes_twice_is_refused_with_the_first() -> None:
    found = checked(GOOD, with_cell("NIP Peserta", BUDI), with_cell("Total Jam Pelajaran", "9"))

    [error] = found.errors
    assert (error.row, error.column, error.reason) == (5, "NIP Peserta", "kegiatan yang sama sudah ada di baris 3")
    assert len(found.lines) == 2


def test_numbers_of_a_file_are_those_that_can_be_read() -> None:
    text = io.StringIO()
    csv.writer(text).writerows([TITLES, GOOD, with_cell("NIP Peserta", "1.99E+17"), with_cell("NIP Peserta", BUDI)])

    assert numbers_in(read_table(text.getvalue().encode(), columns(TODAY, CODES))) == {ANI, BUDI}
