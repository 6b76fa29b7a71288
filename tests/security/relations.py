"""How somebody who looks stands to the person whose records are there, and people who stand so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update

from services.evaluation.tables import ReviewRow
from services.needs.tables import EmployeeRow, PositionRow, UnitRow
from shared import clock
from shared.db import Database
from shared.directory import DirectoryEmployee, DirectoryUnit
from shared.ids import new_id

NAME = "Contoh Rekaan"
SOUGHT = "Ani Contoh"
"""How the person is called whose records are looked at."""


ABOVE, OWN, BELOW, BESIDE = (UUID(int=number) for number in range(7_001, 7_005))
"""Units: that of the person, headed by the superior, and those around it."""


class Relation(StrEnum):
    """Who looks: seen from the person whose records they are."""

    SELF = "the person"
    SUPERIOR = "the direct superior"
    HIGHER = "the superior's superior, in the unit above"
    COLLEAGUE = "somebody of the same unit"
    UNIT_ABOVE = "somebody of the unit above"
    UNIT_BELOW = "somebody of a unit below"
    ELSEWHERE = "somebody of a unit beside"


async def people_around(service: str, database: Database, ani: UUID, budi: UUID) -> Mapping[Relation, UUID]:
    """Put ani, whose records are looked at, into a unit between two others, with budi, and superiors, and strangers."""
    found = {relation: new_id() for relation in Relation} | {Relation.SELF: ani, Relation.COLLEAGUE: budi}
    units = {ABOVE: None, OWN: ABOVE, BELOW: OWN, BESIDE: ABOVE}
    places = {
        Relation.HIGHER: (ABOVE, None),
        Relation.SUPERIOR: (OWN, found[Relation.HIGHER]),
        Relation.SELF: (OWN, found[Relation.SUPERIOR]),
        Relation.COLLEAGUE: (OWN, None),
        Relation.UNIT_ABOVE: (ABOVE, None),
        Relation.UNIT_BELOW: (BELOW, None),
        Relation.ELSEWHERE: (BESIDE, None),
    }
    people = {found[relation]: place for relation, place in places.items()}
    known = {ani, budi}
    await _into_directory(database, units, people, ani)
    if service == "needs":
        await _into_register(database, units, people, known)
    if service == "evaluation":
        async with database.transaction() as session:
            superior = update(ReviewRow).where(ReviewRow.employee_id == ani)
            await session.execute(superior.values(superior_id=found[Relation.SUPERIOR]))
    return found


Units = Mapping[UUID, UUID | None]
People = Mapping[UUID, tuple[UUID, UUID | None]]
"""Where somebody works, and under whom."""


async def _into_directory(database: Database, units: Units, people: People, ani: UUID) -> None:
    async with database.transaction() as session:
        session.add_all(
            DirectoryUnit(id=unit_id, code=unit_id.hex, name="Unit Contoh", parent_id=parent_id, sequence=1)
            for unit_id, parent_id in units.items()
        )
        for number, (person_id, (unit_id, superior_id)) in enumerate(people.items()):
            entry = DirectoryEmployee(
                id=person_id,
                name=SOUGHT if person_id == ani else NAME,
                employee_number=f"19800101200501{number:04}",
                employment_type="PNS",
                legal_status="01",
                unit_id=unit_id,
                position_id=UUID(int=3),
                superior_id=superior_id,
                heads_unit_ids=[str(OWN)] if person_id == people[ani][1] else [],
                acting=[],
                valid_from=date(2020, 1, 1),
                sequence=0,
            )
            await session.merge(entry)


async def _into_register(database: Database, units: Units, people: People, known: set[UUID]) -> None:
    async with database.transaction() as session:
        for unit_id, parent_id in units.items():
            session.add(UnitRow(id=unit_id, code=unit_id.hex, name="Unit Contoh", parent_id=parent_id))
            await session.flush()
        position = PositionRow(id=new_id(), title="Pengawas Contoh", position_class="PENGAWAS")
        session.add(position)
        await session.flush()
        for number, (person_id, (unit_id, superior_id)) in enumerate(people.items()):
            if person_id in known:
                moved = update(EmployeeRow).where(EmployeeRow.id == person_id)
                name = NAME if superior_id is None else SOUGHT
                await session.execute(moved.values(unit_id=unit_id, superior_id=superior_id, name=name))
                continue
            session.add(
                EmployeeRow(
                    id=person_id,
                    employee_number=f"19700101200501{number:04}",
                    name=NAME,
                    employment_type="PNS",
                    legal_status="01",
                    unit_id=unit_id,
                    position_id=position.id,
                    superior_id=superior_id,
                    valid_from=date(2020, 1, 1),
                )
            )
            await session.flush()
        superior = select(EmployeeRow.superior_id).where(EmployeeRow.name == SOUGHT).scalar_subquery()
        await session.execute(update(UnitRow).where(UnitRow.id == OWN).values(head_id=superior))


async def stand_in(database: Database, deputy: UUID, first: int, last: int) -> None:
    """Have somebody stand in for the head of the unit, on days counted from today."""
    async with database.transaction() as session:
        today = await clock.today(session)
        days = {"from_date": today + timedelta(days=first), "to_date": today + timedelta(days=last)}
        duty = {"unit_id": str(OWN), "capacity": "PLH"} | {name: day.isoformat() for name, day in days.items()}
        await session.execute(update(DirectoryEmployee).where(DirectoryEmployee.id == deputy).values(acting=[duty]))
