"""Steps of needs through the routes, as an analyst, a head and a second analyst take them."""

from typing import Any
from uuid import UUID

import httpx

from shared.identity.actor import Role
from tests.integration.agency import Office
from tests.integration.house import House
from tests.records import emitted

CYCLE = 2027


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
