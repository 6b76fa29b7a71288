"""What a transaction emits is what it made true: nothing of what was taken back, all of what was kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery import outbox
from shared.events.training import LearningMeasured
from shared.tables import Inbox
from tests.conftest import MakeDatabase


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database()


TAKEN = UUID(int=0)


def event(number: int) -> LearningMeasured:
    example = LearningMeasured.model_validate(LearningMeasured.example)
    return example.model_copy(update={"post_score": number, "max_score": 10**6})


async def emitted(database: Database) -> list[int]:
    """The numbers of the events in the outbox, in its order."""
    async with database.session() as session:
        values = (await session.execute(text("SELECT value FROM outbox ORDER BY seq"))).scalars().all()
    return [orjson.loads(value)["post_score"] for value in values]


class TakenBack(Exception):
    """Has a transaction or savepoint rolled back."""


@asynccontextmanager
async def taken_back(session: AsyncSession) -> AsyncIterator[None]:
    """A savepoint that ends in a rollback."""
    with suppress(TakenBack):
        async with session.begin_nested():
            yield
            raise TakenBack


async def test_commit_emits_in_the_order_recorded(database: Database) -> None:
    async with database.transaction() as session:
        for number in range(5):
            outbox.record(session, event(number))
        before = await emitted(database)

    assert before == []
    assert await emitted(database) == [0, 1, 2, 3, 4]


async def test_rollback_emits_nothing_and_the_session_goes_on(database: Database) -> None:
    async with database.session() as session:
        outbox.record(session, event(1))
        await session.rollback()
        outbox.record(session, event(2))
        await session.commit()
        outbox.record(session, event(3))
        await session.commit()
        await session.commit()

    assert await emitted(database) == [2, 3]


async def test_session_that_never_commits_emits_nothing(database: Database) -> None:
    async with database.session() as session:
        outbox.record(session, event(1))
        await session.flush()

    assert await emitted(database) == []


async def test_savepoint_that_is_released_emits_with_the_transaction(database: Database) -> None:
    async with database.transaction() as session:
        outbox.record(session, event(1))
        async with session.begin_nested():
            outbox.record(session, event(2))
        in_between = await emitted(database)
        outbox.record(session, event(3))

    assert in_between == []
    assert await emitted(database) == [1, 2, 3]


async def test_savepoint_that_is_rolled_back_emits_nothing(database: Database) -> None:
    async with database.transaction() as session:
        outbox.record(session, event(1))
        async with taken_back(session):
            outbox.record(session, event(2))
            async with session.begin_nested():
                outbox.record(session, event(3))
            outbox.record(session, event(4))
        outbox.record(session, event(5))

    assert await emitted(database) == [1, 5]


async def test_inner_rollback_keeps_what_the_outer_savepoint_recorded(database: Database) -> None:
    async with database.transaction() as session, session.begin_nested():
        outbox.record(session, event(1))
        async with taken_back(session):
            outbox.record(session, event(2))
        outbox.record(session, event(3))

    assert await emitted(database) == [1, 3]


async def test_released_savepoint_goes_with_the_transaction_that_is_rolled_back(database: Database) -> None:
    with suppress(TakenBack):
        async with database.transaction() as session:
            async with session.begin_nested():
                outbox.record(session, event(1))
            raise TakenBack

    assert await emitted(database) == []


async def test_flush_that_fails_in_a_savepoint_costs_only_what_the_savepoint_recorded(database: Database) -> None:
    event_id = uuid4()
    async with database.transaction() as session:
        session.add(Inbox(event_id=event_id))
        await session.flush()
        outbox.record(session, event(1))
        with suppress(IntegrityError):
            async with session.begin_nested():
                outbox.record(session, event(2))
                session.add(Inbox(event_id=event_id))
                await session.flush()
        outbox.record(session, event(3))

    assert await emitted(database) == [1, 3]


async def test_flush_that_fails_while_a_savepoint_is_released_costs_only_the_savepoint(database: Database) -> None:
    event_id = uuid4()
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO inbox (event_id) VALUES (:id)"), {"id": event_id})
        outbox.record(session, event(1))
        with suppress(IntegrityError):
            async with session.begin_nested():
                outbox.record(session, event(2))
                session.add(Inbox(event_id=event_id))
        outbox.record(session, event(3))

    assert await emitted(database) == [1, 3]


async def test_flush_that_fails_at_commit_emits_nothing(database: Database) -> None:
    event_id = uuid4()
    with suppress(IntegrityError):
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO inbox (event_id) VALUES (:id)"), {"id": event_id})
            outbox.record(session, event(1))
            session.add(Inbox(event_id=event_id))

    assert await emitted(database) == []


async def test_rows_and_events_become_true_together(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Inbox(event_id=uuid4()))
        outbox.record(session, event(1))

    async with database.session() as session:
        created = await session.scalar(text("SELECT count(*) FROM inbox i, outbox o WHERE i.xmin = o.xmin"))
    assert created == 1


async def test_sessions_side_by_side_do_not_mix_their_events(database: Database) -> None:
    async def work(number: int) -> None:
        with suppress(TakenBack):
            async with database.transaction() as session:
                outbox.record(session, event(number))
                await session.execute(text("SELECT pg_sleep(0.001 * :n)"), {"n": number % 5})
                if number % 2:
                    raise TakenBack

    await asyncio.gather(*(work(number) for number in range(40)))

    assert sorted(await emitted(database)) == list(range(0, 40, 2))


async def test_commit_wakes_the_relay_once(database: Database) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    await connection.add_listener("outbox", lambda *arguments: heard.put_nowait(arguments[2]))
    async with database.transaction() as session:
        outbox.record_all(session, [event(1), event(2)])

    assert await asyncio.wait_for(heard.get(), 5) == "outbox"
    assert heard.empty()
    await connection.close()


STEPS = ("record", "record", "savepoint", "release", "undo", "fail", "commit", "rollback")


class Program:
    """Runs steps on a session and on a model: a stack of lists, one for the transaction and each open savepoint."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.savepoints: list[Any] = []
        self.open: list[list[int]] = [[]]
        self.kept: list[int] = []
        self.number = 0

    async def run(self, step: str) -> None:
        await getattr(self, step)()

    async def record(self) -> None:
        self.number += 1
        outbox.record(self.session, event(self.number))
        self.open[-1].append(self.number)

    async def savepoint(self) -> None:
        self.savepoints.append(await self.session.begin_nested())
        self.open.append([])

    async def release(self) -> None:
        if self.savepoints:
            await self.savepoints.pop().commit()
            self.open[-2:] = [self.open[-2] + self.open[-1]]

    async def undo(self) -> None:
        if self.savepoints:
            await self.savepoints.pop().rollback()
            self.open.pop()

    async def fail(self) -> None:
        """A flush that fails takes back what the innermost savepoint, else the transaction, holds."""
        if not self.savepoints:
            return
        self.session.add(Inbox(event_id=TAKEN))
        with pytest.raises(IntegrityError):
            await self.session.flush()
        await self.undo()

    async def commit(self) -> None:
        while self.savepoints:
            await self.release()
        await self.session.commit()
        self.kept += self.open.pop()
        self.open.append([])

    async def rollback(self) -> None:
        await self.session.rollback()
        self.savepoints, self.open = [], [[]]


async def emitted_and_kept(database: Database, steps: list[str]) -> tuple[list[int], list[int]]:
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE outbox, inbox"))
        session.add(Inbox(event_id=TAKEN))
    async with database.session() as session:
        program = Program(session)
        for step in steps:
            await program.run(step)
    return await emitted(database), program.kept


async def test_any_program_emits_what_its_commits_kept(database: Database) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.sampled_from(STEPS), max_size=30))
    def check(steps: list[str]) -> None:
        found = asyncio.run_coroutine_threadsafe(emitted_and_kept(database, [*steps, "record", "commit"]), loop)
        told, kept = found.result(30)
        assert told == kept

    await asyncio.to_thread(check)
