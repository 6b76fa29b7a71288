"""How figures are written for people: dates, times with their zone, numbers, amounts, employee numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
NOTHING = "–"
_SHOWN_DIGITS = 3


def day(value: date | None) -> str:
    """A date such as 22 Nov 2026."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else NOTHING


def days(first: date, last: date) -> str:
    """The days from one date to another, naming month and year once where they are the same: 26 – 29 Nov 2026."""
    if first == last:
        return day(last)
    beginning = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        beginning += (
            f" {MONTHS[first.month - 1]}" if first.year == last.year else f" {MONTHS[first.month - 1]} {first.year}"
        )
    return f"{beginning} – {day(last)}"


def moment_in(zone: tzinfo) -> Callable[[datetime | None], str]:
    """Writes times such as 22 Nov 2026 14.05 WIB, in this zone."""

    def moment(value: datetime | None) -> str:
        if value is None:
            return NOTHING
        local = value.astimezone(zone)
        return f"{day(local)} {local:%H.%M} {local.tzname()}"

    return moment


def cell_in(zone: tzinfo) -> Callable[[str | float | Decimal | date | None], str]:
    """Writes what stands in a cell of a list by its kind: a text as it is, times in this zone."""
    moment = moment_in(zone)

    def cell(value: str | float | Decimal | date | None) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, datetime):
            return moment(value)
        return day(value) if isinstance(value, date) else number(value)

    return cell


def number(value: float | Decimal | None, places: int | None = None) -> str:
    """A number such as 1.234,5; without places, as many as it has."""
    if value is None:
        return NOTHING
    text = f"{value:,}" if places is None else f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,"))


def rupiah(value: int | None) -> str:
    """An amount in whole rupiah such as Rp1.250.000."""
    return f"Rp{number(value)}" if value is not None else NOTHING


def masked(employee_number: str) -> str:
    """Only the last three digits: the others show birth date and sex."""
    return "•" * (len(employee_number) - _SHOWN_DIGITS) + employee_number[-_SHOWN_DIGITS:]
