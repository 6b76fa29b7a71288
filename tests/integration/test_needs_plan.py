"""The annual plan through the routes: proposed, fixed by a decree of two people, withdrawn, planned anew."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from services.needs.app import SERVICE
from services.needs.tables import EmployeeRow
from shared.events.needs import (
    NeedValidated,
    PlanItemApproved,
    PlanItemWithdrawn,
)
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.agency import Office, assess, go_to, open_office
from tests.integration.deciding import analyse, decide, decree, fixed, needs, propose, told, validated
from tests.integration.house import House, opened

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
