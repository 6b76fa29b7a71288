"""Mentoring through its routes: analysts ask and withdraw, others read what is about themselves."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from services.mentoring.app import SERVICE
from shared.audit import AuditEntry
from shared.events.mentoring import MentoringRequested, MentoringRequestWithdrawn
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.web.guards import unguarded_routes
from tests.conftest import MakeDatabase
from tests.integration.classroom import people
from tests.integration.house import House, opened
from tests.records import emitted

REQUESTS = "/mentoring/requests"


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="mentoring", agency="medan", lineages=lineages)) as house:
        yield house


def asking(employee_id: UUID, competency: str = "PELAYANAN_PUBLIK", **more: object) -> dict[str, object]:
    return {"employee_id": str(employee_id), "competency": competency, **more}


async def audited(house: House) -> list[tuple[str, UUID | None, dict[str, object]]]:
    """What was done to requests; accounts made for the test stand in the same log."""
    async with house.database.session() as session:
        about = AuditEntry.subject_type == "mentoring_request"
        entries = await session.scalars(select(AuditEntry).where(about).order_by(AuditEntry.id))
        return [(entry.action, entry.subject_id, entry.details) for entry in entries]


def test_every_route_is_guarded(house: House) -> None:
    assert unguarded_routes(house.app) == []


async def test_analyst_asks_for_mentoring_and_withdraws_it(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst, need = await house.person(Role.ANALYST), new_id()

    asked = await analyst.post(REQUESTS, json=asking(ani, need_ids=[str(need)]))
    request_id = UUID(asked.json()["id"])
    withdrawn = await analyst.post(f"{REQUESTS}/{request_id}/withdraw", json={"reason": "NOT_AVAILABLE"})

    assert (asked.status_code, asked.json()["status"], asked.json()["origin"]) == (201, "OPEN", "ANALYST")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "WITHDRAWN")
    assert (withdrawn.json()["withdrawal_reason"], withdrawn.json()["withdrawn_at"] is None) == ("NOT_AVAILABLE", False)
    said = await emitted(house.database)
    assert [each.event for each in said] == [
        MentoringRequested(
            request_id=request_id, employee_id=ani, competency="PELAYANAN_PUBLIK", origin="ANALYST", need_ids=(need,)
        ),
        MentoringRequestWithdrawn(
            request_id=request_id,
            employee_id=ani,
            competency="PELAYANAN_PUBLIK",
            reason="NOT_AVAILABLE",
            need_ids=(need,),
        ),
    ]
    assert [each.correlation for each in said] == [need, need]
    assert [(each.causation or "").startswith("command:") for each in said] == [True, True]
    assert await audited(house) == [
        ("request_mentoring", request_id, {}),
        ("withdraw_request", request_id, {"reason": "NOT_AVAILABLE"}),
    ]


async def test_person_unknown_to_the_directory_is_refused(house: House) -> None:
    await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)

    answer = await analyst.post(REQUESTS, json=asking(new_id()))

    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Pegawai ini tidak ada dalam direktori atau sedang tidak aktif.",
    )
    assert await emitted(house.database) == []
    assert await audited(house) == []


async def test_person_who_waits_already_is_not_asked_for_again(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)
    first = (await analyst.post(REQUESTS, json=asking(ani))).json()

    again = await analyst.post(REQUESTS, json=asking(ani))
    in_another = await analyst.post(REQUESTS, json=asking(ani, "LITERASI_DIGITAL"))
    await analyst.post(f"{REQUESTS}/{first['id']}/withdraw", json={"reason": "MISTAKE"})
    after_withdrawal = await analyst.post(REQUESTS, json=asking(ani))

    assert [answer.status_code for answer in (again, in_another, after_withdrawal)] == [409, 201, 201]


async def test_two_analysts_at_the_same_moment_open_one_request(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analysts = [await house.person(Role.ANALYST) for _ in range(4)]

    answers = await asyncio.gather(*(analyst.post(REQUESTS, json=asking(ani)) for analyst in analysts))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await emitted(house.database)) == 1


async def test_withdrawn_request_is_not_withdrawn_again(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)
    path = f"{REQUESTS}/{(await analyst.post(REQUESTS, json=asking(ani))).json()['id']}/withdraw"
    await analyst.post(path, json={"reason": "MISTAKE"})

    answer = await analyst.post(path, json={"reason": "OTHER_PATH"})

    assert answer.status_code == 409
    assert len(await emitted(house.database)) == 2


async def test_request_sent_twice_under_one_key_is_opened_once(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)
    key = {"Idempotency-Key": "permintaan-1"}

    first = await analyst.post(REQUESTS, json=asking(ani), headers=key)
    second = await analyst.post(REQUESTS, json=asking(ani), headers=key)

    assert (first.status_code, second.status_code, first.content) == (201, 201, second.content)
    assert len(await emitted(house.database)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"employee_id": "x", "competency": "A"},
        {"employee_id": "01920000-0000-7000-8000-000000000001", "competency": "dua kata"},
        {"employee_id": "01920000-0000-7000-8000-000000000001", "competency": "A", "note": "x"},
        {"employee_id": "01920000-0000-7000-8000-000000000001", "competency": "A", "need_ids": ["x"]},
    ],
)
async def test_broken_request_is_refused(house: House, body: dict[str, object]) -> None:
    analyst = await house.person(Role.ANALYST)

    assert (await analyst.post(REQUESTS, json=body)).status_code == 422
    assert await emitted(house.database) == []


async def test_reason_of_the_system_cannot_be_given_by_a_person(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)
    path = f"{REQUESTS}/{(await analyst.post(REQUESTS, json=asking(ani))).json()['id']}/withdraw"

    assert (await analyst.post(path, json={"reason": "FOLLOW_UP_CLOSED"})).status_code == 422


async def test_only_analysts_ask_and_withdraw(house: House) -> None:
    [ani] = await people(house.database, "Ani")
    analyst = await house.person(Role.ANALYST)
    request_id = (await analyst.post(REQUESTS, json=asking(ani))).json()["id"]
    others = await house.person(*(role for role in Role if role is not Role.ANALYST), employee_id=ani)
    visitor = await house.visitor()

    for client, status in ((others, 403), (visitor, 401)):
        assert (await client.post(REQUESTS, json=asking(ani, "LITERASI_DIGITAL"))).status_code == status
        path = f"{REQUESTS}/{request_id}/withdraw"
        assert (await client.post(path, json={"reason": "MISTAKE"})).status_code == status
    assert len(await emitted(house.database)) == 1


async def test_everybody_reads_about_themselves_only(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    analyst = await house.person(Role.ANALYST)
    own = (await analyst.post(REQUESTS, json=asking(ani))).json()
    foreign = (await analyst.post(REQUESTS, json=asking(budi))).json()
    person, nobody = await house.person(Role.EMPLOYEE, employee_id=ani), await house.person(Role.MENTOR)
    auditor = await house.person(Role.AUDITOR)

    assert (await person.get(REQUESTS)).json() == [own]
    assert (await person.get(f"{REQUESTS}/{own['id']}")).json() == own
    assert (await person.get(f"{REQUESTS}/{foreign['id']}")).status_code == 404
    assert (await nobody.get(REQUESTS)).json() == []
    assert (await nobody.get(f"{REQUESTS}/{own['id']}")).status_code == 404
    assert (await auditor.get(REQUESTS)).json() == [foreign, own]
    assert (await (await house.visitor()).get(REQUESTS)).status_code == 401


async def test_lists_are_filtered_and_come_in_pages_newest_first(house: House) -> None:
    ids = await people(house.database, "Ani", "Budi", "Citra")
    analyst = await house.person(Role.ANALYST)
    made = [(await analyst.post(REQUESTS, json=asking(employee_id))).json()["id"] for employee_id in ids]
    await analyst.post(f"{REQUESTS}/{made[0]}/withdraw", json={"reason": "MISTAKE"})

    async def listed(query: str) -> list[str]:
        return [row["id"] for row in (await analyst.get(f"{REQUESTS}?{query}")).json()]

    assert await listed("limit=2") == [made[2], made[1]]
    assert await listed(f"before={made[1]}") == [made[0]]
    assert await listed("status=OPEN") == [made[2], made[1]]
    assert await listed(f"employee_id={ids[1]}") == [made[1]]
    assert (await analyst.get(f"{REQUESTS}?limit=501")).status_code == 422
