"""What a log may do to its readers without breaking its word: hand records over twice, and all of them again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

POLL_MS = 200


@asynccontextmanager
async def duplicated(bootstrap: str, prefix: str, *, share: float, seed: int) -> AsyncIterator[list[int]]:
    """Write a share of all records a second time, as they come; gives how many there were and how many came twice."""
    counts = [0, 0]
    ending = asyncio.Event()
    copying = asyncio.create_task(_copy(bootstrap, prefix, share, random.Random(seed), counts, ending))
    try:
        yield counts
    finally:
        ending.set()
        await copying


async def _copy(
    bootstrap: str, prefix: str, share: float, chance: random.Random, counts: list[int], ending: asyncio.Event
) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", metadata_max_age_ms=1000)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    copies: set[tuple[str, int, int]] = set()
    await asyncio.gather(consumer.start(), producer.start())
    try:
        # An expression, not a list: topics are created while we look.
        consumer.subscribe(pattern=f"^{prefix.replace('.', '[.]')}.*")
        while not ending.is_set():
            polled = await consumer.getmany(timeout_ms=POLL_MS)
            for record in (record for records in polled.values() for record in records):
                if (record.topic, record.partition, record.offset) in copies:
                    continue
                counts[0] += 1
                if chance.random() < share:
                    sent = await producer.send_and_wait(
                        record.topic,
                        record.value,
                        record.key,
                        partition=record.partition,
                        headers=list(record.headers),
                    )
                    copies.add((sent.topic, sent.partition, sent.offset))
                    counts[1] += 1
    finally:
        await asyncio.gather(consumer.stop(), producer.stop())


async def read_again(bootstrap: str, prefix: str, group: str) -> int:
    """Set a group that nobody is in back to the beginning of every topic it has read; gives how many records wait."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=prefix + group, enable_auto_commit=False)
    await asyncio.gather(admin.start(), consumer.start())
    try:
        read: list[TopicPartition] = list(await admin.list_consumer_group_offsets(prefix + group))
        consumer.assign(read)
        starts, ends = await consumer.beginning_offsets(read), await consumer.end_offsets(read)
        await consumer.commit(starts)
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    return sum(ends[partition] - starts[partition] for partition in read)
