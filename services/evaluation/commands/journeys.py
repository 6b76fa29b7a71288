"""The journey of every need, kept as events arrive in whichever order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.tables import JourneyEventRow, JourneyLinkRow, NeedRow
from shared.db import insert_rows
from shared.delivery.envelope import Received
from shared.events.needs import NeedIdentified, NeedStandardChanged

ONCE = "ON CONFLICT DO NOTHING"
FILL_NEED = (
    "ON CONFLICT (id) DO UPDATE SET standard_level = coalesce(excluded.standard_level, needs.standard_level),"
    " current_level = coalesce(excluded.current_level, needs.current_level)"
)
# Told with the key of the need, so the newest comes last; an item of the plan may come whenever its own key does.
OF_STANDARD = (NeedIdentified, NeedStandardChanged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Where an event belongs: the thing it is about, the needs it names, and further things it leads to for them."""

    subject_id: UUID
    need_ids: tuple[UUID, ...] = ()
    leads_to: tuple[UUID, ...] = ()


async def keep_steps(session: AsyncSession, steps: Iterable[tuple[Received[Any], Thread]]) -> None:
    """Write down events with what they are about; links may come before or after them."""
    given = list(steps)
    rows = [
        {
            "event_id": event.event_id,
            "subject_id": thread.subject_id,
            "type": event.type.type,
            "happened_at": event.time,
            "causation": event.causation_id,
            "correlation": event.correlation_id,
            "data": event.data.model_dump_json(),
        }
        for event, thread in given
    ]
    # The inbox lets no event in twice.
    await insert_rows(session, JourneyEventRow, rows)
    links = {
        (need_id, subject)
        for _, thread in given
        for need_id in thread.need_ids
        for subject in (thread.subject_id, *thread.leads_to)
    }
    linked = [{"need_id": need_id, "subject_id": subject} for need_id, subject in sorted(links)]
    await insert_rows(session, JourneyLinkRow, linked, ONCE)


async def keep_needs(session: AsyncSession, events: Iterable[Received[Any]]) -> None:
    """Remember whose needs these are, and the levels where an event tells them."""
    rows: dict[UUID, dict[str, Any]] = {}
    for event in events:
        data = event.data
        known = rows.get(data.need_id, {})
        rows[data.need_id] = {
            "id": data.need_id,
            "employee_id": data.employee_id,
            "competency": data.competency,
            "cycle": data.cycle,
            "standard_level": data.standard_level if isinstance(data, OF_STANDARD) else known.get("standard_level"),
            "current_level": data.current_level if isinstance(data, NeedIdentified) else known.get("current_level"),
        }
    await insert_rows(session, NeedRow, [rows[each] for each in sorted(rows)], FILL_NEED)
