"""Waiting until nothing is under way, and saying what is when it does not move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text

from services.demo.settle import Settling
from services.evaluation.app import SERVICE as EVALUATION
from services.needs.app import SERVICE as NEEDS
from shared import clock, timers
from shared.db import Database
from shared.delivery import outbox
from shared.delivery.consumer import Consumer
from shared.delivery.relay import Relay
from shared.delivery.transport import Transport
from shared.delivery.worker import Worker
from shared.directory import DIRECTORY_HANDLERS
from shared.errors import Conflict
from shared.event_log import EmbeddedTransport
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from shared.runtime import Service
from tests.conftest import MakeDatabase
from tests.servers.postgres import NamedPostgres

SERVICES: Mapping[str, Service] = {"needs": NEEDS, "evaluation": EVALUATION}
UNITS = 300


@pytest.fixture
async def databases(make_database: MakeDatabase) -> dict[str, Database]:
    return {name: await make_database(service=name, lineages=each.lineages) for name, each in SERVICES.items()}


@pytest.fixture
async def log(postgres_server: NamedPostgres) -> AsyncIterator[Transport]:
    url = postgres_server.create_database()
    yield EmbeddedTransport(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    postgres_server.drop_database(url)


@asynccontextmanager
async def at_work(databases: Mapping[str, Database], log: Transport) -> AsyncIterator[None]:
    """Relays and workers of the services."""
    stopping = asyncio.Event()
    loops = []
    for name, service in SERVICES.items():
        handlers = {**DIRECTORY_HANDLERS, **service.handlers}
        consumer = Consumer(databases[name], handlers, frozenset({"medan"}))
        loops += [Relay(databases[name], log).run(stopping), Worker(name, consumer, log).run(stopping)]
    tasks = [asyncio.create_task(each) for each in loops]
    yield
    stopping.set()
    await asyncio.gather(*tasks)


async def tell_of_units(database: Database) -> None:
    async with database.transaction() as session:
        for number in range(UNITS):
            outbox.record(session, UnitRecorded(unit_id=new_id(), code=f"U{number}", name="Unit Rekaan"))


async def units_known(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(text("SELECT count(*) FROM directory_units")) or 0


async def test_settled_is_when_everybody_took_what_was_told(databases: dict[str, Database], log: Transport) -> None:
    settling = Settling(SERVICES, databases, log)

    async with at_work(databases, log):
        await settling.require_running()
        for turn in (1, 2):
            await tell_of_units(databases["needs"])
            await settling.settle()

            assert [await units_known(database) for database in databases.values()] == [turn * UNITS] * 2


async def test_service_that_carries_nothing_is_named(databases: dict[str, Database], log: Transport) -> None:
    await tell_of_units(databases["needs"])
    settling = Settling(SERVICES, databases, log, patience=0.2)

    with pytest.raises(Conflict, match="belum berjalan: needs, evaluation"):
        await settling.require_running()
    with pytest.raises(Conflict, match="needs: peristiwa belum terkirim"):
        await settling.settle()


async def test_timer_that_nobody_executes_is_named(databases: dict[str, Database], log: Transport) -> None:
    async with databases["evaluation"].transaction() as session:
        await timers.schedule(session, "bell", new_id(), await clock.now(session) + timedelta(days=3))
    settling = Settling(SERVICES, databases, log, patience=0.2)

    await settling.settle()
    async with databases["evaluation"].transaction() as session:
        await clock.advance(session, timedelta(days=4), simulation=True)

    with pytest.raises(Conflict, match="evaluation: 1 timer jatuh tempo"):
        await settling.settle()


async def test_what_nobody_takes_is_named(databases: dict[str, Database], log: Transport) -> None:
    stopping = asyncio.Event()
    carried = asyncio.create_task(Relay(databases["needs"], log).run(stopping))
    await tell_of_units(databases["needs"])
    settling = Settling(SERVICES, databases, log, patience=0.5)

    with pytest.raises(Conflict, match=f"evaluation: {UNITS} catatan belum diolah"):
        await settling.settle()
    stopping.set()
    await carried
