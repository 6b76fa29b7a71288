"""Our own workbooks to fill in: one sheet for the data, one that says what belongs into each column."""

import io
from collections.abc import Sequence

import xlsxwriter  # type: ignore[import-untyped]

from shared.files.columns import Column

_GUIDE = ("Kolom", "Wajib", "Isi", "Contoh", "Judul lain yang juga dikenali")


def template(columns: Sequence[Column[object]]) -> bytes:
    """An .xlsx whose data cells are text, so that Excel leaves numbers of 18 digits alone."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    bold, as_text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    data = book.add_worksheet("Data")
    for index, column in enumerate(columns):
        data.set_column(index, index, max(12, len(column.name) + 4), as_text)
        data.write_string(0, index, column.name, bold)
    data.freeze_panes(1, 0)
    guide = book.add_worksheet("Petunjuk")
    guide.write_row(0, 0, _GUIDE, bold)
    for row, column in enumerate(columns, start=1):
        demand = "ya" if column.filled else "boleh kosong" if column.required else "kolom boleh tidak ada"
        for index, text in enumerate((column.name, demand, column.note, column.example, ", ".join(column.aliases))):
            guide.write_string(row, index, text)
    guide.set_column(0, 1, 22)
    guide.set_column(2, 4, 60)
    book.close()
    return content.getvalue()
