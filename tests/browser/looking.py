"""What is wrong with a page as a browser shows it: judged by axe-core, the browser itself and a few measures."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, Response, ViewportSize, async_playwright

AXE = Path(__file__).parents[2] / "build" / "axe" / "axe.min.js"
PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)
# No sandbox: tests also run as root, where it cannot be had, and every page that is opened is ours.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
FIRST_LOAD = 100 * 1024
GRAVE = {"serious", "critical"}
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 3).map(each => each.outerHTML.slice(0, 80))"""
LINKS = "links => links.filter(each => each.origin === location.origin).map(each => each.pathname + each.search)"

GIVEN_UP = "net::ERR_ABORTED"


@dataclass(frozen=True, slots=True)
class Look:
    """One page as somebody saw it: its status, what is wrong with it, where it leads, and bytes of a first load."""

    path: str
    status: int
    findings: Sequence[str]
    links: Sequence[str]
    weight: int


class Window:
    """A browser window that notes what goes wrong behind a page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self._noted: list[str] = []
        self._asked: list[Request] = []
        self._weights: dict[str, int] = {}
        page.on("console", self._on_console)
        page.on("pageerror", self._on_failure)
        page.on("request", self._on_request)
        page.on("requestfailed", self._on_request_failed)

    async def look(self, path: str) -> Look:
        """Open a page on a phone in the dark and at a desk in the light, and judge it there."""
        self._noted.clear()
        self._asked.clear()
        await self.page.set_viewport_size(PHONE)
        await self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        answer = await self.page.goto(self.address + path)
        assert answer is not None, path
        assert AXE.exists(), f"{AXE} is missing: deploy/setup-tests.sh puts it in place"
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        weight = await self._weight(answer)
        findings = [*await self._measures(answer, weight), *await _axe(self.page, "dark, 360 px")]
        links = await self.page.eval_on_selector_all("a[href]", LINKS)
        await self.page.set_viewport_size(DESK)
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        findings += await _axe(self.page, "light, 1280 px")
        return Look(path, answer.status, [*findings, *self._noted, *self._foreign()], links, weight)

    async def _measures(self, answer: Response, weight: int) -> list[str]:
        found = [f"status {answer.status}"] if answer.status != 200 else []
        if await self.page.evaluate(WIDER):
            found.append(f"wider than 360 px: {await self.page.evaluate(TOO_WIDE)}")
        if not (await self.page.title()).split("·")[0].strip():
            found.append("no title")
        if (headings := await self.page.locator("h1").count()) != 1:
            found.append(f"{headings} h1")
        if weight > FIRST_LOAD:
            found.append(f"{weight} bytes gzipped on a first load")
        return found

    async def _weight(self, answer: Response) -> int:
        """Gzipped bytes of the page and of every file it is made of, as if none had been kept from before."""
        files = {each.url for each in self._asked if each.resource_type != "document"}
        for url in files - self._weights.keys():
            self._weights[url] = _gzipped(await (await self.page.request.get(url)).body())
        return _gzipped(await answer.body()) + sum(self._weights[url] for url in files)

    def _foreign(self) -> list[str]:
        ours = urlsplit(self.address).netloc
        return [f"asks {each.url}" for each in self._asked if urlsplit(each.url).netloc != ours]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._noted.append(f"console: {message.text}")

    def _on_failure(self, error: Error) -> None:
        self._noted.append(f"script: {error}")

    def _on_request(self, request: Request) -> None:
        self._asked.append(request)

    def _on_request_failed(self, request: Request) -> None:
        # What belonged to a page that was left before it had all of its files, the browser gives up by itself.
        if request.failure != GIVEN_UP:
            self._noted.append(f"failed: {request.url} {request.failure}")


def _gzipped(content: bytes) -> int:
    return len(gzip.compress(content))


async def _axe(page: Page, where: str) -> list[str]:
    """What axe-core finds serious or critical."""
    result: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert result["passes"], "axe-core judged nothing"
    return [
        f"{where}: {each['id']} ({each['impact']}) at {each['nodes'][0]['html'][:160]}"
        for each in result["violations"]
        if each["impact"] in GRAVE
    ]


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """The browser that deploy/setup-tests.sh puts in place; whoever starts it uses it in the same event loop."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: deploy/setup-tests.sh puts it in place"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(browser: Browser, address: str, *, scripts: bool = True) -> AsyncIterator[Window]:
    """A window of its own: no cookie and no kept file of another."""
    context = await browser.new_context(java_script_enabled=scripts, locale="id-ID")
    try:
        yield Window(await context.new_page(), address)
    finally:
        await context.close()
