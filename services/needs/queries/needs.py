"""Reads of needs and the analyses that found them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from services.needs.domain.needs import OPEN, Need, NeedStatus
from services.needs.domain.positions import PositionClass
from services.needs.queries.competencies import Placed
from services.needs.queries.scope import in_charge_of, seen_by
from services.needs.tables import AnalysisRow, EmployeeRow, NeedRow, NeedStepRow, PositionRow
from services.needs.tables.needs import need_of
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of

NOT_THERE = "Kebutuhan ini tidak ada."


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedFilter:
    """Which needs are wanted; None does not matter."""

    cycle: int | None = None
    status: NeedStatus | None = None
    employee_id: UUID | None = None
    competency: str | None = None
    for_review: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A need that a case has already."""

    status: NeedStatus
    position_id: UUID


async def people_on_duty(
    session: AsyncSession, on_duty: Collection[str], unit_ids: Collection[UUID] | None
) -> list[Placed]:
    """Everybody whose legal status is one of these, of the whole agency or of some units, by id."""
    statement = (
        select(EmployeeRow.id, EmployeeRow.unit_id, EmployeeRow.position_id, PositionRow.position_class)
        .join(PositionRow, PositionRow.id == EmployeeRow.position_id)
        .where(EmployeeRow.legal_status.in_(on_duty))
        .order_by(EmployeeRow.id)
    )
    if unit_ids is not None:
        statement = statement.where(EmployeeRow.unit_id.in_(unit_ids))
    return [
        Placed(employee_id=row[0], unit_id=row[1], position_id=row[2], position_class=PositionClass(row[3]))
        for row in await session.execute(statement)
    ]


async def cases(
    session: AsyncSession, employee_ids: Collection[UUID], cycle: int
) -> dict[UUID, dict[str, list[Known]]]:
    """The needs that these people have in a cycle, rejected ones too: person → competency → needs."""
    found: dict[UUID, dict[str, list[Known]]] = defaultdict(lambda: defaultdict(list))
    statement = select(NeedRow.employee_id, NeedRow.competency, NeedRow.status, NeedRow.position_id)
    for row in await session.execute(statement.where(among(NeedRow.employee_id, employee_ids), NeedRow.cycle == cycle)):
        found[row[0]][row[1]].append(Known(NeedStatus(row[2]), row[3]))
    return found


async def needs_to_decide(
    session: AsyncSession, actor: Actor, need_ids: Collection[UUID], *, everywhere: bool
) -> list[Need]:
    """These needs, locked; raises NotFound when one is not the actor's to see, or not in their charge."""
    scope = seen_by(actor, NeedRow.employee_id) if everywhere else in_charge_of(actor, NeedRow.employee_id)
    found = await _locked(session, among(NeedRow.id, need_ids), scope)
    if len(found) < len(set(need_ids)):
        raise NotFound("Sebagian kebutuhan ini tidak ada atau bukan wewenang Anda.")
    return found


async def needs_for_update(session: AsyncSession, need_ids: Collection[UUID]) -> list[Need]:
    """Those of these needs that exist, locked."""
    return await _locked(session, among(NeedRow.id, need_ids))


async def open_needs_for_update(session: AsyncSession, employee_ids: Collection[UUID]) -> list[Need]:
    """The open needs of these people, locked."""
    return await _locked(session, among(NeedRow.employee_id, employee_ids), NeedRow.status.in_(sorted(OPEN)))


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Need]:
    # Ascending ids: two who want the same needs wait in a row and not in a circle.
    # Plain rows: a session's identity map costs as much as the statement.
    statement = select(NeedRow.__table__).where(*conditions).order_by(NeedRow.id).with_for_update(of=NeedRow)
    return [need_of(row) for row in await session.execute(statement)]


async def needs(session: AsyncSession, actor: Actor, page: Page, wanted: NeedFilter) -> Sequence[NeedRow]:
    """The newest needs the actor may see."""
    statement = select(NeedRow).where(seen_by(actor, NeedRow.employee_id), *_conditions(wanted))
    return (await session.scalars(page_of(statement, NeedRow.id, page))).all()


def _conditions(wanted: NeedFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.cycle is not None:
        yield NeedRow.cycle == wanted.cycle
    if wanted.status is not None:
        yield NeedRow.status == wanted.status
    if wanted.employee_id is not None:
        yield NeedRow.employee_id == wanted.employee_id
    if wanted.competency is not None:
        yield NeedRow.competency == wanted.competency
    if wanted.for_review is not None:
        yield NeedRow.review_since.is_not(None) if wanted.for_review else NeedRow.review_since.is_(None)


async def need(session: AsyncSession, actor: Actor, need_id: UUID) -> tuple[NeedRow, Sequence[NeedStepRow]]:
    """One need with its steps; raises NotFound, also when it is not the actor's to see."""
    row = await session.scalar(select(NeedRow).where(NeedRow.id == need_id, seen_by(actor, NeedRow.employee_id)))
    if row is None:
        raise NotFound(NOT_THERE)
    steps = await session.scalars(
        select(NeedStepRow).where(NeedStepRow.need_id == need_id).order_by(NeedStepRow.taken_at, NeedStepRow.id)
    )
    return row, steps.all()


async def analyses(session: AsyncSession, *, cycle: int | None, limit: int) -> Sequence[AnalysisRow]:
    """The newest analyses first."""
    statement = select(AnalysisRow).order_by(AnalysisRow.id.desc()).limit(limit)
    if cycle is not None:
        statement = statement.where(AnalysisRow.cycle == cycle)
    return (await session.scalars(statement)).all()


async def legal_statuses(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, str]:
    """Person → legal status."""
    rows = await session.execute(
        select(EmployeeRow.id, EmployeeRow.legal_status).where(among(EmployeeRow.id, employee_ids))
    )
    return {row[0]: row[1] for row in rows}


async def needs_of_case(
    session: AsyncSession, cases: Collection[tuple[UUID, str, int]]
) -> dict[tuple[UUID, str, int], UUID]:
    """Person, competency and cycle → the need that was not rejected."""
    statement = select(NeedRow.employee_id, NeedRow.competency, NeedRow.cycle, NeedRow.id)
    rows = await session.execute(
        statement.where(among(NeedRow.employee_id, {case[0] for case in cases}), NeedRow.status != NeedStatus.REJECTED)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows if (row[0], row[1], row[2]) in cases}
