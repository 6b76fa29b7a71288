"""Lists of people as pages show them: whom the actor may see, searched and in slices by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.domain.needs import OPEN
from services.needs.queries.master import RecordedEmployee, as_recorded, employees_in_place
from services.needs.queries.scope import seen_by, units_below
from services.needs.tables import EmployeeRow, NeedRow
from shared.identity.actor import Actor
from shared.lists import among


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWanted:
    """Part of a name, or the beginning of an employee number; the code of a unit with all below it."""

    text: str = ""
    unit_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSlice:
    """Some people by name with their open needs, and where the slices before and after begin."""

    people: Sequence[RecordedEmployee]
    open_needs: dict[UUID, int]
    earlier: UUID | None
    later: UUID | None


async def slice_of_people(
    session: AsyncSession,
    actor: Actor,
    wanted: PeopleWanted,
    *,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> PeopleSlice:
    """The people that follow one person in the order of names, or come before one, or the first."""
    units = await units_below(session, wanted.unit_code) if wanted.unit_code else None
    mark, backwards = (before, True) if before else (after, False)
    order = (EmployeeRow.name.desc(), EmployeeRow.id.desc()) if backwards else (EmployeeRow.name, EmployeeRow.id)
    conditions = [seen_by(actor, EmployeeRow.id), *_conditions(wanted, units)]
    statement = employees_in_place().where(*conditions).order_by(*order).limit(limit + 1)
    if mark is not None:
        place = select(EmployeeRow.name, EmployeeRow.id).where(EmployeeRow.id == mark).scalar_subquery()
        row = tuple_(EmployeeRow.name, EmployeeRow.id)
        statement = statement.where(row < place if backwards else row > place)
    found = [as_recorded(row) for row in await session.execute(statement)]
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    before_these, behind_these = (more, mark is not None) if backwards else (mark is not None, more)
    return PeopleSlice(
        people=found,
        open_needs=await open_needs(session, [person.id for person in found]),
        earlier=found[0].id if found and before_these else None,
        later=found[-1].id if found and behind_these else None,
    )


async def open_needs(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, int]:
    """Person → how many needs are open, where there are any; who asks may see these people."""
    counted = select(NeedRow.employee_id, func.count()).where(
        among(NeedRow.employee_id, employee_ids), NeedRow.status.in_(sorted(OPEN))
    )
    return {row[0]: row[1] for row in await session.execute(counted.group_by(NeedRow.employee_id))}


def _conditions(wanted: PeopleWanted, units: Collection[UUID] | None) -> Iterator[ColumnElement[bool]]:
    if units is not None:
        yield among(EmployeeRow.unit_id, units)
    if wanted.text:
        number = EmployeeRow.employee_number.startswith(wanted.text.replace(" ", ""), autoescape=True)
        yield or_(EmployeeRow.name.icontains(wanted.text, autoescape=True), number)
