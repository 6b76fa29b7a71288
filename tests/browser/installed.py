"""Installations whose pages are looked at: one that people worked with, and one on its first day."""

from __future__ import annotations

from tests.browser.people import OFFICES, add_account, add_respondent
from tests.journeys.installations import Embedded

PEOPLE, MONTHS = 300, 9


async def demo_of(installation: Embedded) -> None:
    """Start it and have made-up people live through most of a year; they and all offices have accounts."""
    await installation.start()
    installation.bangkom("demo", "--people", str(PEOPLE), "--months", str(MONTHS))
    await add_respondent(installation)


async def first_day_of(installation: Embedded) -> None:
    """Start it with accounts of offices alone: nobody is recorded."""
    await installation.start()
    for account in OFFICES:
        add_account(installation, account)
