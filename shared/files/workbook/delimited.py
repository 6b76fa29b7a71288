"""Read a table from separated text: UTF-8, with whichever separator brings the titles to light."""

import csv
import io
import re
from collections.abc import Sequence

from shared.files.workbook.cells import Table, text_cell
from shared.files.workbook.headers import HeaderColumn, Sheet, first_table
from shared.files.workbook.limits import Limits
from shared.files.workbook.refusal import WorkbookRefused

# Excel writes semicolons where the decimal sign is a comma, as in Indonesia.
_SEPARATORS = ";,\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")


def read_delimited(data: bytes, columns: Sequence[HeaderColumn], limits: Limits) -> Table:
    """The table of a .csv file; a line that is quoted over several lines counts as one row, as in Excel."""
    text = _decoded(data)
    sheets = (
        Sheet(name=".csv", rows=csv.reader(io.StringIO(text, newline=""), delimiter=separator), to_cell=text_cell)
        for separator in _SEPARATORS
    )
    try:
        return first_table(sheets, columns, limits)
    except csv.Error:
        raise WorkbookRefused("not-a-workbook") from None


def _decoded(data: bytes) -> str:
    if data.startswith(_UTF16):
        raise WorkbookRefused("bad-encoding")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        # Many systems hand out a web page or an XML sheet under the name .xls.
        raise WorkbookRefused("other-format")
    if data.startswith(b"%PDF") or b"\x00" in data:
        raise WorkbookRefused("not-a-workbook")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WorkbookRefused("bad-encoding" if _looks_written(data) else "not-a-workbook") from None
    if _CONTROLS.search(text):
        raise WorkbookRefused("not-a-workbook")
    return text


def _looks_written(data: bytes) -> bool:
    """Text in an older encoding, not a picture or a program: no control characters."""
    return not _CONTROLS.search(data[:4096].decode("latin-1"))
