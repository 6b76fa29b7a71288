"""Reads of demands and nominations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Select, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import Demand, DemandStatus, EnrolmentStatus, Nomination
from services.training.queries.classes import training_class
from services.training.queries.people import SEES_PARTICIPANTS, visible_to
from services.training.tables import DemandRow, EnrolmentRow, NominationRow, demand_of
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of, require


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFilter:
    """What a list of demands is narrowed to."""

    status: DemandStatus | None = None
    competency: str | None = None
    program: str | None = None
    employee_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDemand:
    """A demand with the person's name and legal status; none once the directory has forgotten the person."""

    demand: Demand
    name: str | None
    legal_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNomination:
    """A nomination with the person's name."""

    nomination: Nomination
    name: str | None
    nominator_id: UUID | None
    reason: str | None


async def demands(session: AsyncSession, actor: Actor, page: Page, wanted: DemandFilter) -> list[ListedDemand]:
    """Demands that the actor may see, newest first."""
    row = DemandRow
    conditions = (
        row.status == wanted.status.value if wanted.status else true(),
        row.competency == wanted.competency if wanted.competency else true(),
        row.program == wanted.program if wanted.program else true(),
        row.employee_id == wanted.employee_id if wanted.employee_id else true(),
    )
    found = await session.execute(page_of(_listed_demands(actor).where(*conditions), row.id, page))
    return [_listed(each) for each in found]


async def demand(session: AsyncSession, actor: Actor, demand_id: UUID) -> ListedDemand:
    """One demand."""
    found = (await session.execute(_listed_demands(actor).where(DemandRow.id == demand_id))).one_or_none()
    return _listed(require(found, "Permintaan pelatihan"))


async def demands_for_update(session: AsyncSession, demand_ids: Collection[UUID]) -> dict[UUID, Demand]:
    """Demands by id, locked in one order; whoever also locks classes has done so before."""
    if not demand_ids:
        return {}
    row = DemandRow
    statement = select(*row.__table__.c).where(among(row.id, demand_ids)).order_by(row.id).with_for_update()
    return {row.id: demand_of(row) for row in await session.execute(statement)}


async def seated_classes(session: AsyncSession, demand_ids: Collection[UUID]) -> set[UUID]:
    """Classes in which a seat waits to meet one of these demands."""
    seat = EnrolmentRow
    wanted = or_(among(seat.plan_item_id, demand_ids), among(seat.follow_up_id, demand_ids))
    statement = select(seat.class_id).where(wanted, seat.status == EnrolmentStatus.CONFIRMED.value)
    return set(await session.scalars(statement))


async def classes_awaiting(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Classes in which one of these people has a seat that was not judged yet."""
    seat = EnrolmentRow
    statement = select(seat.class_id).where(
        among(seat.employee_id, employee_ids), seat.status == EnrolmentStatus.CONFIRMED.value
    )
    return set(await session.scalars(statement))


async def nominations(session: AsyncSession, actor: Actor, class_id: UUID) -> list[ListedNomination]:
    """Who is proposed for a class, of those whom the actor may see: the own proposals too."""
    await training_class(session, actor, class_id)
    row, person = NominationRow, DirectoryEmployee
    seen = or_(visible_to(actor, row.employee_id, SEES_PARTICIPANTS), row.nominated_by == actor.id)
    statement = select(row, person.name).outerjoin(person, person.id == row.employee_id)
    found = await session.execute(statement.where(row.class_id == class_id, seen).order_by(row.id))
    return [
        ListedNomination(nomination=each.to_domain(), name=name, nominator_id=each.nominator_id, reason=each.reason)
        for each, name in found
    ]


async def nominations_of(session: AsyncSession, class_id: UUID) -> dict[UUID, NominationRow]:
    """Every nomination of a class that the caller holds the lock of."""
    rows = await session.scalars(select(NominationRow).where(NominationRow.class_id == class_id))
    return {row.id: row for row in rows}


def _listed_demands(actor: Actor) -> Select[DemandRow, str | None, str | None]:
    row, person = DemandRow, DirectoryEmployee
    statement = select(row, person.name, person.legal_status).outerjoin(person, person.id == row.employee_id)
    return statement.where(visible_to(actor, row.employee_id, SEES_PARTICIPANTS))


def _listed(found: Row[DemandRow, str | None, str | None]) -> ListedDemand:
    row, name, legal_status = found
    return ListedDemand(demand=demand_of(row), name=name, legal_status=legal_status)
