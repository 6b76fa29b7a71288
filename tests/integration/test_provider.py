"""Signing in by an OpenID provider: there and back, what is believed of its tokens, and every way out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

from shared.identity.actor import Role
from shared.identity.sign_in import forget_old, sign_in
from shared.identity.tokens import issue_token
from shared.ids import new_id
from shared.settings import Settings
from shared.web.guards import unguarded_routes
from tests.conftest import MakeDatabase
from tests.integration.openid import (
    CLIENT,
    OTHER_KEY,
    SECRET,
    WRONG,
    Claims,
    OpenIdProvider,
    Wrong,
    running_provider,
)
from tests.integration.site import ENTRANCE, LIST, Site, fields_of, opened_site
from tests.integration.small_app import PASSWORD, status_of

COOKIE = "bangkom-notes"
LOGOUT = "/notes/back-channel-logout"
EVENTS: Claims = {"http://schemas.openid.net/event/backchannel-logout": {}}
WRONG_OF_PEOPLE: dict[str, Wrong] = {
    **WRONG,
    "with another nonce": lambda p, c: p.sign({**c, "nonce": "lain"}),
    "without nonce": lambda p, c: p.sign({k: v for k, v in c.items() if k != "nonce"}),
    "made for another client": lambda p, c: p.sign({**c, "aud": [CLIENT, "lain"], "azp": "lain"}),
}
WRONG_OF_PROGRAMS: dict[str, Wrong] = {
    **WRONG,
    "that is no access token": lambda p, c: p.sign({**c, "typ": "ID"}),
    "of a person's session": lambda p, c: p.sign({**c, "sid": "sesi-1"}),
    "of an employee": lambda p, c: p.sign({**c, "employee_id": str(new_id())}),
}


@dataclass
class Place:
    """The service of notes beside the provider that signs people in to it."""

    site: Site
    provider: OpenIdProvider

    async def away(self, browser: httpx.AsyncClient, wanted: str = "") -> str:
        """The address by which the provider sends a browser back that wanted a page."""
        sent = await browser.get(f"{ENTRANCE}?{httpx.QueryParams(next=wanted)}")
        assert sent.status_code == 303, sent.text
        return await self.provider.visit(sent.headers["location"])

    async def enter(self, browser: httpx.AsyncClient, wanted: str = "") -> httpx.Response:
        return await browser.get(await self.away(browser, wanted))

    async def signed_in(self, **claims: object) -> httpx.AsyncClient:
        self.provider.person = {"sub": "sari", "roles": ["analis"], **claims}
        browser = await self.site.browser()
        assert (await self.enter(browser)).status_code == 303
        return browser

    async def count(self, table: str = "provider_sign_ins") -> int:
        async with self.site.database.session() as session:
            return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)

    async def execute(self, statement: str) -> None:
        async with self.site.database.transaction() as session:
            await session.execute(text(statement))


@pytest.fixture
async def provider() -> AsyncIterator[OpenIdProvider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
def base_url() -> str | None:
    return None


@pytest.fixture
async def place(
    make_database: MakeDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    provider: OpenIdProvider,
    base_url: str | None,
) -> AsyncIterator[Place]:
    settings = Settings(
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, base_url=base_url
    )
    async with opened_site(make_database, tmp_path_factory.mktemp("notes"), settings) as site:
        yield Place(site, provider)


async def test_person_signs_in_at_the_provider_and_comes_back_to_the_page_that_was_asked_for(place: Place) -> None:
    browser = await place.site.browser()

    sent_away = await browser.get(f"{LIST}?note=a")
    at_provider = (await browser.get(sent_away.headers["location"])).headers["location"]
    answer = await browser.get(await place.provider.visit(at_provider))
    page = await browser.get(answer.headers["location"])

    asked = parse_qs(urlsplit(at_provider).query)
    assert (asked["redirect_uri"], asked["scope"]) == ([f"http://127.0.0.1{ENTRANCE}/back"], ["openid"])
    assert answer.headers["location"] == f"{LIST}?note=a"
    assert (page.status_code, 'href="/x"' in page.text) == (200, True)
    assert "/pages/password" not in page.text
    assert (await browser.get(ENTRANCE)).headers["location"] == LIST


@pytest.mark.parametrize("wanted", ["https://jahat.example/", "//jahat.example", "/\\jahat.example", "javascript:1"])
async def test_provider_brings_nobody_to_a_page_that_is_not_ours(place: Place, wanted: str) -> None:
    answer = await place.enter(await place.site.browser(), wanted)

    assert answer.headers["location"] == LIST


async def test_actor_has_the_roles_and_the_employee_of_the_token_and_no_role_of_others(place: Place) -> None:
    employee = new_id()
    await place.signed_in(roles=["analis", "mentor", "raja"], employee_id=str(employee))

    async with place.site.database.session() as session:
        row = (await session.execute(text("SELECT client, subject, roles, employee_id FROM provider_sign_ins"))).one()

    assert tuple(row) == (CLIENT, "sari", ["analis", "mentor"], employee)


@pytest.mark.parametrize("claims", [{"roles": ["raja"]}, {"roles": "analis"}, {"employee_id": "sari"}])
async def test_person_without_a_role_or_with_an_unreadable_employee_is_not_let_in(
    place: Place, claims: dict[str, object]
) -> None:
    place.provider.person = {"sub": "sari", "roles": ["analis"], **claims}

    answer = await place.enter(await place.site.browser())

    assert (answer.status_code, await place.count()) == (403, 0)
    assert "Hubungi pengelola sistem." in answer.text


@pytest.mark.parametrize("what", WRONG_OF_PEOPLE)
async def test_id_token_is_refused(place: Place, what: str) -> None:
    place.provider.write = lambda claims: WRONG_OF_PEOPLE[what](place.provider, claims)
    browser = await place.site.browser()

    answer = await place.enter(browser)

    assert (answer.status_code, await place.count()) == (401, 0)
    assert COOKIE not in browser.cookies
    assert f'href="{ENTRANCE}"' in answer.text


async def test_clocks_may_differ_by_a_minute(place: Place) -> None:
    place.provider.write = lambda claims: place.provider.sign({**claims, "exp": int(time.time()) - 30})

    assert (await place.enter(await place.site.browser())).status_code == 303


async def test_state_is_good_for_one_return_of_the_browser_that_was_sent_away(place: Place) -> None:
    browser, other = await place.site.browser(), await place.site.browser()
    back = await place.away(browser)
    await other.get(ENTRANCE)
    secret = browser.cookies[f"{COOKIE}-tamu"]

    stolen = await other.get(back)
    first = await browser.get(back)
    visitor = await place.site.browser()
    visitor.cookies.set(f"{COOKIE}-tamu", secret)
    replayed = [(await each.get(back)).status_code for each in (browser, visitor)]

    assert (stolen.status_code, first.status_code, replayed) == (401, 303, [401, 401])
    assert await place.count() == 1


async def test_state_ends_after_a_while(place: Place) -> None:
    browser = await place.site.browser()
    back = await place.away(browser)
    await place.execute("UPDATE pending_sign_ins SET expires_at = now()")

    late = await browser.get(back)
    await place.away(browser)

    assert (late.status_code, await place.count("pending_sign_ins")) == (401, 1)


@pytest.mark.parametrize(
    ("query", "status"),
    [("error=access_denied&state=x", 403), ("code=x", 401), ("state=x", 401), ("code=x&state=x", 401), ("", 401)],
)
async def test_return_without_code_and_state_is_refused(place: Place, query: str, status: int) -> None:
    browser = await place.site.browser()
    await browser.get(ENTRANCE)

    assert (await browser.get(f"{ENTRANCE}/back?{query}")).status_code == status


async def test_code_that_the_provider_refuses_lets_nobody_in(place: Place) -> None:
    browser = await place.site.browser()
    back = await place.away(browser)

    answer = await browser.get(
        f"{back.partition('?')[0]}?code=salah&state={parse_qs(urlsplit(back).query)['state'][0]}"
    )

    assert (answer.status_code, await place.count()) == (401, 0)


async def test_provider_that_names_another_issuer_or_is_away_is_told_plainly(place: Place) -> None:
    browser = await place.site.browser()
    place.site.app.state.provider._issuer = "https://lain.example"
    other = await browser.get(ENTRANCE)
    place.site.app.state.provider._inside = "http://127.0.0.1:1"
    away = await browser.get(ENTRANCE)

    assert (other.status_code, away.status_code) == (503, 503)
    assert "tidak menjawab" in away.text


async def test_new_key_of_the_provider_is_asked_for_but_not_all_the_time(place: Place) -> None:
    await place.signed_in()
    place.provider.key = OTHER_KEY
    ours = place.site.app.state.provider

    too_soon = await place.enter(await place.site.browser())
    ours._known = replace(ours._known, at=time.monotonic() - 31)
    later = await place.enter(await place.site.browser())

    assert (too_soon.status_code, later.status_code) == (401, 303)


async def test_form_sent_after_the_end_leads_to_a_page_with_a_link(place: Place) -> None:
    browser = await place.site.browser()

    sent = await browser.post(
        "/notes/pages/write", data={"title": "satu"}, headers={"Referer": f"http://127.0.0.1{LIST}"}
    )
    page = await browser.get(sent.headers["location"])

    assert (sent.status_code, page.status_code) == (303, 200)
    assert "belum tersimpan" in page.text
    assert f'href="{ENTRANCE}?{httpx.QueryParams(next=LIST)}"' in page.text


async def test_new_sign_in_ends_the_earlier_one_of_the_same_browser(place: Place) -> None:
    browser, elsewhere = await place.signed_in(), await place.signed_in()
    first = browser.cookies[COOKIE]
    other = await place.site.browser()
    back = await place.away(other)
    other.cookies.set(COOKIE, first)

    await other.get(back)

    assert [(await each.get(LIST)).status_code for each in (browser, elsewhere)] == [303, 200]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE provider_sign_ins SET expires_at = now()",
        "UPDATE provider_sign_ins SET last_used_at = now() - interval '61 minutes'",
        "UPDATE provider_sign_ins SET client = 'bangkom-training'",
    ],
)
async def test_sign_in_ends_with_its_time_and_is_no_other_clients(place: Place, statement: str) -> None:
    browser = await place.signed_in()

    await place.execute(statement)

    assert (await browser.get(LIST)).status_code == 303


async def test_ended_sign_ins_are_forgotten(place: Place) -> None:
    await place.signed_in()
    await place.signed_in(sub="tono")
    await place.execute("UPDATE provider_sign_ins SET expires_at = now() - interval '1 second' WHERE subject = 'sari'")

    async with place.site.database.transaction() as session:
        await forget_old(session)

    assert await place.count() == 1


async def test_sign_out_ends_the_sign_in_here_and_leads_to_the_end_there(place: Place) -> None:
    browser = await place.signed_in()
    token = browser.cookies[COOKIE]
    hidden = fields_of((await browser.get(LIST)).text.partition("</form>")[0])

    left = await browser.post("/notes/pages/sign-out", data=hidden)

    assert (left.status_code, await place.count()) == (200, 0)
    there = f"{place.provider.root}/logout?client_id={CLIENT}&amp;post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%2F"
    assert f'content="0; url={there}"' in left.text
    assert token not in left.text


async def logged_out(place: Place, token: str) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.site.app), base_url="http://127.0.0.1") as there:
        return (await there.post(LOGOUT, data={"logout_token": token})).status_code


async def test_provider_ends_a_session_or_everything_of_a_person(place: Place) -> None:
    first, second = await place.signed_in(sid="sesi-1"), await place.signed_in(sid="sesi-2")
    other = await place.signed_in(sub="tono", sid="sesi-3")

    async def seen() -> list[int]:
        return [(await browser.get(LIST)).status_code for browser in (first, second, other)]

    by_session = await logged_out(place, place.provider.sign(place.provider.claims(events=EVENTS, sid="sesi-1")))
    after_session = await seen()
    by_person = await logged_out(place, place.provider.sign(place.provider.claims(events=EVENTS, sub="sari")))

    assert (by_session, after_session) == (200, [303, 200, 200])
    assert (by_person, await seen()) == (200, [303, 303, 200])


@pytest.mark.parametrize(
    "what", [*sorted(WRONG.keys() - {"of nobody"}), "no logout", "with a nonce", "of nobody at all"]
)
async def test_logout_token_is_refused(place: Place, what: str) -> None:
    browser = await place.signed_in(sid="sesi-1")
    claims = place.provider.claims(events=EVENTS, sid="sesi-1", sub="sari")
    wrong: dict[str, Wrong] = {
        **WRONG,
        "no logout": lambda p, c: p.sign({**c, "events": {}}),
        "with a nonce": lambda p, c: p.sign({**c, "nonce": "x"}),
        "of nobody at all": lambda p, c: p.sign({k: v for k, v in c.items() if k not in {"sid", "sub"}}),
    }

    status = await logged_out(place, wrong[what](place.provider, claims))

    assert (status, (await browser.get(LIST)).status_code) == (400, 200)


@pytest.mark.parametrize("base_url", ["https://bangkom.example"])
async def test_cookies_are_bound_to_the_host_where_pages_are_encrypted(place: Place) -> None:
    browser = await place.site.browser("https")
    sent = await browser.get(ENTRANCE)
    back = urlsplit(await place.provider.visit(sent.headers["location"]))

    answer = await browser.get(f"{back.path}?{back.query}")

    assert (back.scheme, back.netloc, answer.status_code) == ("https", "bangkom.example", 303)
    kept = [c for c in answer.headers.get_list("set-cookie") if "Max-Age=0" not in c]
    assert [c.partition("=")[0] for c in kept] == ["__Host-bangkom-notes"]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(kept[0].split("; "))


async def test_accounts_of_our_own_open_nothing_where_a_provider_is(place: Place) -> None:
    signed = await sign_in(place.site.database, "sari", PASSWORD)
    browser = await place.site.browser()
    browser.cookies.set(COOKIE, signed.token)

    gone = [
        (await browser.post("/notes/sessions", json={"name": "sari", "password": PASSWORD})).status_code,
        (await browser.post(ENTRANCE, data={"name": "sari", "password": PASSWORD})).status_code,
        (await browser.get("/notes/pages/password")).status_code,
        (await browser.get("/notes/pages/activate")).status_code,
    ]

    assert gone == [405, 405, 404, 404]
    assert (await browser.get(LIST)).status_code == 303
    assert await status_of(place.site.app, signed.token) == 401
    assert unguarded_routes(place.site.app) == []


async def test_program_acts_with_the_roles_of_its_access_token(place: Place) -> None:
    claims = place.provider.claims(sub="penghubung", typ="Bearer", aud=["lain", CLIENT])
    async with place.site.database.transaction() as session:
        own = await issue_token(session, "penghubung", [Role.ORGANISER], timedelta(days=1))

    answers = [
        await status_of(place.site.app, place.provider.sign({**claims, "roles": roles}))
        for roles in (["penyelenggara"], ["auditor"], [], "penyelenggara")
    ]

    assert answers == [201, 403, 403, 403]
    assert await status_of(place.site.app, own) == 201


@pytest.mark.parametrize("what", WRONG_OF_PROGRAMS)
async def test_access_token_is_refused(place: Place, what: str) -> None:
    claims = place.provider.claims(sub="penghubung", typ="Bearer", roles=["penyelenggara"])
    assert await status_of(place.site.app, place.provider.sign(claims)) == 201

    assert await status_of(place.site.app, WRONG_OF_PROGRAMS[what](place.provider, claims)) == 401
