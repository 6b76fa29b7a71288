"""A broker in memory: it keeps what it takes, fails as it is told, and refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from aiokafka import errors

from shared.delivery.transport.kafka import KafkaSender

PARTITIONS = {0, 1}
BATCH_ROWS = 3
"""Few, so that a round takes several batches of a partition."""
REFUSED = errors.for_code(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One record in the log."""

    event_id: UUID
    subject: UUID
    number: int


@dataclass
class Batch:
    """Rows on their way to one partition."""

    rows: list[Stored] = field(default_factory=list)

    def append(self, *, key: bytes, value: bytes, timestamp: None, headers: Sequence[tuple[str, bytes]]) -> object:
        if len(self.rows) == BATCH_ROWS:
            return None
        event_id, number = UUID(dict(headers)["ce_id"].decode()), orjson.loads(value)["post_score"]
        self.rows.append(Stored(event_id=event_id, subject=UUID(key.decode()), number=number))
        return True

    def close(self) -> None:
        """Nothing to seal."""


@dataclass
class Broker:
    """What all producers write to, and how the next batches of each partition fare."""

    log: list[Stored] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    lost: Counter[int] = field(default_factory=Counter)
    unanswered: Counter[int] = field(default_factory=Counter)

    async def open_sender(self) -> KafkaSender:
        return KafkaSender(self, "")

    async def partitions_for(self, topic: str) -> set[int]:
        return PARTITIONS

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        """Take the batch, whole or not at all; whether it did is not always told."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self._take, batch, partition, answer)
        return answer

    def _take(self, batch: Batch, partition: int, answer: asyncio.Future[None]) -> None:
        failure: Exception | None = None
        if self.lost[partition]:
            self.lost[partition] -= 1
            failure = errors.NotLeaderForPartitionError()
        elif any(row.number in self.refused for row in batch.rows):
            failure = REFUSED()
        else:
            self.log += batch.rows
            if self.unanswered[partition]:
                self.unanswered[partition] -= 1
                failure = errors.RequestTimedOutError()
        if answer.cancelled():
            return
        if failure:
            answer.set_exception(failure)
        else:
            answer.set_result(None)

    async def stop(self) -> None:
        """Nothing to give back."""

    def heal(self) -> None:
        """Fail no more."""
        self.lost.clear()
        self.unanswered.clear()

    def first_deliveries(self) -> dict[UUID, list[int]]:
        """The numbers by subject as they came for the first time."""
        found: dict[UUID, dict[int, Any]] = {}
        for row in self.log:
            found.setdefault(row.subject, {})[row.number] = None
        return {subject: list(numbers) for subject, numbers in found.items()}
