"""The yearly target in proportion to the months at work, against counting them day by day."""

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain import Period, TargetRule, TargetVersion, yearly_target
from services.training.rules import LEARNING_HOURS_TARGET

YEAR = 2026


def period(starts_on: date, status: str = "01", kind: str = "PNS") -> Period:
    return Period(starts_on=starts_on, legal_status=status, employment_type=kind)


def target(*periods: Period, appointed: int | None = 2010) -> int | None:
    return yearly_target(YEAR, periods, appointed, LEARNING_HOURS_TARGET)


def day_by_day(periods: list[Period], appointed: int | None) -> int | None:
    """Twenty twelfths for each month with a day at work, looking at every day alone."""
    first = min(each.starts_on for each in periods)
    months, concerned = set(), False
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        begun = [each for each in periods if each.starts_on <= day]
        if not begun and (appointed is None or appointed < first.year):
            begun = [min(periods, key=lambda each: each.starts_on)]
        if begun:
            now = max(begun, key=lambda each: each.starts_on)
            concerned = concerned or now.employment_type == "PNS"
            if now.legal_status == "01" and now.employment_type == "PNS":
                months.add(day.month)
        day += timedelta(days=1)
    return ceil(Fraction(20 * len(months), 12)) if concerned else None


@st.composite
def careers(draw: st.DrawFn) -> list[Period]:
    starts = draw(st.lists(st.dates(date(2024, 1, 1), date(2027, 3, 1)), min_size=1, max_size=4, unique=True))
    return [period(each, draw(st.sampled_from(["01", "02", "03", "99"]))) for each in starts]


@settings(max_examples=200)
@given(careers(), st.none() | st.integers(1990, 2027))
def test_target_agrees_with_counting_day_by_day(career: list[Period], appointed: int | None) -> None:
    assert target(*career, appointed=appointed) == day_by_day(career, appointed)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([period(date(2010, 1, 1))], 20),
        ([period(date(2026, 3, 1))], 20),
        ([period(date(2010, 1, 1)), period(date(2026, 7, 1), "99")], 10),
        ([period(date(2010, 1, 1)), period(date(2026, 7, 2), "99")], 12),
        ([period(date(2010, 1, 1)), period(date(2026, 3, 10), "02"), period(date(2026, 5, 20))], 19),
        ([period(date(2010, 1, 1), "03")], 0),
        ([period(date(2010, 1, 1), kind="PPPK")], None),
        ([period(date(2010, 1, 1), kind="PPPK"), period(date(2026, 7, 1))], 10),
        ([], None),
    ],
)
def test_target_of_examples(periods: list[Period], expected: int | None) -> None:
    assert target(*periods) == expected


def test_target_begins_with_the_appointment_when_it_falls_into_the_year() -> None:
    assert target(period(date(2026, 3, 1)), appointed=2026) == 17
    assert target(period(date(2026, 3, 1)), appointed=2025) == 20


def test_new_version_holds_from_its_first_month_on() -> None:
    old, new = (
        TargetVersion(effective_from=start, hours={"PNS": hours}, active=frozenset({"01"}))
        for start, hours in ((date(2019, 2, 1), 20), (date(2026, 7, 1), 44))
    )
    rule = TargetRule(name="LEARNING_HOURS_TARGET", versions=(old, new))
    career = [period(date(2010, 1, 1))]

    assert yearly_target(2025, career, 2010, rule) == 20
    assert yearly_target(2026, career, 2010, rule) == 32
    assert yearly_target(2027, career, 2010, rule) == 44


def test_months_are_whole_to_their_last_day() -> None:
    for month in range(1, 12):
        last = date(YEAR, month, monthrange(YEAR, month)[1])

        assert target(period(date(2010, 1, 1)), period(last + timedelta(days=1), "99")) == ceil(20 * month / 12)
