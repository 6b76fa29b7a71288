"""The yearly target, the reminders and the ceiling of contract employees (§2.2, §2.4, §3.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from .evidence import months_later

TARGET_JP = 20
# §2.2 Pasal 203(4) speaks of PNS; a target for PPPK is the agency's to set, and CPNS are not yet PNS.
WITH_TARGET = ("PNS",)
NOT_ACTIVE = ("02", "03")
RETIRED = "99"
REMINDERS = ((6, 30, 10), (9, 30, 15), (11, 30, 20))
CONTRACT_YEAR_JP = 24
CONTRACT = ("PPPK", "PPPK_PARUH_WAKTU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A time with legal status 02 or 03; the end is the first day after it."""

    status: str
    start: date
    end: date


def months_active(year: int, since: date, retired: date | None, absences: Iterable[Absence] = ()) -> int:
    """Months with at least one active day; `retired` is the first day that does not count (§2.4 leaves parts open)."""
    away = [absence for absence in absences if absence.status in NOT_ACTIVE]
    counted = 0
    for month in range(1, 13):
        first = date(year, month, 1)
        after = months_later(first, 1)
        start, end = max(first, since), min(after, retired or after)
        covered = any(absence.start <= start and end <= absence.end for absence in away)
        counted += start < end and not covered
    return counted


def target(employment: str, months: int) -> int | None:
    """20 × months / 12 rounded up, for those who have a target."""
    return ceil(Fraction(TARGET_JP * months, 12)) if employment in WITH_TARGET else None


def reminder_due(jp: int, day: date) -> bool:
    """Whether the list of this day names a person with so many JP (< 10 by 30 Jun, < 15 by 30 Sep, < 20 by 30 Nov)."""
    # §3.4 names plain numbers: they are not cut down with the months active.
    return any((day.month, day.day) == (month, last) and jp < least for month, last, least in REMINDERS)


def contract_year(start: date, day: date) -> int:
    """Which contract year a day falls into, counted from 0."""
    number = 0
    while months_later(start, 12 * (number + 1)) <= day:
        number += 1
    return number


def fixation_allowed(employment: str, start: date, planned: Iterable[tuple[date, int]], new: tuple[date, int]) -> bool:
    """Agency-planned JP of a contract year stay within 24; by activity date (§2.2)."""
    if employment not in CONTRACT:
        return True
    year = contract_year(start, new[0])
    same_year = sum(jp for day, jp in planned if contract_year(start, day) == year)
    return same_year + new[1] <= CONTRACT_YEAR_JP
