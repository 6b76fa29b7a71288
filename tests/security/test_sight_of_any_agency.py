"""Whom somebody sees in any agency, however units, superiors and deputies stand: as a second, simple reckoning says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.app import SERVICE
from services.needs.queries.competencies import performance
from services.needs.queries.people import named_or_numbered, people_of
from services.needs.tables import EmployeeRow, PerformanceRow, PositionRow, UnitRow
from shared.db import Database
from shared.directory import DirectoryEmployee, DirectoryUnit
from shared.identity.actor import Actor, Role
from shared.scope import led_by, of_unit_of, reports_to
from tests.conftest import MakeDatabase

POSITION = UUID(int=1)
MOST_UNITS, MOST_PEOPLE = 4, 6
EMPTY = "TRUNCATE performance_results, employees, units, directory_employees, directory_units CASCADE"


def unit_id(number: int) -> UUID:
    return UUID(int=100 + number)


def person_id(number: int) -> UUID:
    return UUID(int=200 + number)


@dataclass(frozen=True)
class World:
    """Units by number with the one above; people with unit and superior; heads; who looks, as what, for which units."""

    parents: tuple[int | None, ...]
    people: tuple[tuple[int, int | None], ...]
    heads: Mapping[int, int]
    viewer: int
    staff: bool
    acting: frozenset[int]

    @property
    def actor(self) -> Actor:
        return Actor(
            id=UUID(int=9),
            kind="ACCOUNT",
            roles=frozenset({Role.UNIT_STAFF if self.staff else Role.EMPLOYEE}),
            employee_id=person_id(self.viewer),
            acting_units=frozenset(unit_id(unit) for unit in self.acting),
        )

    def under(self, units: frozenset[int]) -> set[int]:
        """These units and all below."""
        found = set(units)
        for _ in self.parents:
            found |= {unit for unit, parent in enumerate(self.parents) if parent in found}
        return found

    def of_units(self, units: set[int]) -> set[int]:
        return {person for person, (unit, _) in enumerate(self.people) if unit in units}

    def below(self, leaders: set[int]) -> set[int]:
        """Direct reports."""
        return {person for person, (_, superior) in enumerate(self.people) if superior in leaders}

    def led(self) -> set[int]:
        found = self.below({self.viewer})
        for _ in self.people:
            found |= self.below(found)
        return found | self._but_the_top(self.of_units(self.under(self.acting)))

    def reporting(self) -> set[int]:
        heads = {head for unit, head in self.heads.items() if unit in self.acting}
        return self.below({self.viewer}) | self._but_the_top(self.of_units(set(self.acting)) | self.below(heads))

    def spoken_for(self) -> set[int]:
        return self.of_units(self.under(frozenset({self.people[self.viewer][0]})))

    def seen(self) -> set[int]:
        return {self.viewer} | self.led() | (self.spoken_for() if self.staff else set())

    def _but_the_top(self, people: set[int]) -> set[int]:
        return people - {self.viewer} - {head for unit, head in self.heads.items() if unit in self.acting}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    units = draw(st.integers(2, MOST_UNITS))
    parents = tuple(None if n == 0 else draw(st.none() | st.integers(0, n - 1)) for n in range(units))
    size = draw(st.integers(2, MOST_PEOPLE))
    # Superiors of superiors may also run in a circle, as in files that nobody has checked.
    person = st.tuples(st.integers(0, units - 1), st.none() | st.integers(0, size - 1))
    return World(
        parents=parents,
        people=tuple(draw(person) for _ in range(size)),
        heads=draw(st.dictionaries(st.integers(0, units - 1), st.integers(0, size - 1))),
        viewer=draw(st.integers(0, size - 1)),
        staff=draw(st.booleans()),
        acting=draw(st.frozensets(st.integers(0, units - 1), max_size=2)),
    )


async def test_every_list_count_and_search_holds_whom_the_rules_name_and_nobody_else(
    make_database: MakeDatabase,
) -> None:
    database = await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)
    async with database.transaction() as session:
        session.add(PositionRow(id=POSITION, title="Analis Contoh", position_class="PELAKSANA"))
    loop = asyncio.get_running_loop()

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(worlds())
    def check(world: World) -> None:
        found = asyncio.run_coroutine_threadsafe(looked_at(database, world), loop).result(30)
        seen = world.seen()
        assert found == {
            "listed": seen,
            "searched": seen,
            "results": seen,
            "counted": {len(seen)},
            "led": world.led(),
            "reporting": world.reporting(),
            "spoken for": world.spoken_for(),
        }

    await asyncio.to_thread(check)


async def looked_at(database: Database, world: World) -> dict[str, set[int]]:
    """What each way of looking holds, by the numbers of people."""
    async with database.transaction() as session:
        await _settle(session, world)
    actor, entry = world.actor, DirectoryEmployee.id
    async with database.session() as session:
        people = people_of(actor)
        listed = await session.scalars(people.with_only_columns(EmployeeRow.id))
        searched = people.where(named_or_numbered("contoh")).with_only_columns(EmployeeRow.id)
        results = await performance(session, actor, year=None, employee_id=None, limit=100, after=None)
        counted = await session.scalar(select(func.count()).select_from(people.subquery()))
        return {
            "listed": _numbers(listed),
            "searched": _numbers(await session.scalars(searched)),
            "results": _numbers(row.employee_id for row in results),
            "counted": {counted or 0},
            "led": _numbers(await session.scalars(select(entry).where(led_by(actor, entry)))),
            "reporting": _numbers(await session.scalars(select(entry).where(reports_to(actor, entry)))),
            "spoken for": _numbers(await session.scalars(select(entry).where(of_unit_of(actor, entry)))),
        }


def _numbers(ids: Iterable[UUID]) -> set[int]:
    return {each.int - person_id(0).int for each in ids}


async def _settle(session: AsyncSession, world: World) -> None:
    await session.execute(text(EMPTY))
    for number, parent in enumerate(world.parents):
        above = None if parent is None else unit_id(parent)
        head = world.heads.get(number)
        session.add(
            UnitRow(
                id=unit_id(number),
                code=str(number),
                name="Unit Contoh",
                parent_id=above,
                head_id=None if head is None else person_id(head),
            )
        )
        session.add(
            DirectoryUnit(id=unit_id(number), code=str(number), name="Unit Contoh", parent_id=above, sequence=1)
        )
        await session.flush()
    for number, (unit, superior) in enumerate(world.people):
        above = None if superior is None else person_id(superior)
        session.add(_recorded(number, unit))
        session.add(_listed(number, unit, above, world))
    await session.flush()
    for number, (_, superior) in enumerate(world.people):
        row = await session.get_one(EmployeeRow, person_id(number))
        row.superior_id = None if superior is None else person_id(superior)
        session.add(PerformanceRow(employee_id=row.id, year=2025, predicate="BAIK"))


def _recorded(number: int, unit: int) -> EmployeeRow:
    return EmployeeRow(
        id=person_id(number),
        employee_number=f"19800101200501{number:04}",
        name="Contoh Rekaan",
        employment_type="PNS",
        legal_status="01",
        unit_id=unit_id(unit),
        position_id=POSITION,
        superior_id=None,
        valid_from=date(2020, 1, 1),
    )


def _listed(number: int, unit: int, superior: UUID | None, world: World) -> DirectoryEmployee:
    return DirectoryEmployee(
        id=person_id(number),
        name="Contoh Rekaan",
        employee_number=f"19800101200501{number:04}",
        employment_type="PNS",
        legal_status="01",
        unit_id=unit_id(unit),
        position_id=POSITION,
        superior_id=superior,
        heads_unit_ids=[str(unit_id(each)) for each, head in world.heads.items() if head == number],
        acting=[],
        valid_from=date(2020, 1, 1),
        sequence=1,
    )
