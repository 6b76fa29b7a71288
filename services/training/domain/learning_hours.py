"""Learning hours (JP of 45 minutes): what each activity of a person counts under a dated table.

Peraturan LAN 10/2018 as reproduced in the letter of the secretary of BPS B-031/BPS/2600/02/2019. Hours are whole; what
the table does not divide evenly is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.training.domain.enrolments import WHOLE
from services.training.domain.forms import Scope


class Counting(StrEnum):
    """How the table counts a form."""

    PROGRAM = "PROGRAM"
    """The hours of the programme."""
    DAY = "DAY"
    """So many hours for each day, whatever a certificate says."""
    UP_TO_DAY = "UP_TO_DAY"
    """The hours of the programme, but no more than so many for each day."""
    TIME = "TIME"
    """So many hours each time, whatever a certificate says."""
    SEMESTER = "SEMESTER"
    """So many hours for each semester of study; one activity is one semester."""


class ActivityOrigin(StrEnum):
    ENROLMENT = "ENROLMENT"
    SESSION = "SESSION"
    IMPORT = "IMPORT"


class Limit(StrEnum):
    """What kept an activity from counting more."""

    DAY = "DAY"
    MONTH = "MONTH"
    NO_RULE = "NO_RULE"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One line of the table. hours: by scope, for each day, time or semester; percent: of what counts, by scope."""

    counting: Counting
    hours: Mapping[Scope, int]
    percent: Mapping[Scope, int]
    times_per_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """The table as it holds for activities that end on its first day or later; codes: its code of each form."""

    effective_from: date
    codes: Mapping[int, str]
    rates: Mapping[str, Rate]

    @property
    def version(self) -> str:
        return self.effective_from.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningHourRule:
    """All versions of the table, oldest first."""

    name: str
    versions: tuple[RateTable, ...]

    def in_force(self, on: date) -> RateTable | None:
        """The version for activities that end on this day; none before the first."""
        found = None
        for version in self.versions:
            if version.effective_from > on:
                break
            found = version
        return found

    def code_of(self, form: int, ends_on: date) -> str:
        """The table's code of a form of development."""
        return (self.in_force(ends_on) or self.versions[0]).codes[form]

    @property
    def known_codes(self) -> frozenset[str]:
        """Every code that any version names."""
        return frozenset(code for version in self.versions for code in (*version.codes.values(), *version.rates))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity of one person; days are local dates, claimed_hours those of the programme or certificate.

    A certificate may name a part of an hour; whole ones count. starts_at is the local time at which it began, where
    that is known: two meetings may be held on one day.
    """

    id: UUID
    employee_id: UUID
    form_code: str
    starts_on: date
    ends_on: date
    starts_at: time | None = None
    scope: Scope = Scope.NATIONAL
    claimed_hours: Decimal | None = None
    counts: bool = True

    @property
    def days(self) -> Iterator[date]:
        """Its days in order."""
        return (self.starts_on + timedelta(days=n) for n in range((self.ends_on - self.starts_on).days + 1))

    @property
    def whole_hours(self) -> int:
        """The whole hours claimed."""
        return int(self.claimed_hours or 0)

    @property
    def turn(self) -> tuple[date, time, date, int]:
        """What says which of two activities uses up a limit first: the earlier start."""
        return self.starts_on, self.starts_at or time.min, self.ends_on, self.id.int

    @property
    def month(self) -> tuple[int, int]:
        """The month it counts in."""
        return self.ends_on.year, self.ends_on.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What an activity counts, in the year of its last day, by which version of the table; limit if more was cut."""

    hours: int
    year: int
    rule_version: str | None
    limit: Limit | None = None


def credits_of(activities: Iterable[Activity], rule: LearningHourRule) -> dict[UUID, Credit]:
    """What each activity of one person in one form counts, by id; the order in which they came to be known is nothing.

    Limits of a day or month are used up by the earliest start first.
    """
    used = _Used()
    ordered = sorted(activities, key=lambda activity: activity.turn)
    return {activity.id: used.credit(activity, rule.in_force(activity.ends_on)) for activity in ordered}


@dataclass(slots=True)
class _Used:
    """What earlier activities of the person in the form have used up."""

    days: set[date] = field(default_factory=set)
    times_of_months: Counter[tuple[int, int]] = field(default_factory=Counter)

    def credit(self, activity: Activity, table: RateTable | None) -> Credit:
        rate = table.rates.get(activity.form_code) if table else None
        version = table.version if table else None
        year = activity.ends_on.year
        if not activity.counts:
            return Credit(hours=0, year=year, rule_version=version, limit=Limit.REVOKED)
        if rate is None:
            return Credit(hours=0, year=year, rule_version=version, limit=Limit.NO_RULE)
        hours, limit = _COUNTED[rate.counting](self, activity, rate)
        return Credit(hours=hours * rate.percent[activity.scope] // WHOLE, year=year, rule_version=version, limit=limit)

    def program(self, activity: Activity, _: Rate) -> tuple[int, Limit | None]:
        return activity.whole_hours, None

    def day(self, activity: Activity, rate: Rate) -> tuple[int, Limit | None]:
        own, overlaps = self._own_days(activity)
        return own * rate.hours[activity.scope], Limit.DAY if overlaps else None

    def up_to_day(self, activity: Activity, rate: Rate) -> tuple[int, Limit | None]:
        own, _ = self._own_days(activity)
        most = own * rate.hours[activity.scope]
        return min(activity.whole_hours, most), Limit.DAY if activity.whole_hours > most else None

    def semester(self, activity: Activity, rate: Rate) -> tuple[int, Limit | None]:
        own, _ = self._own_days(activity)
        return (rate.hours[activity.scope], None) if own else (0, Limit.DAY)

    def _own_days(self, activity: Activity) -> tuple[int, bool]:
        """How many of its days no earlier activity has, and whether one has any: overlapping days count once."""
        days = set(activity.days)
        own = days - self.days
        self.days |= own
        return len(own), len(own) < len(days)

    def time(self, activity: Activity, rate: Rate) -> tuple[int, Limit | None]:
        if rate.times_per_month is not None and self.times_of_months[activity.month] >= rate.times_per_month:
            return 0, Limit.MONTH
        self.times_of_months[activity.month] += 1
        return rate.hours[activity.scope], None


_COUNTED = {
    Counting.PROGRAM: _Used.program,
    Counting.DAY: _Used.day,
    Counting.UP_TO_DAY: _Used.up_to_day,
    Counting.TIME: _Used.time,
    Counting.SEMESTER: _Used.semester,
}
