"""The two logs under test: what a transport is opened on, and what strangers may write into it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.delivery.envelope import Headers, Record
from shared.delivery.transport import Transport
from shared.event_log import EmbeddedTransport
from shared.events.catalogue import TOPICS
from shared.events.contract import Event
from shared.kafka import KafkaTransport
from tests.waiting import wait_until

PARTITIONS = 3
"""Enough to spread keys, and few enough for a test to begin at once."""
LARGEST = 8 * 2**20
"""Bytes of a record that a stranger may try to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A record as anybody with access to the log could write it."""

    topic: str
    key: str | None
    value: bytes | None
    headers: Headers = ()


class Log(Protocol):
    """A log of its own for one test."""

    def transport(self, *, batch: int = 500) -> Transport:
        """As a new process would open it."""
        ...

    async def write(self, *records: Foreign) -> None:
        """Append records past the outbox, in the order given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedLog:
    dsn: str
    seed: int

    def transport(self, *, batch: int = 500) -> EmbeddedTransport:
        return EmbeddedTransport(self.dsn, batch=batch, shuffle=random.Random(self.seed))

    async def write(self, *records: Foreign) -> None:
        await (await self.transport().open_sender()).close()
        connection = await asyncpg.connect(self.dsn)
        try:
            for record in records:
                headers = [(name, None if value is None else value.decode()) for name, value in record.headers]
                await connection.execute(
                    "INSERT INTO event_log (topic, key, headers, value, timestamp_ms) VALUES ($1, $2, $3, $4, $5)",
                    *(record.topic, record.key, orjson.dumps(headers).decode(), record.value, time.time_ns() // 10**6),
                )
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaLog:
    bootstrap: str
    opened: KafkaTransport

    def transport(self, *, batch: int = 500) -> KafkaTransport:
        return replace(self.opened, batch=batch)

    async def create_topics(self, configuration: dict[str, str] | None = None) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            names = [self.opened.prefix + topic for topic in TOPICS]
            wanted = [NewTopic(name, PARTITIONS, 1, topic_configs=configuration or {}) for name in names]
            await admin.create_topics(wanted, timeout_ms=10_000)
        finally:
            await admin.close()

    async def write(self, *records: Foreign) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", max_request_size=LARGEST)
        await producer.start()
        try:
            for record in records:
                key = None if record.key is None else record.key.encode()
                topic = self.opened.prefix + record.topic
                await producer.send_and_wait(topic, record.value, key=key, headers=list(record.headers))
        finally:
            await producer.stop()


async def read_all(log: Log, topics: Iterable[str], count: int) -> list[Record]:
    """What the log holds of these topics, read to its end by a new group; fails when there are not so many."""
    source = await log.transport().open_source("reader", list(topics))
    found: list[Record] = []

    async def enough() -> bool:
        found.extend(await source.poll())
        return len(found) >= count

    try:
        await wait_until(enough, within=20, every=0, description=f"{count} records")
        found.extend(await source.poll())
    finally:
        await source.close()
    return found


def cloud_event(event: Event, **changed: bytes | None) -> Foreign:
    """An event as another program would write it; changed replaces attributes, None leaves one out."""
    publisher = event.type.split(".")[1]
    attributes: dict[str, bytes | None] = {
        "specversion": b"1.0",
        "id": str(uuid4()).encode(),
        "source": f"/medan/{publisher}".encode(),
        "type": event.type.encode(),
        "subject": str(event.subject).encode(),
        "time": b"2026-07-27T08:00:00+07:00",
        "agency": b"medan",
        "sequence": b"1",
        **changed,
    }
    headers = [(f"ce_{name}", value) for name, value in attributes.items() if value is not None]
    value = event.model_dump_json().encode()
    return Foreign(topic=event.topic, key=str(event.subject), value=value, headers=headers)
