"""Work that is due at a moment: rows that survive any restart, executed in the transaction that removes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Index, UniqueConstraint, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared import metrics
from shared.db import Database, KernelBase
from shared.delivery.failures import describe, is_transient
from shared.ids import new_id


class TimerRow(KernelBase):
    """One thing to do; at most one per kind and subject, so that scheduling again moves it."""

    __tablename__ = "timers"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("ix_timers_due_at", "due_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    due_at: Mapped[datetime]
    correlation_id: Mapped[UUID | None]
    cause: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[datetime | None]
    failure: Mapped[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A timer that has run out."""

    subject_id: UUID
    due_at: datetime
    correlation_id: UUID | None


TimerFunction = Callable[[AsyncSession, Due], Awaitable[None]]

log = structlog.get_logger()

NEXT = text(
    'SELECT t.id, t.kind FROM timers t, clock WHERE t.due_at <= clock_timestamp() + clock."offset"'
    " AND (t.retry_at IS NULL OR t.retry_at <= clock_timestamp()) AND t.kind = ANY(:kinds)"
    " ORDER BY t.due_at LIMIT 1 FOR UPDATE OF t SKIP LOCKED"
)
NOTE_FAILURE = text(
    "UPDATE timers SET attempts = attempts + 1, failure = :failure,"
    " retry_at = clock_timestamp() + least(3600, power(2, least(attempts, 12))) * interval '1 second' WHERE id = :id"
)


async def schedule(
    session: AsyncSession,
    kind: str,
    subject_id: UUID,
    due_at: datetime,
    *,
    correlation_id: UUID | None = None,
    cause: UUID | None = None,
) -> None:
    """Have the kind's function called once the moment has come; scheduling again moves the moment.

    Events it emits name the cause, an event, as theirs; without one, the timer.
    """
    told = {"due_at": due_at, "correlation_id": correlation_id, "cause": str(cause) if cause else None}
    statement = insert(TimerRow).values(id=new_id(), kind=kind, subject_id=subject_id, **told)
    again = {**told, "attempts": 0, "retry_at": None, "failure": None}
    await session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=again))


async def cancel(session: AsyncSession, kind: str, subject_id: UUID) -> None:
    """Forget a timer; nothing happens when there is none."""
    await session.execute(delete(TimerRow).where(TimerRow.kind == kind, TimerRow.subject_id == subject_id))


async def run_due(database: Database, functions: Mapping[str, TimerFunction]) -> int:
    """Execute every timer that is due, each in a transaction of its own; returns how many took effect.

    One that fails is tried again after a growing pause and keeps its place; transient failures are raised.
    """
    done = 0
    failed: UUID | None = None
    while True:
        timer_id: UUID | None = None
        try:
            async with database.transaction() as session:
                found = (await session.execute(NEXT, {"kinds": list(functions)})).one_or_none()
                if found is None:
                    return done
                timer_id = found.id
                await _execute(session, found.id, functions[found.kind])
            done += 1
        except Exception as error:
            if timer_id is None or timer_id == failed or is_transient(error):
                raise
            failed = timer_id
            await _note_failure(database, timer_id, error)


async def _execute(session: AsyncSession, timer_id: UUID, function: TimerFunction) -> None:
    row = await session.get_one(TimerRow, timer_id)
    due = Due(subject_id=row.subject_id, due_at=row.due_at, correlation_id=row.correlation_id)
    # Removed first: a function may schedule the same timer anew.
    await session.delete(row)
    await session.flush()
    session.info["cause"] = row.cause or f"timer:{timer_id}"
    await function(session, due)


async def _note_failure(database: Database, timer_id: UUID, error: Exception) -> None:
    log.error("timer_failed", timer_id=str(timer_id), reason=describe(error))
    metrics.TIMER_FAILURES.labels(database.origin.service).inc()
    async with database.transaction() as session:
        await session.execute(NOTE_FAILURE, {"id": timer_id, "failure": describe(error)})
