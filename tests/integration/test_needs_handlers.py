"""Needs hears: re-measured levels close needs, escalated cases are marked, and people who change take needs along."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from services.needs.app import SERVICE
from services.needs.commands.analysis import analyse_needs
from services.needs.commands.needs import validate_needs, verify_needs
from services.needs.commands.plan import DecreeEntry, Proposal, confirm_decree, enter_decree, propose_items
from services.needs.domain.evidence import EvidenceKind
from services.needs.domain.plan import Particulars
from services.needs.tables import EmployeeRow, EvidenceRow, NeedRow, PlanItemRow
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.directory import DirectoryEmployee
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import CompetencyRemeasured, FollowUpEscalated
from shared.events.needs import CompetencyAssessed, NeedClosed, NeedRejected, NeedReturned, PlanItemWithdrawn
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import COMPETENCY, Office, assess, go_to, needs, open_office
from tests.records import Emitted, emitted, event_id_of, record_of

TODAY = date(2026, 6, 1)
CYCLE = 2026
ANALYST, SECOND = (Actor(id=UUID(int=n), kind="ACCOUNT", roles=frozenset({Role.ANALYST})) for n in (8, 9))


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    database = await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)
    await go_to(database, TODAY)
    return database


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def take(database: Database, *records: Record) -> Sequence[Emitted]:
    """Take one batch; returns what it made the service say."""
    before = len(await emitted(database))
    await Consumer(database, SERVICE.handlers, frozenset({"medan"})).take(records)
    return (await emitted(database))[before:]


async def find(database: Database, *people: UUID, level: int = 1) -> list[UUID]:
    """The needs of people whose level is too low, in their order."""
    for person in people:
        await assess(database, person, level)
    async with database.transaction() as session:
        await analyse_needs(session, ANALYST, CYCLE, None)
    found = {row.employee_id: row.id for row in await needs(database)}
    return [found[person] for person in people]


async def validate(database: Database, office: Office, *need_ids: UUID) -> None:
    head = Actor(id=new_id(), kind="ACCOUNT", roles=frozenset({Role.EMPLOYEE}), employee_id=office.head)
    async with database.transaction() as session:
        await verify_needs(session, head, need_ids)
        await validate_needs(session, ANALYST, need_ids)


async def plan(database: Database, office: Office, *need_ids: UUID, form: int = 8) -> list[UUID]:
    """Items of the plan for needs, fixed."""
    await validate(database, office, *need_ids)
    proposals = [Proposal(need_id=need_id, particulars=Particulars(form=form)) for need_id in need_ids]
    entry = DecreeEntry(cycle=CYCLE, number=f"800/{new_id()}", decreed_on=TODAY, signatory="Wali Kota Contoh")
    async with database.transaction() as session:
        items = await propose_items(session, ANALYST, proposals)
        decree = await enter_decree(session, ANALYST, entry)
        await confirm_decree(session, SECOND, decree.id)
    return items


def remeasured(
    employee_id: UUID, level: int, *need_ids: UUID, evaluation_id: UUID | None = None, **more: Any
) -> Record:
    told: dict[str, Any] = {
        "evaluation_id": evaluation_id or new_id(),
        "employee_id": employee_id,
        "competency": COMPETENCY,
        "level": level,
        "measured_on": date(2026, 9, 1),
        "need_ids": need_ids,
    }
    return record_of(CompetencyRemeasured(**{**told, **more}))


def escalated(employee_id: UUID, *need_ids: UUID, follow_up_id: UUID | None = None) -> Record:
    event = FollowUpEscalated(
        follow_up_id=follow_up_id or new_id(),
        employee_id=employee_id,
        competency=COMPETENCY,
        cycle=CYCLE,
        round=2,
        reason="STILL_BELOW_STANDARD",
        need_ids=need_ids,
    )
    return record_of(event)


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


async def items(database: Database) -> dict[UUID, tuple[str, str | None]]:
    """Need → status and reason of its newest item."""
    async with database.session() as session:
        rows = await session.scalars(select(PlanItemRow).order_by(PlanItemRow.id))
        return {row.need_id: (row.status, row.reason) for row in rows}


async def state(database: Database) -> dict[UUID, tuple[str, str | None]]:
    """Need → status and reason."""
    return {row.id: (row.status, row.reason) for row in await needs(database)}


async def test_remeasured_level_at_the_standard_closes_the_need_it_was_meant_for(
    database: Database, office: Office
) -> None:
    [need] = await find(database, office.ani)
    await plan(database, office, need)
    evaluation_id = new_id()
    record = remeasured(office.ani, 2, need, evaluation_id=evaluation_id)

    assessed, closed = await take(database, record)

    assert assessed.event == CompetencyAssessed(
        assessment_id=evaluation_id,
        employee_id=office.ani,
        source="POST_TRAINING",
        assessed_on=date(2026, 9, 1),
        valid_until=date(2028, 9, 1),
        levels={COMPETENCY: 2},
    )
    assert closed.event == NeedClosed(
        need_id=need, employee_id=office.ani, competency=COMPETENCY, cycle=CYCLE, level=2, assessment_id=evaluation_id
    )
    assert (closed.causation, closed.correlation) == (str(event_id_of(record)), need)
    assert (await state(database))[need] == ("CLOSED", None)
    assert (await items(database))[need] == ("DONE", None)


async def test_remeasured_level_below_the_standard_is_kept_and_closes_nothing(
    database: Database, office: Office
) -> None:
    [need] = await find(database, office.ani, level=0)

    said = await take(database, remeasured(office.ani, 1, need))

    assert [type(each.event) for each in said] == [CompetencyAssessed]
    assert (await state(database))[need] == ("IDENTIFIED", None)


async def test_level_that_others_caused_withdraws_the_item_of_the_plan(database: Database, office: Office) -> None:
    [need] = await find(database, office.ani)
    await plan(database, office, need)

    said = await take(database, remeasured(office.ani, 3))

    assert [type(each.event).__name__ for each in said] == ["CompetencyAssessed", "NeedClosed", "PlanItemWithdrawn"]
    assert (await items(database))[need] == ("WITHDRAWN", "NEED_MET")


async def test_level_measured_before_the_need_was_found_closes_it_only_when_meant(
    database: Database, office: Office
) -> None:
    ani, budi = await find(database, office.ani, office.budi)
    earlier = date(2026, 5, 31)

    await take(
        database,
        remeasured(office.ani, 2, measured_on=earlier),
        remeasured(office.budi, 2, budi, measured_on=earlier),
    )

    assert await state(database) == {ani: ("IDENTIFIED", None), budi: ("CLOSED", None)}


@pytest.mark.parametrize(
    ("kind", "closes"),
    [
        (EvidenceKind.CENTRE, True), (EvidenceKind.CHALLENGE_TEST, True), (EvidenceKind.TEST, False),
        (EvidenceKind.SUPERIOR, False), (EvidenceKind.SELF, False), (EvidenceKind.CENTRE_UNACCREDITED, False),
    ],
)  # fmt: skip
async def test_other_evidence_closes_needs_only_of_some_kinds(
    database: Database, office: Office, kind: EvidenceKind, closes: bool
) -> None:
    [need] = await find(database, office.ani)

    await assess(database, office.ani, 5, kind=kind, on=TODAY)

    assert (await state(database))[need] == ("CLOSED" if closes else "IDENTIFIED", None)


async def test_records_that_come_twice_and_corrections_have_one_effect(database: Database, office: Office) -> None:
    [need] = await find(database, office.ani, level=0)
    evaluation_id = new_id()
    low = remeasured(office.ani, 1, need, evaluation_id=evaluation_id)
    corrected = remeasured(office.ani, 2, need, evaluation_id=evaluation_id)

    await take(database, low, low)
    said = await take(database, low, corrected, corrected)

    assert [type(each.event).__name__ for each in said] == ["CompetencyAssessed", "NeedClosed"]
    async with database.session() as session:
        rows = (await session.scalars(select(EvidenceRow).where(EvidenceRow.assessment_id == evaluation_id))).all()
    assert [row.level for row in rows] == [2]


async def test_closed_need_is_not_found_again_by_the_assessment_it_has_outgrown(
    database: Database, office: Office
) -> None:
    [need] = await find(database, office.ani)
    await take(database, remeasured(office.ani, 2, need, measured_on=TODAY))

    async with database.transaction() as session:
        again = await analyse_needs(session, ANALYST, CYCLE + 1, None)

    assert (again.needs_identified, again.needs_known) == (0, 0)


async def test_order_and_batches_do_not_matter(database: Database, office: Office) -> None:
    ids = await find(database, office.ani, office.budi, office.head)
    records = [
        record
        for person, need in zip((office.ani, office.budi, office.head), ids, strict=True)
        for record in (remeasured(person, 1, need), remeasured(person, 2, need), escalated(person, need))
    ]
    random.Random(4).shuffle(records)

    await take(database, *records[:4])
    await take(database, *records[2:], *records[:3])

    assert set((await state(database)).values()) == {("CLOSED", None)}
    closed = [each.event for each in await emitted(database) if isinstance(each.event, NeedClosed)]
    assert sorted(event.need_id for event in closed) == sorted(ids)


async def test_remeasured_level_of_somebody_unknown_is_kept(database: Database, office: Office) -> None:
    said = await take(database, remeasured(new_id(), 3, new_id()))

    assert [type(each.event) for each in said] == [CompetencyAssessed]


@pytest.mark.parametrize("named", [True, False])
async def test_escalated_case_marks_its_need_for_review_once(database: Database, office: Office, named: bool) -> None:
    need, other = await find(database, office.ani, office.budi)
    follow_up_id = new_id()
    record = escalated(office.ani, *([need] if named else []), follow_up_id=follow_up_id)

    await take(database, record, record)
    await take(database, escalated(office.ani, need))

    marked = {row.id: row.review_follow_up_id for row in await needs(database)}
    assert marked == {need: follow_up_id, other: None}


async def test_escalation_of_an_unknown_need_marks_nothing(database: Database, office: Office) -> None:
    assert await take(database, escalated(office.ani, new_id()), escalated(new_id())) == []


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
    await take(database, *records)

    rows = {row.id: (row.status, row.standard_level) for row in await needs(database)}
    assert rows == {planned: ("PLANNED", 2), validated: ("RETURNED", 3)}


async def test_unchanged_person_and_one_without_needs_change_nothing(database: Database, office: Office) -> None:
    await find(database, office.ani)

    said = await take(
        database,
        await change(database, office.ani, name="Lain Rekaan"),
        await change(database, office.chief, name="Contoh Lain"),
    )

    assert said == []
