"""What stands on the log, read by nobody's group and without forgetting what came twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from shared.delivery.envelope import Record
from shared.events.catalogue import TOPIC_PUBLISHER
from shared.settings import Settings
from tests.faults.wire import read_topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One event of ours as it stands on the log; state is None for a tombstone."""

    topic: str
    key: str
    event_id: UUID
    type: str
    sequence: int
    state: dict[str, Any] | None


async def read_log(settings: Settings) -> list[Written]:
    """Every record of every topic, each partition in its order."""
    return [_written(record) for topic in TOPIC_PUBLISHER for record in await read_topic(settings, topic)]


def _written(record: Record) -> Written:
    assert record.key is not None
    return Written(
        topic=record.topic,
        key=record.key,
        event_id=UUID(record.named["ce_id"].decode()),
        type=record.named["ce_type"].decode(),
        sequence=int(record.named["ce_sequence"]),
        state=None if record.value is None else orjson.loads(record.value),
    )
