"""What a change of unit, superior or legal status means for open forms, reviews and follow-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import absences, follow_ups, reviews
from services.evaluation.commands.causes import Causes
from services.evaluation.commands.days import OPEN_REVIEWS, schedule_days
from services.evaluation.domain.behaviour import Role
from services.evaluation.domain.selection import Ground, ReviewStatus
from services.evaluation.queries import people as directory
from services.evaluation.queries import reviews as queries
from services.evaluation.queries.people import Neighbourhood
from services.evaluation.tables import FormRow, FormStatus, ReviewRow
from shared import clock

TOUCHED = text(
    "SELECT id FROM reviews WHERE status = 'OPEN' AND employee_id = ANY(CAST(:people AS uuid[]))"
    " UNION SELECT f.review_id FROM forms f WHERE f.respondent_id = ANY(CAST(:people AS uuid[]))"
    " AND f.status = 'OPEN' AND f.review_id IS NOT NULL"
    " UNION SELECT r.id FROM reviews r JOIN directory_employees e ON e.id = r.employee_id"
    " WHERE r.status = 'OPEN' AND e.superior_id = ANY(CAST(:people AS uuid[]))"
)
WAITING = text(
    "SELECT count(*) FROM reviews r LEFT JOIN directory_employees e ON e.id = r.employee_id"
    " WHERE r.status = 'PLANNED' AND r.due_date <= :today"
    " AND (r.employee_id = ANY(CAST(:people AS uuid[])) OR e.superior_id = ANY(CAST(:people AS uuid[])))"
)
ACTIVE_PLANS = text("SELECT id FROM follow_ups WHERE status NOT IN ('CLOSED', 'ESCALATED') AND employee_id = :person")
GUIDED_PLANS = text(
    "SELECT id, employee_id, guide_id FROM follow_ups WHERE status IN ('CONFIRMED', 'ACCEPTED')"
    " AND target = 'SUPERIOR'"
    " AND (employee_id = ANY(CAST(:people AS uuid[])) OR guide_id = ANY(CAST(:people AS uuid[])))"
    " ORDER BY id FOR UPDATE"
)
SET_GUIDES = text(
    "UPDATE follow_ups f SET guide_id = g.guide FROM unnest(CAST(:ids AS uuid[]), CAST(:guides AS uuid[]))"
    " AS g(id, guide) WHERE f.id = g.id"
)
SET_FORMS = text(
    "UPDATE forms f SET respondent_id = c.respondent, status = c.status FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:respondents AS uuid[]), CAST(:statuses AS text[])) AS c(id, respondent, status)"
    " WHERE f.id = c.id"
)
SET_SUPERIORS = text(
    "UPDATE reviews r SET superior_id = s.superior FROM unnest(CAST(:ids AS uuid[]), CAST(:superiors AS uuid[]))"
    " AS s(id, superior) WHERE r.id = s.id"
)
DROP_REACTIONS = text(
    "UPDATE forms SET status = 'DROPPED' WHERE status = 'OPEN' AND class_id IS NOT NULL AND respondent_id = :person"
)


async def follow_directory(session: AsyncSession, people: Collection[UUID], causes: Causes) -> None:
    """Bring what is open into line with the directory, which knows these people's newest state already."""
    await absences.watch(session, {each: causes[each] for each in people})
    today = await clock.today(session)
    given = {"people": sorted(people)}
    if await session.scalar(WAITING, {**given, "today": today}):
        await schedule_days(session, OPEN_REVIEWS, [today])
    touched = await queries.locked(session, (await session.execute(TOUCHED, given)).scalars().all())
    guided = (await session.execute(GUIDED_PLANS, given)).all()
    if not (touched or guided):
        return
    subjects = {review.employee_id for review in touched} | {row.employee_id for row in guided}
    around = await directory.neighbourhood(session, subjects | set(people), today)
    await _follow_reviews(session, [r for r in touched if r.status == ReviewStatus.OPEN], around)
    new_guides = {
        row.id: superior
        for row in guided
        if (superior := around.superior_of(row.employee_id)) not in {None, row.guide_id}
    }
    await session.execute(SET_GUIDES, {"ids": list(new_guides), "guides": list(new_guides.values())})


async def let_go(session: AsyncSession, employee_id: UUID) -> None:
    """End what is open for a person who is away and not back yet."""
    if not await directory.away(session, [employee_id]):
        return
    await session.execute(DROP_REACTIONS, {"person": employee_id})
    planned = (await session.execute(ACTIVE_PLANS, {"person": employee_id})).scalars().all()
    await follow_ups.closed_as_away(session, planned)


async def _follow_reviews(session: AsyncSession, open_reviews: Sequence[ReviewRow], around: Neighbourhood) -> None:
    gone = [review.id for review in open_reviews if around.is_away(review.employee_id)]
    await reviews.drop(session, gone, Ground.PERSON_AWAY)
    staying = [review for review in open_reviews if review.id not in gone]
    forms = await queries.forms_of(session, [review.id for review in staying])
    changed: dict[UUID, tuple[UUID, FormStatus]] = {}
    done: list[ReviewRow] = []
    for review in staying:
        own = forms.get(review.id, [])
        changes = _changes(own, around.superior_of(review.employee_id), around)
        changed |= changes
        left = [form for form in own if _status(form, changes) == FormStatus.OPEN]
        if own and not left:
            done.append(review)
    await _set_forms(session, changed)
    await _set_superiors(session, staying, forms, changed)
    await reviews.close(session, done)


def _changes(
    forms: Sequence[FormRow], superior: UUID | None, around: Neighbourhood
) -> dict[UUID, tuple[UUID, FormStatus]]:
    """Open forms go to the new superior, who is then no peer any more; those of people who are away, or whom nobody
    succeeds, are dropped.
    """
    found: dict[UUID, tuple[UUID, FormStatus]] = {}
    waits = any(form.role == Role.SUPERIOR and form.status == FormStatus.OPEN for form in forms)
    heir = superior if waits else None
    for form in forms:
        if form.status != FormStatus.OPEN:
            continue
        if form.role == Role.SUPERIOR:
            if superior is None:
                found[form.id] = form.respondent_id, FormStatus.DROPPED
            elif superior != form.respondent_id:
                found[form.id] = superior, FormStatus.OPEN
        elif around.is_away(form.respondent_id) or form.respondent_id == heir:
            found[form.id] = form.respondent_id, FormStatus.DROPPED
    return found


def _status(form: FormRow, changes: dict[UUID, tuple[UUID, FormStatus]]) -> str:
    return changes[form.id][1] if form.id in changes else form.status


async def _set_forms(session: AsyncSession, changed: dict[UUID, tuple[UUID, FormStatus]]) -> None:
    if changed:
        columns = {
            "ids": list(changed),
            "respondents": [respondent for respondent, _ in changed.values()],
            "statuses": [status.value for _, status in changed.values()],
        }
        await session.execute(SET_FORMS, columns)


async def _set_superiors(
    session: AsyncSession,
    staying: Sequence[ReviewRow],
    forms: dict[UUID, list[FormRow]],
    changed: dict[UUID, tuple[UUID, FormStatus]],
) -> None:
    new = {
        review.id: changed[form.id][0]
        for review in staying
        for form in forms.get(review.id, [])
        if form.role == Role.SUPERIOR and form.id in changed
    }
    if new:
        await session.execute(SET_SUPERIORS, {"ids": list(new), "superiors": list(new.values())})
