"""Excel files that the lists are written to, read back."""

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from shared.files.sheet import Cell, workbook


def read_back(*values: Cell) -> list[tuple[object, str]]:
    content = workbook("Daftar", ["A"] * len(values), [values], [("Baris", 1)])
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Daftar"]
    return [(cell.value, cell.data_type) for cell in list(sheet.iter_rows())[1]]


def test_cells_keep_their_kind() -> None:
    found = read_back("teks", "199001012015011000", -5, Decimal("2.5"), date(2026, 11, 22), None)

    assert found == [
        ("teks", "s"),
        ("199001012015011000", "s"),
        (-5, "n"),
        (2.5, "n"),
        (datetime(2026, 11, 22), "d"),  # noqa: DTZ001 Excel has no zones
        (None, "n"),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert read_back(f"{start}1") == [(f"'{start}1", "s")]


def test_characters_that_a_file_cannot_hold_are_left_out_after_the_apostrophe() -> None:
    assert read_back("\x00=1", "a\x07b") == [("'=1", "s"), ("ab", "s")]


def test_text_is_cut_where_a_cell_ends() -> None:
    [(value, _)] = read_back("x" * 40_000)

    assert value == "x" * 32_767
