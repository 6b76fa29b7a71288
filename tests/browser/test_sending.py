"""Forms in bad company: no scripts, impatient fingers, a link that breaks, the way back, and text that is code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Error, Page, Route

from services.mentoring.app import SERVICE
from services.mentoring.tables import PairRow, SessionRow
from shared.db import Database
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.demo_accounts import PASSWORD
from shared.identity.tables import IDENTITY
from tests.browser.looking import Window, launched, opened
from tests.browser.people import sign_in
from tests.browser.serving import served
from tests.conftest import MakeDatabase
from tests.integration.mentorship import Somebody, rows, take, today, two_cases

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "javascript:window.ran=1",
    "<svg onload=window.ran=1>",
    "' autofocus onfocus='window.ran=1",
    "</textarea><script>window.ran = 1</script>",
    "{{7*7}}${7*7}",
)
TOPIC = "Antrean loket"


@dataclass
class Desk:
    """Ani, who is coached, at a browser: on the page of her pair."""

    chromium: Browser
    database: Database
    address: str
    path: str

    async def sit_down(self, window: Window) -> Page:
        """Sign in and open the page of the pair."""
        await sign_in(window.page, self.address, "ani", service="mentoring")
        await window.page.goto(self.address + self.path)
        return window.page

    async def fill_in(self, page: Page, topic: str = TOPIC, hour: int = 13) -> None:
        """Tell of a meeting of yesterday, without sending it."""
        day = await today(self.database) - timedelta(days=1)
        await page.get_by_text("Catat sesi", exact=True).first.click()
        await page.get_by_label("Tanggal", exact=True).fill(day.isoformat())
        await page.get_by_label("Pukul").fill(f"{hour}:00")
        await page.get_by_label("Pokok bahasan").fill(topic)
        await page.get_by_label("Ringkasan").fill(topic)

    async def told(self, topic: str = TOPIC) -> int:
        """How many meetings are stored with this topic."""
        stored = [row for row in await rows(self.database, SessionRow) if row.topic == topic]
        return len([row for row in stored if row.logged_by == "EMPLOYEE"])


@pytest.fixture
async def desk(make_database: MakeDatabase) -> AsyncIterator[Desk]:
    database = await make_database(service="mentoring", agency="medan", lineages=[*SERVICE.lineages, IDENTITY])
    ani, _ = await two_cases(database)
    async with database.transaction() as session:
        await add_account(session, "ani", PASSWORD, [Role.EMPLOYEE], ani.employee_id)
    async with served(SERVICE, database) as address, launched() as chromium:
        yield Desk(chromium, database, address, f"/mentoring/pages/pairs/{ani.pair_id}")


async def test_form_is_taken_once_without_scripts_however_often_it_is_clicked(desk: Desk) -> None:
    async with opened(desk.chromium, desk.address, scripts=False) as window:
        page = await desk.sit_down(window)
        await desk.fill_in(page)

        await page.get_by_role("button", name="Catat sesi").dblclick()
        await page.get_by_role("status").filter(has_text="Sesi dicatat").wait_for()

    assert await desk.told() == 1


async def test_way_back_after_sending_shows_what_was_sent_and_sends_nothing_again(desk: Desk) -> None:
    async with opened(desk.chromium, desk.address, scripts=False) as window:
        page = await desk.sit_down(window)
        await desk.fill_in(page)
        await page.get_by_role("button", name="Catat sesi").click()
        await page.get_by_role("status").filter(has_text="Sesi dicatat").wait_for()

        await page.go_back()
        shown = await page.get_by_role("cell", name=TOPIC).count()
        await page.reload()

    assert shown == 1
    assert await desk.told() == 1


@pytest.mark.parametrize("arrives", [True, False], ids=["reply lost", "request lost"])
async def test_form_cut_off_while_being_sent_has_one_effect_when_sent_again(desk: Desk, *, arrives: bool) -> None:
    async def cut(route: Route) -> None:
        if arrives:
            await route.fetch(max_redirects=0)
        await route.abort("connectionreset")

    async with opened(desk.chromium, desk.address, scripts=False) as window:
        page = await desk.sit_down(window)
        await desk.fill_in(page)
        await page.route("**/sessions", cut)
        with pytest.raises(Error, match="ERR_CONNECTION_RESET"):
            async with page.expect_navigation():
                await page.get_by_role("button", name="Catat sesi").click()
        before = await desk.told()
        await page.unroute("**/sessions")

        await page.reload()
        await page.get_by_role("status").filter(has_text="Sesi dicatat").wait_for()

    assert before == arrives
    assert await desk.told() == 1


async def test_text_that_is_code_is_shown_as_text_and_never_runs(desk: Desk) -> None:
    await rename(desk, PAYLOADS[0])
    async with opened(desk.chromium, desk.address) as window:
        dialogs: list[str] = []
        window.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        page = await desk.sit_down(window)
        for hour, payload in enumerate(PAYLOADS, start=11):
            await page.goto(desk.address + desk.path)
            await desk.fill_in(page, payload, hour)
            await page.get_by_role("button", name="Catat sesi").click()
            await page.get_by_role("status").filter(has_text="Sesi dicatat").wait_for()
        look = await window.look(desk.path)
        text = await page.inner_text("main")
        ran = await page.evaluate("window.ran === undefined ? 'nothing' : 'something'")
        made = await page.locator("main script, main img, main svg, main [onfocus], main [href^='javascript']").count()

    assert [payload for payload in PAYLOADS if text.count(payload) < 2] == []
    assert (ran, made, dialogs) == ("nothing", 0, [])
    assert look.findings == []


async def test_what_was_searched_for_is_shown_as_text(desk: Desk) -> None:
    async with opened(desk.chromium, desk.address) as window:
        page = await desk.sit_down(window)
        for payload in PAYLOADS:
            await page.goto(f"{desk.address}/mentoring/pages/pairs")
            await page.get_by_label("Nama pegawai atau pendamping").fill(payload)
            async with page.expect_navigation():
                await page.get_by_role("button", name="Tampilkan").click()

            assert await page.get_by_label("Nama pegawai atau pendamping").input_value() == payload
            assert await page.evaluate("window.ran === undefined"), payload
            assert payload not in page.url


async def rename(desk: Desk, name: str) -> None:
    """Have the person who coaches Ani bear this name."""
    [pair] = [row for row in await rows(desk.database, PairRow) if str(row.id) in desk.path]
    await take(desk.database, Somebody(id=pair.mentor_id).recorded(name=name))
