"""What happens when a person's master record changes."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import people
from shared import directory
from shared.delivery.envelope import Received
from shared.events.employees import EmployeeRecorded


async def on_employee_recorded(session: AsyncSession, events: list[Received[EmployeeRecorded]]) -> None:
    """Take over the newest state, and bring what is open for these people into line with it."""
    await directory.on_employee_recorded(session, events)
    await people.follow_directory(session, {e.subject for e in events}, {e.subject: e for e in events})
