"""Needs through the routes: found by analysis, verified, validated, planned, fixed by a decree, and told of."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from services.needs.app import SERVICE
from services.needs.domain.evidence import EvidenceKind
from services.needs.tables import EmployeeRow
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
from tests.integration.house import House, opened
from tests.records import emitted

TODAY = date(2026, 6, 1)
CYCLE = 2027


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


async def analyse(analyst: httpx.AsyncClient, cycle: int = CYCLE, **more: object) -> dict[str, Any]:
    answer = await analyst.post("/needs/analyses", json={"cycle": cycle, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def needs(client: httpx.AsyncClient, **wanted: object) -> dict[UUID, dict[str, Any]]:
    """Person → need."""
    answer = await client.get("/needs/needs", params={name: str(value) for name, value in wanted.items()})
    assert answer.status_code == 200, answer.text
    return {UUID(need["employee_id"]): need for need in answer.json()}


async def decide(client: httpx.AsyncClient, what: str, *need_ids: str, **more: str) -> int:
    answer = await client.post(f"/needs/needs/{what}", json={"need_ids": list(need_ids), **more})
    return answer.status_code


async def validated(house: House, office: Office, analyst: httpx.AsyncClient) -> list[str]:
    """The needs of ani and budi, validated."""
    await analyse(analyst)
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)
    ids = [need["id"] for _, need in sorted((await needs(analyst)).items())]
    assert await decide(head, "verify", *ids) == await decide(analyst, "validate", *ids) == 200
    return ids


async def propose(analyst: httpx.AsyncClient, *need_ids: str, form: int = 8, **more: object) -> list[str]:
    items = [{"need_id": need_id, "form": form, **more} for need_id in need_ids]
    answer = await analyst.post("/needs/plan-items", json={"items": items})
    assert answer.status_code == 201, answer.text
    ids: list[str] = answer.json()["plan_item_ids"]
    return ids


def decree(number: str = "800/123/2026", **more: object) -> dict[str, object]:
    return {"cycle": CYCLE, "number": number, "decreed_on": "2026-05-29", "signatory": "Wali Kota Contoh", **more}


async def fixed(house: House, analyst: httpx.AsyncClient, **more: Any) -> httpx.Response:
    """Enter a decree as one analyst and confirm it as another."""
    entered = await analyst.post("/needs/decrees", json=decree(**more))
    assert entered.status_code == 201, entered.text
    second = await house.person(Role.ANALYST)
    return await second.post(f"/needs/decrees/{entered.json()['id']}/confirm")


async def told(house: House, *contracts: type) -> list[Any]:
    return [each.event for each in await emitted(house.database) if isinstance(each.event, contracts)]


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


async def test_only_validated_needs_are_planned_and_each_once(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    await analyse(analyst)
    ani = (await needs(analyst))[office.ani]["id"]
    early = await analyst.post("/needs/plan-items", json={"items": [{"need_id": ani, "form": 8}]})
    twice = await analyst.post("/needs/plan-items", json={"items": [{"need_id": ani, "form": 8}] * 2})

    assert (early.status_code, twice.status_code) == (409, 422)


async def test_proposal_may_change_until_it_is_submitted(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    first = await propose(analyst, *ids, form=8)

    assert await propose(analyst, *ids, form=16) == first
    entered = (await analyst.post("/needs/decrees", json=decree())).json()
    late = await analyst.post("/needs/plan-items", json={"items": [{"need_id": ids[0], "form": 9}]})
    cancelled = await analyst.post(f"/needs/decrees/{entered['id']}/cancel")

    assert (late.status_code, cancelled.json()["status"]) == (409, "CANCELLED")
    assert await propose(analyst, ids[0], form=9) == [first[0]]
    forms = {
        item["need_id"]: (item["form"], item["status"]) for item in (await analyst.get("/needs/plan-items")).json()
    }
    assert forms == {ids[0]: (9, "PROPOSED"), ids[1]: (16, "PROPOSED")}


async def test_decree_takes_a_second_person(house: House, office: Office, analyst: httpx.AsyncClient) -> None:
    await propose(analyst, *(await validated(house, office, analyst)))
    two_accounts = [await house.person(Role.ANALYST, employee_id=office.chief) for _ in range(2)]
    entered = (await two_accounts[0].post("/needs/decrees", json=decree())).json()["id"]

    refused = [(await each.post(f"/needs/decrees/{entered}/confirm")).status_code for each in two_accounts]
    before = await told(house, PlanItemApproved)
    confirmed = await analyst.post(f"/needs/decrees/{entered}/confirm")
    again = await analyst.post(f"/needs/decrees/{entered}/confirm")

    assert (refused, before, confirmed.status_code, again.status_code) == ([403, 403], [], 200, 409)
    assert len(await told(house, PlanItemApproved)) == 2


async def test_decree_fixes_named_items_or_all_that_are_proposed(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    items = await propose(analyst, *ids)

    await fixed(house, analyst, number="1", plan_item_ids=items[:1])
    twice = await analyst.post("/needs/decrees", json=decree("1"))
    await fixed(house, analyst, number="2")
    empty = await analyst.post("/needs/decrees", json=decree("3"))

    assert (twice.status_code, empty.status_code) == (409, 409)
    decrees = {row["id"]: row["number"] for row in (await analyst.get("/needs/decrees")).json()}
    placed = {item["id"]: decrees[item["decree_id"]] for item in (await analyst.get("/needs/plan-items")).json()}
    assert placed == {items[0]: "1", items[1]: "2"}


async def test_need_that_was_rejected_under_a_waiting_decree_is_not_fixed(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    await propose(analyst, *ids)
    entered = (await analyst.post("/needs/decrees", json=decree())).json()["id"]
    await decide(analyst, "reject", ids[0], reason="NOT_RELEVANT")

    await (await house.person(Role.ANALYST)).post(f"/needs/decrees/{entered}/confirm")

    assert [str(event.need_id) for event in await told(house, PlanItemApproved)] == [ids[1]]


async def test_withdrawn_item_lets_the_need_be_planned_anew(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    ids = await validated(house, office, analyst)
    items = await propose(analyst, *ids)
    await fixed(house, analyst)

    body = {"plan_item_ids": items[:1], "reason": "NO_BUDGET"}
    withdrawn = await analyst.post("/needs/plan-items/withdraw", json=body)
    again = await analyst.post("/needs/plan-items/withdraw", json=body)

    assert (withdrawn.status_code, again.status_code) == (200, 409)
    [event] = await told(house, PlanItemWithdrawn)
    assert (str(event.plan_item_id), str(event.need_id), event.reason) == (items[0], ids[0], "NO_BUDGET")
    assert (await needs(analyst))[office.ani]["status"] == "VALIDATED"
    assert len(await told(house, NeedValidated)) == 2
    await propose(analyst, ids[0], form=22)
    assert (await fixed(house, analyst, number="2")).status_code == 200


async def test_agreement_allows_24_planned_hours_a_year(
    house: House, office: Office, analyst: httpx.AsyncClient
) -> None:
    async with house.database.transaction() as session:
        person = await session.get_one(EmployeeRow, office.ani)
        person.employment_type, person.valid_from = "PPPK", date(2025, 3, 1)
    ids = await validated(house, office, analyst)

    await propose(analyst, *ids, learning_hours=25, scheduled_from="2027-02-01")
    too_many = await analyst.post("/needs/decrees", json=decree())
    await propose(analyst, *ids, learning_hours=24, scheduled_from="2027-02-01")
    enough = await fixed(house, analyst, number="2")

    assert (too_many.status_code, enough.status_code) == (409, 200)
    assert "inisiatif mandiri" in too_many.json()["detail"]


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
