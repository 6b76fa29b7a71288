"""What is remembered of people's employment, for the months that count towards their yearly target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.tables import EmploymentPeriodRow
from shared import clock
from shared.db import Origin, insert_rows
from shared.delivery.envelope import Received
from shared.events.employees import EmployeeRecorded

REMOVED = "00"
"""Stands for the legal status of somebody whose record was removed."""

NEWER = (
    "ON CONFLICT (employee_id, starts_on) DO UPDATE SET legal_status = excluded.legal_status,"
    " employment_type = excluded.employment_type, sequence = excluded.sequence"
    " WHERE employment_periods.sequence < excluded.sequence"
)


async def remember_employment(session: AsyncSession, events: Sequence[Received[EmployeeRecorded]]) -> None:
    """Begin a new period for everybody whose legal status or employment type is another than before.

    A change that names no later day than the last one holds from the day it was recorded.
    """
    known = await queries.newest_periods(session, {event.subject for event in events})
    now, zone = await clock.now(session), _zone(session)
    rows = [
        row
        for event in sorted(events, key=lambda each: each.subject)
        if (row := _period(event, known.get(event.subject), now, zone)) is not None
    ]
    await insert_rows(session, EmploymentPeriodRow, rows, NEWER)


def _period(
    event: Received[EmployeeRecorded], last: Row[Any] | None, now: datetime, zone: tzinfo
) -> dict[str, Any] | None:
    data = event.payload
    if data is None and last is None:
        return None
    status = data.legal_status if data else REMOVED
    kind = data.employment_type if data else last.employment_type if last else ""
    if last and event.sequence <= last.sequence:
        return None
    recorded_on = (event.time or now).astimezone(zone).date()
    same = last is not None and (last.legal_status, last.employment_type) == (status, kind)
    starts_on = _starts_on(data.valid_from if data else recorded_on, last, recorded_on)
    return {
        "employee_id": event.subject,
        "starts_on": last.starts_on if last and same else starts_on,
        "legal_status": status,
        "employment_type": kind,
        "sequence": event.sequence,
    }


def _starts_on(named: date, last: Row[Any] | None, recorded_on: date) -> date:
    return named if last is None or named > last.starts_on else max(recorded_on, last.starts_on)


def _zone(session: AsyncSession) -> tzinfo:
    origin: Origin = session.info["origin"]
    return origin.zone
