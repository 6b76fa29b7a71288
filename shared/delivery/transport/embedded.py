"""A table as the log, for one agency on one machine; appends are serialised, so that offset order = commit order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from shared.delivery.envelope import Record
from shared.delivery.transport import Outgoing, Sent

SCHEMA = """
CREATE TABLE IF NOT EXISTS event_log (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, key text, headers json NOT NULL, value bytea, timestamp_ms bigint NOT NULL);
CREATE INDEX IF NOT EXISTS ix_event_log_topic ON event_log (topic, position);
CREATE TABLE IF NOT EXISTS positions (
    group_name text, topic text, position bigint NOT NULL, PRIMARY KEY (group_name, topic));
"""
APPEND_LOCK, SCHEMA_LOCK = 7_220_010, 7_220_011
ONE_READER = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
APPEND = """
INSERT INTO event_log (topic, key, headers, value, timestamp_ms)
SELECT topic, key, headers::json, value, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
WITH ORDINALITY AS rows(topic, key, headers, value, nth) ORDER BY nth
"""
READ = """
SELECT position, topic, key, headers, value, timestamp_ms FROM unnest($1::text[], $2::bigint[]) AS done(name, until),
LATERAL (SELECT * FROM event_log WHERE topic = name AND position > until ORDER BY position LIMIT $3) AS news
ORDER BY position LIMIT $3
"""
MOVE = """
INSERT INTO positions (group_name, topic, position) SELECT $1, * FROM unnest($2::text[], $3::bigint[])
ON CONFLICT (group_name, topic) DO UPDATE SET position = greatest(positions.position, excluded.position)
"""
BEHIND = """
SELECT name, count(event_log.position) FROM unnest($2::text[]) AS name
LEFT JOIN positions ON group_name = $1 AND positions.topic = name
LEFT JOIN event_log ON event_log.topic = name AND event_log.position > coalesce(positions.position, 0) GROUP BY name
"""


class GroupTaken(Exception):
    """Another process reads for this group."""


class EmbeddedTransport:
    """The log in one database; shuffle makes topics arrive in any order, as on a real broker."""

    def __init__(self, dsn: str, *, batch: int = 500, shuffle: random.Random | None = None) -> None:
        self._dsn = dsn
        self._batch = batch
        self._shuffle = shuffle

    async def _connect(self, group: str | None = None) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=35)
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
                if await connection.fetchval("SELECT to_regclass('positions')") is None:
                    await connection.execute(SCHEMA)
            if group and not await connection.fetchval(ONE_READER, group):
                raise GroupTaken(group)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def open_sender(self) -> EmbeddedSender:
        """A connection that appends."""
        return EmbeddedSender(await self._connect())

    async def open_source(self, group: str, topics: Sequence[str]) -> EmbeddedSource:
        """The one reader of a group; raises GroupTaken while there is another."""
        connection = await self._connect(group)
        news = asyncio.Event()
        await connection.add_listener("event_log", lambda *_: news.set())
        done = dict(await connection.fetch("SELECT topic, position FROM positions WHERE group_name = $1", group))
        positions = {topic: done.get(topic, 0) for topic in topics}
        return EmbeddedSource(connection, group, positions, news, self._batch, self._shuffle, dict(positions))

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Records the group has not committed, by topic."""
        connection = await self._connect()
        try:
            rows = await connection.fetch(BEHIND, group, list(topics))
        finally:
            await connection.close(timeout=5)
        return {(topic, 0): behind for topic, behind in rows}


class EmbeddedSender:
    """Appends all rows in one transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def send(self, rows: Sequence[Outgoing]) -> Sent:
        """All rows or none."""
        headers = [orjson.dumps([(name, value.decode()) for name, value in row.headers]).decode() for row in rows]
        async with self._connection.transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", APPEND_LOCK)
            columns = [r.topic for r in rows], [r.key for r in rows], headers, [r.value for r in rows]
            await self._connection.execute(APPEND, *columns, time.time_ns() // 1_000_000)
            await self._connection.execute("NOTIFY event_log")
        return Sent(confirmed=[row.seq for row in rows])

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.close(timeout=5)


@dataclass(slots=True)
class EmbeddedSource:
    """Reads on from the group's positions."""

    connection: asyncpg.Connection
    group: str
    committed: dict[str, int]
    news: asyncio.Event
    batch: int
    shuffle: random.Random | None
    polled: dict[str, int]

    async def poll(self) -> list[Record]:
        """The next records of all topics; waits up to half a second for news."""
        self.news.clear()
        rows = await self._read()
        if not rows:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), 0.5)
            rows = await self._read()
        for row in rows:
            self.polled[row["topic"]] = row["position"]
        return [_record(row) for row in rows]

    async def _read(self) -> list[Any]:
        topics = list(self.polled)
        turns = [[topic] for topic in self.shuffle.sample(topics, len(topics))] if self.shuffle else [topics]
        for turn in turns:
            if rows := await self.connection.fetch(READ, turn, [self.polled[t] for t in turn], self.batch):
                return list(rows)
        return []

    async def commit(self) -> None:
        """Keep the positions of what was polled."""
        self.committed = dict(self.polled)
        await self.connection.execute(MOVE, self.group, list(self.committed), list(self.committed.values()))

    async def rewind(self) -> None:
        """Forget what was polled since the last commit."""
        self.polled = dict(self.committed)

    async def close(self) -> None:
        """Give the connection back, and with it the group's lock."""
        await self.connection.close(timeout=5)


def _record(row: Any) -> Record:
    headers = [(name, None if value is None else value.encode()) for name, value in orjson.loads(row["headers"])]
    return Record(row["topic"], 0, row["position"], row["key"], headers, row["value"], row["timestamp_ms"])
