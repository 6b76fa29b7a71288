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

APPEND_LOCK = 7_220_010
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
        return [read_record(row) for row in rows]

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


def read_record(row: Any) -> Record:
    """A row of the log as a record."""
    headers = [(name, None if value is None else value.encode()) for name, value in orjson.loads(row["headers"])]
    return Record(row["topic"], 0, row["position"], row["key"], headers, row["value"], row["timestamp_ms"])
