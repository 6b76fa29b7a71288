"""How many learning hours a person is to reach in a year, by the months at work (PP 11/2017 Pasal 203 ayat (4))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What held of a person from a day on: legal status and employment type."""

    starts_on: date
    legal_status: str
    employment_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVersion:
    """hours: of a whole year by employment type, a type that is absent has no target; active: counting statuses."""

    effective_from: date
    hours: Mapping[str, int]
    active: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRule:
    """All versions, oldest first; each holds for the months that begin on its first day or later."""

    name: str
    versions: tuple[TargetVersion, ...]

    def in_force(self, on: date) -> TargetVersion | None:
        """The version of a day; none before the first."""
        return next((each for each in reversed(self.versions) if each.effective_from <= on), None)

    def active_on(self, on: date) -> frozenset[str]:
        """The legal statuses of people at work; before the first version those of the first."""
        return (self.in_force(on) or self.versions[0]).active


def yearly_target(year: int, periods: Sequence[Period], appointed: int | None, rule: TargetRule) -> int | None:
    """Hours of the year in proportion to the months at work, rounded up; None for types that have no target.

    A month counts if the person was at work on any day of it. Before the first known period the person was at work
    alike, unless appointed in its very year; appointed is that year.
    """
    spans = list(_spans(periods, appointed))
    hours, concerned = 0, False
    for month in range(1, MONTHS + 1):
        first, last = date(year, month, 1), _last_day(year, month)
        version = rule.in_force(first)
        touching = [period for period, start, end in spans if start <= last and first <= end]
        if version is None or not touching:
            continue
        concerned = concerned or any(period.employment_type in version.hours for period in touching)
        worked = [period for period in touching if period.legal_status in version.active]
        hours += version.hours.get(worked[-1].employment_type, 0) if worked else 0
    return -(-hours // MONTHS) if concerned else None


def _spans(periods: Sequence[Period], appointed: int | None) -> Iterator[tuple[Period, date, date]]:
    """Each period with its first and last day."""
    ordered = sorted(periods, key=lambda period: period.starts_on)
    if not ordered:
        return
    first = ordered[0].starts_on
    starts = [date.min if appointed is None or appointed < first.year else first]
    starts += [period.starts_on for period in ordered[1:]]
    for period, (start, following) in zip(ordered, pairwise([*starts, None]), strict=True):
        yield period, start or date.min, following - timedelta(days=1) if following else date.max


def _last_day(year: int, month: int) -> date:
    following = date(year + month // MONTHS, month % MONTHS + 1, 1)
    return following - timedelta(days=1)
