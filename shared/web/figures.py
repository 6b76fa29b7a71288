"""How figures are written for people: dates, times with their zone, numbers, amounts, employee numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal

from shared.web.language import language

MONTHS = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
NOTHING = "–"
_SHOWN_DIGITS = 3
SWAPPED = str.maketrans(",.", ".,")


def day(value: date | None) -> str:
    """A date such as 22 Nov 2026."""
    return f"{value.day} {_month(value)} {value.year}" if value else NOTHING


def days(first: date, last: date) -> str:
    """The days from one date to another, naming month and year once where they are the same: 26 – 29 Nov 2026."""
    if first == last:
        return day(last)
    beginning = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        beginning += f" {_month(first)}" if first.year == last.year else f" {_month(first)} {first.year}"
    return f"{beginning} – {day(last)}"


def moment_in(zone: tzinfo) -> Callable[[datetime | None], str]:
    """Writes times such as 22 Nov 2026 14.05 WIB, in this zone; in English 14:05."""

    def moment(value: datetime | None) -> str:
        if value is None:
            return NOTHING
        local = value.astimezone(zone)
        clock = f"{local:%H:%M}" if language() == "en" else f"{local:%H.%M}"
        return f"{day(local)} {clock} {local.tzname()}"

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
    """A number such as 1.234,5, in English 1,234.5; without places, as many as it has."""
    if value is None:
        return NOTHING
    text = f"{value:,}" if places is None else f"{value:,.{places}f}"
    return text if language() == "en" else text.translate(SWAPPED)


def rupiah(value: int | None) -> str:
    """An amount in whole rupiah such as Rp1.250.000."""
    return f"Rp{number(value)}" if value is not None else NOTHING


def masked(employee_number: str) -> str:
    """Only the last three digits: the others show birth date and sex."""
    return "•" * (len(employee_number) - _SHOWN_DIGITS) + employee_number[-_SHOWN_DIGITS:]


def _month(value: date) -> str:
    return MONTHS[language()][value.month - 1]
