"""Figures about the delivery of one service, for gauges and for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import metrics
from shared.db import Database
from shared.tables import HeldReason

UNPUBLISHED = text(
    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8"
    " FROM outbox WHERE published_at IS NULL"
)
REFUSED = text("SELECT count(*) FROM refused_keys")
HELD = text("SELECT status, count(*) AS held FROM held_records GROUP BY status")
TIMERS_DUE = text('SELECT count(*) FROM timers, clock WHERE due_at <= clock_timestamp() + clock."offset"')


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What waits: in the outbox (seconds since the oldest), at refused keys, among held records, at due timers."""

    unpublished: int
    oldest_seconds: float
    refused_keys: int
    held: dict[str, int]
    timers_due: int


async def delivery_status(session: AsyncSession) -> DeliveryStatus:
    """Read the figures from the service's database."""
    unpublished, oldest = (await session.execute(UNPUBLISHED)).one()
    held = {row.status: row.held for row in await session.execute(HELD)}
    return DeliveryStatus(
        unpublished=unpublished,
        oldest_seconds=oldest,
        refused_keys=await session.scalar(REFUSED) or 0,
        held={reason.value: held.get(reason.value, 0) for reason in HeldReason},
        timers_due=await session.scalar(TIMERS_DUE) or 0,
    )


async def set_gauges(database: Database) -> None:
    """Bring the gauges of a service up to date."""
    service = database.origin.service
    async with database.transaction() as session:
        status = await delivery_status(session)
    metrics.UNPUBLISHED.labels(service).set(status.unpublished)
    metrics.OLDEST.labels(service).set(status.oldest_seconds)
    metrics.REFUSED_KEYS.labels(service).set(status.refused_keys)
    metrics.TIMERS_DUE.labels(service).set(status.timers_due)
    for reason, count in status.held.items():
        metrics.HELD_NOW.labels(service, reason).set(count)
