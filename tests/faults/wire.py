"""What really travelled: read from the topic itself, before anything drops what comes twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer

from shared.delivery.envelope import Record
from shared.kafka import client_options
from shared.settings import Settings

POLL_MS = 500


async def read_topic(settings: Settings, topic: str) -> list[Record]:
    """Every record of a topic from its beginning to its present end, each partition in its order; joins no group."""
    name = settings.topic_prefix + topic
    consumer = AIOKafkaConsumer(name, **client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = consumer.assignment()
        assert partitions, f"{name} is not there"
        ends = await consumer.end_offsets(partitions)
        found: list[Record] = []
        while [p for p in partitions if await consumer.position(p) < ends[p]]:
            polled = await consumer.getmany(timeout_ms=POLL_MS)
            found += [_record(topic, record) for records in polled.values() for record in records]
    finally:
        await consumer.stop()
    return found


def _record(topic: str, record: Any) -> Record:
    key = None if record.key is None else record.key.decode(errors="replace")
    return Record(topic, record.partition, record.offset, key, record.headers, record.value, record.timestamp)


def event_id_of(record: Record) -> UUID | None:
    """The id a record bears, when it is one of ours."""
    try:
        return UUID(record.named.get("ce_id", b"").decode())
    except ValueError:
        return None


def first_deliveries(records: Iterable[Record], known: set[UUID]) -> list[Record]:
    """Of every known event the record that brought it first; the others were sent again."""
    first: dict[UUID, Record] = {}
    for record in records:
        event_id = event_id_of(record)
        if event_id in known:
            first.setdefault(event_id, record)
    return list(first.values())


def overtaken(first: Iterable[Record]) -> list[str]:
    """Keys in which an event was delivered first after a later one of the same key; order within a key is the promise.

    A key stands in one partition, and each partition is given in its order.
    """
    sequences: dict[str, list[int]] = defaultdict(list)
    for record in first:
        sequences[record.key or ""].append(int(record.named["ce_sequence"]))
    return [key for key, numbers in sequences.items() if numbers != sorted(numbers)]


def wire_findings(records: Sequence[Record], emitted: set[UUID], planted: set[UUID]) -> list[str]:
    """What is wrong on the wire: events that were lost, overtaken or invented."""
    first = first_deliveries(records, emitted)
    lost = len(emitted) - len(first)
    invented = {event_id for record in records if (event_id := event_id_of(record))} - emitted - planted
    parts = {"lost": lost, "overtaken": len(overtaken(first)), "invented": len(invented)}
    return [f"{what} on the wire: {count}" for what, count in parts.items() if count]
