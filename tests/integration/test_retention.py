"""Old rows go a few at a time, nothing goes that may still be asked for, and what stays slows nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, text

from shared.db import Database
from shared.delivery import outbox
from shared.delivery.consumer import INBOX
from shared.delivery.relay import MARK, UNPUBLISHED, Relay
from shared.delivery.transport import Sent
from shared.event_log import EmbeddedTransport
from shared.events.contract import Event
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from shared.retention import FORGET_EVENTS, FORGET_IDS, forget_old
from tests.conformance.stage import measured
from tests.conftest import MakeDatabase

NEVER_OPENED = EmbeddedTransport("")
KEPT = timedelta(days=10)
OLD_ROWS = 200_000
OLD_IDS = f"""
INSERT INTO inbox SELECT gen_random_uuid(), now() - n * interval '1 second' FROM generate_series(1, {OLD_ROWS}) AS n
"""
OLD_EVENTS = f"""
INSERT INTO outbox (event_id, topic, key, headers, value, published_at)
SELECT gen_random_uuid(), CASE WHEN n % 50 = 0 THEN 'bangkom.reference' ELSE 'bangkom.training' END,
    gen_random_uuid()::text, '{{"ce_type": "x"}}', 'x', now() FROM generate_series(1, {OLD_ROWS}) AS n
"""
FILL = (OLD_IDS, OLD_EVENTS, "ANALYZE inbox", "ANALYZE outbox")


def unit(unit_id: UUID, name: str) -> UnitRecorded:
    return UnitRecorded(unit_id=unit_id, code="1", name=name)


async def emit(database: Database, *events: Event) -> None:
    async with database.transaction() as session:
        outbox.record_all(session, events)


async def execute(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def read(database: Database, statement: str) -> list[Any]:
    async with database.session() as session:
        return list((await session.execute(text(statement))).scalars())


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database()


@pytest.fixture
async def long_used(database: Database) -> Database:
    """A database with many ids and published events, and a few that are owed."""
    await execute(database, *FILL)
    await emit(database, *(measured(new_id(), number) for number in range(3)))
    return database


async def test_ids_are_kept_twice_as_long_as_events_and_a_margin(database: Database) -> None:
    ages = {days: new_id() for days in (0, 11, 49, 51, 500)}
    for days, event_id in ages.items():
        await execute(database, f"INSERT INTO inbox VALUES ('{event_id}', now() - interval '{days} days')")

    await forget_old(database, KEPT)

    assert await read(database, "SELECT event_id FROM inbox ORDER BY received_at") == [ages[49], ages[11], ages[0]]


async def test_events_go_when_they_are_old_and_confirmed(database: Database) -> None:
    subjects = [new_id() for _ in range(4)]
    await emit(database, *(measured(subject, 1) for subject in subjects))
    await execute(
        database,
        "UPDATE outbox SET created_at = now() - interval '11 days' WHERE seq <= 3",
        "UPDATE outbox SET published_at = now() WHERE seq <> 2",
    )

    await forget_old(database, KEPT)

    assert await read(database, "SELECT key FROM outbox ORDER BY seq") == [str(subjects[1]), str(subjects[3])]


async def test_newest_state_of_each_key_stays_however_old(database: Database) -> None:
    kept, gone = new_id(), new_id()
    await emit(database, unit(kept, "sebelum"), unit(gone, "ada"), unit(kept, "sesudah"))
    async with database.transaction() as session:
        outbox.record_tombstone(session, UnitRecorded, gone)
    await execute(database, "UPDATE outbox SET created_at = now() - interval '11 days', published_at = now()")

    await forget_old(database, KEPT)

    assert await read(database, "SELECT seq FROM outbox ORDER BY seq") == [3, 4]


@pytest.mark.parametrize("batch", [1, 7, 20, 1_000])
async def test_all_that_is_old_goes_in_small_batches(database: Database, batch: int) -> None:
    await emit(database, *(measured(new_id(), number) for number in range(25)))
    await execute(
        database,
        "UPDATE outbox SET published_at = now(), created_at = now() - CASE WHEN seq <= 20 THEN interval '1 year' ELSE"
        " interval '1 day' END",
        "INSERT INTO inbox SELECT gen_random_uuid(), created_at FROM outbox",
    )

    with statements_of(database) as sent:
        await forget_old(database, KEPT, batch=batch)

    assert await read(database, "SELECT seq FROM outbox ORDER BY seq") == [21, 22, 23, 24, 25]
    assert await read(database, "SELECT count(*) FROM inbox") == [5]
    assert len(sent) == 2 * (20 // batch + 1)


async def test_where_nothing_is_old_two_statements_find_out(long_used: Database) -> None:
    with statements_of(long_used) as sent:
        await forget_old(long_used, KEPT)

    assert len(sent) == 2
    assert await read(long_used, "SELECT count(*) FROM inbox") == [OLD_ROWS]


def scans(plan: Any) -> Iterator[tuple[str, str]]:
    """How each table is read."""
    if "Relation Name" in plan:
        yield plan["Node Type"], plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from scans(part)


async def plan_of(connection: asyncpg.Connection, statement: str, *arguments: object) -> set[tuple[str, str]]:
    answer = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
    return set(scans(json.loads(answer)[0]["Plan"]))


def numbered(statement: str, names: Iterable[str]) -> str:
    """With the driver's own marks instead of names."""
    for number, name in enumerate(names, start=1):
        statement = statement.replace(f":{name}", f"${number}")
    return statement


async def test_no_step_of_delivery_reads_through_what_has_gathered(long_used: Database) -> None:
    relay = Relay(long_used, NEVER_OPENED)
    inbox = str(INBOX).replace(":ids", "$1")
    forget_events = numbered(str(FORGET_EVENTS), ["kept", "after", "batch"])
    forget_ids = numbered(str(FORGET_IDS), ["kept", "batch"])

    async with relay._session() as connection:
        plans = [
            await plan_of(connection, UNPUBLISHED),
            await plan_of(connection, MARK, list(range(OLD_ROWS, OLD_ROWS + 500))),
            await plan_of(connection, inbox, [new_id() for _ in range(500)]),
            await plan_of(connection, forget_ids, KEPT, 2_000),
            await plan_of(connection, forget_events, KEPT, 0, 2_000),
        ]

    read_through = {("Seq Scan", "outbox"), ("Seq Scan", "inbox")}
    assert [plan & read_through for plan in plans] == [set()] * 5
    assert {table for plan in plans for _, table in plan} >= {"outbox", "inbox"}


class Confirming:
    """A log that takes everything."""

    async def send(self, rows: Any) -> Sent:
        return Sent(confirmed=[row.seq for row in rows])

    async def close(self) -> None: ...


async def test_round_of_the_relay_costs_as_many_statements_whatever_has_gathered(
    database: Database, make_database: MakeDatabase
) -> None:
    counts = []
    for used, filling in ((await make_database(), ()), (database, FILL)):
        await execute(used, *filling)
        await emit(used, *(measured(new_id(), number) for number in range(3)))
        relay, sent = Relay(used, NEVER_OPENED), list[Any]()
        async with relay._session() as connection:
            connection.add_query_logger(sent.append)
            assert await relay.carry(connection, Confirming()) == 3
        counts.append(len(sent))

    assert counts[0] == counts[1] > 0
