"""Carries the outbox to the log: one active relay per database, in order per key, until the log has confirmed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import structlog
from sqlalchemy.engine import make_url

from shared import metrics
from shared.db import Database
from shared.delivery.envelope import SEQUENCE_EPOCH, write_headers
from shared.delivery.transport import Outgoing, Sender, Sent, Transport

LOCK = 7_220_002
ROWS, BYTES, CHUNK = 2_000, 16 * 2**20, 250
POLL_SECONDS = 0.2
HEARTBEAT_SECONDS = 2.0
LONGEST_PAUSE = 5.0
# A stopped process must lose the lock: the server ends a session that is silent for longer than this, in or between
# transactions.
SESSION = {"idle_session_timeout": "10s", "idle_in_transaction_session_timeout": "10s", "tcp_user_timeout": "10s"}
# A backlog is read along the partial index: left alone, the planner sorts all of it for each round.
SESSION |= {"statement_timeout": "30s", "jit": "off", "enable_sort": "off"}

# The literal IS NULL makes the partial index apply; held keys are left out, else they would starve the others.
UNPUBLISHED = """
SELECT seq, event_id, topic, key, headers, value FROM outbox WHERE published_at IS NULL
AND (topic, key) NOT IN (SELECT topic, key FROM refused_keys) ORDER BY seq
"""
MARK = "UPDATE outbox SET published_at = clock_timestamp() WHERE seq = ANY($1::bigint[])"
REFUSE = """
INSERT INTO refused_keys (topic, key, seq, reason) SELECT topic, key, seq, $2 FROM outbox WHERE seq = $1
ON CONFLICT DO NOTHING
"""

log = structlog.get_logger()


class Relay:
    """Moves unpublished rows of one database; its steps are methods of their own so that each can be interrupted."""

    def __init__(self, database: Database, transport: Transport) -> None:
        url = make_url(database.url).set(drivername="postgresql")
        self._dsn = url.render_as_string(hide_password=False)
        self._transport = transport
        self._origin = database.origin
        self._speaking = asyncio.Lock()
        self._news = asyncio.Event()
        self._epoch = 0
        self.connected = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until stopping; whatever fails is tried again after a growing pause."""
        pause = POLL_SECONDS
        while not stopping.is_set():
            try:
                async with self._session() as connection:
                    pause = POLL_SECONDS
                    await self._lead(connection, stopping)
            except Exception as error:  # noqa: BLE001 the outbox keeps what is owed, so every failure is another try
                metrics.RELAY_FAILURES.labels(self._origin.service).inc()
                log.warning("relay_waits", error=type(error).__name__, seconds=pause)
                await _wait(stopping, pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            finally:
                self.connected = False

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncIterator[asyncpg.Connection]:
        # A connection of its own: a pooled one would keep the lock after it was given back.
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=35, server_settings=SESSION)
        heartbeat = asyncio.create_task(self._heartbeat(connection))
        try:
            await connection.add_listener("outbox", lambda *_: self._news.set())
            yield connection
        finally:
            heartbeat.cancel()
            connection.terminate()

    async def _alone(self, connection: asyncpg.Connection) -> bool:
        async with self._speaking:
            return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))

    async def _heartbeat(self, connection: asyncpg.Connection) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._check(connection)

    async def _check(self, connection: asyncpg.Connection) -> None:
        """Raise when the session, and with it the lock, is gone."""
        async with self._speaking:
            await connection.fetchval("SELECT 1")

    async def _lead(self, connection: asyncpg.Connection, stopping: asyncio.Event) -> None:
        while not await self._alone(connection):
            if stopping.is_set():
                return
            await _wait(stopping, POLL_SECONDS)
        self._epoch = await connection.fetchval("SELECT epoch FROM delivery_epoch")
        sender = await self._transport.open_sender()
        self.connected = True
        try:
            while not stopping.is_set():
                self._news.clear()
                if not await self.carry(connection, sender):
                    await _wait(self._news, POLL_SECONDS)
        finally:
            await sender.close()

    async def carry(self, connection: asyncpg.Connection, sender: Sender) -> int:
        """One round; returns how many rows were read."""
        rows = await self.fetch_batch(connection)
        if rows:
            await self._check(connection)
            sent = await self.send_batch(sender, rows)
            await self.mark_published(connection, sent)
            left = len(rows) - len(sent.confirmed) - len(sent.refused)
            metrics.SEND_FAILURES.labels(self._origin.service).inc(left)
            if left and not sent.confirmed:
                raise ConnectionError("the log takes nothing")
        return len(rows)

    async def fetch_batch(self, connection: asyncpg.Connection) -> list[Outgoing]:
        """The oldest unpublished rows, bounded by number and by bytes; the read ends before anything is sent."""
        rows: list[Outgoing] = []
        size = 0
        async with self._speaking, connection.transaction():
            cursor = await connection.cursor(UNPUBLISHED)
            while len(rows) < ROWS and size < BYTES:
                chunk = await cursor.fetch(CHUNK)
                rows += [self._outgoing(row) for row in chunk]
                size += sum(len(row["value"] or b"") for row in chunk)
                if len(chunk) < CHUNK:
                    break
        return rows

    def _outgoing(self, row: Any) -> Outgoing:
        seq, event_id, topic, key, own, value = row
        sequence = self._epoch * SEQUENCE_EPOCH + seq
        headers = write_headers(self._origin, orjson.loads(own), event_id=event_id, subject=key, sequence=sequence)
        return Outgoing(seq, topic, key, list(headers.items()), value)

    async def send_batch(self, sender: Sender, rows: list[Outgoing]) -> Sent:
        """Hand the rows to the log and learn what became of each."""
        return await sender.send(rows)

    async def mark_published(self, connection: asyncpg.Connection, sent: Sent) -> None:
        """Note what the log has confirmed, and hold the keys of what it refuses for good."""
        async with self._speaking, connection.transaction():
            await connection.execute(MARK, sent.confirmed)
            for seq, reason in sent.refused.items():
                log.error("outbox_row_refused", seq=seq, reason=reason)
                await connection.execute(REFUSE, seq, reason)
        metrics.PUBLISHED.labels(self._origin.service).inc(len(sent.confirmed))
        metrics.REFUSED.labels(self._origin.service).inc(len(sent.refused))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
