"""Apache Kafka as the log: whole batches per partition out, batches of records in."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, errors
from faststream.kafka import KafkaBroker

from shared.delivery.envelope import Record
from shared.delivery.transport import Outgoing, Sent
from shared.partitions import partition_of

REFUSALS = tuple(errors.for_code(code) for code in (10, 18, 43, 44))
"""A value too large alone or in its batch, a format or a policy the topic does not allow: for good."""
SEND_SECONDS, COMMIT_SECONDS, STOP_SECONDS = 30, 30, 5


class KafkaSender:
    """One produce batch per partition, one in flight: a failed batch stops its partition, so nothing overtakes it."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    async def send(self, rows: Sequence[Outgoing]) -> Sent:
        """Send the rows; raises when the broker leaves us waiting, and then this sender must be closed."""
        sent = Sent()
        by_partition: dict[TopicPartition, list[Outgoing]] = defaultdict(list)
        async with asyncio.timeout(SEND_SECONDS):
            partitions = {topic: await self._partitions(self._prefix + topic) for topic in {row.topic for row in rows}}
            for row in rows:
                its = partitions[row.topic]
                by_partition[its[partition_of(row.key.encode(), len(its))]].append(row)
            async with asyncio.TaskGroup() as group:
                for partition, its in by_partition.items():
                    group.create_task(self._send_partition(partition, its, sent))
        return sent

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in sorted(await self._producer.partitions_for(topic))]

    async def _send_partition(self, partition: TopicPartition, rows: list[Outgoing], sent: Sent) -> None:
        """Send batch after batch; a refused one is halved until the culprit stands alone, and its key is left out."""
        most = len(rows)
        while rows:
            batch, count = self._fill(rows[:most])
            try:
                if not count:
                    raise REFUSALS[0]
                await (await self._producer.send_batch(batch, partition.topic, partition=partition.partition))
            except REFUSALS as error:
                if count > 1:
                    most = count // 2
                    continue
                sent.refused[rows[0].seq] = type(error).__name__
                rows = [row for row in rows if row.key != rows[0].key]
            except errors.KafkaError:
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
        await within(STOP_SECONDS, self._producer.stop())


def read_record(record: Any, prefix: str) -> Record:
    """A record as a client hands it over, under the topic's name without prefix."""
    # A key is text to PostgreSQL, which holds no NUL in it.
    key = None if record.key is None else record.key.decode(errors="replace").replace("\0", "\ufffd")
    topic = record.topic.removeprefix(prefix)
    return Record(topic, record.partition, record.offset, key, record.headers, record.value, record.timestamp)


@dataclass(slots=True)
class KafkaSource:
    """A consumer whose offsets move only by commit."""

    broker: KafkaBroker
    consumer: AIOKafkaConsumer
    prefix: str
    batch: int
    _first: dict[TopicPartition, int] = field(default_factory=dict)
    _next: dict[TopicPartition, int] = field(default_factory=dict)
    _owned: set[TopicPartition] = field(default_factory=set)
    _committing: asyncio.Task[None] | None = None

    async def poll(self) -> list[Record]:
        """Up to one batch of records. Not to be cancelled: aiokafka would no longer see that we poll."""
        polled = await self.consumer.getmany(timeout_ms=500, max_records=self.batch)
        self._first = {partition: records[0].offset for partition, records in polled.items()}
        self._owned, self._next = self.consumer.assignment(), {p: its[-1].offset + 1 for p, its in polled.items()}
        return [read_record(record, self.prefix) for records in polled.values() for record in records]

    async def commit(self) -> None:
        """Move the offsets while the next batch is under way: the broker takes its time to answer."""
        await self._committed()
        self._committing = asyncio.create_task(self._commit(self._next, self._owned))

    async def _commit(self, offsets: dict[TopicPartition, int], owned: set[TopicPartition]) -> None:
        # Once the partitions were dealt out anew, another member may be further: what comes again, the inbox knows.
        with contextlib.suppress(errors.CommitFailedError, errors.IllegalStateError):
            if offsets and self.consumer.assignment() is owned:
                await asyncio.wait_for(self.consumer.commit(offsets), COMMIT_SECONDS)

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
        with contextlib.suppress(errors.KafkaError, TimeoutError):
            await self._committed()
        await within(STOP_SECONDS, self.broker.stop())


async def within(seconds: float, work: Coroutine[Any, Any, object]) -> None:
    """Wait for a client to end: one whose broker is gone may not, and nothing depends on how it ends."""
    with contextlib.suppress(errors.KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(work, seconds)
