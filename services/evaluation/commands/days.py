"""Work for a day: one timer per kind and local day, however many things fall due on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.db import Origin

OPEN_REVIEWS = "open_reviews"
CLOSE_REVIEWS = "close_reviews"
CONCLUDE_CLASSES = "conclude_classes"


async def schedule_days(session: AsyncSession, kind: str, days: Iterable[date]) -> None:
    """Have the work of these days done as each begins in the agency's zone; a day that has begun is done at once."""
    origin: Origin = session.info["origin"]
    # In one order: workers that schedule the same days wait in a row and not in a circle.
    for day in sorted(set(days)):
        begins = datetime.combine(day, time.min, origin.zone)
        await timers.schedule(session, kind, UUID(int=day.toordinal()), begins)
