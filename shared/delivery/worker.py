"""Takes batches from the log to the consumer: offsets move only after the database has committed."""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog

from shared import metrics
from shared.delivery.consumer import Consumer
from shared.delivery.transport import Source, Transport

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
CHORES_SECONDS = 1.0

log = structlog.get_logger()


def group_of(service: str) -> str:
    """The consumer group of a service."""
    return f"bangkom.{service}"


class Worker:
    """The loop of one service; its steps are methods of their own so that each can be interrupted."""

    def __init__(self, service: str, consumer: Consumer, transport: Transport) -> None:
        self._service = service
        self._consumer = consumer
        self._transport = transport
        self._pause = FIRST_PAUSE
        self._chores_at = 0.0
        self.connected = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until stopping, with a new connection after each one that failed; the batch in hand is finished."""
        while not stopping.is_set():
            try:
                source = await self._transport.open_source(group_of(self._service), self._consumer.topics)
                try:
                    await self._work(source, stopping)
                finally:
                    self.connected = False
                    await source.close()
            except Exception as error:  # noqa: BLE001 the log keeps what was not committed, and what keeps us from it passes
                await self._back_off(stopping, error)

    async def _work(self, source: Source, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            batch = await source.poll()
            self.connected = True
            if batch:
                try:
                    await self._consumer.take(batch)
                except Exception as error:  # noqa: BLE001 nothing was kept, so the same records must come again
                    metrics.BATCHES.labels(self._service, "rolled_back").inc()
                    await source.rewind()
                    await self._back_off(stopping, error)
                    continue
                await self.commit_offsets(source)
                metrics.BATCHES.labels(self._service, "committed").inc()
            self._pause = FIRST_PAUSE
            await self._chores()

    async def commit_offsets(self, source: Source) -> None:
        """Tell the log that the batch is done."""
        await source.commit()

    async def _chores(self) -> None:
        if time.monotonic() < self._chores_at:
            return
        self._chores_at = time.monotonic() + CHORES_SECONDS
        await self._consumer.retry_deferred()

    async def _back_off(self, stopping: asyncio.Event, error: Exception) -> None:
        log.warning("worker_waits", error=type(error).__name__, seconds=self._pause)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
