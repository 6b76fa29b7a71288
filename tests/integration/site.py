"""The small service of notes with pages, for tests of what stands around every page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from shared.db import KERNEL, Database
from shared.event_log import EmbeddedTransport
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.runtime import Resources, Service, create_app
from shared.settings import Settings
from shared.web.doing import Doing, Said, may_do
from shared.web.frame import Link
from shared.web.home import HomeView, ServiceView
from shared.web.seeing import Seeing, may_see
from tests.conftest import MakeDatabase
from tests.integration import small_app
from tests.integration.small_app import PASSWORD, add_person, create_notes, insert_note

ENTRANCE = "/notes/pages/sign-in"
LIST = "/notes/pages/list"
WRITE = "/notes/pages/write"
TEMPLATE = """{% extends "page.html" %}{% import "macros.html" as m %}{% block title %}Catatan{% endblock %}
{% block main %}<p id="note">{{ note }}</p>{% call m.form(frame, "/notes/pages/write") %}
{{ m.field("title", "Judul", typed, wrong, required=true) }}{{ m.field("amount", "Banyak", typed, wrong) }}
<button>Simpan</button>{% endcall %}{% endblock %}"""

pages = APIRouter(prefix="/notes/pages", default_response_class=HTMLResponse)


class Entry(BaseModel):
    title: str = Field(min_length=3, max_length=20)
    amount: int | None = None


@pages.get("/list")
async def show(page: Annotated[Seeing, may_see()]) -> Response:
    return await page.show("notes/list.html", note=page.request.query_params.get("note", ""))


@pages.get("/analysts")
async def show_analysts(page: Annotated[Seeing, may_see(Role.ANALYST)]) -> Response:
    return await page.show("notes/list.html", note="rahasia")


@pages.post("/write")
async def write(form: Annotated[Doing, may_do(Role.ANALYST, Role.EMPLOYEE)]) -> Response:
    async def work(session: AsyncSession) -> Said:
        entry = form.filled(Entry)
        await insert_note(session, entry.title)
        return Said(to=LIST, sentence=f"Catatan {entry.title} disimpan.")

    return await form.run(work, show)


@dataclass
class Site:
    """The small service with pages, and browsers that come in."""

    app: FastAPI
    database: Database
    stack: AsyncExitStack

    async def browser(
        self, scheme: str = "http", headers: dict[str, str] | None = None, address: str = "127.0.0.1"
    ) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://127.0.0.1", headers=headers)
        return await self.stack.enter_async_context(client)

    async def signed_in(self, name: str, scheme: str = "http") -> httpx.AsyncClient:
        browser = await self.browser(scheme)
        answer = await enter(browser, name)
        assert answer.status_code == 303, answer.text
        return browser


@asynccontextmanager
async def opened_site(make_database: MakeDatabase, folder: Path, settings: Settings) -> AsyncIterator[Site]:
    """The service on a fresh database; sari is analyst, tono employee, oka operator."""
    (folder / "templates").mkdir()
    (folder / "templates" / "list.html").write_text(TEMPLATE, encoding="utf-8")
    database = await make_database(service="notes", agency="medan", lineages=[KERNEL, IDENTITY])
    await create_notes(database)
    for name, role in (("sari", Role.ANALYST), ("tono", Role.EMPLOYEE), ("oka", Role.OPERATOR)):
        await add_person(database, name, role)

    async def overview() -> HomeView:
        return HomeView(agency="medan", services=[ServiceView(name="notes", title="Catatan")])

    links = (Link(title="Daftar", path=LIST), Link(title="Analis", path="/x", roles=frozenset({Role.ANALYST})))
    service = Service(
        name="notes", title="Catatan", summary="", folder=folder, router=small_app.router, pages=pages, links=links
    )
    transport = EmbeddedTransport("")
    given = Resources(settings=settings, database=database, identity=database, transport=transport, overview=overview)
    async with AsyncExitStack() as stack:
        yield Site(create_app(service, given), database, stack)


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    form = html.rpartition("<form")[2]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


async def enter(
    browser: httpx.AsyncClient, name: str, password: str = PASSWORD, path: str = ENTRANCE
) -> httpx.Response:
    hidden = fields_of((await browser.get(path)).text)
    return await browser.post(path, data={**hidden, "name": name, "password": password})
