"""Reads of evaluation: locked ones for what events change, and those of people, who see what they may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, false, literal, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.evaluation.domain import Case, Enrolment, FollowUpStatus, Standing
from services.evaluation.tables import EnrolmentRow, EvaluationRow, FollowUpRow, ProgramRow
from shared.errors import NotFound
from shared.identity.actor import Actor, Role

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})

OPEN_CASES = text(
    "SELECT f.id, f.employee_id, f.competency, f.cycle FROM follow_ups f"
    " JOIN unnest(CAST(:employees AS uuid[]), CAST(:competencies AS text[]), CAST(:cycles AS integer[]))"
    " AS c(employee_id, competency, cycle)"
    " ON f.employee_id = c.employee_id AND f.competency = c.competency AND f.cycle = c.cycle"
    " WHERE f.status = 'OPEN'"
)

EVALUATION_AND_TITLE = select(EvaluationRow, ProgramRow.title).outerjoin(
    ProgramRow, ProgramRow.id == EvaluationRow.program_id
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, newest first: what follows the row with the id before, or the beginning."""

    before: UUID | None = None
    limit: int = 50


async def enrolments_for_update(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Enrolment]:
    """The enrolments known of these ids, locked."""
    # Read anew even when this session has the row already: handlers write past its identity map.
    found = await session.scalars(
        select(EnrolmentRow)
        .where(_among(EnrolmentRow.id, ids))
        .order_by(EnrolmentRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row.to_domain() for row in found}


async def standings(session: AsyncSession, enrolment_ids: Collection[UUID], level: int) -> dict[UUID, Standing]:
    """What stands concluded of these enrolments; who asks has locked them."""
    found = await session.scalars(
        select(EvaluationRow)
        .where(_among(EvaluationRow.enrolment_id, enrolment_ids), EvaluationRow.level == level)
        .execution_options(populate_existing=True)
    )
    return {row.enrolment_id: row.to_standing() for row in found}


async def open_follow_up_ids(session: AsyncSession, cases: Collection[Case]) -> dict[Case, UUID]:
    """The follow-up that is open for each case."""
    columns = {
        "employees": [case.employee_id for case in cases],
        "competencies": [case.competency for case in cases],
        "cycles": [case.cycle for case in cases],
    }
    rows = await session.execute(OPEN_CASES, columns)
    return {Case(row.employee_id, row.competency, row.cycle): row.id for row in rows}


async def evaluations(
    session: AsyncSession, actor: Actor, page: Page, *, employee_id: UUID | None, enrolment_id: UUID | None
) -> Sequence[tuple[EvaluationRow, str | None]]:
    """The newest evaluations the actor may see, each with the title of its programme if it is known."""
    statement = (
        EVALUATION_AND_TITLE.where(_seen_by(actor, EvaluationRow.employee_id), _on(page, EvaluationRow.id))
        .order_by(EvaluationRow.id.desc())
        .limit(page.limit)
    )
    if employee_id is not None:
        statement = statement.where(EvaluationRow.employee_id == employee_id)
    if enrolment_id is not None:
        statement = statement.where(EvaluationRow.enrolment_id == enrolment_id)
    return [(row, title) for row, title in await session.execute(statement)]


async def evaluation(session: AsyncSession, actor: Actor, evaluation_id: UUID) -> tuple[EvaluationRow, str | None]:
    """One evaluation with the title of its programme; raises NotFound, also when it is not the actor's to see."""
    statement = EVALUATION_AND_TITLE.where(
        EvaluationRow.id == evaluation_id, _seen_by(actor, EvaluationRow.employee_id)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound("Evaluasi ini tidak ada.")
    row, title = found
    return row, title


async def follow_ups(
    session: AsyncSession, actor: Actor, page: Page, *, status: FollowUpStatus | None
) -> Sequence[FollowUpRow]:
    """The newest follow-ups the actor may see."""
    statement = (
        select(FollowUpRow)
        .where(_seen_by(actor, FollowUpRow.employee_id), _on(page, FollowUpRow.id))
        .order_by(FollowUpRow.id.desc())
        .limit(page.limit)
    )
    if status is not None:
        statement = statement.where(FollowUpRow.status == status)
    return (await session.scalars(statement)).all()


async def follow_up(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> tuple[FollowUpRow, Sequence[UUID]]:
    """One follow-up with the evaluations that are its reasons; raises NotFound as evaluation does."""
    row = await session.scalar(
        select(FollowUpRow).where(FollowUpRow.id == follow_up_id, _seen_by(actor, FollowUpRow.employee_id))
    )
    if row is None:
        raise NotFound("Tindak lanjut ini tidak ada.")
    reasons = select(EvaluationRow.id).where(EvaluationRow.follow_up_id == row.id).order_by(EvaluationRow.id)
    return row, (await session.scalars(reasons)).all()


def _among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    # One array instead of a list of parameters: the statement's text does not grow with the batch.
    return column == any_(literal(sorted(ids), ARRAY(Uuid)))


def _seen_by(actor: Actor, employee_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    if actor.roles & SEES_ALL:
        return true()
    return false() if actor.employee_id is None else employee_id == actor.employee_id


def _on(page: Page, row_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    return true() if page.before is None else row_id < page.before
