"""Seats, what stands concluded of them, and classes with what was found of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.evaluations import Standing
from services.evaluation.domain.learning import Enrolment, Outcome, Scores
from services.evaluation.queries.access import seen_by
from services.evaluation.tables import (
    ClassFindingRow,
    ClassRow,
    EnrolmentRow,
    EvaluationRow,
    ProgramRow,
    ReactionAnswerRow,
    enrolment_of,
    scores_of,
    standing_of,
)
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of

EVALUATION_AND_TITLE = select(EvaluationRow, ProgramRow.title).outerjoin(
    ProgramRow, ProgramRow.id == EvaluationRow.program_id
)
# The answers on classes of the same programme that ended in the months before, each class's own left out.
POOL = text(
    "SELECT a.scores FROM classes c JOIN reaction_answers a ON a.class_id = c.id"
    " WHERE c.program_id = :program AND c.id <> :class_id AND c.end_date > :after AND c.end_date <= :until"
)


async def enrolments_for_update(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Enrolment]:
    """The enrolments known of these ids, locked."""
    # Plain rows: a session's identity map costs as much as the statement.
    found = await session.execute(
        select(EnrolmentRow.__table__).where(among(EnrolmentRow.id, ids)).order_by(EnrolmentRow.id).with_for_update()
    )
    return {row.id: enrolment_of(row) for row in found}


async def standings(session: AsyncSession, activity_ids: Collection[UUID], level: int) -> dict[UUID, Standing]:
    """What stands concluded of these activities at a level; who asks has locked them."""
    if not activity_ids:
        return {}
    found = await session.execute(
        select(EvaluationRow.__table__).where(
            among(EvaluationRow.activity_id, activity_ids), EvaluationRow.level == level
        )
    )
    return {row.activity_id: standing_of(row) for row in found}


async def evaluations(
    session: AsyncSession, actor: Actor, page: Page, *, employee_id: UUID | None, enrolment_id: UUID | None
) -> Sequence[tuple[EvaluationRow, str | None]]:
    """The newest evaluations the actor may see, each with the title of its programme if it is known."""
    statement = EVALUATION_AND_TITLE.where(seen_by(actor, EvaluationRow.employee_id))
    statement = page_of(statement, EvaluationRow.id, page)
    if employee_id is not None:
        statement = statement.where(EvaluationRow.employee_id == employee_id)
    if enrolment_id is not None:
        statement = statement.where(EvaluationRow.activity_id == enrolment_id)
    return [(row, title) for row, title in await session.execute(statement)]


async def evaluation(session: AsyncSession, actor: Actor, evaluation_id: UUID) -> tuple[EvaluationRow, str | None]:
    """One evaluation with the title of its programme; raises NotFound, also when it is not the actor's to see."""
    statement = EVALUATION_AND_TITLE.where(EvaluationRow.id == evaluation_id, seen_by(actor, EvaluationRow.employee_id))
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound("Evaluasi ini tidak ada.")
    row, title = found
    return row, title


async def classes_to_conclude(session: AsyncSession, today: date, limit: int) -> Sequence[ClassRow]:
    """Classes whose participants have had their say and of which nothing is found yet, locked."""
    found = await session.scalars(
        select(ClassRow)
        .where(ClassRow.feedback_until < today, ClassRow.concluded_at.is_(None))
        .order_by(ClassRow.id)
        .limit(limit)
        .with_for_update()
    )
    return found.all()


async def reactions(session: AsyncSession, class_ids: Collection[UUID]) -> dict[UUID, list[dict[str, int]]]:
    """The answers on each class."""
    rows = await session.execute(
        select(ReactionAnswerRow.class_id, ReactionAnswerRow.scores).where(among(ReactionAnswerRow.class_id, class_ids))
    )
    found: dict[UUID, list[dict[str, int]]] = defaultdict(list)
    for class_id, scores in rows:
        found[class_id].append(scores)
    return found


async def pool_of(session: AsyncSession, row: ClassRow, after: date) -> list[dict[str, int]]:
    """The answers on earlier classes of the programme that ended after a day."""
    given = {"program": row.program_id, "class_id": row.id, "after": after, "until": row.end_date}
    return list((await session.execute(POOL, given)).scalars())


async def scores_of_classes(session: AsyncSession, class_ids: Collection[UUID]) -> dict[UUID, list[Scores]]:
    """The tests of those who completed each class."""
    rows = await session.execute(
        select(EnrolmentRow.__table__).where(
            among(EnrolmentRow.class_id, class_ids), EnrolmentRow.outcome == Outcome.COMPLETED
        )
    )
    found: dict[UUID, list[Scores]] = defaultdict(list)
    for row in rows:
        if (scores := scores_of(row)) is not None:
            found[row.class_id].append(scores)
    return found


async def class_findings(
    session: AsyncSession, page: Page, *, class_id: UUID | None, program_id: UUID | None
) -> list[tuple[ClassFindingRow, str | None]]:
    """All that was found of each class of the page, newest first, with the programme's title; figures only."""
    row = ClassFindingRow
    classes = page_of(select(row.class_id).distinct(), row.class_id, page)
    if class_id is not None:
        classes = classes.where(row.class_id == class_id)
    if program_id is not None:
        classes = classes.where(row.program_id == program_id)
    statement = select(row, ProgramRow.title).outerjoin(ProgramRow, ProgramRow.id == row.program_id)
    statement = statement.where(row.class_id.in_(classes)).order_by(row.class_id.desc(), row.level)
    return [(finding, title) for finding, title in await session.execute(statement)]
