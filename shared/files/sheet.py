"""A list as an Excel file: text stays text, numbers and dates stay what they are, nothing becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import Cell as Written
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from shared.files.error_report import harmless

Cell = str | int | float | Decimal | date | None
LONGEST_TEXT = 32_767
"""What a cell of Excel can hold, in characters."""
WIDEST = 60
NARROWEST = 10
DAY = "d mmm yyyy"
MOMENT = "d mmm yyyy hh:mm"


def workbook(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], notes: Sequence[Sequence[Cell]]
) -> bytes:
    """An .xlsx file: a sheet with the columns' titles above the rows, and one that says what they are.

    Times must be without a zone, as Excel has none. It takes about a second for 25,000 rows: not for the event loop.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(max(len(column) + 6, NARROWEST), WIDEST)
    sheet.append([_heading(sheet, column) for column in columns])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    about = book.create_sheet("Keterangan")
    about.column_dimensions["A"].width = 24
    about.column_dimensions["B"].width = WIDEST
    for note in notes:
        about.append([_cell(about, value) for value in note])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _heading(sheet: WriteOnlyWorksheet, title: str) -> Written:
    cell = _text(sheet, title)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> Written:
    if isinstance(value, str):
        return _text(sheet, value)
    cell = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, datetime):
        cell.number_format = MOMENT
    elif isinstance(value, date):
        cell.number_format = DAY
    return cell


def _text(sheet: WriteOnlyWorksheet, text: str) -> Written:
    kept = ILLEGAL_CHARACTERS_RE.sub("", harmless(text))[:LONGEST_TEXT]
    cell = WriteOnlyCell(sheet, value=kept)
    cell.data_type = "s"
    return cell
