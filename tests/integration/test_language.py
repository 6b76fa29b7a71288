"""Pages in two languages: chosen, asked for by the browser, or as they were written."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from services.training.app import SERVICE as TRAINING
from shared.db import WIB
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.web import figures
from shared.web.language import counted, speaking, translated
from tests.conftest import MakeDatabase
from tests.integration.browser import Front, fronted

CLASSES = "/training/pages/classes"


@pytest.fixture
async def front(make_database: MakeDatabase) -> AsyncIterator[Front]:
    lineages = [*TRAINING.lineages, IDENTITY]
    async with fronted(TRAINING, await make_database(service="training", agency="medan", lineages=lineages)) as front:
        yield front


@pytest.fixture
async def browser(front: Front) -> httpx.AsyncClient:
    return (await front.browser(Role.ORGANISER, employee_id=new_id())).client


def spoken(answer: httpx.Response) -> tuple[str, str]:
    """The language a page says it has, and its heading."""
    [language] = re.findall(r'<html lang="(\w+)"', answer.text)
    [heading] = re.findall(r"<h1>([^<]+)", answer.text)
    return language, heading


ASKED = {
    "": "id",
    "en-GB,en;q=0.9,id;q=0.5": "en",
    "id-ID,id;q=0.9,en-US;q=0.8": "id",
    "de;q=0.9, en;q=0.3, id;q=0.2": "en",
    "de,fr;q=0.5": "id",
    "en;q=0": "id",
    "*;q=0.1, " + "x" * 500: "id",
    ";;,=q,en;q=many": "id",
}
"""What browsers say about languages, and which one answers them."""


async def test_browser_is_answered_in_the_language_it_asks_for(browser: httpx.AsyncClient) -> None:
    answered = {asked: spoken(await browser.get(CLASSES, headers={"Accept-Language": asked})) for asked in ASKED}

    headings = {"id": "Kelas", "en": "Classes"}
    assert answered == {asked: (language, headings[language]) for asked, language in ASKED.items()}


async def test_chosen_language_counts_more_and_leads_back_to_the_page(browser: httpx.AsyncClient) -> None:
    chosen = await browser.get("/shell/language?to=en", headers={"Referer": f"http://127.0.0.1{CLASSES}?status=CLOSED"})
    page = await browser.get(CLASSES, headers={"Accept-Language": "id"})

    assert (chosen.status_code, chosen.headers["location"]) == (303, f"{CLASSES}?status=CLOSED")
    assert "httponly" in chosen.headers["set-cookie"].lower()
    assert spoken(page) == ("en", "Classes")
    assert re.search(r'<a href="/shell/language\?to=id" lang="id"[^>]*>Bahasa Indonesia', page.text)


async def test_choice_leads_to_no_other_site(browser: httpx.AsyncClient) -> None:
    strange = ["https://elsewhere.example//evil", "", "http://127.0.0.1/static/x.css", "javascript:1"]

    answers = [await browser.get("/shell/language?to=en", headers={"Referer": referer}) for referer in strange]

    assert [answer.headers["location"] for answer in answers] == ["/"] * len(strange)


async def test_strange_languages_are_refused_or_unheard(browser: httpx.AsyncClient) -> None:
    refused = await browser.get("/shell/language?to=de")
    browser.cookies.set("bangkom-bahasa", "../../etc")
    page = await browser.get(CLASSES, headers={"Accept-Language": "id"})

    assert refused.status_code == 422
    assert '<html lang="id"' in page.text


async def test_home_page_offers_the_other_language(browser: httpx.AsyncClient) -> None:
    home = await browser.get("/", headers={"Accept-Language": "en"})

    assert spoken(home) == ("en", "From need to result")
    assert 'href="/shell/language?to=id"' in home.text


async def test_refusal_and_file_speak_the_language_too(browser: httpx.AsyncClient) -> None:
    english = {"Accept-Language": "en", "Accept": "text/html"}

    missing = await browser.get("/training/pages/classes/nowhere/at/all", headers=english)
    program = await browser.get("/training/nowhere", headers={"Accept-Language": "en"})

    assert spoken(missing) == ("en", "Not found")
    assert program.json()["detail"] == "There is no such address."


async def test_service_without_a_catalog_speaks_indonesian_on_every_page(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    shutil.copytree(TRAINING.folder / "templates", tmp_path / "templates")
    database = await make_database(service="training", agency="medan", lineages=[*TRAINING.lineages, IDENTITY])
    async with fronted(replace(TRAINING, folder=tmp_path), database) as front:
        browser = await front.browser(Role.ANALYST)
        answer = await browser.client.get(CLASSES, headers={"Accept-Language": "en"})

    assert spoken(answer) == ("id", "Kelas")
    assert "/shell/language" not in answer.text


def test_dates_and_numbers_are_written_as_each_language_does() -> None:
    moment = figures.moment_in(WIB)
    at = datetime(2026, 8, 22, 7, 5, tzinfo=UTC)

    def written() -> list[str]:
        return [figures.day(date(2026, 5, 2)), figures.number(1234.5), figures.rupiah(1_250_000), moment(at)]

    with speaking("en"):
        english = written()

    assert written() == ["2 Mei 2026", "1.234,5", "Rp1.250.000", "22 Agu 2026 14.05 WIB"]
    assert english == ["2 May 2026", "1,234.5", "Rp1,250,000", "22 Aug 2026 14:05 WIB"]


def test_unknown_text_stays_as_it_is() -> None:
    with speaking("en"):
        assert translated("Teks yang tidak ada di katalog mana pun") == "Teks yang tidak ada di katalog mana pun"
        assert translated("") == ""
        assert [counted("satu", "banyak", number) for number in (1, 2)] == ["satu", "banyak"]
