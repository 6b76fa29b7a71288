"""Figures as people read them in Indonesian."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared.web import figures


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "31 Des 2026 23.05 WIB"),
        ("Asia/Makassar", "1 Jan 2027 00.05 WITA"),
        ("Asia/Jayapura", "1 Jan 2027 01.05 WIT"),
    ],
)
def test_moment_is_local_and_names_its_zone(zone: str, shown: str) -> None:
    moment = figures.moment_in(ZoneInfo(zone))

    assert moment(datetime(2026, 12, 31, 16, 5, tzinfo=UTC)) == shown


def test_days_name_month_and_year_once() -> None:
    assert figures.days(date(2026, 11, 26), date(2026, 11, 26)) == "26 Nov 2026"
    assert figures.days(date(2026, 11, 26), date(2026, 11, 29)) == "26 – 29 Nov 2026"
    assert figures.days(date(2026, 8, 31), date(2026, 9, 2)) == "31 Agu – 2 Sep 2026"
    assert figures.days(date(2026, 12, 31), date(2027, 1, 2)) == "31 Des 2026 – 2 Jan 2027"


def test_numbers_have_dots_for_thousands_and_a_comma() -> None:
    assert figures.number(25_000) == "25.000"
    assert figures.number(Decimal("1234.50"), 1) == "1.234,5"
    assert figures.number(-1234.5) == "-1.234,5"
    assert figures.rupiah(1_250_000) == "Rp1.250.000"


def test_what_is_not_known_is_a_dash() -> None:
    assert {figures.day(None), figures.number(None), figures.rupiah(None), figures.moment_in(UTC)(None)} == {"–"}


def test_employee_number_shows_neither_birth_date_nor_sex() -> None:
    assert figures.masked("199001012015011000") == "•" * 15 + "000"
