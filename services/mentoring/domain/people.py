"""What mentoring asks of people: whether they are at work, how long they have served, what their work is."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol, TypeVar
from uuid import UUID

ON_DUTY = "01"
"""The legal status (kedudukan hukum) of people at work; leave, study and retirement have others."""

_YEAR = slice(8, 12)
_MONTH = slice(12, 14)
_MONTHS = range(1, 13)
_FIRST_YEAR = 1950
_LADDERS = ("Pemula", "Terampil", "Mahir", "Penyelia", "Ahli Pertama", "Ahli Muda", "Ahli Madya", "Ahli Utama")


class Version(Protocol):
    """One version of a rule."""

    @property
    def effective_from(self) -> date: ...


V = TypeVar("V", bound=Version)


def in_force_on(versions: Sequence[V], day: date) -> V:
    """The newest version that had begun by the day, oldest first; what is older than every version meets the first."""
    begun = [version for version in versions if version.effective_from <= day]
    return begun[-1] if begun else versions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What matching looks at in a person of the directory; None where it does not know."""

    id: UUID
    unit_id: UUID
    superior_id: UUID | None
    service_begins: date
    job_family: str | None = None
    unit_type: str | None = None


def service_begins(employee_number: str, valid_from: date) -> date:
    """When a person's service began, by the digits of the appointment in NIP or NI PPPK.

    A NIP tells year and month; a NI PPPK the year alone: then the record's own date where it lies in that year, else
    the year's first day. Where the digits cannot be a year, the record's date stands.
    """
    year, month = employee_number[_YEAR], employee_number[_MONTH]
    if not (year.isdecimal() and month.isdecimal()) or not _FIRST_YEAR <= int(year) <= valid_from.year:
        return valid_from
    if int(month) in _MONTHS:
        return date(int(year), int(month), 1)
    return valid_from if valid_from.year == int(year) else date(int(year), 1, 1)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, the last of its month where that has no such day."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# People of a city began on a few hundred days, and matching asks millions of times.
@lru_cache(maxsize=2**17)
def full_years(begin: date, end: date) -> int:
    """Full years from begin to end; negative when end comes first."""
    if end < begin:
        return -full_years(end, begin)
    years = end.year - begin.year
    return years - 1 if months_after(begin, years * 12) > end else years


def job_family(title: str) -> str:
    """The title of a position without its ladder: Perawat Terampil and Perawat Ahli Muda are one family."""
    for ladder in _LADDERS:
        if title.endswith(f" {ladder}"):
            return title[: -len(ladder) - 1]
    return title
