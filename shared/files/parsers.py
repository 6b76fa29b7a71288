"""Parsers of cells that any import can use: text, codes, dates, choices, e-mail addresses."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from shared.files.columns import CellError
from shared.files.workbook import Cell, CellKind, normal_form

ChoiceT = TypeVar("ChoiceT")

TITLE_LENGTH = 200
CODE_LENGTH = 64
EMAIL_LENGTH = 254
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]*")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00)?)?")
_EARLIEST = date(1945, 8, 17)


def text(cell: Cell) -> str:
    """Text on one line, with single spaces, at most 200 characters."""
    if cell.kind is not CellKind.TEXT:
        raise CellError("bukan teks")
    written = " ".join(unicodedata.normalize("NFC", str(cell.value)).split())
    if len(written) > TITLE_LENGTH:
        raise CellError(f"terlalu panjang; paling banyak {TITLE_LENGTH} huruf")
    if not any(character.isalnum() for character in written) or not written.isprintable():
        raise CellError("tidak berisi huruf yang dapat dibaca")
    return written


def code(cell: Cell) -> str:
    """A code such as 1.04.1; a number with decimals is refused, since 1.1 and 1.10 are one number."""
    if isinstance(cell.value, int | float) and float(cell.value).is_integer():
        return str(int(cell.value))
    if cell.kind is not CellKind.TEXT:
        raise CellError("bukan teks; sebagai angka, 1.1 dan 1.10 tidak dapat dibedakan. Ubah format sel menjadi Teks")
    written = str(cell.value)
    if len(written) > CODE_LENGTH or not _CODE.fullmatch(written):
        raise CellError(f"bukan kode; paling banyak {CODE_LENGTH} huruf, angka, titik, garis hubung atau garis miring")
    return written


def past_date(today: date) -> Callable[[Cell], date]:
    """A parser of dates up to today: a date cell, or text day first or year first."""

    def parse(cell: Cell) -> date:
        day = _as_date(cell)
        if day > today:
            raise CellError("tanggal di masa depan")
        if day < _EARLIEST:
            raise CellError(f"tanggal sebelum {_EARLIEST.year}")
        return day

    return parse


def _as_date(cell: Cell) -> date:
    if isinstance(cell.value, date):
        return cell.value
    if cell.kind is CellKind.TEXT:
        written = str(cell.value)
        try:
            if found := _DAY_FIRST.fullmatch(written):
                return date(int(found[3]), int(found[2]), int(found[1]))
            if found := _YEAR_FIRST.fullmatch(written):
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            raise CellError("tanggal ini tidak ada di kalender") from None
    raise CellError("bukan tanggal; tulis hari/bulan/tahun, misalnya 31/12/2025")


def choice(values: Mapping[str, ChoiceT], reason: str) -> Callable[[Cell], ChoiceT]:
    """A parser of one of the given words, without regard to case, spaces and punctuation."""
    by_form = {normal_form(word): value for word, value in values.items()}

    def parse(cell: Cell) -> ChoiceT:
        form = normal_form(str(cell.value)) if cell.kind in {CellKind.TEXT, CellKind.NUMBER} else ""
        if form not in by_form:
            raise CellError(reason)
        return by_form[form]

    return parse


def email(cell: Cell) -> str:
    """An e-mail address, in lower case."""
    written = str(cell.value)
    if cell.kind is not CellKind.TEXT or len(written) > EMAIL_LENGTH or not _EMAIL.fullmatch(written):
        raise CellError("bukan alamat email")
    return written.lower()
