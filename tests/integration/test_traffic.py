"""Requests and connections are counted: by the template of a route, by who had to wait for a connection."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.db import Database, Origin
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY_LINEAGES
from shared.ids import new_id
from shared.pool import tell_of_pool
from shared.web.traffic import Traffic
from tests.conftest import MakeDatabase
from tests.integration.small_app import add_person, browsing, build_app, create_notes, token_of
from tests.waiting import wait_until

NAME = "Budi Santoso 199001012015011001"


@pytest.fixture
async def app(make_database: MakeDatabase) -> FastAPI:
    database = await make_database(service="notes", lineages=IDENTITY_LINEAGES)
    await create_notes(database)
    await add_person(database, "sari", Role.ANALYST)
    app = build_app(database, database)
    app.state.counted_as = f"notes-{new_id().hex[-8:]}"
    app.add_middleware(Traffic, service=app.state.counted_as)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app, await token_of(app, "sari")) as client:
        yield client


def requests(app: FastAPI) -> dict[tuple[str, str, str], float]:
    """Requests by method, route and class of the answer."""
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for metric in REGISTRY.collect()
        if metric.name == "bangkom_http_requests"
        for sample in metric.samples
        if sample.labels["service"] == app.state.counted_as and sample.value
    }


async def test_requests_are_counted_by_the_template_of_their_route(app: FastAPI, client: httpx.AsyncClient) -> None:
    await token_of(app, "sari")
    before = requests(app)
    for title in ("satu", "bentrok", "rusak"):
        await client.post("/notes", json={"title": title})
    for path in (uuid4(), uuid4(), NAME):
        await client.get(f"/notes/{path}")

    assert {key: count - before.get(key, 0) for key, count in requests(app).items() if key[1] != "/notes/sessions"} == {
        ("POST", "/notes", "2xx"): 1,
        ("POST", "/notes", "4xx"): 1,
        ("POST", "/notes", "5xx"): 1,
        ("GET", "/notes/{note_id}", "4xx"): 3,
    }
    labels = {"service": app.state.counted_as, "method": "GET", "route": "/notes/{note_id}"}
    assert REGISTRY.get_sample_value("bangkom_http_requests_total", {**labels, "status": "5xx"}) == 0
    assert REGISTRY.get_sample_value("bangkom_http_request_duration_seconds_count", labels) == 3


async def test_what_strangers_ask_for_makes_one_series(app: FastAPI, client: httpx.AsyncClient) -> None:
    for method, path in (("GET", f"/{NAME}"), ("BREW", "/notes"), ("DELETE", "/notes"), ("GET", "/static/../x")):
        await client.request(method, path)
    for name in ("bangkom.css", f"{NAME}.css"):
        await client.get(f"/static/{name}")

    told = requests(app)

    assert told["OTHER", "unmatched", "4xx"] == 4
    assert (told["GET", "/static", "2xx"], told["GET", "/static", "4xx"]) == (1, 1)
    assert {route for _, route, _ in told} <= {"unmatched", "/static", "/notes/sessions"}


def told(figure: str, database: str) -> float:
    return REGISTRY.get_sample_value(f"bangkom_database_pool_{figure}", {"database": database}) or 0.0


@pytest.fixture
async def small(make_database: MakeDatabase) -> AsyncIterator[Database]:
    """A database to which there is one connection."""
    made = await make_database(service="training")
    database = Database(made.url, Origin(agency="medan", service=f"small-{new_id().hex[-8:]}"), pool_size=1)
    yield database
    await database.close()


async def test_who_waits_for_a_connection_is_counted(small: Database) -> None:
    name = small.origin.service
    async with small.transaction() as first:
        await first.connection()
        tell_of_pool(small.engine.pool)
        assert (told("size", name), told("in_use", name), told("waits_total", name)) == (1, 1, 0)
        waiting = asyncio.create_task(_connect(small))
        await wait_until(lambda: told("waits_total", name) == 1)
    await waiting

    tell_of_pool(small.engine.pool)
    assert (told("in_use", name), told("timeouts_total", name)) == (0, 0)
    assert told("wait_seconds_total", name) > 0


async def test_connection_that_nobody_gives_back_in_time_is_counted(
    small: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small.engine.sync_engine.pool, "_timeout", 0.05)
    async with small.transaction() as first:
        await first.connection()
        with pytest.raises(PoolTimeout):
            await _connect(small)

    assert told("timeouts_total", small.origin.service) == 1


async def _connect(database: Database) -> None:
    async with database.transaction() as session:
        await session.connection()
