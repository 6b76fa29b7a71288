"""Records that wait: dead letters, deferred events and what stands behind them; each leaves in order or not at all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import insert_rows
from shared.delivery.envelope import Record, Unreadable, event_type_of
from shared.errors import NotFound
from shared.events.contract import is_state_topic
from shared.tables import HeldReason, HeldRecord

PERSONAL_TOPIC = "bangkom.employees"

FIND_PARKED = text(
    "SELECT topic, key FROM parked_keys"
    " WHERE topic = ANY(CAST(:topics AS text[])) AND key = ANY(CAST(:keys AS text[])) FOR KEY SHARE"
)
PARK = text(
    "INSERT INTO parked_keys (topic, key)"
    " SELECT DISTINCT topic, key FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS k(topic, key)"
    " ORDER BY 1, 2 ON CONFLICT DO NOTHING"
)
NOTHING = hashlib.sha256(b"").digest()
GIVE_UP = "interval '24 hours'"


@dataclass(frozen=True, slots=True)
class Hold:
    """One record to hold, and why."""

    record: Record
    event_id: UUID
    status: HeldReason
    reason: str


Key = tuple[str, str]


async def parked_among(session: AsyncSession, records: Iterable[Record]) -> set[Key]:
    """The keys of these records behind which events wait; locked against a release until this transaction ends."""
    keys = {(r.topic, r.key) for r in records if r.key is not None}
    if not keys:
        return set()
    rows = await session.execute(FIND_PARKED, {"topics": list({t for t, _ in keys}), "keys": [k for _, k in keys]})
    return {(topic, key) for topic, key in rows}


def blocks(record: Record | HeldRecord) -> Key | None:
    """The key whose later events must wait behind this record; a state is replaced by the next one, so never."""
    return None if record.key is None or is_state_topic(record.topic) else (record.topic, record.key)


async def hold(session: AsyncSession, holds: Sequence[Hold]) -> None:
    """Keep the records with the transaction that skips them, and park their keys."""
    await insert_rows(session, HeldRecord, [_row(each) for each in holds])
    keys = [key for each in holds if (key := blocks(each.record))]
    if keys:
        await session.execute(PARK, {"topics": [t for t, _ in keys], "keys": [k for _, k in keys]})


def _row(each: Hold) -> dict[str, Any]:
    record = each.record
    # PostgreSQL's json holds no NUL either.
    headers = [
        [n.replace("\0", "\ufffd"), None if v is None else base64.b64encode(v).decode()] for n, v in record.headers
    ]
    return {
        "event_id": each.event_id,
        "status": each.status.value,
        "reason": each.reason,
        "event_type": event_type_of(record),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "headers": orjson.dumps(headers).decode(),
        # Names travel on this topic only, and a newer state follows: coordinates and hash are enough to look.
        "value": None if record.topic == PERSONAL_TOPIC else record.value,
        "value_sha256": hashlib.sha256(record.value or b"").digest(),
        "timestamp_ms": record.timestamp_ms,
    }


def record_of(row: HeldRecord) -> Record:
    """The record as it arrived; raises Unreadable when its bytes were not kept, lest it look like a tombstone."""
    if row.value is None and row.value_sha256 != NOTHING:
        raise Unreadable("bytes_not_kept")
    headers = [(name, None if v is None else base64.b64decode(v)) for name, v in row.headers]
    return Record(row.topic, row.partition, row.offset, row.key, headers, row.value, row.timestamp_ms)


async def lock_head(session: AsyncSession, topic: str, key: str) -> HeldRecord | None:
    """The oldest record held for a key, with the key locked; without one the key is free again.

    A plain read would miss records that a running batch is about to hold behind it.
    """
    where = {"topic": topic, "key": key}
    await session.execute(text("SELECT 1 FROM parked_keys WHERE topic = :topic AND key = :key FOR UPDATE"), where)
    head = await session.execute(
        text("SELECT id FROM held_records WHERE topic = :topic AND key = :key ORDER BY id LIMIT 1"), where
    )
    held_id = head.scalar_one_or_none()
    if held_id is None:
        await session.execute(text("DELETE FROM parked_keys WHERE topic = :topic AND key = :key"), where)
        return None
    return await session.get(HeldRecord, held_id, with_for_update=True)


async def held_by_id(session: AsyncSession, held_id: int) -> HeldRecord:
    """One held record, locked, so that it takes effect once; raises NotFound."""
    row = await session.get(HeldRecord, held_id, with_for_update=True)
    if row is None:
        raise NotFound(f"Tidak ada catatan tertahan dengan nomor {held_id}.")
    return row


async def note_failure(session: AsyncSession, held_id: int, *, status: HeldReason, reason: str) -> None:
    """A retry failed: wait longer (up to 30 s); what has waited a day for its row is dead."""
    await session.execute(
        text(
            "UPDATE held_records SET attempts = attempts + 1, reason = :reason,"  # noqa: S608 a constant
            f" status = CASE WHEN :status = 'DEFERRED' AND held_at < now() - {GIVE_UP} THEN 'DEAD' ELSE :status END,"
            " retry_at = clock_timestamp() + least(30, power(2, least(attempts, 5))) * interval '1 second'"
            " WHERE id = :id"
        ),
        {"id": held_id, "reason": reason, "status": status.value},
    )


async def due_deferred(session: AsyncSession, limit: int = 100) -> list[tuple[str, str]]:
    """Keys whose oldest held record is deferred and due, or waits behind none: whoever was releasing it has gone."""
    rows = await session.execute(
        text(
            "(SELECT topic, key FROM held_records h WHERE status = 'DEFERRED' AND retry_at <= clock_timestamp()"
            " AND NOT EXISTS (SELECT 1 FROM held_records e WHERE e.topic = h.topic AND e.key = h.key AND e.id < h.id)"
            " ORDER BY retry_at LIMIT :limit) UNION ALL"
            " SELECT topic, key FROM parked_keys k WHERE coalesce((SELECT status FROM held_records h"
            " WHERE h.topic = k.topic AND h.key = k.key ORDER BY id LIMIT 1), 'BEHIND') = 'BEHIND'"
        ),
        {"limit": limit},
    )
    return [(topic, key) for topic, key in rows]
