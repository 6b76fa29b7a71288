"""Unit and employee lists: every bad cell is named, good rows become records, heads follow from superiors."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.needs.domain.employee_numbers import birth_date, oddities
from services.needs.domain.heads import Placement, heads_of_units
from services.needs.domain.people import Employee, EmploymentType
from services.needs.domain.positions import JobKind, Position, PositionClass
from services.needs.domain.tree import members_of_cycles, without_place
from services.needs.imports import employees, positions, units
from services.needs.imports.checked import Checked
from services.needs.imports.templates import template
from shared.files.columns import Column
from shared.files.workbook import read_table

SAMPLES = Path(__file__).parent.parent / "samples"
TODAY = date(2026, 11, 22)
UNIT_CODES = {"1", "1.01", "1.04"}
CHIEF, HEAD, STAFF = "197001011995011000", "197501012000011000", "198501012010011000"
GOOD = {
    "NIP": STAFF,
    "Nama": "Contoh Rekaan",
    "Gelar Depan": "Dra.",
    "Gelar Belakang": "M.Si.",
    "Status Kepegawaian": "PNS",
    "Kedudukan Hukum": "",
    "Jabatan": "Perawat Terampil",
    "Jenis Jabatan": "Fungsional",
    "Kelas Jabatan": "JF Terampil",
    "Kode Unit": "1.04",
    "NIP Atasan": "",
    "TMT": "01/02/2020",
    "Email": "",
}


def separated(*rows: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def check_people(data: bytes, superiors: Mapping[str, str | None] | None = None) -> Checked[Employee]:
    table = read_table(data, employees.columns(TODAY))
    recorded = employees.Recorded(unit_codes=UNIT_CODES, superiors=superiors or {})
    return employees.check(table, TODAY, recorded)


def cells(checked: Checked[Employee]) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in checked.errors]


def sample(name: str) -> Checked[Employee]:
    codes = units.check(read_table(SAMPLES / "unit.xlsx", units.COLUMNS), {}).records.values()
    table = read_table(SAMPLES / name, employees.columns(TODAY))
    recorded = employees.Recorded(unit_codes={unit.code for unit in codes}, superiors={})
    return employees.check(table, TODAY, recorded)


def test_samples_are_good_whole() -> None:
    unit_list = units.check(read_table(SAMPLES / "unit.xlsx", units.COLUMNS), {})
    people = sample("pegawai.xlsx")

    assert (unit_list.rows_read, len(unit_list.records), unit_list.errors) == (15, 15, [])
    assert (people.rows_read, len(people.records), people.errors, people.notes) == (500, 500, [], [])


def test_spoiled_sample_reports_exactly_its_spoiled_cells() -> None:
    with (SAMPLES / "pegawai-rusak.csv").open(encoding="utf-8") as file:
        expected = [(int(line["row"]), line["column"]) for line in csv.DictReader(file)]

    assert cells(sample("pegawai-rusak.xlsx")) == expected


def test_errors_repeat_nothing_of_what_cells_hold() -> None:
    secret = {column: f"Rahasia{index}" for index, column in enumerate(GOOD)}

    errors = check_people(separated(secret)).errors

    assert len({error.column for error in errors}) == 9
    assert not [error for error in errors if "Rahasia" in error.reason]


def test_good_row_becomes_a_record() -> None:
    checked = check_people(separated(GOOD))

    person = checked.records[2]
    assert person == Employee(
        employee_number=STAFF,
        name="Contoh Rekaan",
        title_before="Dra.",
        title_after="M.Si.",
        employment_type=EmploymentType.PNS,
        position=Position(title="Perawat Terampil", position_class=PositionClass.JF_TERAMPIL),
        unit_code="1.04",
        valid_from=date(2020, 2, 1),
    )
    assert (person.full_name, person.position.job_kind) == ("Dra. Contoh Rekaan, M.Si.", JobKind.FUNCTIONAL)


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("NIP", f" {STAFF} "), ("NIP", "19850101 201001 1 000"), ("NIP", f"'{STAFF}"),
        ("TMT", "1-2-2020"), ("TMT", "2020-02-01"), ("TMT", "01.02.2020"), ("TMT", "2020-02-01 00:00:00"),
        ("Status Kepegawaian", "pns"), ("Kelas Jabatan", "Terampil"), ("Jenis Jabatan", "Jabatan Fungsional"),
        ("Jenis Jabatan", ""), ("NIP Atasan", "-"), ("Email", "–"), ("Kedudukan Hukum", "01"),
        ("Kedudukan Hukum", "Aktif"), ("Nama", "Contoh   Rekaan"),
    ],
)  # fmt: skip
def test_other_ways_to_write_the_same_mean_the_same(column: str, written: str) -> None:
    assert check_people(separated({**GOOD, column: written})).records[2] == check_people(separated(GOOD)).records[2]


@pytest.mark.parametrize(
    ("column", "written", "reason"),
    [
        ("NIP", "1.97E+17", "tersimpan sebagai angka"),
        ("NIP", "1,97001011995011E+17", "tersimpan sebagai angka"),
        ("NIP", "19700101199501100", "18 angka"),
        ("NIP", "١٩٧٠٠١٠١١٩٩٥٠١١٠٠٠", "18 angka"),
        ("NIP", "", "kosong"),
        ("NIP", "-", "18 angka"),
        ("Nama", "=1+1", "rumus"),
        ("Nama", "...", "huruf"),
        ("Nama", "A" * 201, "terlalu panjang"),
        ("Status Kepegawaian", "Honorer", "tidak dikenal"),
        ("Kelas Jabatan", "Eselon VI", "tidak dikenal"),
        ("Kelas Jabatan", "Pengawas", "tidak termasuk jenis jabatan"),
        ("Kode Unit", "9.99", "belum tercatat"),
        ("Kode Unit", "1.04; 1.05", "bukan kode"),
        ("NIP Atasan", STAFF, "dirinya sendiri"),
        ("NIP Atasan", HEAD, "tidak ada dalam berkas"),
        ("TMT", "31-02-2020", "tidak ada di kalender"),
        ("TMT", "02/13/2020", "tidak ada di kalender"),
        ("TMT", "23/11/2026", "masa depan"),
        ("TMT", "01/01/1900", "sebelum 1945"),
        ("TMT", "01/01/1980", "sebelum pegawai ini lahir"),
        ("TMT", "Februari 2020", "bukan tanggal"),
        ("Email", "bukan email", "bukan alamat email"),
        ("Email", "contoh@contoh", "bukan alamat email"),
        ("Kedudukan Hukum", "mangkir", "bukan kode kedudukan hukum"),
    ],
)
def test_bad_cell_is_named_with_its_reason(column: str, written: str, reason: str) -> None:
    checked = check_people(separated({**GOOD, column: written}))

    assert cells(checked) == [(2, column)]
    assert reason in checked.errors[0].reason
    assert checked.records == {}


def test_number_stored_as_a_number_is_refused_wherever_a_number_stands() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(GOOD))
    sheet.append([*GOOD.values()])
    for column, value in (("NIP", 1.98501012010011e17), ("Kode Unit", 1.1), ("Kelas Jabatan", 9)):
        sheet.cell(2, list(GOOD).index(column) + 1, value)
    content = io.BytesIO()
    book.save(content)

    assert cells(check_people(content.getvalue())) == [(2, "NIP"), (2, "Kelas Jabatan"), (2, "Kode Unit")]


def test_errors_use_the_titles_of_the_file() -> None:
    renamed = {"NIP BARU" if title == "NIP" else title: value for title, value in GOOD.items()}

    assert cells(check_people(separated({**renamed, "NIP BARU": "1"}))) == [(2, "NIP BARU")]


def test_later_row_with_the_same_number_is_the_bad_one() -> None:
    checked = check_people(separated(GOOD, {**GOOD, "Nama": "Lain"}, GOOD))

    assert cells(checked) == [(3, "NIP"), (4, "NIP")]
    assert checked.errors[0].reason == "sama dengan baris 2"


def test_superior_may_stand_further_down_in_a_bad_row_or_in_the_records() -> None:
    below = {**GOOD, "NIP": CHIEF, "Status Kepegawaian": "Honorer"}

    in_file = check_people(separated({**GOOD, "NIP Atasan": CHIEF}, below))
    recorded = check_people(separated({**GOOD, "NIP Atasan": CHIEF}), superiors={CHIEF: None})

    assert cells(in_file) == [(3, "Status Kepegawaian")]
    assert cells(recorded) == []


def test_circle_of_superiors_is_reported_in_each_row_of_it() -> None:
    rows = [
        {**GOOD, "NIP": CHIEF, "NIP Atasan": HEAD},
        {**GOOD, "NIP": HEAD, "NIP Atasan": CHIEF},
        {**GOOD, "NIP Atasan": HEAD},
    ]

    in_file = check_people(separated(*rows))
    across = check_people(separated(rows[0]), superiors={CHIEF: None, HEAD: CHIEF})

    assert cells(in_file) == [(2, "NIP Atasan"), (3, "NIP Atasan")]
    assert cells(across) == [(2, "NIP Atasan")]


def test_odd_number_is_noted_and_accepted() -> None:
    checked = check_people(separated({**GOOD, "NIP": "198513012010011000"}))

    assert (len(checked.records), cells(checked)) == (1, [])
    assert [(note.row, note.column) for note in checked.notes] == [(2, "NIP")]


def test_unit_list_is_checked_as_a_tree() -> None:
    text = b"Kode,Nama Unit,Kode Induk\n1,Kota,\n2,Badan,2\n3,Dinas,9\n4,Bidang,5\n5,Seksi,4\n1,Lagi,\n7,Lurah,0.1\n"

    checked = units.check(read_table(text, units.COLUMNS), {"0.1": None})

    assert [(error.row, error.column) for error in checked.errors] == [
        (3, "Kode Induk"), (4, "Kode Induk"), (5, "Kode Induk"), (6, "Kode Induk"), (7, "Kode"),
    ]  # fmt: skip
    assert [unit.code for unit in checked.records.values()] == ["1", "7"]


def test_unit_under_a_refused_one_is_left_out() -> None:
    text = b"Kode,Nama Unit,Kode Induk\n1,,\n1.1,Dinas,1\n1.1.1,Bidang,1.1\n2,Badan,\n"
    checked = units.check(read_table(text, units.COLUMNS), {})

    left_out = units.left_out(checked.records, {}, checked.titles)

    assert [error.row for error in checked.errors] == [2]
    assert [(error.row, error.column) for error in left_out] == [(3, "Kode Induk"), (4, "Kode Induk")]
    assert units.left_out(checked.records, {"1": None}, checked.titles) == []


@pytest.mark.parametrize(
    ("number", "employment_type", "count"),
    [
        ("198501012010011000", EmploymentType.PNS, 0),
        ("198501012024212000", EmploymentType.PPPK, 0),
        ("198501012010011000", EmploymentType.PPPK_PARUH_WAKTU, 1),
        ("198501012024212000", EmploymentType.CPNS, 1),
        ("198502302010011000", EmploymentType.PNS, 1),
        ("198502302010133000", EmploymentType.PNS, 3),
    ],
)
def test_oddities_of_a_number_depend_on_the_employment_type(
    number: str, employment_type: EmploymentType, count: int
) -> None:
    assert len(oddities(number, employment_type)) == count


def test_number_shows_the_birth_date() -> None:
    assert birth_date(STAFF) == date(1985, 1, 1)


def someone(number: int, unit: int, position_class: PositionClass, superior: int | None) -> Placement:
    return Placement(
        employee_id=UUID(int=number),
        unit_id=UUID(int=unit),
        position_class=position_class,
        superior_id=UUID(int=superior) if superior else None,
        on_duty=True,
    )


def test_head_is_the_highest_structural_person_whose_superior_works_elsewhere() -> None:
    people = [
        someone(1, 10, PositionClass.JPT_MADYA, None),
        someone(2, 20, PositionClass.JPT_PRATAMA, 1),
        someone(3, 20, PositionClass.ADMINISTRATOR, 1),
        someone(4, 20, PositionClass.JPT_PRATAMA, 2),
        someone(5, 30, PositionClass.JF_AHLI_UTAMA, 2),
        someone(6, 40, PositionClass.PENGAWAS, 2),
        someone(7, 40, PositionClass.PENGAWAS, 2),
    ]

    heads = heads_of_units(people)

    assert {unit.int: head.int for unit, head in heads.items()} == {10: 1, 20: 2}


def test_head_who_is_not_on_duty_leaves_the_unit_without_one() -> None:
    away = Placement(
        employee_id=UUID(int=2),
        unit_id=UUID(int=20),
        position_class=PositionClass.JPT_PRATAMA,
        superior_id=UUID(int=1),
        on_duty=False,
    )
    people = [someone(1, 10, PositionClass.JPT_MADYA, None), away, someone(3, 20, PositionClass.ADMINISTRATOR, 2)]

    assert heads_of_units(people).keys() == {UUID(int=10)}


PARENTS = st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.sampled_from("abcdefgh"), max_size=8)


def above(parents: Mapping[str, str | None], child: str) -> set[str]:
    """Everyone over a child, found step by step; the slow way."""
    found: set[str] = set()
    node = parents.get(child)
    while node is not None and node not in found:
        found.add(node)
        node = parents.get(node)
    return found


@given(PARENTS)
def test_members_of_cycles_are_those_above_themselves(parents: dict[str, str | None]) -> None:
    assert members_of_cycles(parents) == {child for child in parents if child in above(parents, child)}


@given(PARENTS, PARENTS)
def test_tree_stays_a_tree_without_the_entries_that_have_no_place(
    entries: dict[str, str | None], recorded: dict[str, str | None]
) -> None:
    tree = {child: None if child in above(recorded, child) else parent for child, parent in recorded.items()}
    tree = {child: parent if parent in tree else None for child, parent in tree.items()}

    left_out = without_place(entries, tree)

    result = {**tree, **{child: parent for child, parent in entries.items() if child not in left_out}}
    assert not members_of_cycles(result)
    assert all(parent is None or parent in result for parent in result.values())


@given(PARENTS)
def test_nothing_is_left_out_of_a_tree_that_is_whole(entries: dict[str, str | None]) -> None:
    whole = {child: None if child in above(entries, child) else parent for child, parent in entries.items()}
    whole = {child: parent if parent in whole else None for child, parent in whole.items()}

    assert without_place(whole, {}) == set()


@pytest.mark.parametrize("columns", [units.COLUMNS, positions.COLUMNS, employees.columns(TODAY)])
def test_template_filled_with_its_own_examples_is_read(columns: tuple[Column[object], ...]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(columns)))
    for index, column in enumerate(columns, start=1):
        book["Data"].cell(2, index, column.example)
    content = io.BytesIO()
    book.save(content)

    table = read_table(content.getvalue(), columns)

    assert (table.header_row, len(table.rows)) == (1, 1)
    assert [column.read(table.rows[0].cells[column.name]) is not None for column in columns] == [True] * len(columns)
    assert book["Data"].column_dimensions["A"].number_format == "@"
    assert book["Petunjuk"].max_row == len(columns) + 1
