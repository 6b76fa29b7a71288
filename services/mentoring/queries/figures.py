"""What is counted of the work of mentoring, for operators: how many of each kind, and nobody by name."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.pairs import PairStatus
from services.mentoring.domain.requests import UNFINISHED
from shared import clock
from shared.operate.figures import Figure, Told, counted, medians, stuck

NEWEST = 1_000
UNFINISHED_STATUSES = sorted(status.value for status in UNFINISHED)

REQUESTS = text("SELECT status, count(*) FROM requests WHERE status = ANY(CAST(:unfinished AS text[])) GROUP BY status")
PAIRS = text("SELECT status, count(*) FROM pairs GROUP BY status")
STUCK = text(
    "SELECT 'REQUEST', count(*) FROM requests WHERE status = 'OPEN' AND due_date < :today"
    " UNION ALL SELECT 'PAIR', count(*) FROM pairs WHERE status = 'ACTIVE' AND end_date < :today"
)
MEDIANS = text(
    "WITH newest AS (SELECT r.requested_at, p.matched_at, p.started_at, p.ended_at, p.status"
    "  FROM (SELECT * FROM pairs ORDER BY id DESC LIMIT :newest) p JOIN requests r ON r.id = p.request_id)"
    " SELECT step, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM took)) FROM ("
    "  SELECT 'MATCHED' AS step, matched_at - requested_at AS took FROM newest"
    "  UNION ALL SELECT 'STARTED', started_at - matched_at FROM newest WHERE started_at IS NOT NULL"
    "  UNION ALL SELECT 'COMPLETED', ended_at - started_at FROM newest WHERE status = 'COMPLETED') steps GROUP BY step"
)


async def requests(session: AsyncSession) -> Told:
    """Requests of whom something is still to be done, by status."""
    return (await session.execute(REQUESTS, {"unfinished": UNFINISHED_STATUSES})).all()


async def pairs(session: AsyncSession) -> Told:
    """Pairs by status."""
    return (await session.execute(PAIRS)).all()


async def stuck_cases(session: AsyncSession) -> Told:
    """Requests past the day they were due and without a guide, and pairs past the end they agreed on."""
    return (await session.execute(STUCK, {"today": await clock.today(session)})).all()


async def step_seconds(session: AsyncSession) -> Told:
    """The median time from request to pair, to its agreement, and to its end, over the newest pairs."""
    return (await session.execute(MEDIANS, {"newest": NEWEST})).all()


FIGURES: tuple[Figure, ...] = (
    counted(
        "bangkom_mentoring_requests_open",
        "Requests that wait for confirmation or a guide, or are being met",
        {"status": UNFINISHED_STATUSES},
        requests,
    ),
    counted("bangkom_pairs", "Pairs of guide and mentee", {"status": [status.value for status in PairStatus]}, pairs),
    stuck(("REQUEST", "PAIR"), stuck_cases),
    medians(("MATCHED", "STARTED", "COMPLETED"), step_seconds),
)
