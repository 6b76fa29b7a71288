"""People who leave, go on leave, move or rise take their needs along, or leave them behind."""

from uuid import UUID

import pytest
from sqlalchemy import update

from services.needs.app import SERVICE
from services.needs.commands.needs import verify_needs
from services.needs.tables import EmployeeRow, NeedRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.directory import DirectoryEmployee
from shared.events.employees import EmployeeRecorded
from shared.events.needs import NeedRejected, NeedReturned, NeedStandardChanged, PlanItemWithdrawn
from shared.identity.actor import Actor
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import Office, go_to, needs, open_office
from tests.integration.cases import TODAY, find, plan, state, take, validate
from tests.records import event_id_of, record_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    database = await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)
    await go_to(database, TODAY)
    return database


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def change(database: Database, person: UUID, **columns: object) -> Record:
    """Change what is recorded of a person; gives the record that tells of it."""
    async with database.transaction() as session:
        await session.execute(update(EmployeeRow).where(EmployeeRow.id == person).values(**columns))
        row = await session.get_one(EmployeeRow, person)
        event = EmployeeRecorded(
            employee_id=person,
            name=row.name,
            employee_number=row.employee_number,
            employment_type=row.employment_type,
            legal_status=row.legal_status,
            unit_id=row.unit_id,
            position_id=row.position_id,
            superior_id=row.superior_id,
            valid_from=row.valid_from,
        )
    return record_of(event)


def tombstone_of(record: Record) -> Record:
    newer = [(name, str(new_id()).encode() if name == "ce_id" else value) for name, value in record.headers]
    number = record.offset + 1_000_000
    headers = [(name, str(number).encode() if name == "ce_sequence" else value) for name, value in newer]
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=number,
        key=record.key,
        headers=headers,
        value=None,
        timestamp_ms=record.timestamp_ms,
    )


async def test_person_who_left_needs_nothing(database: Database, office: Office) -> None:
    planned, identified = await find(database, office.ani, office.budi)
    await plan(database, office, planned)
    records = [await change(database, person, legal_status="99") for person in (office.ani, office.budi)]

    said = await take(database, *records)

    rejected = {each.event.need_id: each for each in said if isinstance(each.event, NeedRejected)}
    assert await state(database) == dict.fromkeys([planned, identified], ("REJECTED", "EMPLOYEE_LEFT"))
    assert rejected.keys() == {planned, identified}
    assert rejected[planned].causation == str(event_id_of(records[0]))
    assert [each.event.reason for each in said if isinstance(each.event, PlanItemWithdrawn)] == ["EMPLOYEE_LEFT"]
    async with database.session() as session:
        assert (await session.get_one(DirectoryEmployee, office.ani)).legal_status == "99"


async def test_removed_person_needs_nothing(database: Database, office: Office) -> None:
    person = new_id()
    [need] = await find(database, office.ani)
    async with database.transaction() as session:
        await session.execute(update(NeedRow).values(employee_id=person))
    gone = record_of(
        EmployeeRecorded(
            employee_id=person,
            name="Contoh Rekaan",
            employee_number="198001012005019000",
            employment_type="PNS",
            legal_status="01",
            unit_id=office.unit_id,
            position_id=office.position_id,
            valid_from=TODAY,
        )
    )

    known = await take(database, gone)
    said = await take(database, tombstone_of(gone))

    assert known == []
    assert [(type(each.event), each.event.subject) for each in said] == [(NeedRejected, need)]


async def test_leave_sends_judged_needs_back_until_the_return(database: Database, office: Office) -> None:
    planned, identified = await find(database, office.ani, office.budi)
    await plan(database, office, planned)

    said = await take(
        database, *[await change(database, person, legal_status="02") for person in (office.ani, office.budi)]
    )
    back = await take(
        database, *[await change(database, person, legal_status="01") for person in (office.ani, office.budi)]
    )

    assert [type(each.event) for each in said] == [NeedReturned, PlanItemWithdrawn]
    assert {each.event.reason for each in said if isinstance(each.event, NeedReturned | PlanItemWithdrawn)} == {
        "EMPLOYEE_AWAY"
    }
    assert (back, await state(database)) == (
        [], {planned: ("RETURNED", "EMPLOYEE_AWAY"), identified: ("IDENTIFIED", None)},
    )  # fmt: skip
    await validate(database, office, planned)


async def test_transfer_sends_verified_needs_to_the_new_unit_and_takes_plans_along(
    database: Database, office: Office
) -> None:
    planned, verified = await find(database, office.ani, office.budi)
    await plan(database, office, planned)
    head = Actor(id=new_id(), kind="ACCOUNT", roles=frozenset(), employee_id=office.head)
    async with database.transaction() as session:
        await verify_needs(session, head, [verified])

    records = [await change(database, person, unit_id=office.other_unit_id) for person in (office.ani, office.budi)]
    said = await take(database, *records)

    assert [each.event.subject for each in said if isinstance(each.event, NeedReturned)] == [verified]
    assert len(said) == 1
    assert await state(database) == {planned: ("PLANNED", None), verified: ("RETURNED", "UNIT_CHANGED")}
    assert {row.unit_id for row in await needs(database)} == {office.other_unit_id}


async def test_position_that_does_not_ask_for_it_ends_a_need(database: Database, office: Office) -> None:
    planned, identified = await find(database, office.ani, office.budi)
    await plan(database, office, planned)

    records = [
        await change(database, person, position_id=office.lower_position_id) for person in (office.ani, office.budi)
    ]
    said = await take(database, *records)

    assert set((await state(database)).values()) == {("REJECTED", "POSITION_CHANGED")}
    assert sorted(each.event.subject for each in said if isinstance(each.event, NeedRejected)) == sorted(
        [planned, identified]
    )
    assert [each.event.reason for each in said if isinstance(each.event, PlanItemWithdrawn)] == ["POSITION_CHANGED"]


async def test_higher_position_has_the_unit_look_again_by_its_standard(database: Database, office: Office) -> None:
    planned, validated = await find(database, office.ani, office.budi)
    await plan(database, office, planned)
    await validate(database, office, validated)

    records = [
        await change(database, person, position_id=office.higher_position_id) for person in (office.ani, office.budi)
    ]
    said = await take(database, *records)

    rows = {row.id: (row.status, row.standard_level) for row in await needs(database)}
    assert rows == {planned: ("PLANNED", 2), validated: ("RETURNED", 3)}
    told = [each.event for each in said if isinstance(each.event, NeedStandardChanged)]
    assert [(event.need_id, event.standard_level) for event in told] == [(validated, 3)]


async def test_unchanged_person_and_one_without_needs_change_nothing(database: Database, office: Office) -> None:
    await find(database, office.ani)

    said = await take(
        database,
        await change(database, office.ani, name="Lain Rekaan"),
        await change(database, office.chief, name="Contoh Lain"),
    )

    assert said == []
