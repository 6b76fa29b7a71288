"""Every page, as everybody who may see it, in a real browser: on most of a year of data, and on the first day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from playwright.async_api import Browser

from shared.identity.actor import Role
from tests.browser.looking import Look, opened
from tests.browser.people import EVERYONE, OFFICES, Account, sign_in
from tests.browser.walk import PAGES, is_one_of_many, must_reach, starts_of, walk
from tests.journeys.installations import Embedded
from tests.security.sight import SEES_OTHERS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


REVIEW = "GET /evaluation/pages/reviews/{review_id}"
OLDEST = "SELECT id::text FROM reviews ORDER BY due_date, id LIMIT 1"
"""The newest journeys, to which the list of all leads first, have come to no review yet."""
Seen = Mapping[str, Sequence[Look]]


class Walks:
    """What each account saw of the filled installation; each walks once."""

    def __init__(self, chromium: Browser, installation: Embedded) -> None:
        self._chromium = chromium
        self._installation = installation
        self._seen: dict[Account | None, Seen] = {}

    async def of(self, account: Account | None) -> Seen:
        if account not in self._seen:
            self._seen[account] = await walked(self._chromium, self._installation, account)
        return self._seen[account]


async def walked(chromium: Browser, installation: Embedded, account: Account | None) -> Seen:
    starts = starts_of(account)
    if account and REVIEW in must_reach(SEES_OTHERS, account):
        starts += [f"GET /evaluation/pages/reviews/{each}" for (each,) in await installation.rows("evaluation", OLDEST)]
    async with opened(chromium, installation.address("needs")) as window:
        if account is not None:
            await sign_in(window.page, window.address, account.name)
        return await walk(window, starts)


@pytest.fixture(scope="session")
def walks(chromium: Browser, filled: Embedded) -> Walks:
    return Walks(chromium, filled)


def name_of(account: Account | None) -> str:
    return account.name if account else "nobody"


def check(seen: Seen) -> None:
    """Nothing is wrong with any page; if anything is, it is told page by page."""
    wrong = [f"{look.path}\n    {finding}" for looks in seen.values() for look in looks for finding in look.findings]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_role_comes_in() -> None:
    assert {role for account in EVERYONE for role in account.roles} == set(Role)
    assert len(PAGES) > len(SEES_OTHERS) / 2


@pytest.mark.parametrize("account", [None, *EVERYONE], ids=name_of)
async def test_every_page_of_somebody_is_without_fault(walks: Walks, account: Account | None) -> None:
    seen = await walks.of(account)

    check(seen)
    expected = set(starts_of(account)) | (must_reach(SEES_OTHERS, account) if account else set())
    assert sorted(expected - seen.keys()) == []


async def test_walks_reach_every_page_of_the_matrix(walks: Walks) -> None:
    reached = {route for account in (None, *EVERYONE) for route in await walks.of(account)}

    assert sorted(PAGES.keys() - reached) == []


@pytest.mark.parametrize("account", [None, *OFFICES], ids=name_of)
async def test_every_page_is_without_fault_on_the_first_day(
    chromium: Browser, empty: Embedded, account: Account | None
) -> None:
    seen = await walked(chromium, empty, account)

    check(seen)
    assert sorted(set(starts_of(account)) - seen.keys()) == []
    assert not [route for route in seen if is_one_of_many(route)]
