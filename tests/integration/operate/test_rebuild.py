"""The directory built anew from the log: equal to the live one, and right again where that one was wrong."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiokafka.errors import KafkaError
from sqlalchemy import text

from shared.db import Database
from shared.delivery import outbox
from shared.delivery.relay import Relay
from shared.delivery.worker import Worker, group_of
from shared.event_log import EmbeddedTransport
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.operate.installation import Log
from shared.operate.rebuild import TABLES, TOPICS, rebuild
from shared.settings import Settings
from tests.conformance.stage import running, unpublished
from tests.conftest import MakeDatabase
from tests.integration.operate.office import NAME, Office
from tests.waiting import wait_until

UNIT, OTHER_UNIT, POSITION, PERSON, LEAVER = (UUID(int=number) for number in range(1, 6))
FALSE = [
    "UPDATE directory_units SET name = 'Bukan namanya' WHERE code = '1.01'",
    "DELETE FROM directory_positions",
    "INSERT INTO directory_units (id, code, name, sequence) VALUES (gen_random_uuid(), '9.99', 'Tidak ada', 1)",
]


def employee(subject: UUID, **changed: Any) -> EmployeeRecorded:
    example = EmployeeRecorded.model_validate(EmployeeRecorded.example)
    return example.model_copy(update={"employee_id": subject, "unit_id": UNIT, "position_id": POSITION, **changed})


STATES: Sequence[Event] = (
    UnitRecorded(unit_id=UNIT, code="1.01", name="Dinas Contoh"),
    UnitRecorded(unit_id=OTHER_UNIT, code="1.02", name="Kecamatan Contoh"),
    PositionRecorded(position_id=POSITION, title="Analis", job_kind="JF", position_class="MUDA", standard_levels={}),
    employee(PERSON, name="Nama Lama"),
    employee(PERSON, name=NAME),
    employee(LEAVER),
)


@pytest.fixture
async def publisher(make_database: MakeDatabase) -> Database:
    """The service that emitted the states; one person has left."""
    publisher = await make_database(service="needs", agency="medan")
    async with publisher.transaction() as session:
        outbox.record_all(session, STATES)
    async with publisher.transaction() as session:
        outbox.record_tombstone(session, EmployeeRecorded, LEAVER)
    return publisher


@pytest.fixture
async def directory(office: Office, log: Log, publisher: Database) -> Office:
    """A service whose directory was filled from the log."""
    office.log = log
    async with office.database("evaluation") as database:
        await _bring(publisher, database, office)
    return office


async def _bring(publisher: Database, database: Database, office: Office) -> None:
    async def all_taken() -> bool:
        with suppress(KafkaError):  # a new broker has no coordinator of groups yet
            lag = await office.log.lag(group_of("evaluation"), TOPICS)
            return await unpublished(publisher) == 0 and not any(lag.values())
        return False

    worker = Worker("evaluation", office.consumer(database), office.log)
    async with running(Relay(publisher, office.log), worker):
        await wait_until(all_taken, within=60, every=0.2)


async def spoil(office: Office) -> None:
    async with office.database("evaluation") as database, database.transaction() as session:
        for statement in FALSE:
            await session.execute(text(statement))


async def rows(office: Office, service: str = "evaluation") -> dict[str, list[tuple[Any, ...]]]:
    async with office.database(service) as database, database.session() as session:
        return {
            table.__tablename__: [
                tuple(row) for row in await session.execute(text(f"SELECT * FROM {table.__tablename__} ORDER BY id"))
            ]
            for table in TABLES.values()
        }


async def test_directory_built_from_the_log_equals_the_live_one(directory: Office) -> None:
    live = await rows(directory)

    checked = await directory.operate(rebuild, "directory", "--check")
    rebuilt = await directory.operate(rebuild, "directory")

    assert [len(found) for found in live.values()] == [1, 2, 1]
    assert (checked.exit_code, rebuilt.exit_code, checked.output) == (0, 0, rebuilt.output)
    assert checked.output.splitlines()[0] == "evaluation\tdirectory_employees\t1 baris\tbaru 0\tberubah 0\thilang 0"
    assert NAME not in checked.output
    assert await rows(directory) == live


async def test_wrong_directory_is_told_and_then_put_right(directory: Office) -> None:
    live = await rows(directory)
    await spoil(directory)
    spoilt = await rows(directory)

    checked = await directory.operate(rebuild, "directory", "--check", "--json")
    unchanged = await rows(directory)
    rebuilt = await directory.operate(rebuild, "directory")

    (told,) = orjson.loads(checked.output)
    assert (checked.exit_code, rebuilt.exit_code, told["unreadable"]) == (1, 0, 0)
    assert told["tables"] == {
        "directory_employees": {"rows": 1, "added": 0, "changed": 0, "removed": 0},
        "directory_units": {"rows": 2, "added": 0, "changed": 1, "removed": 1},
        "directory_positions": {"rows": 1, "added": 1, "changed": 0, "removed": 0},
    }
    assert unchanged == spoilt
    assert await rows(directory) == live
    assert await directory.acts() == ["directory_rebuilt"]


async def test_rebuilding_waits_for_a_batch_under_way(directory: Office) -> None:
    live = await rows(directory)
    async with directory.database("evaluation") as database:
        async with database.session() as session:
            await session.execute(text("UPDATE directory_units SET sequence = sequence"))
            rebuilding = asyncio.create_task(directory.operate(rebuild, "directory"))
            await wait_until(lambda: _tried_to_lock(database), within=30, every=0)
            assert not rebuilding.done()
            await session.commit()
        answer = await rebuilding

    assert answer.exit_code == 0
    assert await rows(directory) == live


async def _tried_to_lock(database: Database) -> bool:
    """A refused lock is rolled back, and that is then the last statement of whoever tried."""
    tried = "query LIKE 'LOCK TABLE directory%' OR query LIKE 'ROLLBACK%'"
    others = f"datname = current_database() AND pid <> pg_backend_pid() AND ({tried})"
    async with database.session() as session:
        return bool(await session.scalar(text(f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE {others})")))


async def test_log_that_lost_its_records_empties_no_directory(office: Office, log: Log) -> None:
    office.log = log
    await (await wait_until(log.open_sender, within=30)).close()
    await spoil(office)
    before = await rows(office)

    answer = await office.operate(rebuild, "directory")

    assert (answer.exit_code, "tidak ada yang diubah" in answer.output) == (1, True)
    assert await rows(office) == before


async def test_publisher_rebuilds_its_directory_from_what_it_sent_itself(
    settings: Settings, publisher: Database, directory: Office
) -> None:
    live = await rows(directory)
    needs = Office(settings, {"needs": publisher.url}, log=EmbeddedTransport("postgresql://127.0.0.1:1/away"))

    rebuilt = await needs.operate(rebuild, "directory", "--from-outbox")
    checked = await needs.operate(rebuild, "directory", "--from-outbox", "--check")

    assert (rebuilt.exit_code, checked.exit_code) == (0, 0)
    assert await rows(needs, "needs") == live


@pytest.mark.parametrize("words", [("--service", "payroll"), ("--from-outbox",)])
async def test_service_to_rebuild_must_have_what_it_is_rebuilt_from(office: Office, words: tuple[str, ...]) -> None:
    assert (await office.operate(rebuild, "directory", *words)).exit_code == 2
