"""Signing in with a browser, forms that are sealed and taken once, and pages in their frame."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from shared.identity.accounts import disable_account
from shared.settings import Settings
from tests.conftest import MakeDatabase
from tests.integration.site import ENTRANCE, LIST, WRITE, Site, enter, fields_of, opened_site
from tests.integration.small_app import PASSWORD, titles


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
async def site(
    make_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> AsyncIterator[Site]:
    async with opened_site(make_database, tmp_path_factory.mktemp("notes"), settings) as site:
        yield site


async def test_sign_in_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    browser = await site.browser()

    sent_away = await browser.get(f"{LIST}?note=a%20b")
    answer = await enter(browser, "Sari ", path=sent_away.headers["location"])
    page = await browser.get(answer.headers["location"])

    assert sent_away.status_code == 303
    assert answer.headers["location"] == f"{LIST}?note=a%20b"
    assert '<p id="note">a b</p>' in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "wanted",
    ["https://jahat.example/", "//jahat.example", "/\\jahat.example", "/notes/pages/../..//jahat", "javascript:1", "/"],
)
async def test_sign_in_leads_nowhere_else(site: Site, wanted: str) -> None:
    browser = await site.browser()

    answer = await enter(browser, "sari", path=f"{ENTRANCE}?{httpx.QueryParams(next=wanted)}")

    assert answer.headers["location"] == LIST


async def test_wrong_password_and_unknown_name_are_told_alike_and_keep_the_name(site: Site) -> None:
    browser = await site.browser()

    answers = [
        await enter(browser, name, password) for name, password in (("sari", "keliru-sekali-1"), ("hantu", PASSWORD))
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("Nama atau kata sandi salah." in answer.text for answer in answers)
    assert 'value="sari"' in answers[0].text
    assert "keliru-sekali-1" not in answers[0].text


async def test_sign_in_is_sealed_against_other_sites(site: Site) -> None:
    browser, other = await site.browser(), await site.browser()
    hidden = fields_of((await other.get(ENTRANCE)).text)
    given = {"name": "sari", "password": PASSWORD}

    without = await browser.post(ENTRANCE, data=given)
    await browser.get(ENTRANCE)
    of_another = await browser.post(ENTRANCE, data={**given, **hidden})

    assert (without.status_code, of_another.status_code) == (403, 403)


async def test_cookie_of_the_sign_in_is_out_of_reach_of_scripts(site: Site) -> None:
    browser = await site.browser()

    answer = await enter(browser, "sari")

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("bangkom-notes="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize("settings", [Settings(base_url="https://bangkom.example")])
async def test_cookies_are_bound_to_the_host_where_pages_are_encrypted(site: Site) -> None:
    browser = await site.browser("https")

    answer = await enter(browser, "sari")

    cookies = [c for c in answer.headers.get_list("set-cookie") if "Max-Age=0" not in c]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-bangkom-notes")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_sign_out_ends_the_sign_in_itself(site: Site) -> None:
    browser = await site.signed_in("sari")
    kept = dict(browser.cookies)
    hidden = fields_of((await browser.get(LIST)).text.partition("</form>")[0])

    answer = await browser.post("/notes/pages/sign-out", data=hidden)
    thief = await site.browser()
    thief.cookies.update(kept)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get(LIST)).status_code == 303
    assert (await thief.get(LIST)).status_code == 303


async def test_disabled_account_sees_nothing_more(site: Site) -> None:
    browser = await site.signed_in("sari")

    async with site.database.transaction() as session:
        await disable_account(session, "sari")

    assert (await browser.get(LIST)).status_code == 303


async def test_page_shows_the_navigation_of_the_role_and_refuses_others(site: Site) -> None:
    analyst, employee = await site.signed_in("sari"), await site.signed_in("tono")

    seen = [(await each.get(LIST)).text for each in (analyst, employee)]
    refused = await employee.get("/notes/pages/analysts", headers={"Accept": "text/html"})

    assert ['href="/x"' in html for html in seen] == [True, False]
    assert 'aria-current="page"' in seen[0]
    assert refused.status_code == 403
    assert "rahasia" not in refused.text
    assert "<h1>Tidak diizinkan</h1>" in refused.text


async def test_pages_are_left_out_of_the_document_of_the_interface(site: Site) -> None:
    assert not [path for path in site.app.openapi()["paths"] if "/pages/" in path]


async def test_form_is_taken_and_the_next_page_says_so_once(site: Site) -> None:
    browser = await site.signed_in("sari")
    hidden = fields_of((await browser.get(LIST)).text)

    answer = await browser.post(WRITE, data={**hidden, "title": "satu"})
    first, second = [(await browser.get(answer.headers["location"])).text for _ in range(2)]

    assert (answer.status_code, await titles(site.database)) == (303, ["satu"])
    assert "Catatan satu disimpan." in first
    assert "Catatan satu disimpan." not in second


async def test_form_sent_twice_has_one_effect_and_the_same_answer(site: Site) -> None:
    browser = await site.signed_in("sari")
    form = {**fields_of((await browser.get(LIST)).text), "title": "satu"}

    answers = [await browser.post(WRITE, data=form) for _ in range(2)]
    changed = await browser.post(WRITE, data={**form, "title": "dua"})

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (changed.status_code, await titles(site.database)) == (422, ["satu"])
    assert "sudah terkirim" in changed.text


async def test_refused_form_keeps_what_was_typed_and_marks_what_is_wrong(site: Site) -> None:
    browser = await site.signed_in("sari")
    hidden = fields_of((await browser.get(LIST)).text)

    answer = await browser.post(WRITE, data={**hidden, "title": "<i", "amount": "banyak"})

    assert (answer.status_code, await titles(site.database)) == (422, [])
    assert 'value="&lt;i" required aria-invalid="true"' in answer.text
    assert 'value="banyak" aria-invalid="true"' in answer.text
    assert "Paling sedikit 3 karakter." in answer.text
    assert "Harus bilangan bulat." in answer.text
    again = fields_of(answer.text)
    assert (await browser.post(WRITE, data={**again, "title": "tiga"})).status_code == 303


async def test_refusal_of_the_work_takes_everything_back(site: Site) -> None:
    browser = await site.signed_in("sari")
    hidden = fields_of((await browser.get(LIST)).text)

    answer = await browser.post(WRITE, data={**hidden, "title": "bentrok"})

    assert (answer.status_code, await titles(site.database)) == (409, [])
    assert "Catatan ini bertentangan dengan yang lain." in answer.text
    assert 'value="bentrok"' in answer.text


async def test_form_of_another_site_or_sign_in_is_refused(site: Site) -> None:
    sari, tono = await site.signed_in("sari"), await site.signed_in("tono")
    own, foreign = [fields_of((await each.get(LIST)).text) for each in (sari, tono)]
    note = {"title": "jahat"}

    answers = [
        await sari.post(WRITE, data=note),
        await sari.post(WRITE, data={**note, **own, "formulir": "0" * 64}),
        await sari.post(WRITE, data={**note, **foreign}),
        await sari.post(WRITE, data={**note, **own}, headers={"Origin": "https://jahat.example"}),
        await sari.post(WRITE, data={**note, **own}, headers={"Origin": "null"}),
        await sari.post(WRITE, data={**note, **own}, headers={"Sec-Fetch-Site": "cross-site"}),
        await sari.post(WRITE, json={**note, **own}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert await titles(site.database) == []
    assert (await sari.post(WRITE, data={**note, **own}, headers={"Origin": "http://127.0.0.1"})).status_code == 303


async def test_form_after_the_end_of_the_sign_in_leads_back_to_its_page(site: Site) -> None:
    browser = await site.signed_in("sari")
    form = {**fields_of((await browser.get(LIST)).text), "title": "satu"}
    browser.cookies.clear()

    answer = await browser.post(WRITE, data=form, headers={"Referer": f"http://127.0.0.1{LIST}"})
    page = await browser.get(answer.headers["location"])

    assert (answer.status_code, await titles(site.database)) == (303, [])
    assert "yang baru saja dikirim belum tersimpan" in page.text
    assert (await enter(browser, "sari", path=answer.headers["location"])).headers["location"] == LIST


async def test_sentence_for_the_next_page_cannot_be_put_there_by_others(site: Site) -> None:
    browser = await site.signed_in("sari")
    browser.cookies.set("bangkom-notes-kabar", "SmFoYXQ=." + "0" * 64)

    assert "Jahat" not in (await browser.get(LIST)).text


async def test_token_in_a_header_opens_no_page_and_the_cookie_no_route_of_programs(site: Site) -> None:
    browser = await site.signed_in("sari")
    token = browser.cookies["bangkom-notes"]
    program = await site.browser(headers={"Authorization": f"Bearer {token}"})

    assert (await program.get(LIST)).status_code == 303
    assert (await browser.get(f"/notes/{uuid4()}")).status_code == 401
    assert (await program.get(f"/notes/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("settings", [Settings(simulation=True)])
async def test_simulation_is_told_on_every_page(site: Site) -> None:
    browser = await site.signed_in("sari")

    assert "bukan data resmi" in (await browser.get(LIST)).text
    assert "Ini simulasi" in (await (await site.browser()).get(ENTRANCE)).text


async def test_home_page_offers_the_way_in_or_on(site: Site) -> None:
    homes = [(await browser.get("/")).text for browser in (await site.browser(), await site.signed_in("sari"))]

    assert all(f'href="{ENTRANCE}"' in html for html in homes)
    assert ["Buka halaman saya" in html for html in homes] == [False, True]


async def test_gallery_shows_every_part_to_who_is_signed_in(site: Site) -> None:
    browser = await site.signed_in("tono")

    page = (await browser.get("/shell/gallery")).text
    strange = await (await site.browser()).get("/shell/gallery")

    assert re.findall(r'<h2 class="part" id="([a-z]+)"', page) == [
        *("colours", "text", "said", "badges", "buttons", "forms", "lists", "levels", "charts"),
    ]
    assert page.count("<svg viewBox") == 7
    assert strange.status_code == 303


async def test_first_page_is_small_and_asks_nobody_else(site: Site) -> None:
    browser = await site.signed_in("tono")
    page = (await browser.get("/shell/gallery")).text

    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    loaded = [page.encode(), *[(await browser.get(path)).content for path in sorted(files)]]

    assert len(files) >= 2
    assert sum(len(gzip.compress(each)) for each in loaded) < 100_000
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*', page) == []
    assert "<script" not in page
