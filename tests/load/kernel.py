"""The candidates: the real worker with a trivial handler, and the real relay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database, insert_rows
from shared.delivery import outbox
from shared.delivery.consumer import Consumer, Handlers
from shared.delivery.envelope import Received, Record
from shared.delivery.relay import Relay
from shared.delivery.transport import Sent, Transport
from shared.delivery.worker import Worker
from shared.events.training import TrainingCompleted
from tests.load.figures import Meter
from tests.load.workload import AGENCY, CompletionRow, row_of, verdict_on


async def on_training_completed(session: AsyncSession, events: list[Received[TrainingCompleted]]) -> None:
    """Keep one row and emit one event for each completion."""
    await insert_rows(session, CompletionRow, [row_of(event.data) for event in events])
    for event in events:
        outbox.record(session, verdict_on(event.data), caused_by=event)


HANDLERS: Handlers = {TrainingCompleted: on_training_completed}


class CountedConsumer(Consumer):
    """Counts the records of every batch that is committed."""

    def __init__(self, database: Database, meter: Meter, handlers: Handlers) -> None:
        super().__init__(database, handlers, frozenset({AGENCY}))
        self._meter = meter

    async def take(self, records: Sequence[Record]) -> None:
        await super().take(records)
        self._meter.add(len(records))


class CountedRelay(Relay):
    """Counts the rows that are marked."""

    def __init__(self, database: Database, transport: Transport, meter: Meter) -> None:
        super().__init__(database, transport)
        self._meter = meter

    async def mark_published(self, connection: asyncpg.Connection, sent: Sent) -> None:
        await super().mark_published(connection, sent)
        self._meter.add(len(sent.confirmed))


async def worker(transport: Transport, database: Database, meter: Meter, group: str, handlers: Handlers) -> None:
    """Take events until the meter is done."""
    await _until(meter, Worker(group, CountedConsumer(database, meter, handlers), transport).run)


async def relay(transport: Transport, database: Database, meter: Meter) -> None:
    """Carry the outbox until the meter is done."""
    await _until(meter, CountedRelay(database, transport, meter).run)


async def _until(meter: Meter, run: Callable[[asyncio.Event], Awaitable[Any]]) -> None:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_as_task(run, stopping))
        await meter.done.wait()
        stopping.set()


async def _as_task(run: Callable[[asyncio.Event], Awaitable[Any]], stopping: asyncio.Event) -> None:
    await run(stopping)
