"""One Chromium for the whole run, and installations whose pages it looks at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.installed import demo_of, first_day_of
from tests.browser.looking import launched
from tests.journeys.installations import Embedded


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests that share the session's event loop."""
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filled() -> AsyncIterator[Embedded]:
    """Bangkom with most of a year that made-up people lived through, and their accounts."""
    with TemporaryDirectory(prefix="bangkom-") as folder:
        installation = Embedded(Path(folder), simulation=True)
        try:
            await demo_of(installation)
            yield installation
        finally:
            await installation.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty() -> AsyncIterator[Embedded]:
    """Bangkom on its first day: nobody is recorded, and only offices have accounts."""
    with TemporaryDirectory(prefix="bangkom-") as folder:
        installation = Embedded(Path(folder))
        try:
            await first_day_of(installation)
            yield installation
        finally:
            await installation.close()
