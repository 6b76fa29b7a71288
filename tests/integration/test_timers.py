"""Timers: each takes effect once, when its moment has come, whatever else fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock, timers
from shared.db import Database
from shared.delivery import outbox
from shared.events.training import LearningMeasured
from shared.ids import new_id
from shared.timers import Due, run_due
from tests.conftest import MakeDatabase
from tests.records import emitted

DAY = timedelta(days=1)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    made = await make_database()
    async with made.transaction() as session:
        await session.execute(text("CREATE TABLE rung (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid)"))
    return made


async def ring(session: AsyncSession, due: Due) -> None:
    await session.execute(text("INSERT INTO rung (subject) VALUES (:id)"), {"id": due.subject_id})


async def rung(database: Database) -> list[UUID]:
    async with database.session() as session:
        return list((await session.execute(text("SELECT subject FROM rung ORDER BY nth"))).scalars())


async def waiting(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(text("SELECT count(*) FROM timers")) or 0


async def schedule(database: Database, subject: UUID, after: timedelta, kind: str = "bell") -> None:
    async with database.transaction() as session:
        await timers.schedule(session, kind, subject, await clock.now(session) + after)


async def advance(database: Database, by: timedelta) -> None:
    async with database.transaction() as session:
        await clock.advance(session, by, simulation=True)


async def test_timer_rings_when_its_moment_has_come(database: Database) -> None:
    subject = new_id()
    await schedule(database, subject, 90 * DAY)

    too_early = await run_due(database, {"bell": ring})
    await advance(database, 89 * DAY)
    still_too_early = await run_due(database, {"bell": ring})
    await advance(database, DAY)
    rang = await run_due(database, {"bell": ring})

    assert (too_early, still_too_early, rang) == (0, 0, 1)
    assert await run_due(database, {"bell": ring}) == 0
    assert await rung(database) == [subject]


async def test_timers_ring_in_the_order_of_their_moments(database: Database) -> None:
    first, second, third = (new_id() for _ in range(3))
    for subject, days in ((third, -1), (first, -3), (second, -2)):
        await schedule(database, subject, days * DAY)

    await run_due(database, {"bell": ring})

    assert await rung(database) == [first, second, third]


async def test_scheduling_again_moves_the_moment(database: Database) -> None:
    subject = new_id()
    await schedule(database, subject, -DAY)
    await schedule(database, subject, DAY)

    moved_on = await run_due(database, {"bell": ring})
    await schedule(database, subject, -DAY)

    assert moved_on == 0
    assert await run_due(database, {"bell": ring}) == 1
    assert await waiting(database) == 0


async def test_cancelled_timer_never_rings_and_others_do(database: Database) -> None:
    kept, dropped = new_id(), new_id()
    for subject in (kept, dropped):
        await schedule(database, subject, -DAY)

    async with database.transaction() as session:
        await timers.cancel(session, "bell", dropped)
        await timers.cancel(session, "bell", new_id())
        await timers.cancel(session, "another", kept)
    await run_due(database, {"bell": ring})

    assert await rung(database) == [kept]


async def test_schedule_that_is_rolled_back_leaves_no_timer(database: Database) -> None:
    async with database.session() as session:
        await timers.schedule(session, "bell", new_id(), await clock.now(session))
        await session.rollback()

    assert await waiting(database) == 0


async def test_kinds_that_are_not_known_wait(database: Database) -> None:
    await schedule(database, new_id(), -DAY, kind="of a later version")

    assert await run_due(database, {"bell": ring}) == 0
    assert await waiting(database) == 1


async def test_timer_that_fails_leaves_nothing_behind_and_lets_others_ring(database: Database) -> None:
    bad, good = new_id(), new_id()
    await schedule(database, bad, -2 * DAY)
    await schedule(database, good, -DAY)
    fails = True

    async def ring_unless_bad(session: AsyncSession, due: Due) -> None:
        await ring(session, due)
        if fails and due.subject_id == bad:
            raise ValueError("nilai rahasia")

    done = await run_due(database, {"bell": ring_unless_bad})
    async with database.session() as session:
        noted = (await session.execute(text("SELECT subject_id, attempts, failure FROM timers"))).one()
    fails = False
    await make_retries_due(database)

    assert done == 1
    assert await rung(database) == [good]
    assert (noted.subject_id, noted.attempts) == (bad, 1)
    assert noted.failure.startswith("ValueError")
    assert "rahasia" not in noted.failure
    assert await run_due(database, {"bell": ring_unless_bad}) == 1
    assert await rung(database) == [good, bad]


async def make_retries_due(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE timers SET retry_at = clock_timestamp()"))


async def test_transient_failure_is_raised_and_not_counted(database: Database) -> None:
    await schedule(database, new_id(), -DAY)

    async def away(session: AsyncSession, due: Due) -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await run_due(database, {"bell": away})

    assert await run_due(database, {"bell": ring}) == 1


async def test_timer_may_schedule_itself_anew(database: Database) -> None:
    subject = new_id()
    await schedule(database, subject, timedelta())

    async def ring_daily(session: AsyncSession, due: Due) -> None:
        await ring(session, due)
        await timers.schedule(session, "bell", due.subject_id, due.due_at + DAY)

    for _ in range(3):
        assert await run_due(database, {"bell": ring_daily}) == 1
        await advance(database, DAY)

    assert await rung(database) == [subject] * 3
    assert await waiting(database) == 1


async def test_each_timer_rings_once_though_several_processes_look(database: Database) -> None:
    subjects = [new_id() for _ in range(60)]
    for subject in subjects:
        await schedule(database, subject, -DAY)

    done = await asyncio.gather(*(run_due(database, {"bell": ring}) for _ in range(4)))

    assert sum(done) == 60
    assert Counter(await rung(database)) == Counter(subjects)


async def test_what_a_timer_emits_names_it_as_its_cause(database: Database) -> None:
    subject, correlation = new_id(), new_id()
    async with database.transaction() as session:
        moment = await clock.now(session)
        await timers.schedule(session, "bell", subject, moment, correlation_id=correlation)
        timer_id = (await session.execute(text("SELECT id FROM timers"))).scalar_one()

    async def tell(session: AsyncSession, due: Due) -> None:
        event = LearningMeasured.model_validate(LearningMeasured.example)
        outbox.record(session, event, correlation=due.correlation_id)

    await run_due(database, {"bell": tell})

    (told,) = await emitted(database)
    assert (told.causation, told.correlation) == (f"timer:{timer_id}", correlation)
