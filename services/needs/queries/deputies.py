"""Reads of deputies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.domain.deputies import Capacity, Deputy, decider_of
from services.needs.domain.people import ACTIVE
from services.needs.queries.competencies import below
from services.needs.queries.scope import seen_by
from services.needs.tables import DeputyRow, EmployeeRow, UnitRow
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of

# The superior, whoever stands above that one, and the deputy of the unit that the superior leads: the one headed, or
# where the post is vacant or its holder away the unit worked in.
DECIDERS = text(
    "SELECT e.id, s.id AS superior_id, s.superior_id AS next_superior_id, (SELECT d.employee_id FROM deputies d"
    " WHERE :today BETWEEN d.from_date AND d.to_date"
    " AND (d.unit_id IN (SELECT u.id FROM units u WHERE u.head_id = s.id)"
    " OR d.unit_id = s.unit_id AND s.legal_status <> :active OR d.unit_id = e.unit_id AND s.id IS NULL)"
    " ORDER BY d.id LIMIT 1) AS deputy_id"
    " FROM employees e LEFT JOIN employees s ON s.id = e.superior_id WHERE e.id = ANY(CAST(:ids AS uuid[]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDeputy:
    """A duty with the unit's code and name."""

    deputy: Deputy
    unit_code: str
    unit_name: str


async def deputies(
    session: AsyncSession, actor: Actor, page: Page, *, holding_on: date | None = None
) -> Sequence[ListedDeputy]:
    """The newest duties of people the actor may see, past ones too; or those that hold on a day or later."""
    statement = select(DeputyRow, UnitRow.code, UnitRow.name).join(UnitRow, UnitRow.id == DeputyRow.unit_id)
    statement = page_of(statement.where(seen_by(actor, DeputyRow.employee_id)), DeputyRow.id, page)
    if holding_on is not None:
        statement = statement.where(DeputyRow.to_date >= holding_on)
    return [
        ListedDeputy(deputy=_of(row), unit_code=code, unit_name=name)
        for row, code, name in await session.execute(statement)
    ]


async def deputies_of_units(session: AsyncSession, unit_ids: Collection[UUID]) -> list[Deputy]:
    """Every duty in these units; whoever is about to add one has locked them."""
    rows = await session.scalars(select(DeputyRow).where(among(DeputyRow.unit_id, unit_ids)).order_by(DeputyRow.id))
    return [_of(row) for row in rows]


async def duties_from(session: AsyncSession, employee_ids: Collection[UUID], day: date) -> dict[UUID, list[Deputy]]:
    """The duties of these people that hold on a day or later, as the other services are told."""
    rows = await session.scalars(
        select(DeputyRow)
        .where(among(DeputyRow.employee_id, employee_ids), DeputyRow.to_date >= day)
        .order_by(DeputyRow.from_date, DeputyRow.id)
    )
    found: dict[UUID, list[Deputy]] = {}
    for row in rows:
        found.setdefault(row.employee_id, []).append(_of(row))
    return found


async def deputy_for_update(session: AsyncSession, deputy_id: UUID) -> Deputy:
    """One duty, its employee locked; raises NotFound."""
    row = await session.get(DeputyRow, deputy_id)
    if row is None:
        raise NotFound("Penugasan PLT atau PLH ini tidak ada.")
    await locked_employee(session, row.employee_id)
    await session.refresh(row)
    return _of(row)


async def locked_employee(session: AsyncSession, employee_id: UUID) -> EmployeeRow:
    """One employee, locked, so that what is told of them is told in order; raises NotFound."""
    row = await session.get(EmployeeRow, employee_id, with_for_update=True)
    if row is None:
        raise NotFound("Pegawai ini tidak ada.")
    return row


async def locked_unit(session: AsyncSession, code: str) -> UnitRow:
    """The unit with this code, locked, so that it gets one deputy at a time; raises NotFound."""
    row = await session.scalar(select(UnitRow).where(UnitRow.code == code).with_for_update())
    if row is None:
        raise NotFound("Unit ini tidak ada.")
    return row


async def entered_for(
    session: AsyncSession, actor: Actor, employee_ids: Collection[UUID], today: date
) -> dict[UUID, UUID | None]:
    """Of these people those whom the actor does not lead → who decides for them today, and for whom the actor enters
    it: the direct superior, or the deputy who stands for that one; None where there is nobody.
    """
    led = await below(session, actor, employee_ids)
    given = {"ids": sorted(set(employee_ids) - led), "today": today, "active": ACTIVE}
    return {
        row.id: decider_of(row.id, row.superior_id, row.next_superior_id, row.deputy_id)
        for row in await session.execute(DECIDERS, given)
    }


def _of(row: DeputyRow) -> Deputy:
    return Deputy(
        id=row.id,
        unit_id=row.unit_id,
        employee_id=row.employee_id,
        capacity=Capacity(row.capacity),
        decree_number=row.decree_number,
        from_date=row.from_date,
        to_date=row.to_date,
    )
