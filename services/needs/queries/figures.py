"""What is counted of the work of needs, for operators: how many of each kind, and nobody by name."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.domain.needs import OPEN, NeedStatus
from services.needs.domain.plan import ACTIVE, ItemStatus
from services.needs.rules import FORMS, STEP_DAYS
from shared import clock
from shared.operate.figures import Figure, Told, counted, imports, medians, stuck

NEEDS = text("SELECT status, count(*) FROM needs WHERE status = ANY(CAST(:open AS text[])) GROUP BY status")
ITEMS = text(
    "SELECT status, form, count(*) FROM plan_items"
    " WHERE status = ANY(CAST(:active AS text[])) OR cycle >= :year GROUP BY status, form"
)
STUCK = text(
    "SELECT n.status, count(*) FROM needs n"
    " JOIN unnest(CAST(:statuses AS text[]), CAST(:moments AS timestamptz[])) AS t(status, moment)"
    " ON n.status = t.status AND n.changed_at < t.moment GROUP BY n.status"
)
# Each status by its newest steps and each step with the one before, by index: as fast in ten years as now. By id in
# place of the time, a status that is rare would be looked for among all steps there are.
MEDIANS = text(
    "SELECT s.status, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.taken_at - before.taken_at))"
    " FROM unnest(CAST(:statuses AS text[])) AS wanted(status),"
    " LATERAL (SELECT * FROM need_steps WHERE status = wanted.status ORDER BY taken_at DESC LIMIT :newest) s,"
    " LATERAL (SELECT taken_at FROM need_steps b WHERE b.need_id = s.need_id AND b.id < s.id"
    "  ORDER BY b.id DESC LIMIT 1) before GROUP BY s.status"
)
NEWEST = 1_000
IMPORT_KINDS = ("units", "positions", "employees", "standards", "assessments", "performance")
STATUSES, OPEN_STATUSES = [status.value for status in NeedStatus], sorted(status.value for status in OPEN)
FORM_CODES = sorted({str(form) for _, forms in FORMS.versions for form in forms}, key=int)


async def open_needs(session: AsyncSession) -> Told:
    """Open needs by status."""
    return (await session.execute(NEEDS, {"open": OPEN_STATUSES})).all()


async def plan_items(session: AsyncSession) -> Told:
    """Items by status and form: all that are still to be carried out, and what became of this year's and later ones."""
    given = {"active": sorted(status.value for status in ACTIVE), "year": (await clock.today(session)).year}
    return [(status, str(form), count) for status, form, count in await session.execute(ITEMS, given)]


async def stuck_needs(session: AsyncSession) -> Told:
    """Open needs that have not changed for longer than they may stand where they do, by status."""
    now = await clock.now(session)
    days = STEP_DAYS.on(await clock.today(session))
    moments = [now - timedelta(days=days[status]) for status in days]
    return (await session.execute(STUCK, {"statuses": [s.value for s in days], "moments": moments})).all()


async def step_seconds(session: AsyncSession) -> Told:
    """The median time to each status from the one before, over its newest steps."""
    return (await session.execute(MEDIANS, {"statuses": STATUSES, "newest": NEWEST})).all()


FIGURES: tuple[Figure, ...] = (
    counted("bangkom_needs_open", "Needs that are neither met nor refused", {"status": OPEN_STATUSES}, open_needs),
    counted(
        "bangkom_plan_items",
        "Items of the plan: all that are to be carried out, and those of this year and later that ended",
        {"status": [status.value for status in ItemStatus], "form": FORM_CODES},
        plan_items,
    ),
    stuck(OPEN_STATUSES, stuck_needs),
    medians(STATUSES, step_seconds),
    *imports(IMPORT_KINDS),
)
