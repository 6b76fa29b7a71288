"""The ceilings: the same rows by COPY alone, and the same records by a plain producer alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from sqlalchemy.engine import make_url

from shared.db import Database, Origin
from shared.delivery.envelope import write_headers
from tests.load.figures import Meter
from tests.load.place import Place
from tests.load.workload import CompletionRow

INBOX = ("event_id",)
DOMAIN = tuple(column.name for column in CompletionRow.__table__.columns)
OUTBOX = ("event_id", "topic", "key", "headers", "value")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that the worker wrote, by table, in the order of their tables' keys."""

    by_table: dict[str, list[Any]]

    @classmethod
    async def of(cls, database: Database, count: int) -> Rows:
        """Read what is there, at most so many rows of each table."""
        connection = await _connect(database)
        try:
            return cls(
                {
                    table: await connection.fetch(f"SELECT {', '.join(columns)} FROM {table} LIMIT {count}")
                    for table, columns in (("inbox", INBOX), ("completions", DOMAIN), ("outbox", OUTBOX))
                }
            )
        finally:
            await connection.close()


async def copy(rows: Rows, database: Database, meter: Meter, batch: int) -> None:
    """Write the rows in transactions of one batch."""
    connection = await _connect(database)
    try:
        for first in range(0, len(rows.by_table["inbox"]), batch):
            async with connection.transaction():
                for table, its in rows.by_table.items():
                    these = its[first : first + batch]
                    await connection.copy_records_to_table(table, records=these, columns=list(these[0].keys()))
            meter.add(batch)
    finally:
        await connection.close()


async def produce(rows: Rows, place: Place, origin: Origin, meter: Meter) -> None:
    """Send the records that a relay makes of the outbox rows, one by one without waiting for each answer."""
    prefix = place.settings.topic_prefix
    records = [
        (prefix + row["topic"], row["value"], row["key"].encode(), _headers(origin, number, row))
        for number, row in enumerate(rows.by_table["outbox"])
    ]
    producer = AIOKafkaProducer(bootstrap_servers=place.settings.kafka_bootstrap, acks="all")
    await producer.start()
    try:
        futures = []
        for topic, value, key, headers in records:
            future = await producer.send(topic, value, key, headers=headers)
            future.add_done_callback(lambda _: meter.add(1))
            futures.append(future)
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


def _headers(origin: Origin, number: int, row: Any) -> list[tuple[str, bytes]]:
    own = orjson.loads(row["headers"])
    return list(write_headers(origin, own, event_id=row["event_id"], subject=row["key"], sequence=number).items())


async def _connect(database: Database) -> asyncpg.Connection:
    return await asyncpg.connect(
        make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
