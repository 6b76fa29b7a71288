"""The log that is a table stays bounded: what is old goes once all have taken it, and no state is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from shared.db import plain
from shared.delivery.transport import Outgoing
from shared.event_log import EmbeddedTransport
from tests.journeys.installations import Embedded
from tests.servers.postgres import NamedPostgres
from tests.waiting import wait_until

FACTS, STATES, UNREAD = "bangkom.training", "bangkom.reference", "bangkom.mentoring"
KEPT = timedelta(days=10)
AGED = "UPDATE event_log SET timestamp_ms = timestamp_ms - $1 * 86400000::bigint WHERE position = ANY($2)"
READ_BY = "INSERT INTO positions VALUES ($1, $2, $3)"


class Log:
    """A log with records in it, each named by its position."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.transport = EmbeddedTransport(dsn)

    async def write(self, topic: str, *keys: str, value: bytes | None = b"{}") -> None:
        sender = await self.transport.open_sender()
        await sender.send([Outgoing(number, topic, key, [], value) for number, key in enumerate(keys)])
        await sender.close()

    async def execute(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(statement, *arguments)
        await connection.close()

    async def age(self, days: int, positions: Sequence[int]) -> None:
        await self.execute(AGED, days, positions)

    async def read_by(self, group: str, topic: str, position: int) -> None:
        await self.execute(READ_BY, group, topic, position)

    async def there(self) -> list[int]:
        return [record.offset async for some in self.transport.history([FACTS, STATES, UNREAD]) for record in some]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account, the embedded PostgreSQL's, can reach."""
    with TemporaryDirectory(prefix="bangkom-") as path:
        yield Path(path)


@pytest.fixture
async def log(postgres_server: NamedPostgres) -> AsyncIterator[Log]:
    url = postgres_server.create_database()
    yield Log(plain(url))
    postgres_server.drop_database(url)


async def test_old_records_go_once_all_groups_have_taken_them(log: Log) -> None:
    await log.write(FACTS, *"abcdef")
    await log.write(UNREAD, *"gh")
    await log.age(11, [1, 2, 3, 4, 7, 8])
    await log.age(9, [5])
    await log.read_by("bangkom.evaluation", FACTS, 6)
    await log.read_by("bangkom.mentoring", FACTS, 3)

    await log.transport.forget_old(KEPT)
    while_one_is_behind = await log.there()
    await log.execute("UPDATE positions SET position = 6")
    await log.transport.forget_old(KEPT)

    assert while_one_is_behind == [4, 5, 6, 7, 8]
    assert await log.there() == [5, 6, 7, 8]


async def test_newest_state_of_each_key_stays_however_old(log: Log) -> None:
    await log.write(STATES, "kept", "gone", "kept", "other")
    await log.write(STATES, "gone", value=None)
    await log.write(STATES, "other")
    await log.age(11, [1, 2, 3, 4, 5])
    await log.read_by("bangkom.training", STATES, 6)

    await log.transport.forget_old(KEPT)

    assert await log.there() == [3, 5, 6]


@pytest.mark.parametrize("topic", [FACTS, STATES])
@pytest.mark.parametrize("batch", [1, 3, 10, 1_000])
async def test_all_that_is_old_goes_whatever_is_taken_at_once(log: Log, batch: int, topic: str) -> None:
    await log.write(topic, *(["same"] * 12))
    await log.age(11, range(1, 11))
    await log.read_by("bangkom.evaluation", topic, 12)

    await log.transport.forget_old(KEPT, batch=batch)

    assert await log.there() == [11, 12]


async def test_groups_go_on_where_they_were(log: Log) -> None:
    await log.write(FACTS, *"abc")
    source = await log.transport.open_source("bangkom.evaluation", [FACTS])
    assert [record.offset for record in await source.poll()] == [1, 2, 3]
    await source.commit()
    await log.age(11, [1, 2, 3])

    await log.transport.forget_old(KEPT)
    await log.write(FACTS, "d")

    assert [record.offset for record in await source.poll()] == [4]
    assert await log.transport.lag("bangkom.evaluation", [FACTS]) == {(FACTS, 0): 1}
    await source.close()


async def test_running_installation_forgets_by_itself(folder: Path) -> None:
    installation = Embedded(folder)
    try:
        installation.postgres.start()
        installation.postgres.ensure_database("bangkom_events")
        log = Log(installation.postgres.dsn("bangkom_events"))
        await log.write(FACTS, "a", "b")
        await log.age(3_000, [1, 2])
        await log.read_by("bangkom.unknown", FACTS, 1)

        await installation.start()
        await wait_until(lambda: first_is_gone(log), within=60, description="the old record is forgotten")
    finally:
        await installation.close()


async def first_is_gone(log: Log) -> bool:
    return await log.there() == [2]
