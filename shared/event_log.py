"""The event log of an installation without Kafka: where its table is, and how it is opened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import asyncpg

from shared.delivery.envelope import Record
from shared.delivery.transport.embedded import READ, EmbeddedSender, EmbeddedSource, read_record
from shared.events.contract import STATE_TOPICS

SCHEMA_LOCK = 7_220_011
FORGOTTEN_AT_ONCE = 2_000
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
READ_UP_TO = "SELECT topic, min(position) FROM positions GROUP BY topic ORDER BY topic"
# As the outbox forgets: from the oldest record on while they are old; a state stays until its key has a newer one.
FORGET_OLD = f"""
WITH oldest AS MATERIALIZED (
    SELECT position, key, to_timestamp(timestamp_ms / 1000.0) < now() - $2::interval AS is_old FROM event_log
    WHERE topic = $1 AND position > $3 AND position <= $4 ORDER BY position LIMIT $5),
newest AS MATERIALIZED (
    SELECT key, max(position) AS position FROM event_log
    WHERE $1 IN {STATE_TOPICS} AND topic = $1 AND key = ANY(ARRAY(SELECT key FROM oldest WHERE is_old)) GROUP BY key),
gone AS (
    DELETE FROM event_log WHERE topic = $1 AND position = ANY(ARRAY(
        SELECT o.position FROM oldest AS o LEFT JOIN newest AS n ON n.key = o.key
        WHERE is_old AND ($1 NOT IN {STATE_TOPICS} OR o.position < n.position))))
SELECT CASE WHEN count(*) = $5 AND bool_and(is_old) THEN max(position) END FROM oldest
"""  # noqa: S608 constants
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

    async def forget_old(self, kept: timedelta, *, batch: int = FORGOTTEN_AT_ONCE) -> None:
        """Remove what is older and was taken by all who read it, a few records at a time; Kafka's brokers do so too.

        Of state topics the newest record of each key stays, however old it is.
        """
        connection = await self._connect()
        try:
            for topic, until in await connection.fetch(READ_UP_TO):
                after: int | None = 0
                while after is not None:
                    after = await connection.fetchval(FORGET_OLD, topic, kept, after, until, batch)
        finally:
            await connection.close(timeout=5)

    async def read_again(self, group: str, topics: Sequence[str]) -> None:
        """Set a group back to the beginning of these topics; raises GroupTaken while somebody reads for it."""
        connection = await self._connect(group)
        try:
            await connection.execute(FORGET, group, list(topics))
        finally:
            await connection.close(timeout=5)
