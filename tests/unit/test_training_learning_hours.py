"""Learning hours: worked examples of the table, and every rule against a second, plainer computation."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain import (
    FORMS,
    Activity,
    Counting,
    Credit,
    LearningHourRule,
    Limit,
    RateTable,
    Scope,
    credits_of,
)
from services.training.rules import LEARNING_HOURS

HOME, ABROAD = Scope.NATIONAL, Scope.INTERNATIONAL
MARCH = date(2026, 3, 2)

# Written down from the table itself: for each code what a day, time or semester is worth at home and abroad, or None
# where the hours of the programme count; "≤" where they count up to so many a day; what is added abroad; times a month.
PER_DAY = {"B6": (4, 6), "B7": (5, 7), "B11": (4, 6)}
MOST_PER_DAY = {"C3": (3, 4), "C9": (2, 2), "C10": (2, 2)}
PER_TIME = {"C1": (2, 4), "C2": (2, 4), "C5": (20, 24), "C7": (10, 20), "C8": (20, 24), "C11": (20, 24)}
PER_SEMESTER = {"A1": (20, 20), "A2": (20, 20)}
AS_PROGRAMMED = {"B1", "B2", "B3", "B4", "B5", "B8", "B9", "B10", "C4", "C6"}
A_FIFTH_MORE_ABROAD = (AS_PROGRAMMED - {"B1"}) | {"C9", "C10"}
TWICE_A_MONTH = {"C1", "C2"}
EVERY_CODE = sorted({*PER_DAY, *MOST_PER_DAY, *PER_TIME, *PER_SEMESTER, *AS_PROGRAMMED})


def activity(
    number: int,
    code: str,
    start: date = MARCH,
    days: int = 1,
    claimed: str | int | None = 20,
    scope: Scope = HOME,
) -> Activity:
    return Activity(
        id=UUID(int=number),
        employee_id=UUID(int=1),
        form_code=code,
        starts_on=start,
        ends_on=start + timedelta(days=days - 1),
        scope=scope,
        claimed_hours=None if claimed is None else Decimal(claimed),
    )


def hours(*activities: Activity) -> list[int]:
    """What each counts, in the order given."""
    found = credits_of(activities, LEARNING_HOURS)
    return [found[each.id].hours for each in activities]


def plainly(activities: Iterable[Activity]) -> dict[UUID, int]:
    """The same by a list of what has been taken, one activity after the other."""
    taken_days: list[date] = []
    taken_times: list[str] = []
    counted = {}
    for each in sorted(activities, key=lambda a: (a.starts_on, a.ends_on, a.id)):
        column = 1 if each.scope is ABROAD else 0
        length = (each.ends_on - each.starts_on).days + 1
        days = [each.starts_on + timedelta(days=n) for n in range(length)]
        new = [day for day in days if day not in taken_days]
        whole = Fraction(each.claimed_hours or 0).__floor__()
        code = each.form_code
        if code in AS_PROGRAMMED:
            found = Fraction(whole)
        elif code in PER_DAY:
            found = Fraction(PER_DAY[code][column] * len(new))
            taken_days += new
        elif code in MOST_PER_DAY:
            found = Fraction(min(whole, MOST_PER_DAY[code][column] * len(new)))
            taken_days += new
        elif code in PER_SEMESTER:
            found = Fraction(PER_SEMESTER[code][column] if new else 0)
            taken_days += new
        else:
            month = each.ends_on.strftime("%Y-%m")
            full = code in TWICE_A_MONTH and taken_times.count(month) == 2
            found = Fraction(0 if full else PER_TIME[code][column])
            taken_times += [] if full else [month]
        if column and code in A_FIFTH_MORE_ABROAD:
            found *= Fraction(6, 5)
        counted[each.id] = found.__floor__()
    return counted


@st.composite
def accounts(draw: st.DrawFn) -> list[Activity]:
    """Activities of one person in one form around a turn of the year, many of them overlapping."""
    code = draw(st.sampled_from(EVERY_CODE))
    return [
        activity(
            number,
            code,
            start=date(2025, 12, 20) + timedelta(days=draw(st.integers(0, 50))),
            days=draw(st.integers(1, 6)),
            claimed=str(Decimal(draw(st.integers(2, 90))) / 2),
            scope=draw(st.sampled_from(Scope)),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


@given(accounts())
def test_credits_agree_with_a_plainer_computation(account: list[Activity]) -> None:
    found = credits_of(account, LEARNING_HOURS)

    assert {each: credit.hours for each, credit in found.items()} == plainly(account)
    assert {each.id: each.ends_on.year for each in account} == {each: credit.year for each, credit in found.items()}


@given(accounts(), st.randoms(use_true_random=False))
def test_credits_do_not_depend_on_the_order_of_arrival(account: list[Activity], chance: object) -> None:
    shuffled = list(account)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert credits_of(shuffled, LEARNING_HOURS) == credits_of(account, LEARNING_HOURS)


@given(accounts(), st.integers(0, 11))
def test_credits_are_as_if_what_was_revoked_had_never_been(account: list[Activity], which: int) -> None:
    revoked = account[which % len(account)].id
    without = [each for each in account if each.id != revoked]

    found = credits_of([replace(each, counts=each.id != revoked) for each in account], LEARNING_HOURS)

    assert found.pop(revoked) == Credit(
        hours=0, year=_of(account, revoked).ends_on.year, rule_version="2019-02-01", limit=Limit.REVOKED
    )
    assert found == credits_of(without, LEARNING_HOURS)


def _of(account: Sequence[Activity], wanted: UUID) -> Activity:
    return next(each for each in account if each.id == wanted)


@pytest.mark.parametrize(
    ("code", "days", "claimed", "at_home", "abroad"),
    [
        ("A1", 180, 400, 20, 20),
        ("B1", 60, 907, 907, 907),
        ("B3", 3, 21, 21, 25),
        ("B6", 2, 99, 8, 12),
        ("B7", 2, 1, 10, 14),
        ("B8", 10, "22.5", 22, 26),
        ("B11", 1, 10, 4, 6),
        ("C1", 1, 10, 2, 4),
        ("C3", 3, 6, 6, 6),
        ("C3", 3, 20, 9, 12),
        ("C5", 30, 300, 20, 24),
        ("C7", 3, 30, 10, 20),
        ("C9", 3, 20, 6, 7),
        ("C11", 60, 5, 20, 24),
        ("C12", 1, 20, 0, 0),
    ],
)
def test_table_counts_one_activity(code: str, days: int, claimed: str | int, at_home: int, abroad: int) -> None:
    assert hours(activity(1, code, days=days, claimed=claimed)) == [at_home]
    assert hours(activity(1, code, days=days, claimed=claimed, scope=ABROAD)) == [abroad]


def test_coaching_and_mentoring_count_twice_a_month_each() -> None:
    coached = [activity(day, "C1", date(2026, 4, day)) for day in (1, 10, 20, 30)]
    in_may = activity(40, "C1", date(2026, 5, 1))

    assert hours(*coached, in_may) == [2, 2, 0, 0, 2]
    assert credits_of(coached, LEARNING_HOURS)[UUID(int=20)].limit is Limit.MONTH


def test_late_line_takes_the_place_of_a_later_one() -> None:
    tenth, twentieth, first = (activity(day, "C2", date(2026, 4, day)) for day in (10, 20, 1))

    assert hours(tenth, twentieth) == [2, 2]
    assert hours(tenth, twentieth, first) == [2, 0, 2]


def test_overlapping_days_of_a_form_count_once() -> None:
    workshop = activity(1, "B7", MARCH, days=3)
    another = activity(2, "B7", MARCH + timedelta(days=2), days=2)

    assert hours(workshop, another) == [15, 5]
    assert credits_of([workshop, another], LEARNING_HOURS)[another.id].limit is Limit.DAY


def test_hours_count_in_the_year_of_the_last_day() -> None:
    turn = activity(1, "B10", date(2026, 12, 30), days=4, claimed=24)

    assert credits_of([turn], LEARNING_HOURS)[turn.id] == Credit(hours=24, year=2027, rule_version="2019-02-01")


def test_activity_before_the_first_version_counts_nothing() -> None:
    old = activity(1, "B10", date(2019, 1, 31))

    assert credits_of([old], LEARNING_HOURS)[old.id] == Credit(
        hours=0, year=2019, rule_version=None, limit=Limit.NO_RULE
    )


@given(st.integers(0, 60), st.integers(1, 5))
def test_new_version_changes_what_ends_on_its_first_day_or_later_and_nothing_else(offset: int, days: int) -> None:
    [present] = LEARNING_HOURS.versions
    begins = date(2026, 3, 1)
    doubled = {Scope.NATIONAL: 8, Scope.INTERNATIONAL: 12}
    rates = {**present.rates, "B6": replace(present.rates["B6"], hours=doubled)}
    later = RateTable(effective_from=begins, codes=present.codes, rates=rates)
    rule = LearningHourRule(name="LEARNING_HOURS", versions=(present, later))
    seminar = activity(1, "B6", date(2026, 2, 1) + timedelta(days=offset), days=days)

    credit = credits_of([seminar], rule)[seminar.id]

    expected = (8 * days, "2026-03-01") if seminar.ends_on >= begins else (4 * days, "2019-02-01")
    assert (credit.hours, credit.rule_version) == expected


def test_every_form_has_a_code_of_its_own() -> None:
    codes = [LEARNING_HOURS.code_of(form, MARCH) for form in FORMS]

    assert len(set(codes)) == len(FORMS)
    assert {code for code in EVERY_CODE if code not in codes} == {"A1", "A2"}
    assert {code for code in codes if code not in EVERY_CODE} == {"B12", "C12", "C13"}
    assert (LEARNING_HOURS.code_of(14, MARCH), LEARNING_HOURS.code_of(15, MARCH)) == ("C1", "C2")


def test_every_way_of_counting_is_in_use() -> None:
    assert {rate.counting for rate in LEARNING_HOURS.versions[0].rates.values()} == set(Counting)
