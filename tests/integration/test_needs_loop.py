"""Needs through the routes: found by analysis, verified, validated, planned, fixed by a decree, and told of."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from services.needs.app import SERVICE
from services.needs.domain.evidence import EvidenceKind
from shared.audit import AuditEntry
from shared.events.needs import (
    NeedIdentified,
    NeedRejected,
    NeedReturned,
    NeedValidated,
    NeedVerified,
    PlanItemApproved,
    PlanItemWithdrawn,
)
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import COMPETENCY, Office, assess, go_to, open_office
from tests.integration.deciding import CYCLE, analyse, decide, fixed, needs, propose, told, validated
from tests.integration.house import House, opened
from tests.records import emitted

TODAY = date(2026, 6, 1)


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="needs", agency="medan", lineages=lineages)) as house:
        await go_to(house.database, TODAY)
        yield house


@pytest.fixture
async def office(house: House) -> Office:
    """An office in which ani and budi lack one level each."""
    office = await open_office(house.database)
    await assess(house.database, office.ani, 1)
    await assess(house.database, office.budi, 0)
    return office


@pytest.fixture
async def analyst(house: House) -> httpx.AsyncClient:
    return await house.person(Role.ANALYST)


async def test_analysis_finds_deficits_of_people_with_evidence(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    await assess(house.database, office.head, 2)

    analysis = await analyse(analyst)

    counted = {name: analysis[name] for name in ("people", "people_without_evidence", "needs_identified")}
    assert counted == {"people": 4, "people_without_evidence": 1, "needs_identified": 2}
    found = await needs(analyst)
    assert {(who, each["standard_level"], each["current_level"], each["status"]) for who, each in found.items()} == {
        (office.ani, 2, 1, "IDENTIFIED"), (office.budi, 2, 0, "IDENTIFIED"),
    }  # fmt: skip
    events = {event.employee_id: event for event in await told(house, NeedIdentified)}
    assert {(who, event.gap, event.cycle, event.competency) for who, event in events.items()} == {
        (office.ani, -1, CYCLE, COMPETENCY), (office.budi, -2, CYCLE, COMPETENCY),
    }  # fmt: skip
    told_of = [each for each in await emitted(house.database) if isinstance(each.event, NeedIdentified)]
    assert all(each.correlation == each.event.subject for each in told_of)


async def test_second_analysis_adds_only_what_is_new(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await analyse(analyst)
    await assess(house.database, office.head, 1)

    again = await analyse(analyst)
    next_year = await analyse(analyst, CYCLE + 1)

    assert (again["needs_identified"], again["needs_known"]) == (1, 2)
    assert (next_year["needs_identified"], next_year["needs_known"]) == (3, 0)


async def test_need_that_people_rejected_is_not_found_again_in_the_cycle(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    await analyse(analyst)
    ani = (await needs(analyst))[office.ani]["id"]
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)

    assert await decide(head, "reject", ani, reason="ALREADY_MASTERED") == 200
    again = await analyse(analyst)

    assert (again["needs_identified"], again["needs_known"]) == (0, 2)
    [event] = await told(house, NeedRejected)
    assert (event.employee_id, event.reason) == (office.ani, "ALREADY_MASTERED")


async def test_analysis_of_a_unit_looks_at_that_unit_only(office: Office, analyst: httpx.AsyncClient) -> None:
    nothing = await analyse(analyst, unit_code="2")
    unknown = await analyst.post("/needs/analyses", json={"cycle": CYCLE, "unit_code": "9"})

    assert (nothing["people"], nothing["needs_identified"], unknown.status_code) == (0, 0, 404)


async def test_need_goes_from_the_unit_to_the_agency_to_the_plan(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    [bimtek] = await propose(analyst, ids[0], form=8, program="BIMTEK-LAYANAN", learning_hours=20, cost=1_500_000)
    [mentoring] = await propose(analyst, ids[1], form=15)

    confirmed = await fixed(house, analyst)

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "CONFIRMED")
    assert {need["status"] for need in (await needs(analyst)).values()} == {"PLANNED"}
    events = {str(event.plan_item_id): event for event in await told(house, PlanItemApproved)}
    assert {key: (event.form, event.program, str(event.need_id)) for key, event in events.items()} == {
        bimtek: (8, "BIMTEK-LAYANAN", ids[0]), mentoring: (15, None, ids[1]),
    }  # fmt: skip
    assert (events[bimtek].standard_level, events[bimtek].current_level) == (2, 1)
    assert len(await told(house, NeedVerified)) == len(await told(house, NeedValidated)) == 2
    detail = (await analyst.get(f"/needs/needs/{ids[0]}")).json()
    assert [step["status"] for step in detail["steps"]] == ["IDENTIFIED", "VERIFIED", "VALIDATED", "PLANNED"]


async def test_unit_decides_for_its_own_people_only(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await analyse(analyst)
    found = await needs(analyst)
    ani, budi = found[office.ani]["id"], found[office.budi]["id"]
    own = await house.person(Role.EMPLOYEE, employee_id=office.ani)
    stranger = await house.person(Role.UNIT_STAFF, employee_id=new_id())
    chief = await house.person(Role.EMPLOYEE, employee_id=office.chief)

    assert await decide(own, "verify", ani) == 404
    assert await decide(own, "verify", budi) == 404
    assert await decide(stranger, "verify", ani) == 404
    assert await decide(analyst, "verify", ani) == 404
    assert await decide(own, "validate", ani) == 403
    assert await decide(chief, "verify", ani, budi) == 200


async def test_staff_of_the_unit_enter_what_the_superior_decided_but_not_for_themselves(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    await analyse(analyst)
    found = await needs(analyst)
    staff = await house.person(Role.UNIT_STAFF, employee_id=office.budi)

    assert await decide(staff, "verify", found[office.budi]["id"]) == 403
    assert await decide(staff, "verify", found[office.ani]["id"]) == 200

    detail = (await analyst.get(f"/needs/needs/{found[office.ani]['id']}")).json()
    assert detail["steps"][-1]["on_behalf_of"] == str(office.head)
    async with house.database.session() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "verify_needs"))).one()
    assert (entry.on_behalf_of, str(entry.subject_id)) == (office.head, found[office.ani]["id"])


async def test_nobody_validates_their_own_need(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await analyse(analyst)
    ani = (await needs(analyst))[office.ani]["id"]
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)
    await decide(head, "verify", ani)
    herself = await house.person(Role.ANALYST, employee_id=office.ani)

    assert await decide(herself, "validate", ani) == 403
    assert await decide(analyst, "validate", ani) == 200


async def test_bulk_decision_is_taken_for_all_or_none(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await analyse(analyst)
    found = await needs(analyst)
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)
    await decide(head, "verify", found[office.ani]["id"])

    mixed = await decide(analyst, "validate", *(need["id"] for need in found.values()))
    unknown = await decide(analyst, "validate", found[office.ani]["id"], str(new_id()))

    assert (mixed, unknown) == (409, 404)
    assert {need["status"] for need in (await needs(analyst)).values()} == {"VERIFIED", "IDENTIFIED"}
    assert await told(house, NeedValidated) == []


async def test_returned_need_is_verified_anew_and_its_proposal_falls_away(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    await propose(analyst, *ids)

    assert await decide(analyst, "return", ids[0], reason="LEVEL_DISPUTED") == 200

    items = (await analyst.get("/needs/plan-items")).json()
    assert {(item["need_id"], item["status"], item["reason"]) for item in items} == {
        (ids[0], "WITHDRAWN", "NEED_RETURNED"), (ids[1], "PROPOSED", None),
    }  # fmt: skip
    assert [event.reason for event in await told(house, NeedReturned)] == ["LEVEL_DISPUTED"]
    assert await told(house, PlanItemWithdrawn) == []
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)
    assert await decide(head, "verify", ids[0]) == await decide(analyst, "validate", ids[0]) == 200
    await propose(analyst, ids[0])


async def test_unit_does_not_reject_what_it_has_verified(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)

    assert await decide(head, "reject", ids[0], reason="NOT_RELEVANT") == 403
    assert await decide(analyst, "reject", ids[0], reason="NOT_RELEVANT") == 200
    assert await decide(analyst, "reject", ids[0], reason="NOT_RELEVANT") == 409


@pytest.mark.parametrize("reason", ["EMPLOYEE_LEFT", "BECAUSE", None])
async def test_reasons_of_the_system_and_none_at_all_are_refused(
    analyst: httpx.AsyncClient, reason: str | None
) -> None:
    body = {"need_ids": [str(new_id())]} | ({"reason": reason} if reason else {})

    assert (await analyst.post("/needs/needs/reject", json=body)).status_code == 422
    assert (await analyst.post("/needs/needs/return", json=body)).status_code == 422


async def test_everybody_sees_the_needs_they_answer_for(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    await propose(analyst, *ids)

    async def seen(*roles: Role, employee_id: UUID) -> tuple[int, int]:
        client = await house.person(*roles, employee_id=employee_id)
        items = (await client.get("/needs/plan-items")).json()
        return len(await needs(client)), len(items)

    assert await seen(Role.EMPLOYEE, employee_id=office.ani) == (1, 1)
    assert await seen(Role.EMPLOYEE, employee_id=office.head) == (2, 2)
    assert await seen(Role.EMPLOYEE, employee_id=office.chief) == (2, 2)
    assert await seen(Role.UNIT_STAFF, employee_id=office.ani) == (2, 2)
    assert await seen(Role.OPERATOR, employee_id=new_id()) == (0, 0)


async def test_lists_of_needs_are_filtered_and_paged(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await assess(house.database, office.ani, 0, kind=EvidenceKind.TEST, competency="INTEGRITAS")
    await analyse(analyst)
    every = [need["id"] for need in (await analyst.get("/needs/needs")).json()]

    async def listed(query: str) -> list[str]:
        return [need["id"] for need in (await analyst.get(f"/needs/needs?{query}")).json()]

    assert len(every) == 3
    assert await listed("limit=2") + await listed(f"before={every[1]}") == every
    assert len(await listed(f"employee_id={office.ani}")) == 2
    assert len(await listed(f"employee_id={office.ani}&competency=INTEGRITAS")) == 1
    assert (await listed("status=VERIFIED"), await listed("cycle=2030"), await listed("for_review=true")) == (
        [],
        [],
        [],
    )
    assert len(await listed("for_review=false&status=IDENTIFIED")) == 3
