"""Figures about the delivery of one service, for gauges and for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import metrics
from shared.db import Database
from shared.tables import HeldReason

# Counted to a million, and the age taken from the first of the index, so that it answers soon while millions are owed.
# What waits behind a refused key has a figure of its own, and tells nothing of the relay's age.
UNPUBLISHED = text(
    "SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT 1000000) AS owed), coalesce("
    "(SELECT extract(epoch FROM clock_timestamp() - created_at) FROM outbox WHERE published_at IS NULL"
    " AND (topic, key) NOT IN (SELECT topic, key FROM refused_keys) ORDER BY seq LIMIT 1), 0)::float8"
)
REFUSED = text("SELECT count(*) FROM refused_keys")
HELD = text(
    "SELECT status, split_part(reason, ':', 1) AS kind, count(*) AS held FROM held_records GROUP BY 1, 2 ORDER BY 1, 2"
)
DEFERRED = text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(held_at)), 0)::float8"
    " FROM held_records WHERE status = 'DEFERRED'"
)
PARKED = text("SELECT count(*) FROM parked_keys")
STOPPED = text("SELECT reason FROM consumer_state WHERE name = :name AND stopped_at IS NOT NULL")
# What was due before we heard of it, as in last year's courses that are imported, waits since we heard.
TIMERS = text(
    "SELECT count(*), coalesce(extract(epoch FROM max(least("
    ' clock_timestamp() + clock."offset" - due_at, clock_timestamp() - uuid_extract_timestamp(id)))), 0)::float8'
    ' FROM timers, clock WHERE due_at <= clock_timestamp() + clock."offset"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What waits, and since when in seconds: in the outbox, at refused keys, among held records, at due timers.

    held counts by status and kind of reason; stopped is why the consumer waits for an operator, if it does.
    """

    unpublished: int
    oldest_seconds: float
    refused_keys: int
    held: dict[tuple[str, str], int]
    deferred_seconds: float
    parked_keys: int
    stopped: str | None
    timers_due: int
    timers_late_seconds: float


async def delivery_status(session: AsyncSession, service: str) -> DeliveryStatus:
    """Read the figures from the service's database."""
    unpublished, oldest = (await session.execute(UNPUBLISHED)).one()
    timers_due, timers_late = (await session.execute(TIMERS)).one()
    return DeliveryStatus(
        unpublished=unpublished,
        oldest_seconds=oldest,
        refused_keys=await session.scalar(REFUSED) or 0,
        held={(row.status, row.kind): row.held for row in await session.execute(HELD)},
        deferred_seconds=await session.scalar(DEFERRED) or 0.0,
        parked_keys=await session.scalar(PARKED) or 0,
        stopped=await session.scalar(STOPPED, {"name": service}),
        timers_due=timers_due,
        timers_late_seconds=timers_late,
    )


async def set_gauges(database: Database) -> None:
    """Bring the gauges of a service up to date."""
    service = database.origin.service
    async with database.session() as session:
        status = await delivery_status(session, service)
    metrics.UNPUBLISHED.labels(service).set(status.unpublished)
    metrics.OLDEST.labels(service).set(status.oldest_seconds)
    metrics.REFUSED_KEYS.labels(service).set(status.refused_keys)
    metrics.DEFERRED_OLDEST.labels(service).set(status.deferred_seconds)
    metrics.PARKED_KEYS.labels(service).set(status.parked_keys)
    metrics.STOPPED.labels(service).set(1 if status.stopped else 0)
    metrics.TIMERS_DUE.labels(service).set(status.timers_due)
    metrics.TIMERS_LATE.labels(service).set(status.timers_late_seconds)
    _set_held(service, status.held)


def _set_held(service: str, held: dict[tuple[str, str], int]) -> None:
    # A reason that nothing is held for any more has no figure; each status always has one, so that none is missing.
    metrics.HELD_NOW.remove_by_labels({"service": service})
    seen = {status for status, _ in held}
    idle = {(status.value, ""): 0 for status in HeldReason if status.value not in seen}
    for (status, kind), count in (held | idle).items():
        metrics.HELD_NOW.labels(service, status, kind).set(count)
