"""What time it is: the database's, moved only in a simulation, and the same throughout a session."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from services.demo.course import move
from shared import clock
from shared.clock import Clock, Simulated, Simulation
from shared.db import Database, Origin
from shared.delivery import outbox
from shared.errors import Conflict, NotAllowed
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from tests.conftest import MakeDatabase

SECOND = timedelta(seconds=1)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database()


async def now(database: Database) -> datetime:
    async with database.session() as session:
        return await clock.now(session)


async def database_time(database: Database) -> datetime:
    async with database.session() as session:
        moment: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return moment


async def test_now_is_the_databases_time(database: Database) -> None:
    before = await database_time(database)

    found = await now(database)

    assert before <= found <= await database_time(database)
    assert found.utcoffset() == timedelta(0)


async def test_now_does_not_move_within_a_session(database: Database) -> None:
    async with database.session() as session:
        first = await clock.now(session)
        await session.execute(text("SELECT pg_sleep(0.01)"))

        assert await clock.now(session) == first
    assert await now(database) > first


async def test_simulation_moves_time_and_sums_up(database: Database) -> None:
    before = await now(database)
    for days in (30, 60):
        async with database.transaction() as session:
            await clock.advance(session, timedelta(days=days), simulation=True)
            moved = await clock.now(session)

    assert abs(moved - before - timedelta(days=90)) < 30 * SECOND
    assert await now(database) >= moved


async def test_time_moves_in_a_simulation_only(database: Database) -> None:
    before = await now(database)

    async with database.transaction() as session:
        with pytest.raises(NotAllowed):
            await clock.advance(session, timedelta(days=1), simulation=False)

    assert await now(database) - before < timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "today"),
    [("Asia/Jakarta", date(2026, 7, 27)), ("Asia/Makassar", date(2026, 7, 28)), ("Asia/Jayapura", date(2026, 7, 28))],
)
async def test_today_is_the_agencys_date(database: Database, zone: str, today: date) -> None:
    at_half_past_eleven_in_medan = datetime(2026, 7, 27, 16, 30, tzinfo=UTC)
    async with database.transaction() as session:
        await session.execute(
            text('UPDATE clock SET "offset" = :moment - clock_timestamp()'), {"moment": at_half_past_eleven_in_medan}
        )
    there = Database(database.url, Origin(agency="medan", service="training", zone=ZoneInfo(zone)))

    async with there.session() as session:
        found = await clock.today(session)

    await there.close()
    assert found == today


async def test_empty_installation_may_begin_in_the_past(database: Database) -> None:
    start = datetime(2020, 1, 1, 2, tzinfo=UTC)
    async with database.transaction() as session:
        await clock.move(session, start, simulation=True)
    begun = await now(database)

    async with database.transaction() as session:
        await clock.move(session, None, simulation=True)

    assert start <= begun < start + 30 * SECOND
    assert abs(await now(database) - await database_time(database)) < 30 * SECOND


async def test_time_goes_back_no_more_once_something_was_told(database: Database) -> None:
    before = await now(database)
    async with database.transaction() as session:
        outbox.record(session, UnitRecorded(unit_id=new_id(), code="A", name="Unit Rekaan"))

    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await clock.move(session, before - timedelta(days=1), simulation=True)
    async with database.transaction() as session:
        await clock.move(session, before + timedelta(days=1), simulation=True)

    assert await now(database) >= before + timedelta(days=1)


async def test_time_is_set_in_a_simulation_only(database: Database) -> None:
    with pytest.raises(NotAllowed):
        async with database.transaction() as session:
            await clock.move(session, None, simulation=False)


async def test_demo_is_noted_once_and_tells_how_far_it_has_come(database: Database) -> None:
    today = (await now(database)).astimezone(ZoneInfo("Asia/Jakarta")).date()
    first, second = (
        Simulation(seed=seed, people=60, since=today - timedelta(days=30), until=today + timedelta(days=30))
        for seed in (1, 2)
    )
    for demo in (first, second):
        async with database.transaction() as session:
            await clock.begin_simulation(session, demo)

    async with database.session() as session:
        noted = await clock.simulation_of(session)
        shown = await clock.simulated(session)

    assert noted is not None
    assert noted.seed == 1
    assert shown == Simulated(today=today, percent=50)
    assert shown.running


async def test_databases_moved_together_show_the_same_time(make_database: MakeDatabase) -> None:
    databases = [await make_database() for _ in range(3)]

    await move(databases, datetime(2030, 1, 2, 8, tzinfo=UTC), simulation=True)

    offsets = set()
    for database in databases:
        async with database.session() as session:
            offsets.add(await session.scalar(select(Clock.offset)))
    assert len(offsets) == 1
