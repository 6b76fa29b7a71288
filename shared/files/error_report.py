"""The errors of an import for people: lines for the terminal, a .csv or .xlsx file to work through."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from shared.errors import Invalid
from shared.files.columns import RowError

TITLES = ("Baris", "Kolom", "Keterangan")
# Programs that open such a file would take these as the start of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def report_lines(errors: Iterable[RowError]) -> Iterator[str]:
    """One line per error, for the terminal."""
    for error in errors:
        yield f"Baris {error.row}, kolom {error.column}: {error.reason}."


def write_report(path: Path, errors: Sequence[RowError]) -> None:
    """Write the errors as .csv or .xlsx, as the name of the file says."""
    check_report_name(path)
    path.write_bytes(_FORMATS[path.suffix.lower()](errors))


def check_report_name(path: Path) -> None:
    """Refuse, before any work is done, a name that does not say a format we write or a folder that is not there."""
    if path.suffix.lower() not in _FORMATS:
        raise Invalid("Nama berkas laporan harus berakhir dengan .csv atau .xlsx.")
    if not path.parent.is_dir():
        raise Invalid("Folder untuk berkas laporan tidak ada.")


def report_csv(errors: Iterable[RowError]) -> bytes:
    """Comma-separated, UTF-8 with its mark, so that Excel shows the letters as they are."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(TITLES)
    writer.writerows((error.row, harmless(error.column), harmless(error.reason)) for error in errors)
    return text.getvalue().encode("utf-8-sig")


def report_xlsx(errors: Iterable[RowError]) -> bytes:
    """One sheet with a frozen header; texts are written as texts."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet("Kesalahan")
    sheet.write_row(0, 0, TITLES, book.add_format({"bold": True}))
    for number, error in enumerate(errors, start=1):
        sheet.write_number(number, 0, error.row)
        sheet.write_string(number, 1, harmless(error.column))
        sheet.write_string(number, 2, harmless(error.reason))
    sheet.freeze_panes(1, 0)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 2, 80)
    book.close()
    return content.getvalue()


def harmless(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


_FORMATS: dict[str, Callable[[Iterable[RowError]], bytes]] = {".csv": report_csv, ".xlsx": report_xlsx}
