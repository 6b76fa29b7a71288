"""The event log of an installation without Kafka: where its table is, and how it is opened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import asyncpg

from shared.delivery.envelope import Record
from shared.delivery.transport.embedded import READ, EmbeddedSender, EmbeddedSource, read_record

SCHEMA_LOCK = 7_220_011
# No index begins with the position: a planner with one looks for a quiet topic's news among all records of the others.
SCHEMA = """
CREATE TABLE IF NOT EXISTS event_log (
    position bigint GENERATED ALWAYS AS IDENTITY, topic text NOT NULL,
    key text, headers json NOT NULL, value bytea, timestamp_ms bigint NOT NULL, PRIMARY KEY (topic, position));
CREATE TABLE IF NOT EXISTS positions (
    group_name text, topic text, position bigint NOT NULL, PRIMARY KEY (group_name, topic));
"""
ONE_READER = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
BEHIND = """
SELECT name, count(event_log.position) FROM unnest($2::text[]) AS name
LEFT JOIN positions ON group_name = $1 AND positions.topic = name
LEFT JOIN event_log ON event_log.topic = name AND event_log.position > coalesce(positions.position, 0) GROUP BY name
"""
FORGET = "DELETE FROM positions WHERE group_name = $1 AND topic = ANY($2::text[])"


class GroupTaken(Exception):
    """Another process reads for this group."""


class EmbeddedTransport:
    """The log in one database; shuffle makes topics arrive in any order, as on a real broker."""

    def __init__(self, dsn: str, *, batch: int = 1_000, shuffle: random.Random | None = None) -> None:
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

    async def history(self, topics: Sequence[str]) -> AsyncIterator[list[Record]]:
        """Every record of these topics from the oldest on, without being a member of any group."""
        connection = await self._connect()
        done = dict.fromkeys(topics, 0)
        try:
            while rows := await connection.fetch(READ, list(done), list(done.values()), self._batch):
                done |= {row["topic"]: row["position"] for row in rows}
                yield [read_record(row) for row in rows]
        finally:
            await connection.close(timeout=5)

    async def read_again(self, group: str, topics: Sequence[str]) -> None:
        """Set a group back to the beginning of these topics; raises GroupTaken while somebody reads for it."""
        connection = await self._connect(group)
        try:
            await connection.execute(FORGET, group, list(topics))
        finally:
            await connection.close(timeout=5)
