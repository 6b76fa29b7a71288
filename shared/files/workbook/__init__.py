"""Read one table from an .xlsx or .csv file that a stranger made: bounded, by content and by header names."""

from collections.abc import Sequence
from pathlib import Path

from shared.files.workbook.cells import EMPTY, Cell, CellKind, Table, TableRow
from shared.files.workbook.delimited import read_delimited
from shared.files.workbook.headers import HeaderColumn, normal_form
from shared.files.workbook.limits import DEFAULT_LIMITS, Limits
from shared.files.workbook.refusal import WorkbookRefused
from shared.files.workbook.spreadsheet import read_spreadsheet

__all__ = [
    "DEFAULT_LIMITS",
    "EMPTY",
    "Cell",
    "CellKind",
    "HeaderColumn",
    "Limits",
    "Table",
    "TableRow",
    "WorkbookRefused",
    "normal_form",
    "read_bounded",
    "read_table",
]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_table(source: bytes | Path, columns: Sequence[HeaderColumn], limits: Limits = DEFAULT_LIMITS) -> Table:
    """The declared columns of the first visible sheet that has them; raises WorkbookRefused and nothing else."""
    data = source if isinstance(source, bytes) else read_bounded(source, limits)
    if len(data) > limits.file_bytes:
        raise _too_large(len(data), limits)
    if not data:
        raise WorkbookRefused("empty")
    if data.startswith(_OLE):
        raise WorkbookRefused("old-or-protected")
    if data.startswith(_ZIP):
        return read_spreadsheet(data, columns, limits)
    return read_delimited(data, columns, limits)


def read_bounded(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a file; one that is too large is refused before it is read."""
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise _too_large(size, limits)
    return path.read_bytes()


def _too_large(size: int, limits: Limits) -> WorkbookRefused:
    return WorkbookRefused("too-large", size=_mebibytes(size), limit=_mebibytes(limits.file_bytes))


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f}".replace(".", ",")
