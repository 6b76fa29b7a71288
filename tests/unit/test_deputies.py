"""Deputies: one of a unit at a time, for the days of the decree, and nobody's own judge."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.needs.domain.deputies import Capacity, Deputy, decider_of
from shared.errors import Conflict, DomainError, Invalid
from shared.ids import new_id

UNIT, ANI, BUDI, CITRA = (UUID(int=number) for number in range(1, 5))
FIRST = date(2026, 3, 2)
DAYS = st.integers(min_value=0, max_value=12).map(lambda days: FIRST + timedelta(days=days))


def duty(from_date: date = FIRST, to_date: date = FIRST + timedelta(days=9)) -> Deputy:
    return Deputy(
        id=new_id(),
        unit_id=UNIT,
        employee_id=ANI,
        capacity=Capacity.PLH,
        decree_number="800/12/2026",
        from_date=from_date,
        to_date=to_date,
    )


def may_be(wanted: Deputy, *others: Deputy) -> bool:
    try:
        wanted.appointed(others, on_duty=True, is_head=False)
    except DomainError:
        return False
    return True


@given(DAYS, DAYS, DAYS, DAYS)
def test_two_deputies_of_a_unit_never_share_a_day(a: date, b: date, c: date, d: date) -> None:
    one, other = duty(a, b), duty(min(c, d), max(c, d))
    days = [FIRST + timedelta(days=number) for number in range(13)]

    shared = [day for day in days if one.holds_on(day) and other.holds_on(day)]

    assert may_be(one, other) == (a <= b and not shared)


@pytest.mark.parametrize(("on_duty", "is_head"), [(False, False), (True, True)])
def test_deputy_is_at_work_and_not_the_head(on_duty: bool, is_head: bool) -> None:
    with pytest.raises(Conflict):
        duty().appointed((), on_duty=on_duty, is_head=is_head)


def test_duty_ends_early_from_yesterday_on() -> None:
    today = FIRST + timedelta(days=5)

    assert duty().ended(today - timedelta(days=1), today).to_date == today - timedelta(days=1)
    assert duty().ended(today + timedelta(days=2), today).to_date == today + timedelta(days=2)
    for day in (today - timedelta(days=2), FIRST - timedelta(days=1), FIRST + timedelta(days=10)):
        with pytest.raises(Invalid):
            duty().ended(day, today)


@pytest.mark.parametrize(
    ("deputy", "decider"), [(None, BUDI), (ANI, ANI), (CITRA, UUID(int=9))], ids=["none", "another", "the person"]
)
def test_deputy_decides_for_the_superior_and_about_the_deputy_the_next_one(deputy: UUID | None, decider: UUID) -> None:
    assert decider_of(CITRA, BUDI, UUID(int=9), deputy) == decider
