"""Follow-ups: locked with their case for whoever decides on them, and for people to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.evaluations import Case
from services.evaluation.domain.follow_ups import FollowUp, FollowUpStatus
from services.evaluation.queries.access import seen_by
from services.evaluation.queries.evaluations import EVALUATION_AND_TITLE
from services.evaluation.tables import EvaluationRow, FollowUpRow
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, names_contain, page_of
from shared.scope import stands_for

# Changes nothing in a case that is known, but locks it. In one order: workers that meet at the same cases wait in a
# row and not in a circle.
LOCK_CASES = text(
    "INSERT INTO cases (employee_id, competency, cycle) SELECT employee_id, competency, cycle FROM unnest("
    "CAST(:employees AS uuid[]), CAST(:competencies AS text[]), CAST(:cycles AS integer[]))"
    " AS c(employee_id, competency, cycle)"
    " ON CONFLICT (employee_id, competency, cycle) DO UPDATE SET cycle = excluded.cycle"
)
IN_THE_WAY = (
    select(FollowUpRow)
    .from_statement(
        text(
            "SELECT f.* FROM follow_ups f"
            " JOIN unnest(CAST(:employees AS uuid[]), CAST(:competencies AS text[]), CAST(:cycles AS integer[]))"
            " AS c(employee_id, competency, cycle)"
            " ON f.employee_id = c.employee_id AND f.competency = c.competency AND f.cycle = c.cycle"
            " WHERE f.status <> 'CLOSED'"
        )
    )
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFilter:
    """Which follow-ups a list by due date shows: those due first at its head, or those due last."""

    statuses: Collection[FollowUpStatus]
    name: str | None = None
    latest_first: bool = False


Reason = tuple[EvaluationRow, str | None]
"""An evaluation with the title of its programme, if there is one."""


async def lock_cases(session: AsyncSession, cases: Iterable[Case]) -> list[Case]:
    """Have these cases alone until the transaction ends."""
    ordered = sorted(set(cases))
    if ordered:
        await session.execute(LOCK_CASES, _columns(ordered))
    return ordered


async def standing_in_the_way(session: AsyncSession, cases: Sequence[Case]) -> list[FollowUp]:
    """The follow-ups of these cases that are active or escalated; who asks has locked the cases."""
    if not cases:
        return []
    return [row.to_domain() for row in await session.scalars(IN_THE_WAY, _columns(cases))]


async def by_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, FollowUp]:
    """Follow-ups by their ids; what may change of them is certain only once their cases are locked."""
    if not ids:
        return {}
    found = await session.scalars(
        select(FollowUpRow).where(among(FollowUpRow.id, ids)).execution_options(populate_existing=True)
    )
    return {row.id: row.to_domain() for row in found}


async def locked(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, FollowUp]:
    """Follow-ups with their cases locked."""
    known = await by_ids(session, ids)
    await lock_cases(session, (follow_up.case for follow_up in known.values()))
    return await by_ids(session, known)


async def follow_ups(
    session: AsyncSession, actor: Actor, page: Page, *, status: FollowUpStatus | None, employee_id: UUID | None = None
) -> Sequence[FollowUpRow]:
    """The newest follow-ups the actor may see: about themselves, or theirs to carry out as superior."""
    statement = select(FollowUpRow).where(seen_by(actor, FollowUpRow.employee_id, FollowUpRow.guide_id))
    statement = page_of(statement, FollowUpRow.id, page)
    if status is not None:
        statement = statement.where(FollowUpRow.status == status)
    if employee_id is not None:
        statement = statement.where(FollowUpRow.employee_id == employee_id)
    return (await session.scalars(statement)).all()


async def follow_ups_by_due(session: AsyncSession, actor: Actor, page: Page, wanted: DueFilter) -> list[FollowUpRow]:
    """The follow-ups the actor may see, in the order of their due dates, from the one on that page names.

    What is done and only waits to be reviewed stands behind what somebody has still to do.
    """
    waits = FollowUpRow.status == FollowUpStatus.DONE
    due = (waits, FollowUpRow.due_date, FollowUpRow.id)
    seen = seen_by(actor, FollowUpRow.employee_id, FollowUpRow.guide_id)
    statement = select(FollowUpRow).where(seen, FollowUpRow.status.in_(wanted.statuses))
    if wanted.name is not None:
        statement = statement.where(names_contain(wanted.name, FollowUpRow.employee_id))
    if page.before is not None:
        mark = select(*due).where(FollowUpRow.id == page.before).scalar_subquery()
        statement = statement.where(tuple_(*due) < mark if wanted.latest_first else tuple_(*due) > mark)
    order = [column.desc() if wanted.latest_first else column.asc() for column in due]
    return list(await session.scalars(statement.order_by(*order).limit(page.limit)))


async def of_case(session: AsyncSession, case: Case) -> Sequence[FollowUpRow]:
    """Every follow-up of a case, from the first round on; whoever sees one of them may see all."""
    statement = select(FollowUpRow).where(
        FollowUpRow.employee_id == case.employee_id,
        FollowUpRow.competency == case.competency,
        FollowUpRow.cycle == case.cycle,
    )
    return (await session.scalars(statement.order_by(FollowUpRow.id))).all()


async def reasons_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, list[Reason]]:
    """By follow-up the evaluations that call for it, oldest first, each with the title of its programme."""
    found: dict[UUID, list[Reason]] = defaultdict(list)
    rows = await session.execute(
        EVALUATION_AND_TITLE.where(among(EvaluationRow.follow_up_id, ids)).order_by(EvaluationRow.id)
    )
    for row, title in rows:
        if row.follow_up_id is not None:
            found[row.follow_up_id].append((row, title))
    return found


async def follow_up(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> tuple[FollowUpRow, Sequence[UUID]]:
    """One follow-up with the evaluations that are its reasons; raises NotFound when it is not the actor's to see."""
    row = await session.scalar(
        select(FollowUpRow)
        .where(FollowUpRow.id == follow_up_id, seen_by(actor, FollowUpRow.employee_id, FollowUpRow.guide_id))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("Tindak lanjut ini tidak ada.")
    reasons = select(EvaluationRow.id).where(EvaluationRow.follow_up_id == row.id).order_by(EvaluationRow.id)
    return row, (await session.scalars(reasons)).all()


async def is_for(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> bool:
    """Whether the task of a follow-up is the actor's: as the superior it names, or as that one's deputy today."""
    task = select(FollowUpRow.id).where(FollowUpRow.id == follow_up_id, stands_for(actor, FollowUpRow.guide_id))
    return await session.scalar(task) is not None


async def rows_by_ids(session: AsyncSession, ids: Collection[UUID]) -> list[FollowUpRow]:
    """Follow-ups as they stand now, in the order of their ids."""
    found = await session.scalars(
        select(FollowUpRow)
        .where(among(FollowUpRow.id, ids))
        .order_by(FollowUpRow.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _columns(cases: Sequence[Case]) -> dict[str, list[object]]:
    return {
        "employees": [case.employee_id for case in cases],
        "competencies": [case.competency for case in cases],
        "cycles": [case.cycle for case in cases],
    }
