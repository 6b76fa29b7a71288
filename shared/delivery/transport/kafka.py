"""Apache Kafka as the log: whole batches per partition out, batches of records in."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)
from aiokafka.partitioner import DefaultPartitioner
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity

from shared.delivery.envelope import Record
from shared.delivery.transport import Outgoing, Sent

REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, PolicyViolationError, UnsupportedForMessageFormatError)
SEND_SECONDS = 30
STOP_SECONDS = 5
PRODUCE_BATCH_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTransport:
    """Where the brokers are and how to talk to them; prepare sees to it that the topics exist."""

    client: dict[str, Any]
    prepare: Callable[[], Awaitable[None]]
    security: BaseSecurity | None = None
    prefix: str = ""
    instance_id: str | None = None
    batch: int = 500

    async def open_sender(self) -> KafkaSender:
        """A connected producer; raises when no broker answers."""
        await self.prepare()
        producer = AIOKafkaProducer(
            **self.client,
            acks="all",
            # The idempotent producer hangs in send and stop while the broker is away; the inbox drops what repeats.
            enable_idempotence=False,
            request_timeout_ms=10_000,
            max_batch_size=PRODUCE_BATCH_BYTES,
        )
        try:
            await asyncio.wait_for(producer.start(), SEND_SECONDS)
        except BaseException:
            await _within(STOP_SECONDS, producer.stop())
            raise
        return KafkaSender(producer, self.prefix)

    async def open_source(self, group: str, topics: Sequence[str]) -> KafkaSource:
        """A member of the group. FastStream owns settings and life cycle; the records are ours to take and commit."""
        await self.prepare()
        common = {k: v for k, v in self.client.items() if not k.startswith(("sasl_", "security_", "ssl_"))}
        broker = KafkaBroker(**common, security=self.security, consumer_only=True, logger=None)
        subscriber = broker.subscriber(
            *(self.prefix + topic for topic in topics),
            batch=True,
            group_id=self.prefix + group,
            group_instance_id=self.instance_id,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            session_timeout_ms=30_000,
            max_partition_fetch_bytes=4 * 2**20,
            persistent=True,
        )
        try:
            await broker.start()
        except BaseException:
            await _within(STOP_SECONDS, broker.stop())
            raise
        assert subscriber.consumer is not None
        return KafkaSource(broker, subscriber.consumer, self.prefix, self.batch)

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Records the group has not committed, asked from outside the group."""
        consumer = AIOKafkaConsumer(**self.client, request_timeout_ms=10_000)
        admin = AIOKafkaAdminClient(**self.client, request_timeout_ms=10_000)
        try:
            await asyncio.gather(consumer.start(), admin.start())
            done = await admin.list_consumer_group_offsets(self.prefix + group)
            described = await admin.describe_topics([self.prefix + topic for topic in topics])
            every = [TopicPartition(topic["topic"], p["partition"]) for topic in described for p in topic["partitions"]]
            starts, ends = await consumer.beginning_offsets(every), await consumer.end_offsets(every)
        finally:
            await asyncio.gather(consumer.stop(), admin.close())
        return {
            (p.topic.removeprefix(self.prefix), p.partition): ends[p] - (done[p].offset if p in done else starts[p])
            for p in every
        }


class KafkaSender:
    """One produce batch per partition, one in flight: a failed batch stops its partition, so nothing overtakes it."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix
        self._choose = DefaultPartitioner()

    async def send(self, rows: Sequence[Outgoing]) -> Sent:
        """Send the rows; raises when the broker leaves us waiting, and then this sender must be closed."""
        sent = Sent()
        by_partition: dict[TopicPartition, list[Outgoing]] = defaultdict(list)
        async with asyncio.timeout(SEND_SECONDS):
            for row in rows:
                topic = self._prefix + row.topic
                partitions = sorted(await self._producer.partitions_for(topic))
                by_partition[TopicPartition(topic, self._choose(row.key.encode(), partitions, partitions))].append(row)
            async with asyncio.TaskGroup() as group:
                for partition, its in by_partition.items():
                    group.create_task(self._send_partition(partition, its, sent))
        return sent

    async def _send_partition(self, partition: TopicPartition, rows: list[Outgoing], sent: Sent) -> None:
        """Send batch after batch; a refused one is halved until the culprit stands alone, and its key is left out."""
        most = len(rows)
        while rows:
            batch, count = self._fill(rows[:most])
            try:
                if not count:
                    raise MessageSizeTooLargeError
                await (await self._producer.send_batch(batch, partition.topic, partition=partition.partition))
            except REFUSALS as error:
                if count > 1:
                    most = count // 2
                    continue
                sent.refused[rows[0].seq] = type(error).__name__
                rows = [row for row in rows if row.key != rows[0].key]
            except KafkaError:
                # Neither confirmed nor refused: all that is left of this partition waits for the next round.
                return
            else:
                sent.confirmed += [row.seq for row in rows[:count]]
                rows = rows[count:]
            most = len(rows)

    def _fill(self, rows: list[Outgoing]) -> tuple[Any, int]:
        """A batch with as many of the rows as it takes, in order."""
        batch = self._producer.create_batch()
        count = 0
        for row in rows:
            if not batch.append(key=row.key.encode(), value=row.value, timestamp=None, headers=row.headers):
                break
            count += 1
        batch.close()
        return batch, count

    async def close(self) -> None:
        """Give the connection back, within a few seconds."""
        await _within(STOP_SECONDS, self._producer.stop())


@dataclass(slots=True)
class KafkaSource:
    """A consumer whose offsets move only by commit."""

    broker: KafkaBroker
    consumer: AIOKafkaConsumer
    prefix: str
    batch: int
    _first: dict[TopicPartition, int] = field(default_factory=dict)
    _next: dict[TopicPartition, int] = field(default_factory=dict)
    _committing: asyncio.Task[None] | None = None

    async def poll(self) -> list[Record]:
        """Up to one batch of records. Not to be cancelled: aiokafka would no longer see that we poll."""
        polled = await self.consumer.getmany(timeout_ms=500, max_records=self.batch)
        self._first = {partition: records[0].offset for partition, records in polled.items()}
        self._next = {partition: records[-1].offset + 1 for partition, records in polled.items()}
        return [self._record(record) for records in polled.values() for record in records]

    def _record(self, record: Any) -> Record:
        # A key is text to PostgreSQL, which holds no NUL in it.
        key = None if record.key is None else record.key.decode(errors="replace").replace("\0", "\ufffd")
        topic = record.topic.removeprefix(self.prefix)
        return Record(topic, record.partition, record.offset, key, record.headers, record.value, record.timestamp)

    async def commit(self) -> None:
        """Move the offsets while the next batch is under way: the broker takes its time to answer."""
        await self._committed()
        self._committing = asyncio.create_task(self._commit(self._next))

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        ours = {partition: offset for partition, offset in offsets.items() if partition in self.consumer.assignment()}
        # Partitions that went to another member come again there, and the inbox knows them.
        with contextlib.suppress(CommitFailedError, IllegalStateError):
            if ours:
                await self.consumer.commit(ours)

    async def _committed(self) -> None:
        task, self._committing = self._committing, None
        if task is not None:
            await task

    async def rewind(self) -> None:
        """Seek back to where the last poll began, in every partition that is still ours."""
        for partition, offset in self._first.items():
            if partition in self.consumer.assignment():
                self.consumer.seek(partition, offset)

    async def close(self) -> None:
        """Finish the commit under way and leave the group."""
        with contextlib.suppress(KafkaError):
            await self._committed()
        await _within(STOP_SECONDS, self.broker.stop())


async def _within(seconds: float, work: Any) -> None:
    # A client whose broker is gone may not stop by itself, and nothing depends on how it ends.
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(work, seconds)
