"""Draws the pictures of docs/pictures: main pages as people of the demo see them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, ViewportSize

from tests.browser.installed import demo_of
from tests.browser.looking import PHONE, launched, opened
from tests.browser.people import sign_in
from tests.journeys.installations import Embedded

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST = 150 * 1024
SCREEN = ViewportSize(width=1000, height=720)


@dataclass(frozen=True, slots=True)
class Picture:
    """A page that an account opens; link leads on to one of the things it lists."""

    name: str
    account: str
    path: str
    link: str | None = None
    on_phone: bool = False


PICTURES = (
    Picture("competencies", "pegawai", "/needs/pages/me"),
    Picture("learning-on-a-phone", "pegawai", "/training/pages/me", on_phone=True),
    Picture("needs-to-review", "analis", "/needs/pages/review"),
    Picture("class", "penyelenggara", "/training/pages/classes", "main tbody a[href*='/classes/']"),
    Picture("mentoring-pair", "mentor", "/mentoring/pages/pairs", "main tbody a[href*='/pairs/']"),
    Picture("follow-ups", "analis", "/evaluation/pages/follow-ups"),
    Picture("journey", "analis", "/evaluation/pages/journeys", "main tbody a[href*='/journeys/']"),
    Picture("delivery", "operator", "/needs/pages/delivery"),
)


async def draw(browser: Browser, address: str, picture: Picture) -> bytes:
    """The page as a PNG, as much of it as a screen shows."""
    async with opened(browser, address) as window:
        page = window.page
        await page.set_viewport_size(PHONE if picture.on_phone else SCREEN)
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await sign_in(page, address, picture.account)
        await page.goto(address + picture.path)
        if picture.link:
            async with page.expect_navigation():
                await page.locator(picture.link).first.click()
        return await page.screenshot()


async def draw_all(address: str) -> None:
    """Every picture anew; raises ValueError for one that is too large to be kept."""
    FOLDER.mkdir(exist_ok=True)
    async with launched() as browser:
        for picture in PICTURES:
            drawn = await draw(browser, address, picture)
            if len(drawn) > LARGEST:
                raise ValueError(f"{picture.name}: {len(drawn)} bytes, at most {LARGEST}")
            (FOLDER / f"{picture.name}.png").write_bytes(drawn)


async def main() -> None:
    """Fill an installation with the demo and draw what it shows."""
    with TemporaryDirectory(prefix="bangkom-") as folder:
        installation = Embedded(Path(folder), simulation=True)
        try:
            await demo_of(installation)
            await draw_all(installation.address("needs"))
        finally:
            await installation.close()


if __name__ == "__main__":
    asyncio.run(main())
