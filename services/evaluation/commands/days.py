"""Work for a day: one timer per kind and local day, however many things fall due on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Origin, insert_rows
from shared.ids import new_id
from shared.timers import TimerRow

OPEN_REVIEWS = "open_reviews"
CLOSE_REVIEWS = "close_reviews"
CONCLUDE_CLASSES = "conclude_classes"

AGAIN = (
    "ON CONFLICT (kind, subject_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0, retry_at = NULL,"
    " failure = NULL"
)


async def schedule_days(session: AsyncSession, kind: str, days: Iterable[date]) -> None:
    """Have the work of these days done as each begins in the agency's zone; a day that has begun is done at once."""
    origin: Origin = session.info["origin"]
    # In one order: workers that schedule the same days wait in a row and not in a circle.
    rows = [
        {
            "id": new_id(),
            "kind": kind,
            "subject_id": UUID(int=day.toordinal()),
            "due_at": datetime.combine(day, time.min, origin.zone),
        }
        for day in sorted(set(days))
    ]
    await insert_rows(session, TimerRow, rows, AGAIN)
