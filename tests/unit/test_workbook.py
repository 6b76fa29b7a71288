"""Tables are found in files of strangers, and files that are no tables are refused in one sentence."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.files.columns import RowError
from shared.files.error_report import report_csv, report_lines, report_xlsx, write_report
from shared.files.workbook import Cell, CellKind, Limits, Table, WorkbookRefused, read_bounded, read_table

SAMPLE = Path(__file__).parent.parent / "samples" / "unit.xlsx"
Value = str | int | float | date | bool | None


@dataclass(frozen=True)
class Wanted:
    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True


COLUMNS = (Wanted("Kode", ("Kode Unit",)), Wanted("Nama Unit"), Wanted("Jenis", required=False))


def workbook(rows: Sequence[Sequence[Value]], *, name: str = "Data", hidden_before: bool = False) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    if hidden_before:
        notes = book.add_worksheet("Catatan")
        notes.write_row(0, 0, ["Kode", "Nama Unit"])
        notes.write_row(1, 0, ["lama", "Unit Lama"])
        notes.hide()
    sheet = book.add_worksheet(name)
    sheet.activate()
    sheet.set_first_sheet()
    for number, row in enumerate(rows):
        for index, value in enumerate(row):
            if value is not None:
                sheet.write(number, index, value)
    book.close()
    return content.getvalue()


def repacked(source: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The archive with parts replaced, added, or (None) taken out."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in changes:
                new.writestr(part, old.read(part))
        for part, data in changes.items():
            if data is not None:
                new.writestr(part, data)
    return content.getvalue()


def part_of(source: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        return archive.read(name)


def values(table: Table) -> list[tuple[int, dict[str, object]]]:
    return [(row.number, {name: cell.value for name, cell in row.cells.items()}) for row in table.rows]


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(WorkbookRefused) as caught:
        read_table(data, COLUMNS, limits or Limits())
    assert caught.value.detail.endswith(".")
    return caught.value.code.removeprefix("workbook-")


PLAIN = workbook([["Kode", "Nama Unit"], ["1", "Kota Contoh"]])


def test_sample_is_read_below_its_titles() -> None:
    table = read_table(SAMPLE, COLUMNS)

    assert (table.sheet, table.header_row, len(table.rows)) == ("Data", 4, 15)
    assert values(table)[1] == (6, {"Kode": "1.01", "Nama Unit": "Sekretariat Daerah", "Jenis": "Setda"})


def test_columns_are_found_by_title_in_any_order_and_row() -> None:
    data = workbook(
        [
            ["DAFTAR UNIT"],
            [],
            ["No", "NAMA  UNIT :", "kode unit"],
            [1, "Dinas Contoh", "1.01"],
            [],
            [2, "Badan", "1.02"],
        ]
    )

    table = read_table(data, COLUMNS)

    assert table.titles == {"Nama Unit": "NAMA  UNIT :", "Kode": "kode unit"}
    assert values(table) == [
        (4, {"Nama Unit": "Dinas Contoh", "Kode": "1.01"}),
        (6, {"Nama Unit": "Badan", "Kode": "1.02"}),
    ]


def test_row_that_only_numbers_the_columns_is_no_data() -> None:
    titles = ["No", "Kode", "Nama Unit", "Jenis"]

    numbered = read_table(workbook([titles, [1, 2, 3, 4], [1, "1", "Kota", "Kota"]]), COLUMNS)
    bracketed = read_table(b"No,Kode,Nama Unit,Jenis\n(1),(2),(3),(4)\n1,1,Kota,Kota\n2,3,4,5\n", COLUMNS)

    assert [row.number for row in numbered.rows] == [3]
    assert [row.number for row in bracketed.rows] == [3, 4]


def test_first_visible_sheet_with_the_titles_is_taken() -> None:
    rows = [["Kode", "Nama Unit"], ["1", "Kota Contoh"]]

    table = read_table(workbook(rows, name="Unit", hidden_before=True), COLUMNS)

    assert (table.sheet, values(table)) == ("Unit", [(2, {"Kode": "1", "Nama Unit": "Kota Contoh"})])


def test_cells_keep_the_kind_that_the_file_gives_them() -> None:
    kinds: list[Value] = [1.5, date(2020, 2, 1), datetime(2020, 2, 1, 7, 30), True, "=1+1", "  teks\u00a0", " ", "#N/A"]  # noqa: DTZ001
    columns = tuple(Wanted(f"K{index}") for index in range(len(kinds)))
    data = workbook([[column.name for column in columns], kinds, ["ada"]])

    row = read_table(data, columns).rows[0]

    assert list(row.cells.values()) == [
        Cell(CellKind.NUMBER, 1.5),
        Cell(CellKind.DATE, date(2020, 2, 1)),
        Cell(CellKind.DATE, date(2020, 2, 1)),
        Cell(CellKind.BOOL, value=True),
        Cell(CellKind.FORMULA),
        Cell(CellKind.TEXT, "teks"),
        Cell(CellKind.EMPTY),
        Cell(CellKind.TEXT, "#N/A"),
    ]


def test_error_value_is_no_text() -> None:
    cell = b'<c r="A2" t="e"><v>#REF!</v></c><c r="B2" t="inlineStr"><is><t>Unit</t></is></c>'
    sheet = part_of(PLAIN, "xl/worksheets/sheet1.xml")
    start, end = sheet.index(b'<c r="A2"'), sheet.index(b"</row>", sheet.index(b'<c r="A2"'))
    damaged = repacked(PLAIN, {"xl/worksheets/sheet1.xml": sheet[:start] + cell + sheet[end:]})

    row = read_table(damaged, COLUMNS).rows[0]

    assert row.cells == {"Kode": Cell(CellKind.ERROR), "Nama Unit": Cell(CellKind.TEXT, "Unit")}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separated_text_is_read_whatever_the_separator(separator: str, mark: str) -> None:
    lines = ["DAFTAR UNIT", "", separator.join(["Kode", "Nama Unit"]), separator.join(["1.10", '"Dinas\nContoh"'])]

    table = read_table((mark + "\r\n".join(lines)).encode(), COLUMNS)

    assert values(table) == [(4, {"Kode": "1.10", "Nama Unit": "Dinas\nContoh"})]


def test_formula_in_separated_text_is_seen() -> None:
    table = read_table(b"Kode,Nama Unit\n1,=HYPERLINK(A1)\n", COLUMNS)

    assert table.rows[0].cells["Nama Unit"].kind is CellKind.FORMULA


def test_entities_in_the_xml_are_refused() -> None:
    sheet = part_of(PLAIN, "xl/worksheets/sheet1.xml")
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    end = sheet.index(b"?>") + 2

    assert refusal(repacked(PLAIN, {"xl/worksheets/sheet1.xml": sheet[:end] + bomb + sheet[end:]})) == "xml-entities"


def test_forged_row_number_neither_hangs_nor_counts() -> None:
    sheet = part_of(PLAIN, "xl/worksheets/sheet1.xml")
    forged = (
        sheet.replace(b'r="2"', b'r="99999999999"')
        .replace(b'"A2"', b'"A99999999999"')
        .replace(b'"B2"', b'"B99999999999"')
    )

    assert refusal(repacked(PLAIN, {"xl/worksheets/sheet1.xml": forged})) == "no-rows"


def test_archive_that_unpacks_to_too_much_is_not_opened() -> None:
    zeros = repacked(PLAIN, {"xl/media/image1.bin": bytes(8 * 2**20)})

    assert refusal(zeros) == "bomb"
    assert refusal(PLAIN, Limits(unpacked_bytes=1000)) == "bomb"
    assert refusal(PLAIN, Limits(parts=3)) == "bomb"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (workbook([]), "empty"),
        (b" \n\n", "empty"),
        (workbook([["Kode", "Nama Unit"], [None, "  "]]), "no-rows"),
        (workbook([["Daftar", "Apa Saja"], ["1", "x"]]), "header-absent"),
        (workbook([["Kode", "Nama"], ["1", "x"]]), "header-not-found"),
        (workbook([["Kode", "Kode Unit", "Nama Unit"], ["1", "2", "x"]]), "header-twice"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "old-or-protected"),
        (repacked(PLAIN, {"xl/vbaProject.bin": b"x"}), "macros"),
        (repacked(PLAIN, {"xl/externalLinks/externalLink1.xml": b"<x/>"}), "external-links"),
        (repacked(PLAIN, {"xl/workbook.xml": None, "word/document.xml": b"<x/>"}), "other-format"),
        (repacked(PLAIN, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row r='1'>"}), "damaged"),
        (repacked(PLAIN, {"xl/worksheets/sheet1.xml": None}), "damaged"),
        (PLAIN[: len(PLAIN) // 2], "damaged"),
        (b"<html><table><tr><td>Kode</td></tr></table></html>", "other-format"),
        (b"%PDF-1.7\n", "not-a-workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not-a-workbook"),
        ("Kode,Nama Unit\n1,Dinas é\n".encode("latin-1"), "bad-encoding"),
        ("Kode,Nama Unit\n1,Dinas\n".encode("utf-16"), "bad-encoding"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert refusal(data) == reason


def test_refusal_names_what_the_nearest_header_lacks() -> None:
    with pytest.raises(WorkbookRefused, match="lembar “Data” baris 2, belum ada: Nama Unit") as caught:
        read_table(workbook([["Daftar"], ["Kode", "Jenis"], ["1", "Dinas"]]), COLUMNS)

    assert caught.value.parameters["missing"] == "Nama Unit"


def test_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "besar.xlsx"
    with large.open("wb") as file:
        file.truncate(20 * 2**20)

    with pytest.raises(WorkbookRefused, match="20,0 MB, paling besar 10,0 MB"):
        read_bounded(large)
    assert refusal(PLAIN, Limits(file_bytes=100)) == "too-large"


def test_more_rows_than_the_limit_are_refused() -> None:
    lines = "Kode,Nama Unit\n" + "1,Unit\n" * 4

    assert len(read_table(lines.encode(), COLUMNS, Limits(rows=4)).rows) == 4
    assert refusal(lines.encode(), Limits(rows=3)) == "too-many-rows"


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map(lambda noise: PLAIN[:200] + noise)))
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    with pytest.raises(WorkbookRefused):
        read_table(noise, COLUMNS)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_workbook_is_refused_or_read(position: int, noise: bytes) -> None:
    damaged = PLAIN[:position] + noise + PLAIN[position + len(noise) :]

    try:
        table = read_table(damaged, COLUMNS)
    except WorkbookRefused:
        return
    assert table.rows


ERRORS = [
    RowError(row=7, column="NIP", reason="harus tepat 18 angka"),
    RowError(row=9, column="=NIP", reason="@kosong"),
]


def test_report_lines_name_row_and_column() -> None:
    assert list(report_lines(ERRORS[:1])) == ["Baris 7, kolom NIP: harus tepat 18 angka."]


def test_report_files_hold_every_error_and_no_formula(tmp_path: Path) -> None:
    expected = [
        ["Baris", "Kolom", "Keterangan"], ["7", "NIP", "harus tepat 18 angka"], ["9", "'=NIP", "'@kosong"],
    ]  # fmt: skip

    write_report(tmp_path / "salah.csv", ERRORS)
    sheet = openpyxl.load_workbook(io.BytesIO(report_xlsx(ERRORS))).active

    text = (tmp_path / "salah.csv").read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == expected
    assert text.encode("utf-8-sig") == report_csv(ERRORS)
    assert sheet is not None
    assert [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == expected
