"""Reviews of behaviour, forms and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.behaviour import Answer, Background
from services.evaluation.domain.evaluations import BEHAVIOUR
from services.evaluation.domain.selection import ClassFacts, ReviewStatus
from services.evaluation.queries.access import seen_by
from services.evaluation.rules import BEHAVIOUR_OF_PERSON, REACTION_OF_CLASS
from services.evaluation.tables import (
    BehaviourAnswerRow,
    ClassRow,
    EvaluationRow,
    FormRow,
    FormStatus,
    ProgramRow,
    ReviewRow,
)
from shared.errors import NotFound
from shared.identity.actor import Actor, Role
from shared.lists import Page, among, page_of
from shared.scope import of_unit_of

PersonYear = tuple[UUID, int]
SuperiorMonth = tuple[UUID, date]

DUE = text(
    "SELECT id FROM reviews WHERE status = 'PLANNED' AND due_date <= :today ORDER BY due_date, activity_id LIMIT :limit"
)
OVERDUE = text(
    "SELECT id FROM reviews WHERE status = 'OPEN' AND answer_by < :today ORDER BY answer_by, id LIMIT :limit"
)
# Those that share the year of a person or the month of a superior with the given ones, for the limits of both.
NEIGHBOURS = text(
    "SELECT r.id, r.employee_id, r.superior_id, r.due_date FROM reviews r"
    " JOIN unnest(CAST(:people AS uuid[]), CAST(:years AS integer[])) AS p(id, year)"
    " ON r.employee_id = p.id AND r.due_date >= make_date(p.year, 1, 1) AND r.due_date < make_date(p.year + 1, 1, 1)"
    " WHERE r.status IN ('OPEN', 'CLOSED', 'CAPPED')"
    " UNION SELECT r.id, r.employee_id, r.superior_id, r.due_date FROM reviews r"
    " JOIN unnest(CAST(:superiors AS uuid[]), CAST(:months AS date[])) AS s(id, month)"
    " ON r.superior_id = s.id AND r.due_date >= s.month AND r.due_date < (s.month + interval '1 month')"
    " WHERE r.status IN ('OPEN', 'CLOSED', 'CAPPED')"
)
BEGUN = text("SELECT DISTINCT review_id FROM forms WHERE review_id = ANY(CAST(:ids AS uuid[])) AND status = 'ANSWERED'")
BACKGROUNDS = text(
    "SELECT r.id,"
    " coalesce((SELECT max(n.standard_level) FROM needs n"
    "   WHERE n.id IN (SELECT CAST(x AS uuid) FROM jsonb_array_elements_text(r.need_ids) x)"
    "   AND n.competency = r.competency),"
    "  (SELECT CAST(p.standard_levels->>r.competency AS integer) FROM directory_employees e"
    "   JOIN directory_positions p ON p.id = e.position_id WHERE e.id = r.employee_id)) AS standard,"
    " coalesce(tried.kinds && ARRAY['TRAINING'], false) AS trained,"
    " coalesce(tried.kinds && ARRAY['MENTORING'], false) AS mentored"
    " FROM reviews r LEFT JOIN follow_ups f ON f.id = r.follow_up_id,"
    " LATERAL (SELECT array_agg(t.activity_kind) AS kinds FROM reviews t"
    "  WHERE t.employee_id = r.employee_id AND t.competency = r.competency AND t.end_date <= r.due_date"
    "  AND t.end_date >= make_date(coalesce(f.cycle, CAST(extract(year FROM r.end_date) AS integer)), 1, 1)"
    "  AND t.ground IS DISTINCT FROM 'NOT_COMPLETED') tried"
    " WHERE r.id = ANY(CAST(:ids AS uuid[]))"
)


AskedForm = tuple[FormRow, ReviewRow | None, ClassRow | None]
"""A form with what it asks about."""

FORM_AND_SUBJECT = (
    select(FormRow, ReviewRow, ClassRow)
    .outerjoin(ReviewRow, ReviewRow.id == FormRow.review_id)
    .outerjoin(ClassRow, ClassRow.id == FormRow.class_id)
)


def items_of(review: ReviewRow | None, held: ClassRow | None) -> tuple[str, ...]:
    """What a form asks, by the rule in force when its activity ended."""
    if review is not None:
        return BEHAVIOUR_OF_PERSON.in_force_on(review.end_date).items
    return REACTION_OF_CLASS.in_force_on(held.end_date).items if held is not None else ()


async def due(session: AsyncSession, today: date, limit: int) -> list[UUID]:
    """Planned reviews that have fallen due, earliest first."""
    return list((await session.execute(DUE, {"today": today, "limit": limit})).scalars())


async def overdue(session: AsyncSession, today: date, limit: int) -> list[UUID]:
    """Open reviews whose time for answers has passed."""
    return list((await session.execute(OVERDUE, {"today": today, "limit": limit})).scalars())


async def locked(session: AsyncSession, ids: Collection[UUID]) -> list[ReviewRow]:
    """Reviews, locked in the order of their ids."""
    if not ids:
        return []
    found = await session.scalars(
        select(ReviewRow)
        .where(among(ReviewRow.id, ids))
        .order_by(ReviewRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


async def neighbours(
    session: AsyncSession, people: Iterable[PersonYear], superiors: Iterable[SuperiorMonth]
) -> set[UUID]:
    """Reviews that count towards the same limits, and those that share a limit with them in turn: a team's year."""
    found: set[UUID] = set()
    asked: set[PersonYear | SuperiorMonth] = set()
    new_people, new_months = set(people), set(superiors)
    while new_people or new_months:
        asked |= new_people | new_months
        given = {
            "people": [person for person, _ in new_people],
            "years": [year for _, year in new_people],
            "superiors": [superior for superior, _ in new_months],
            "months": [month for _, month in new_months],
        }
        rows = (await session.execute(NEIGHBOURS, given)).all()
        found |= {row.id for row in rows}
        new_people = {(row.employee_id, row.due_date.year) for row in rows} - asked
        new_months = {(row.superior_id, row.due_date.replace(day=1)) for row in rows if row.superior_id} - asked
    return found


async def begun(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """The reviews that somebody has answered."""
    return set((await session.execute(BEGUN, {"ids": sorted(ids)})).scalars())


async def class_facts(session: AsyncSession, reviews: Iterable[ReviewRow]) -> dict[UUID, ClassFacts]:
    """Form and cost of the classes that the reviews look back on, as far as they are known."""
    class_ids = {review.class_id for review in reviews if review.class_id}
    rows = await session.execute(
        select(ClassRow.id, ProgramRow.form, ClassRow.cost_level)
        .outerjoin(ProgramRow, ProgramRow.id == ClassRow.program_id)
        .where(among(ClassRow.id, class_ids))
    )
    return {row.id: ClassFacts(form=row.form, cost_level=row.cost_level) for row in rows}


async def answers(session: AsyncSession, review_ids: Collection[UUID]) -> dict[UUID, list[Answer]]:
    """The answers of each review."""
    rows = await session.scalars(
        select(BehaviourAnswerRow)
        .where(among(BehaviourAnswerRow.review_id, review_ids))
        .order_by(BehaviourAnswerRow.id)
    )
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for row in rows:
        found[row.review_id].append(row.to_domain())
    return found


async def backgrounds(session: AsyncSession, review_ids: Collection[UUID]) -> dict[UUID, Background]:
    """The level the job asks and what was completed for the case from its plan year on until the review fell due."""
    rows = await session.execute(BACKGROUNDS, {"ids": sorted(review_ids)})
    return {row.id: Background(standard=row.standard, trained=row.trained, mentored=row.mentored) for row in rows}


async def forms_of(session: AsyncSession, review_ids: Collection[UUID]) -> dict[UUID, list[FormRow]]:
    """The forms of each review; who asks has locked the reviews."""
    rows = await session.scalars(
        select(FormRow)
        .where(among(FormRow.review_id, review_ids))
        .order_by(FormRow.id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[FormRow]] = defaultdict(list)
    for row in rows:
        if row.review_id is not None:
            found[row.review_id].append(row)
    return found


async def forms_by_ids(
    session: AsyncSession, ids: Collection[UUID], *, for_update: bool = False
) -> dict[UUID, FormRow]:
    """Forms by their ids."""
    statement = (
        select(FormRow).where(among(FormRow.id, ids)).order_by(FormRow.id).execution_options(populate_existing=True)
    )
    rows = await session.scalars(statement.with_for_update() if for_update else statement)
    return {row.id: row for row in rows}


async def forms(
    session: AsyncSession, actor: Actor, page: Page, *, status: FormStatus | None, respondent_id: UUID | None
) -> list[AskedForm]:
    """The newest forms that the actor may fill in: their own, and as staff those of the unit.

    Analysts and auditors see who was asked; what was said is in no form.
    """
    seen = or_(seen_by(actor, FormRow.respondent_id), _fillable_by(actor))
    statement = page_of(FORM_AND_SUBJECT.where(seen), FormRow.id, page)
    if status is not None:
        statement = statement.where(FormRow.status == status)
    if respondent_id is not None:
        statement = statement.where(FormRow.respondent_id == respondent_id)
    return [(form, review, held) for form, review, held in await session.execute(statement)]


async def forms_to_fill(session: AsyncSession, actor: Actor, limit: int) -> list[AskedForm]:
    """The open forms that wait for the actor, those due first before others; of a unit's staff, the unit's as well."""
    statement = FORM_AND_SUBJECT.where(FormRow.status == FormStatus.OPEN, _fillable_by(actor))
    found = await session.execute(statement.order_by(FormRow.answer_by, FormRow.id).limit(limit))
    return [(form, review, held) for form, review, held in found]


async def form_to_fill(session: AsyncSession, actor: Actor, form_id: UUID) -> AskedForm:
    """One form that the actor may fill in, answered or not; raises NotFound."""
    statement = FORM_AND_SUBJECT.where(FormRow.id == form_id, _fillable_by(actor))
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound("Formulir ini tidak ada.")
    form, review, held = found
    return form, review, held


async def program_titles(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """The titles of these programmes, as far as they are known."""
    found = await session.execute(select(ProgramRow.id, ProgramRow.title).where(among(ProgramRow.id, ids)))
    return dict(found.all())


def _fillable_by(actor: Actor) -> ColumnElement[bool]:
    """Forms of the actor, and, of a unit's staff, those of its people."""
    if actor.employee_id is None:
        return false()
    own = FormRow.respondent_id == actor.employee_id
    return or_(own, of_unit_of(actor, FormRow.respondent_id)) if Role.UNIT_STAFF in actor.roles else own


async def reviews(
    session: AsyncSession, actor: Actor, page: Page, *, status: ReviewStatus | None, employee_id: UUID | None
) -> Sequence[ReviewRow]:
    """The newest reviews of the actor's own behaviour, or of those whose superior they are."""
    statement = select(ReviewRow).where(seen_by(actor, ReviewRow.employee_id, ReviewRow.superior_id))
    statement = page_of(statement, ReviewRow.id, page)
    if status is not None:
        statement = statement.where(ReviewRow.status == status)
    if employee_id is not None:
        statement = statement.where(ReviewRow.employee_id == employee_id)
    return (await session.scalars(statement)).all()


async def review(session: AsyncSession, actor: Actor, review_id: UUID) -> tuple[ReviewRow, EvaluationRow | None]:
    """One review with what was concluded; raises NotFound when it is not the actor's to see."""
    row = await session.scalar(
        select(ReviewRow).where(ReviewRow.id == review_id, seen_by(actor, ReviewRow.employee_id, ReviewRow.superior_id))
    )
    if row is None:
        raise NotFound("Tinjauan ini tidak ada.")
    concluded = await session.scalar(
        select(EvaluationRow).where(EvaluationRow.activity_id == row.activity_id, EvaluationRow.level == BEHAVIOUR)
    )
    return row, concluded
