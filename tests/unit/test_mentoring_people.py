"""What mentoring reads from numbers and titles of people, and its counting of months and years."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mentoring.domain.people import full_years, job_family, months_after, service_begins

RECORDED = date(2021, 6, 15)
days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("number", "begins"),
    [
        ("199001012015031000", date(2015, 3, 1)),
        ("199001012021211000", RECORDED),
        ("199001012020211000", date(2020, 1, 1)),
        ("199001012015001000", date(2015, 1, 1)),
        ("199001010000031000", RECORDED),
        ("199001012022031000", RECORDED),
        ("bukan angka sama sekali", RECORDED),
    ],
    ids=["NIP", "NI PPPK of that year", "NI PPPK of another year", "no month", "no year", "later year", "no digits"],
)
def test_service_begins_with_the_appointment_in_the_number(number: str, begins: date) -> None:
    assert service_begins(number, RECORDED) == begins


@pytest.mark.parametrize(
    ("title", "family"),
    [
        ("Perawat Terampil", "Perawat"),
        ("Analis SDM Aparatur Ahli Muda", "Analis SDM Aparatur"),
        ("Operator Layanan Operasional", "Operator Layanan Operasional"),
        ("Terampil", "Terampil"),
    ],
)
def test_job_family_is_the_title_without_its_ladder(title: str, family: str) -> None:
    assert job_family(title) == family


@given(day=days, months=st.integers(0, 60))
def test_months_after_equals_counting_month_by_month(day: date, months: int) -> None:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    assert months_after(day, months) == date(year, month, min(day.day, monthrange(year, month)[1]))


@given(begin=days, span=st.integers(0, 15_000))
def test_full_years_equals_counting_anniversaries(begin: date, span: int) -> None:
    end = begin + timedelta(days=span)
    passed = 0
    for year in range(begin.year + 1, end.year + 1):
        anniversary = date(year, begin.month, min(begin.day, monthrange(year, begin.month)[1]))
        passed += anniversary <= end

    assert full_years(begin, end) == passed
    assert full_years(end, begin) == -passed
