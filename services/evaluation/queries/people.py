"""The directory as evaluation asks it: who is whose superior, who works beside whom, who is in whose unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.respondents import LONGEST_CHAIN, Deputy, Person, superior_of
from shared.directory import DirectoryEmployee, DirectoryRemoval
from shared.lists import among

COLUMNS = (
    DirectoryEmployee.id,
    DirectoryEmployee.legal_status,
    DirectoryEmployee.superior_id,
    DirectoryEmployee.unit_id,
    DirectoryEmployee.heads_unit_ids,
)
DEPUTIES = text(
    "SELECT e.id, a->>'unit_id' AS unit_id, CAST(a->>'from_date' AS date) AS from_date,"
    " CAST(a->>'to_date' AS date) AS to_date"
    " FROM directory_employees e, jsonb_array_elements(e.acting) a WHERE jsonb_array_length(e.acting) > 0"
)
BELOW = text(
    "SELECT superior_id, id FROM directory_employees"
    " WHERE superior_id = ANY(CAST(:superiors AS uuid[])) AND legal_status = '01'"
)
UNIT_OF = text(
    "WITH RECURSIVE own AS (SELECT unit_id AS id FROM directory_employees WHERE id = :staff"
    " UNION SELECT u.id FROM directory_units u JOIN own ON u.parent_id = own.id) SELECT id FROM own"
)


@dataclass(slots=True, kw_only=True)
class Neighbourhood:
    """Some people with everybody above them, as the directory has them now."""

    today: date
    people: dict[UUID, Person] = field(default_factory=dict)
    deputies: list[Deputy] = field(default_factory=list)
    removed: set[UUID] = field(default_factory=set)

    def superior_of(self, employee_id: UUID) -> UUID | None:
        """The superior, or who stands for them."""
        return superior_of(employee_id, self.people, self.deputies, self.today)

    def is_away(self, employee_id: UUID) -> bool:
        """Whether the person is known not to be at work."""
        person = self.people.get(employee_id)
        return not person.is_active if person else employee_id in self.removed

    def is_known(self, employee_id: UUID) -> bool:
        """Whether the records of the person and of the superior have arrived."""
        person = self.people.get(employee_id)
        if person is None:
            return employee_id in self.removed
        superior = person.superior_id
        return superior is None or superior in self.people or superior in self.removed


async def neighbourhood(session: AsyncSession, employee_ids: Iterable[UUID], today: date) -> Neighbourhood:
    """These people with their superiors, as far up as it takes to find one who is at work."""
    found = Neighbourhood(today=today)
    wanted = set(employee_ids)
    for _ in range(LONGEST_CHAIN):
        missing = wanted - found.people.keys()
        if not missing:
            break
        arrived = [_person(row) for row in await session.execute(select(*COLUMNS).where(among(COLUMNS[0], missing)))]
        found.people.update((person.id, person) for person in arrived)
        found.removed |= await _removed(session, missing - found.people.keys())
        above = {person.superior_id for person in arrived if person.superior_id}
        wanted = above
    if any(not person.is_active for person in found.people.values()):
        await _add_deputies(session, found)
    return found


async def away(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who are known not to be at work."""
    known = [_person(row) for row in await session.execute(select(*COLUMNS).where(among(COLUMNS[0], employee_ids)))]
    gone = {person.id for person in known if not person.is_active}
    return gone | await _removed(session, set(employee_ids) - {person.id for person in known})


async def colleagues(session: AsyncSession, superiors: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The people at work under each of these superiors."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await session.execute(BELOW, {"superiors": sorted(superiors)}):
        found[row.superior_id].append(row.id)
    return found


async def units_of(session: AsyncSession, staff_id: UUID) -> list[UUID]:
    """The unit of a member of staff and all below it."""
    return list((await session.execute(UNIT_OF, {"staff": staff_id})).scalars())


async def in_units(session: AsyncSession, units: Collection[UUID], people: Collection[UUID]) -> set[UUID]:
    """Those of the people who belong to one of the units."""
    statement = select(COLUMNS[0]).where(among(COLUMNS[0], people), among(DirectoryEmployee.unit_id, units))
    return set(await session.scalars(statement))


async def _removed(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    if not ids:
        return set()
    return set(await session.scalars(select(DirectoryRemoval.id).where(among(DirectoryRemoval.id, ids))))


async def _add_deputies(session: AsyncSession, found: Neighbourhood) -> None:
    rows = (await session.execute(DEPUTIES)).all()
    found.deputies = [
        Deputy(employee_id=row.id, unit_id=UUID(row.unit_id), from_date=row.from_date, to_date=row.to_date)
        for row in rows
    ]
    unknown = {deputy.employee_id for deputy in found.deputies} - found.people.keys()
    if unknown:
        more = await session.execute(select(*COLUMNS).where(among(COLUMNS[0], unknown)))
        found.people.update((person.id, person) for person in map(_person, more))


def _person(row: Any) -> Person:
    return Person(
        id=row.id,
        legal_status=row.legal_status,
        superior_id=row.superior_id,
        unit_id=row.unit_id,
        heads_unit_ids=tuple(UUID(unit) for unit in row.heads_unit_ids),
    )
