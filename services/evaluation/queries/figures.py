"""What is counted of the work of evaluation, for operators: how many of each kind, and nobody by name."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.behaviour import BehaviourPlans
from services.evaluation.domain.follow_ups import FollowUpStatus
from services.evaluation.rules import BEHAVIOUR_OF_PERSON, LEARNING_OF_PERSON
from shared import clock
from shared.operate.figures import RECENT, Figure, Told, counted, imports, medians, stuck

NEWEST = 1_000
YEAR = timedelta(days=365)
ABOUT = ("CLASS", "BEHAVIOUR")
STANDINGS = ("DUE", "LATE", "UNANSWERED")
AGES = ("00-07", "08-30", "31-90", "91+")

FORMS = text(
    "SELECT CASE WHEN class_id IS NULL THEN 'BEHAVIOUR' ELSE 'CLASS' END,"
    " CASE WHEN status = 'EXPIRED' THEN 'UNANSWERED' WHEN answer_by < :today THEN 'LATE' ELSE 'DUE' END, count(*)"
    " FROM forms WHERE status = 'OPEN' OR (status = 'EXPIRED' AND answer_by >= :since) GROUP BY 1, 2"
)
FOLLOW_UPS = text(
    "SELECT status, kind, CASE WHEN days <= 7 THEN '00-07' WHEN days <= 30 THEN '08-30' WHEN days <= 90 THEN '31-90'"
    " ELSE '91+' END, count(*)"
    " FROM (SELECT status, kind, extract(epoch FROM coalesce(closed_at, :now) - opened_at) / 86400 AS days"
    "  FROM follow_ups WHERE closed_at IS NULL OR closed_at >= :since) f GROUP BY 1, 2, 3"
)
STUCK = text(
    "SELECT 'REVIEW', count(*) FROM reviews"
    " WHERE (status = 'PLANNED' AND due_date < :today) OR (status = 'OPEN' AND answer_by < :today)"
    " UNION ALL SELECT 'FOLLOW_UP', count(*) FROM follow_ups"
    "  WHERE status IN ('OPEN', 'CONFIRMED', 'ACCEPTED') AND due_date < :today"
)
MEDIANS = text(
    "SELECT 'REVIEWED', percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - end_date))"
    " FROM reviews WHERE status = 'CLOSED' AND closed_at >= :since"
    " UNION ALL SELECT 'FOLLOWED_UP',"
    " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - opened_at))"
    " FROM (SELECT * FROM follow_ups WHERE status = 'CLOSED' ORDER BY id DESC LIMIT :newest) f"
)


def _kinds() -> list[str]:
    """Every kind of follow-up that a version of a rule has ever ordered."""
    learned = [plan for version in LEARNING_OF_PERSON.versions for plan in (version.follow_up, version.second_round)]
    names = [field.name for field in fields(BehaviourPlans)]
    applied = [getattr(version.plans, name) for version in BEHAVIOUR_OF_PERSON.versions for name in names]
    return sorted({plan.kind for plan in (*learned, *applied)})


async def forms(session: AsyncSession) -> Told:
    """Open forms by whether their day has passed, and those of the last 30 days that nobody answered."""
    today = await clock.today(session)
    return (await session.execute(FORMS, {"today": today, "since": today - RECENT})).all()


async def follow_ups(session: AsyncSession) -> Told:
    """Follow-ups by status, kind and age in days, or how old they became: active ones, and those ended in 30 days."""
    now = await clock.now(session)
    return (await session.execute(FOLLOW_UPS, {"now": now, "since": now - RECENT})).all()


async def stuck_cases(session: AsyncSession) -> Told:
    """Reviews past the day on which they should have opened or closed, and follow-ups past their due date."""
    return (await session.execute(STUCK, {"today": await clock.today(session)})).all()


async def step_seconds(session: AsyncSession) -> Told:
    """The median time from an activity's end to its review, over a year, and from opening to closing follow-ups."""
    since = await clock.now(session) - YEAR
    return (await session.execute(MEDIANS, {"since": since, "newest": NEWEST})).all()


FIGURES: tuple[Figure, ...] = (
    counted(
        "bangkom_forms",
        "Forms that wait for an answer, and those of the last 30 days that got none",
        {"about": ABOUT, "standing": STANDINGS},
        forms,
    ),
    counted(
        "bangkom_follow_ups",
        "Follow-ups that are active or ended within 30 days, by their age in days",
        {"status": [status.value for status in FollowUpStatus], "kind": _kinds(), "age": AGES},
        follow_ups,
    ),
    stuck(("REVIEW", "FOLLOW_UP"), stuck_cases),
    medians(("REVIEWED", "FOLLOWED_UP"), step_seconds),
    *imports(("citizen_survey",)),
)
