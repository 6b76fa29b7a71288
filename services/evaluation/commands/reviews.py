"""Level 3: reviews of behaviour, planned when an activity ends, opened when they fall due, closed with a verdict."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import follow_ups
from services.evaluation.commands.causes import BY_ITSELF, tell
from services.evaluation.commands.days import CLOSE_REVIEWS, OPEN_REVIEWS, schedule_days
from services.evaluation.domain.behaviour import Background, BehaviourFinding, Role, conclude_behaviour
from services.evaluation.domain.evaluations import BEHAVIOUR, Activity, Evaluation
from services.evaluation.domain.respondents import respondents_of
from services.evaluation.domain.selection import (
    Candidate,
    ClassFacts,
    Ground,
    ReviewStatus,
    SelectionVersion,
    allot,
    ground_of,
)
from services.evaluation.queries import people as directory
from services.evaluation.queries import reviews as queries
from services.evaluation.queries.people import Neighbourhood
from services.evaluation.rules import BEHAVIOUR_OF_PERSON, SELECTION
from services.evaluation.tables import FormRow, FormStatus, ReviewRow
from services.evaluation.tables.base import ids_as_json
from shared import clock
from shared.db import insert_rows
from shared.events.evaluation import CompetencyRemeasured
from shared.ids import new_id

AT_ONCE = 1_000
"""Reviews opened or closed in one transaction; the rest follows in the next."""

PLAN_AGAIN = (
    "ON CONFLICT (activity_id) DO UPDATE SET status = excluded.status, ground = NULL, end_date = excluded.end_date,"
    " due_date = excluded.due_date, need_ids = excluded.need_ids, learning_hours = excluded.learning_hours,"
    " competency = excluded.competency, rule_version = excluded.rule_version"
    " WHERE reviews.status IN ('DROPPED', 'PLANNED', 'NOT_SELECTED')"
)
DROP = text(
    "UPDATE reviews SET status = 'DROPPED', ground = :ground WHERE id = ANY(CAST(:ids AS uuid[]))"
    " AND status IN ('PLANNED', 'OPEN', 'NOT_SELECTED', 'CAPPED')"
)
END_FORMS = text("UPDATE forms SET status = :status WHERE review_id = ANY(CAST(:ids AS uuid[])) AND status = 'OPEN'")
OF_ACTIVITIES = text("SELECT id FROM reviews WHERE activity_id = ANY(CAST(:ids AS uuid[])) ORDER BY id")
SET_ASIDE = text(
    "UPDATE reviews r SET status = s.status, ground = s.ground, superior_id = s.superior FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:grounds AS text[]), CAST(:superiors AS uuid[]))"
    " AS s(id, status, ground, superior) WHERE r.id = s.id"
)
SET_OPEN = text(
    "UPDATE reviews SET opened_at = :moment, answer_by = o.answer_by"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) AS o(id, answer_by) WHERE reviews.id = o.id"
)
SET_CLOSED = text(
    "UPDATE reviews r SET status = 'CLOSED', closed_at = :moment, level = c.level,"
    " causes = CAST(c.causes AS jsonb), failed_items = CAST(c.failed AS jsonb)"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:levels AS smallint[]), CAST(:causes AS text[]), CAST(:failed AS text[]))"
    " AS c(id, level, causes, failed) WHERE r.id = c.id"
)
FORGET_DROPPED = text("DELETE FROM forms WHERE review_id = ANY(CAST(:ids AS uuid[])) AND status = 'DROPPED'")

Decision = tuple[ReviewStatus, Ground]


def due_date_of(activity: Activity) -> date:
    """The local day from which the behaviour after an activity can be judged."""
    return SELECTION.in_force_on(activity.end_date).due_date(activity)


async def plan_reviews(session: AsyncSession, activities: Sequence[Activity]) -> None:
    """Look at each activity again when its effect can be seen; which are really reviewed is decided on that day."""
    if not activities:
        return
    ordered = sorted(activities, key=lambda activity: activity.id)
    await insert_rows(session, ReviewRow, [_planned(activity) for activity in ordered], PLAN_AGAIN)
    await schedule_days(session, OPEN_REVIEWS, {due_date_of(activity) for activity in activities})


async def drop_reviews_of(session: AsyncSession, activity_ids: Collection[UUID], ground: Ground) -> None:
    """Let go of reviews of activities that were not completed after all."""
    if activity_ids:
        ids = (await session.execute(OF_ACTIVITIES, {"ids": sorted(activity_ids)})).scalars().all()
        await drop(session, [review.id for review in await queries.locked(session, ids)], ground)


async def drop(session: AsyncSession, ids: Collection[UUID], ground: Ground) -> None:
    """Let go of reviews with their open forms; one that is closed stays. Who asks has locked them."""
    if ids:
        await session.execute(DROP, {"ids": sorted(ids), "ground": ground.value})
        await session.execute(END_FORMS, {"ids": sorted(ids), "status": FormStatus.DROPPED.value})


async def open_due(session: AsyncSession) -> None:
    """Decide which of the reviews that have fallen due are held, and send their forms out."""
    today = await clock.today(session)
    ids = await queries.due(session, today, AT_ONCE)
    due = [review for review in await queries.locked(session, ids) if review.status == ReviewStatus.PLANNED]
    around = await directory.neighbourhood(session, {review.employee_id for review in due}, today)
    decided, selected = await _select(session, due, around)
    await _set_aside(session, decided, {})
    await _hold_within_limits(session, selected, around)
    if len(ids) == AT_ONCE:
        await schedule_days(session, OPEN_REVIEWS, [today])


async def _select(
    session: AsyncSession, due: Sequence[ReviewRow], around: Neighbourhood
) -> tuple[dict[UUID, Decision], dict[UUID, tuple[ReviewRow, Ground]]]:
    """Those that are not held at all, and those that are if the limits allow it; who is not known yet waits."""
    facts = await queries.class_facts(session, due)
    unknown, none = ClassFacts(form=None, cost_level=None), ClassFacts(form=0, cost_level="")
    decided: dict[UUID, Decision] = {}
    selected: dict[UUID, tuple[ReviewRow, Ground]] = {}
    for review in due:
        activity = review.activity()
        known = facts.get(review.class_id, unknown) if review.class_id else none
        ground, is_selected = ground_of(activity, known, SELECTION.in_force_on(activity.end_date))
        if around.is_away(review.employee_id):
            decided[review.id] = ReviewStatus.DROPPED, Ground.PERSON_AWAY
        elif not is_selected:
            decided[review.id] = ReviewStatus.NOT_SELECTED, ground
        elif around.is_known(review.employee_id):
            selected[review.id] = review, ground
    return decided, selected


async def _hold_within_limits(
    session: AsyncSession, selected: Mapping[UUID, tuple[ReviewRow, Ground]], around: Neighbourhood
) -> None:
    """Open what the limits allow; one opened too early, before an earlier one was heard of, gives its place up."""
    if not selected:
        return
    superiors = {review.id: around.superior_of(review.employee_id) for review, _ in selected.values()}
    others = await _neighbours(session, [review for review, _ in selected.values()], superiors)
    answered = await queries.begun(session, [review.id for review in others])
    rows = {review.id: review for review, _ in selected.values()} | {review.id: review for review in others}
    candidates = [
        Candidate(
            id=row.id,
            activity=row.activity(),
            due_date=row.due_date,
            superior_id=superiors.get(row.id, row.superior_id),
            version=_version(row),
            settled=row.status == ReviewStatus.CLOSED or row.id in answered,
        )
        for row in rows.values()
    ]
    limits = allot(candidates)
    capped = {each: limit for each, limit in limits.items() if limit and rows[each].status != ReviewStatus.CAPPED}
    held = [each for each, limit in limits.items() if limit is None and _is_to_be_opened(rows[each])]
    grounds = {each: (ReviewStatus.CAPPED, limit) for each, limit in capped.items()}
    grounds |= {each: (ReviewStatus.OPEN, _ground(each, rows[each], selected)) for each in held}
    await _set_aside(session, grounds, {row.id: superiors.get(row.id, row.superior_id) for row in rows.values()})
    await session.execute(END_FORMS, {"ids": sorted(capped), "status": FormStatus.DROPPED.value})
    await _send_forms(session, [rows[each] for each in sorted(held)], around, superiors)


def _is_to_be_opened(row: ReviewRow) -> bool:
    return row.status in {ReviewStatus.PLANNED, ReviewStatus.CAPPED}


def _ground(review_id: UUID, row: ReviewRow, selected: Mapping[UUID, tuple[ReviewRow, Ground]]) -> Ground:
    if review_id in selected:
        return selected[review_id][1]
    activity = row.activity()
    return ground_of(activity, ClassFacts(form=None, cost_level=None), _version(row))[0]


async def _neighbours(
    session: AsyncSession, reviews: Sequence[ReviewRow], superiors: Mapping[UUID, UUID | None]
) -> list[ReviewRow]:
    people = {(review.employee_id, review.due_date.year) for review in reviews}
    months = {(superior, review.due_date.replace(day=1)) for review in reviews if (superior := superiors[review.id])}
    return await queries.locked(session, await queries.neighbours(session, people, months))


async def _set_aside(
    session: AsyncSession, decided: Mapping[UUID, Decision], superiors: Mapping[UUID, UUID | None]
) -> None:
    if not decided:
        return
    ids = sorted(decided)
    columns = {
        "ids": ids,
        "statuses": [decided[each][0].value for each in ids],
        "grounds": [decided[each][1].value for each in ids],
        "superiors": [superiors.get(each) for each in ids],
    }
    await session.execute(SET_ASIDE, columns)


async def _send_forms(
    session: AsyncSession, reviews: Sequence[ReviewRow], around: Neighbourhood, superiors: Mapping[UUID, UUID | None]
) -> None:
    """Ask the person, the superior, some peers and some subordinates, as the directory has them today."""
    if not reviews:
        return
    # A review that comes back from its limit has its superior from when it was set aside.
    above = {review.id: superiors.get(review.id, review.superior_id) for review in reviews}
    leads = {each for each in above.values() if each} | {review.employee_id for review in reviews}
    under = await directory.colleagues(session, leads)
    moment, today = await clock.now(session), around.today
    forms, last_days = [], []
    for review in reviews:
        version = _version(review)
        superior = above[review.id]
        colleagues = (under.get(superior, []) if superior else [], under.get(review.employee_id, []))
        answer_by = today + timedelta(days=version.answer_within_days)
        last_days.append(answer_by)
        forms += [
            _form(review, role, respondent, answer_by) | {"opened_at": moment}
            for role, respondent in respondents_of(
                review.activity_id, review.employee_id, superior, colleagues, version
            )
        ]
    await session.execute(SET_OPEN, {"ids": [r.id for r in reviews], "days": last_days, "moment": moment})
    # A review may have been given up and taken up again: who was asked then is asked anew.
    await session.execute(FORGET_DROPPED, {"ids": [r.id for r in reviews]})
    await insert_rows(session, FormRow, forms, "ON CONFLICT DO NOTHING")
    await schedule_days(session, CLOSE_REVIEWS, {day + timedelta(days=1) for day in last_days})


async def close_overdue(session: AsyncSession) -> None:
    """Conclude the reviews whose time for answers has passed."""
    today = await clock.today(session)
    ids = await queries.overdue(session, today, AT_ONCE)
    reviews = [review for review in await queries.locked(session, ids) if review.status == ReviewStatus.OPEN]
    await close(session, reviews)
    if len(ids) == AT_ONCE:
        await schedule_days(session, CLOSE_REVIEWS, [today])


async def close(session: AsyncSession, reviews: Sequence[ReviewRow]) -> None:
    """Conclude reviews from the answers that came, whoever did not answer; they are open, and locked."""
    if not reviews:
        return
    ids = [review.id for review in reviews]
    answers, backgrounds = await queries.answers(session, ids), await queries.backgrounds(session, ids)
    nothing = Background(standard=None, trained=False, mentored=False)
    findings = {
        review.id: conclude_behaviour(
            answers.get(review.id, []), backgrounds.get(review.id, nothing), review.end_date, BEHAVIOUR_OF_PERSON
        )
        for review in reviews
    }
    evaluations = {review.id: _evaluation(review.activity(), findings[review.id]) for review in reviews}
    await _set_closed(session, findings)
    await follow_ups.settle(session, list(evaluations.values()), BY_ITSELF)
    today = await clock.today(session)
    for review_id, finding in findings.items():
        if finding.level is not None:
            _tell_level(session, evaluations[review_id], finding.level, today)


async def _set_closed(session: AsyncSession, findings: Mapping[UUID, BehaviourFinding]) -> None:
    ids = sorted(findings)
    columns = {
        "ids": ids,
        "levels": [findings[each].level for each in ids],
        "causes": [orjson.dumps(findings[each].causes).decode() for each in ids],
        "failed": [orjson.dumps(findings[each].failed_items).decode() for each in ids],
        "moment": await clock.now(session),
    }
    await session.execute(SET_CLOSED, columns)
    await session.execute(END_FORMS, {"ids": ids, "status": FormStatus.EXPIRED.value})


def _tell_level(session: AsyncSession, evaluation: Evaluation, level: int, today: date) -> None:
    activity = evaluation.activity
    event = CompetencyRemeasured(
        evaluation_id=evaluation.id,
        employee_id=activity.employee_id,
        competency=activity.competency,
        level=level,
        measured_on=today,
        need_ids=activity.need_ids,
    )
    tell(session, event, None, activity.need_ids)


def _evaluation(activity: Activity, finding: BehaviourFinding) -> Evaluation:
    plans = (finding.plan,) if finding.plan else ()
    return Evaluation(id=new_id(), activity=activity, level=BEHAVIOUR, conclusion=finding.conclusion, plans=plans)


def _version(review: ReviewRow) -> SelectionVersion:
    return SELECTION.in_force_on(review.end_date)


def _planned(activity: Activity) -> dict[str, object]:
    return {
        "id": new_id(),
        "activity_kind": activity.kind,
        "activity_id": activity.id,
        "employee_id": activity.employee_id,
        "competency": activity.competency,
        "end_date": activity.end_date,
        "need_ids": ids_as_json(activity.need_ids),
        "follow_up_id": activity.follow_up_id,
        "class_id": activity.class_id,
        "program_id": activity.program_id,
        "learning_hours": activity.learning_hours,
        "due_date": due_date_of(activity),
        "rule": SELECTION.name,
        "rule_version": SELECTION.in_force_on(activity.end_date).name,
        "status": ReviewStatus.PLANNED,
    }


def _form(review: ReviewRow, role: Role, respondent_id: UUID, answer_by: date) -> dict[str, object]:
    return {
        "id": new_id(),
        "role": role,
        "respondent_id": respondent_id,
        "subject_id": review.employee_id,
        "class_id": None,
        "review_id": review.id,
        "status": FormStatus.OPEN,
        "answer_by": answer_by,
    }
