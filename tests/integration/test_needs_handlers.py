"""Needs hears: re-measured levels close needs, and escalated cases are marked."""

import random
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.needs.app import SERVICE
from services.needs.commands.analysis import analyse_needs
from services.needs.commands.plan import confirm_decree
from services.needs.domain.evidence import EvidenceKind
from services.needs.tables import EvidenceRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.evaluation import CompetencyRemeasured, FollowUpEscalated
from shared.events.needs import CompetencyAssessed, NeedClosed
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import COMPETENCY, Office, assess, go_to, needs, open_office
from tests.integration.cases import ANALYST, CYCLE, SECOND, TODAY, find, items, plan, state, submit, take
from tests.records import emitted, event_id_of, record_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    database = await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)
    await go_to(database, TODAY)
    return database


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


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


async def test_result_of_an_earlier_item_withdraws_the_item_that_still_waits_for_its_decree(
    database: Database, office: Office
) -> None:
    [need] = await find(database, office.ani)
    _, decree_id = await submit(database, office, need)

    said = await take(database, remeasured(office.ani, 2, need))
    async with database.transaction() as session:
        await confirm_decree(session, SECOND, decree_id)

    assert [type(each.event).__name__ for each in said] == ["CompetencyAssessed", "NeedClosed"]
    assert (await items(database))[need] == ("WITHDRAWN", "NEED_MET")
    assert "PlanItemApproved" not in {type(each.event).__name__ for each in await emitted(database)}


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
