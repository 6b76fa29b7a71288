"""Reads of the annual plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.domain.plan import ACTIVE, ItemStatus, PlanItem
from services.needs.queries.scope import seen_by
from services.needs.tables import DecreeRow, EmployeeRow, PlanItemRow
from services.needs.tables.plan import item_of
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of

ACTIVE_STATUSES = sorted(ACTIVE)


async def active_items_of_needs(session: AsyncSession, need_ids: Collection[UUID]) -> dict[UUID, PlanItem]:
    """Need → its item that is still to be carried out, locked. The needs must be locked already."""
    found = await _locked(session, among(PlanItemRow.need_id, need_ids), PlanItemRow.status.in_(ACTIVE_STATUSES))
    return {item.need_id: item for item in found}


async def needs_of_items(session: AsyncSession, item_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Item → its need, which never changes; raises NotFound when one item does not exist."""
    rows = await session.execute(select(PlanItemRow.id, PlanItemRow.need_id).where(among(PlanItemRow.id, item_ids)))
    found = {row[0]: row[1] for row in rows}
    if len(found) < len(set(item_ids)):
        raise NotFound("Sebagian butir rencana ini tidak ada.")
    return found


async def needs_of_decree(session: AsyncSession, decree_id: UUID) -> list[UUID]:
    """The needs whose items a decree fixes."""
    return list(await session.scalars(select(PlanItemRow.need_id).where(PlanItemRow.decree_id == decree_id)))


async def needs_of_proposals(session: AsyncSession, cycle: int) -> list[UUID]:
    """The needs of all items of a cycle that are proposed."""
    proposed = (PlanItemRow.cycle == cycle) & (PlanItemRow.status == ItemStatus.PROPOSED)
    return list(await session.scalars(select(PlanItemRow.need_id).where(proposed)))


async def items_for_update(session: AsyncSession, item_ids: Collection[UUID]) -> list[PlanItem]:
    """These items, locked. Their needs must be locked already."""
    return await _locked(session, among(PlanItemRow.id, item_ids))


async def items_of_decree_for_update(session: AsyncSession, decree_id: UUID) -> list[PlanItem]:
    """The items of a decree, locked. Their needs must be locked already."""
    return await _locked(session, PlanItemRow.decree_id == decree_id)


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[PlanItem]:
    # Plain rows: a session's identity map costs as much as the statement.
    statement = select(PlanItemRow.__table__).where(*conditions).order_by(PlanItemRow.id).with_for_update()
    return [item_of(row) for row in await session.execute(statement)]


async def fixed_items_of(session: AsyncSession, employee_ids: Collection[UUID]) -> list[PlanItem]:
    """All approved items of these people, of whatever cycle."""
    fixed = among(PlanItemRow.employee_id, employee_ids) & PlanItemRow.status.in_(
        [ItemStatus.APPROVED, ItemStatus.DONE]
    )
    return [item_of(row) for row in await session.execute(select(PlanItemRow.__table__).where(fixed))]


async def agreements(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, tuple[str, date]]:
    """Person → employment type and the day from which the record holds."""
    statement = select(EmployeeRow.id, EmployeeRow.employment_type, EmployeeRow.valid_from)
    return {
        row[0]: (row[1], row[2]) for row in await session.execute(statement.where(among(EmployeeRow.id, employee_ids)))
    }


async def items(
    session: AsyncSession,
    actor: Actor,
    page: Page,
    *,
    cycle: int | None,
    status: ItemStatus | None,
    employee_id: UUID | None,
) -> Sequence[PlanItemRow]:
    """The newest items the actor may see."""
    statement = page_of(select(PlanItemRow).where(seen_by(actor, PlanItemRow.employee_id)), PlanItemRow.id, page)
    if cycle is not None:
        statement = statement.where(PlanItemRow.cycle == cycle)
    if status is not None:
        statement = statement.where(PlanItemRow.status == status)
    if employee_id is not None:
        statement = statement.where(PlanItemRow.employee_id == employee_id)
    return (await session.scalars(statement)).all()


async def item(session: AsyncSession, actor: Actor, item_id: UUID) -> PlanItemRow:
    """One item; raises NotFound, also when it is not the actor's to see."""
    row = await session.scalar(
        select(PlanItemRow).where(PlanItemRow.id == item_id, seen_by(actor, PlanItemRow.employee_id))
    )
    if row is None:
        raise NotFound("Butir rencana ini tidak ada.")
    return row


async def decrees(session: AsyncSession, page: Page, *, cycle: int | None) -> Sequence[DecreeRow]:
    """The newest decrees first."""
    statement = page_of(select(DecreeRow), DecreeRow.id, page)
    if cycle is not None:
        statement = statement.where(DecreeRow.cycle == cycle)
    return (await session.scalars(statement)).all()


async def decree(session: AsyncSession, decree_id: UUID, *, for_update: bool = False) -> DecreeRow:
    """One decree, locked if asked so; raises NotFound."""
    statement = select(DecreeRow).where(DecreeRow.id == decree_id).execution_options(populate_existing=True)
    row = await session.scalar(statement.with_for_update() if for_update else statement)
    if row is None:
        raise NotFound("Penetapan ini tidak ada.")
    return row
