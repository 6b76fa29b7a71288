"""The directory: whatever order and number the records come in, the newest of each subject stands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.directory import DIRECTORY_HANDLERS, DirectoryEmployee, DirectoryPosition
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.records import record_of

SUBJECTS = [UUID(int=number) for number in range(1, 4)]


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training")


def consumer(database: Database) -> Consumer:
    return Consumer(database, DIRECTORY_HANDLERS, frozenset({"medan"}))


def as_record(event: Event, sequence: int, *, gone: bool = False) -> Record:
    """A record with this sequence; gone makes it the subject's tombstone."""
    record = record_of(event)
    headers = [(name, value) for name, value in record.headers if name != "ce_sequence"]
    headers.append(("ce_sequence", str(sequence).encode()))
    value = None if gone else record.value
    return Record(record.topic, 0, sequence, record.key, headers, value, record.timestamp_ms)


@dataclass(frozen=True, slots=True)
class State:
    """One state of a unit; without a name the unit is gone."""

    subject: UUID
    sequence: int
    name: str | None

    def as_record(self) -> Record:
        event = UnitRecorded(unit_id=self.subject, code="1.04", name=self.name or "-")
        return as_record(event, self.sequence, gone=self.name is None)


def newest(states: Sequence[State]) -> dict[UUID, str]:
    """What must stand: for each subject the state with the highest sequence, unless that one is its end."""
    by_age = sorted(states, key=lambda state: state.sequence)
    last = {state.subject: state.name for state in by_age}
    return {subject: name for subject, name in last.items() if name is not None}


async def units(database: Database) -> dict[UUID, str]:
    async with database.session() as session:
        return {row.id: row.name for row in await session.execute(text("SELECT id, name FROM directory_units"))}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[State], list[list[State]]]:
    """States with a sequence each, and batches in which they come: in any order, some of them again."""
    names = draw(
        st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(["A", "B", None])), min_size=1, max_size=12)
    )
    states = [State(subject, sequence, name) for sequence, (subject, name) in enumerate(names, start=1)]
    again = draw(st.lists(st.sampled_from(states), max_size=6))
    order = draw(st.permutations([*states, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    return states, [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


async def test_newest_state_stands_in_any_order(database: Database) -> None:
    loop = asyncio.get_running_loop()

    async def deliver(batches: list[list[State]]) -> dict[UUID, str]:
        async with database.transaction() as session:
            await session.execute(text("TRUNCATE directory_units, directory_removals, inbox"))
        taking = consumer(database)
        for batch in batches:
            await taking.take([state.as_record() for state in batch])
        return await units(database)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(deliveries())
    def check(delivery: tuple[list[State], list[list[State]]]) -> None:
        states, batches = delivery
        found = asyncio.run_coroutine_threadsafe(deliver(batches), loop).result(30)
        assert found == newest(states)

    await asyncio.to_thread(check)


async def test_employee_is_kept_with_all_that_is_known(database: Database) -> None:
    unit, other = new_id(), new_id()
    example = EmployeeRecorded.model_validate(EmployeeRecorded.example)
    acting = [{"unit_id": str(other), "capacity": "PLT", "from_date": "2026-01-01", "to_date": "2026-06-30"}]
    changed = {"unit_id": str(unit), "heads_unit_ids": [str(unit)], "acting": acting, "email": None}
    employee = EmployeeRecorded.model_validate(example.model_dump(mode="json") | changed)

    await consumer(database).take([as_record(employee, 7)])

    async with database.session() as session:
        row = (await session.scalars(select(DirectoryEmployee))).one()
    assert (row.id, row.name, row.employee_number) == (employee.employee_id, employee.name, employee.employee_number)
    assert (row.unit_id, row.heads_unit_ids, row.acting, row.email) == (unit, [str(unit)], acting, None)
    assert (row.valid_from, row.sequence) == (date(2005, 1, 1), 7)


async def test_tombstone_of_an_employee_leaves_no_name(database: Database) -> None:
    employee = EmployeeRecorded.model_validate(EmployeeRecorded.example)
    taking = consumer(database)
    await taking.take([as_record(employee, 1)])

    await taking.take([as_record(employee, 2, gone=True)])

    async with database.session() as session:
        assert (await session.scalars(select(DirectoryEmployee))).all() == []
        kept = (await session.execute(text("SELECT to_json(r)::text FROM directory_removals r"))).scalars().all()
    assert len(kept) == 1
    assert employee.name not in kept[0]


async def test_position_is_kept_with_its_standard(database: Database) -> None:
    position = PositionRecorded.model_validate(PositionRecorded.example)

    await consumer(database).take([as_record(position, 1)])

    async with database.session() as session:
        row = (await session.scalars(select(DirectoryPosition))).one()
    assert (row.title, row.standard_levels) == (position.title, {"INTEGRITAS": 2})


async def test_many_states_are_taken_in_one_batch(database: Database) -> None:
    states = [State(new_id(), number, f"Unit {number}") for number in range(1, 501)]

    await consumer(database).take([state.as_record() for state in states])

    assert await units(database) == newest(states)


async def test_older_state_changes_nothing_and_is_counted(database: Database) -> None:
    newer, older = State(SUBJECTS[0], 7, "Dinas Baru"), State(SUBJECTS[0], 5, "Dinas Lama")
    await consumer(database).take([newer.as_record()])
    before = REGISTRY.get_sample_value("bangkom_events_older_total", {"service": "training"}) or 0

    await consumer(database).take([older.as_record()])

    after = REGISTRY.get_sample_value("bangkom_events_older_total", {"service": "training"})
    async with database.session() as session:
        assert await session.scalar(text("SELECT name FROM directory_units")) == "Dinas Baru"
    assert after == before + 1
