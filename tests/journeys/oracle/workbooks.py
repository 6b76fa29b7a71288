"""Workbooks as agencies send them: rows by header name wherever it stands, dates and numbers in their styles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook

DATE_STYLES = ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y")
NOT_GIVEN = ("", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row with its number in the sheet."""

    number: int
    cells: dict[str, object]

    def text(self, column: str) -> str:
        value = self.cells.get(column)
        return "" if value is None else str(value).strip()

    def decimal(self, column: str) -> Decimal | None:
        """Numbers with a decimal point or comma; a dash or nothing is no number."""
        text = self.text(column)
        return None if text in NOT_GIVEN else Decimal(text.replace(",", "."))

    def integer(self, column: str) -> int | None:
        number = self.decimal(column)
        if number is not None and number != int(number):
            raise ValueError(f"row {self.number}: {column} is no whole number")
        return None if number is None else int(number)

    def day(self, column: str) -> date:
        value = self.cells.get(column)
        if isinstance(value, datetime):
            return value.date()
        for style in DATE_STYLES:
            try:
                return datetime.strptime(self.text(column), style).replace(tzinfo=UTC).date()
            except ValueError:
                continue
        raise ValueError(f"row {self.number}: {column} is no date")


def rows(path: Path, *columns: str) -> list[Row]:
    """All rows under the first row that names every one of the columns; wholly empty rows are left out."""
    sheet = load_workbook(path, data_only=True).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    for index, line in enumerate(lines):
        header = ["" if cell is None else str(cell).strip() for cell in line]
        if set(columns) <= set(header):
            return list(_below(header, lines, index))
    raise ValueError(f"{path.name}: no header row with {', '.join(columns)}")


def _below(header: list[str], lines: Sequence[tuple[object, ...]], index: int) -> Iterator[Row]:
    for number, line in enumerate(lines[index + 1 :], start=index + 2):
        cells = {name: cell for name, cell in zip(header, line, strict=True) if name}
        if any(cell not in (None, "") for cell in cells.values()):
            yield Row(number=number, cells=cells)
