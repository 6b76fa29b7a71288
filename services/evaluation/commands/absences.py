"""People who are away: looked at once everything sent by now has arrived, since whoever is back by then stays."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands.causes import Causes
from services.evaluation.queries import people as directory
from shared import clock
from shared.timers import schedule

LET_GO = "let_go"

WITH_SOMETHING_OPEN = text(
    "SELECT employee_id FROM follow_ups WHERE status NOT IN ('CLOSED', 'ESCALATED')"
    " AND employee_id = ANY(CAST(:people AS uuid[]))"
    " UNION SELECT respondent_id FROM forms WHERE status = 'OPEN' AND class_id IS NOT NULL"
    " AND respondent_id = ANY(CAST(:people AS uuid[]))"
)


async def watch(session: AsyncSession, employee_causes: Causes) -> None:
    """Have what is open for those of these people who are away ended, unless they have come back by then.

    A service that catches up may hear of an old leave after what a later class brought; timers wait until it has.
    """
    concerned = set((await session.execute(WITH_SOMETHING_OPEN, {"people": sorted(employee_causes)})).scalars())
    for employee_id in sorted(await directory.away(session, concerned)):
        cause = employee_causes[employee_id].event_id
        await schedule(session, LET_GO, employee_id, await clock.now(session), cause=cause)
