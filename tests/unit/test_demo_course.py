"""How long a demo is, and whether what is asked for is what was begun."""

from __future__ import annotations

from datetime import date

import pytest

from services.demo.course import Wanted, contradicts, months_after
from shared.clock import Simulation

BEGUN = Simulation(seed=7, people=500, since=date(2025, 11, 30), until=date(2026, 11, 30))


@pytest.mark.parametrize(
    ("day", "months", "there"),
    [
        (date(2026, 11, 22), -12, date(2025, 11, 22)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 30), 36, date(2029, 11, 30)),
    ],
)
def test_months_after_keeps_the_day_where_the_month_has_it(day: date, months: int, there: date) -> None:
    assert months_after(day, months) == there


def test_demo_is_gone_on_with_by_the_same_wish_or_none() -> None:
    assert not contradicts(Wanted(), BEGUN)
    assert not contradicts(Wanted(people=500, months=12, seed=7), BEGUN)


@pytest.mark.parametrize("other", [Wanted(people=60), Wanted(months=6), Wanted(seed=0)])
def test_other_wish_contradicts(other: Wanted) -> None:
    assert contradicts(other, BEGUN)


def test_percent_is_that_of_the_days_gone() -> None:
    assert [BEGUN.percent(day) for day in (date(2025, 11, 1), BEGUN.since, date(2026, 5, 31), BEGUN.until)] == [
        0,
        0,
        49,
        100,
    ]
