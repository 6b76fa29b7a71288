"""Read a table from an .xlsx file through openpyxl, after a look at the archive that keeps traps out."""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

import openpyxl
from defusedxml.common import DefusedXmlException

from shared.files.workbook.cells import EMPTY, Cell, CellKind, Table, text_cell
from shared.files.workbook.headers import HeaderColumn, Sheet, first_table
from shared.files.workbook.limits import Limits
from shared.files.workbook.refusal import WorkbookRefused

# Excel's own last row; without it one forged row number would make openpyxl fill the gap for ever.
_LAST_ROW = 1_048_576
_ENCRYPTED = 0x1
_NEVER_READ = {"f": CellKind.FORMULA, "e": CellKind.ERROR}


class RawCell(Protocol):
    """What openpyxl hands out for a cell of a file opened for reading only."""

    @property
    def value(self) -> object: ...
    @property
    def data_type(self) -> str: ...


def read_spreadsheet(data: bytes, columns: Sequence[HeaderColumn], limits: Limits) -> Table:
    """The table of an .xlsx file, formulas as formulas: a stored result may be old or forged."""
    _inspect(data, limits)
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl must read XML through defusedxml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which are not read
        try:
            return first_table(_visible_sheets(data, limits), columns, limits)
        except WorkbookRefused:
            raise
        except Exception as error:  # a damaged file makes openpyxl raise anything at all, or wrap what went wrong
            unsafe = any(isinstance(cause, DefusedXmlException) for cause in (error, error.__cause__))
            raise WorkbookRefused("xml-entities" if unsafe else "damaged") from error


def _inspect(data: bytes, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise WorkbookRefused("damaged") from None
    names = {part.filename.lower() for part in parts}
    unpacked = sum(part.file_size for part in parts)
    heavy = unpacked > limits.ratio_floor and unpacked > limits.ratio * len(data)
    if heavy or unpacked > limits.unpacked_bytes or len(parts) > limits.parts:
        raise WorkbookRefused("bomb")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise WorkbookRefused("protected")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise WorkbookRefused("macros")
    if "xl/workbook.xml" not in names:
        raise WorkbookRefused("other-format")
    if any(name.startswith("xl/externallinks/") for name in names):
        raise WorkbookRefused("external-links")


def _visible_sheets(data: bytes, limits: Limits) -> Iterator[Sheet[RawCell]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        if not book.worksheets:
            raise WorkbookRefused("damaged")
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=limits.columns)
                yield Sheet(name=sheet.title, rows=rows, to_cell=to_cell)
    finally:
        book.close()


def to_cell(raw: RawCell) -> Cell:
    """A cell as its file types it; times of day become text, which no column takes for a date."""
    value, kind = raw.value, raw.data_type
    match value:
        case None:
            return EMPTY
        case _ if kind in _NEVER_READ:
            return Cell(_NEVER_READ[kind])
        case bool():
            return Cell(CellKind.BOOL, value)
        case int() | float():
            return Cell(CellKind.NUMBER, value)
        case date():
            return Cell(CellKind.DATE, value.date() if isinstance(value, datetime) else value)
    return text_cell(str(value))
