"""The dictionary, standards of positions and assessments through the routes: who may say what of whom."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.needs.app import SERVICE
from shared.events.needs import CompetencyAssessed, NeedClosed
from shared.events.reference import CompetencyRecorded, PositionRecorded
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import COMPETENCY, Office, assess, go_to, open_office
from tests.integration.house import House, opened
from tests.records import emitted

TODAY = date(2026, 6, 1)
ASSESSMENTS = "/needs/assessments"


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="needs", agency="medan", lineages=lineages)) as house:
        await go_to(house.database, TODAY)
        yield house


@pytest.fixture
async def office(house: House) -> Office:
    return await open_office(house.database)


def showing(employee_id: UUID, kind: str, level: int = 2, **more: object) -> dict[str, object]:
    entry = {
        "employee_id": str(employee_id), "kind": kind, "assessed_on": "2026-05-04", "levels": {COMPETENCY: level},
    }  # fmt: skip
    return entry | more


async def record(client: httpx.AsyncClient, *entries: dict[str, object]) -> int:
    return (await client.post(ASSESSMENTS, json={"assessments": list(entries)})).status_code


async def told(house: House, *contracts: type) -> list[Any]:
    return [each.event for each in await emitted(house.database) if isinstance(each.event, contracts)]


@pytest.mark.parametrize("kind", ["CENTRE", "CENTRE_UNACCREDITED", "TEST", "CHALLENGE_TEST", "OBSERVATION"])
async def test_assessors_and_analysts_record_what_others_found(house: House, office: Office, kind: str) -> None:
    assessor = await house.person(Role.ASSESSOR, employee_id=office.budi)
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)

    assert await record(await house.person(Role.ANALYST), showing(office.ani, kind)) == 201
    assert await record(assessor, showing(office.ani, kind, 3), showing(office.head, kind)) == 201
    assert await record(assessor, showing(office.budi, kind)) == 404, "of oneself"
    assert await record(head, showing(office.ani, kind)) == 404
    assert [event.source for event in await told(house, CompetencyAssessed)] == [kind] * 3


async def test_superiors_rate_those_below_and_everybody_themselves(house: House, office: Office) -> None:
    head = await house.person(Role.EMPLOYEE, employee_id=office.head)
    ani = await house.person(Role.EMPLOYEE, employee_id=office.ani)
    analyst = await house.person(Role.ANALYST)

    assert await record(head, showing(office.ani, "SUPERIOR"), showing(office.budi, "SUPERIOR")) == 201
    assert await record(ani, showing(office.ani, "SELF", 5)) == 201
    for client, entry in (
        (head, showing(office.chief, "SUPERIOR")),
        (head, showing(office.head, "SUPERIOR")),
        (head, showing(office.ani, "SELF")),
        (ani, showing(office.budi, "SUPERIOR")),
        (analyst, showing(office.ani, "SUPERIOR")),
        (analyst, showing(office.ani, "SELF")),
        (analyst, showing(office.ani, "POST_TRAINING")),
        (analyst, showing(new_id(), "TEST")),
    ):
        assert await record(client, entry) == 404
    gaps = (await ani.get(f"/needs/gaps/{office.ani}")).json()["gaps"]
    assert {each["gap"] for each in gaps if each["competency"] == COMPETENCY} == {0}
    assert len((await ani.get(ASSESSMENTS)).json()) == 2
    assert len((await head.get(ASSESSMENTS)).json()) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"assessed_on": "2026-06-02"}, {"levels": {}}, {"levels": {COMPETENCY: 6}}, {"levels": {COMPETENCY: -1}},
        {"levels": {"TIDAK_ADA": 2}}, {"kind": "GUESS"}, {"status": "VALID"},
    ],
)  # fmt: skip
async def test_broken_assessment_is_refused_with_all_sent_beside_it(
    house: House, office: Office, changed: dict[str, object]
) -> None:
    analyst = await house.person(Role.ANALYST)

    assert await record(analyst, showing(office.budi, "TEST"), showing(office.ani, "TEST") | changed) == 422
    assert await told(house, CompetencyAssessed) == []


async def test_passed_challenge_test_closes_a_need(house: House, office: Office) -> None:
    analyst = await house.person(Role.ANALYST)
    await assess(house.database, office.ani, 1)
    await analyst.post("/needs/analyses", json={"cycle": 2026})

    await record(analyst, showing(office.ani, "CHALLENGE_TEST", 1, assessed_on="2026-06-01"))
    before = await told(house, NeedClosed)
    await record(analyst, showing(office.ani, "CHALLENGE_TEST", 2, assessed_on="2026-06-01"))

    [closed] = await told(house, NeedClosed)
    assert (before, closed.employee_id, closed.level) == ([], office.ani, 2)


async def test_technical_competency_is_entered_and_asked_by_a_position(house: House, office: Office) -> None:
    analyst = await house.person(Role.ANALYST)
    entry = {"code": "K-STANKOM/1", "title": "Tata Kelola Data", "kind": "TECHNICAL"}
    path = f"/needs/positions/{office.position_id}/standard"

    unknown = await analyst.put(path, json={"levels": {"K-STANKOM/1": 3}})
    entered = await analyst.post("/needs/competencies", json=entry)
    asked = await analyst.put(path, json={"levels": {"K-STANKOM/1": 3, "INTEGRITAS": 4}})

    assert (unknown.status_code, entered.status_code, asked.status_code) == (422, 201, 200)
    assert {(each["competency"], each["level"]) for each in asked.json()["levels"] if each["basis"] == "POSITION"} == {
        ("INTEGRITAS", 4), ("K-STANKOM/1", 3),
    }  # fmt: skip
    [event] = await told(house, PositionRecorded)
    assert (event.position_id, event.standard_levels["K-STANKOM/1"]) == (office.position_id, 3)
    assert await record(analyst, showing(office.ani, "TEST", levels={"K-STANKOM/1": 1})) == 201
    analysis = (await analyst.post("/needs/analyses", json={"cycle": 2026})).json()
    assert analysis["needs_identified"] == 1
    taken_back = await analyst.put(path, json={"levels": {}})
    assert {each["basis"] for each in taken_back.json()["levels"]} == {"DEFAULT"}


async def test_core_competencies_are_there_from_the_first_day_and_keep_their_kind(house: House) -> None:
    analyst = await house.person(Role.ANALYST)
    listed = (await analyst.get("/needs/competencies")).json()
    entry = {"code": "INTEGRITAS", "title": "Integritas", "kind": "TECHNICAL"}

    assert (len(listed), {each["core"] for each in listed}) == (9, {True})
    assert (await analyst.post("/needs/competencies", json=entry)).status_code == 422
    renamed = await analyst.post("/needs/competencies", json=entry | {"title": "Integritas ASN", "kind": "MANAGERIAL"})
    assert (renamed.status_code, renamed.json()["core"]) == (201, True)
    told_of = {event.code: event.title for event in await told(house, CompetencyRecorded)}
    assert (len(told_of), told_of["INTEGRITAS"]) == (9, "Integritas ASN")


async def test_forms_of_development_name_the_service_that_carries_them_out(house: House) -> None:
    forms = (await (await house.person(Role.EMPLOYEE)).get("/needs/forms")).json()

    assert {form["id"] for form in forms if form["service"] == "mentoring"} == {14, 15}
    assert len(forms) == 25
