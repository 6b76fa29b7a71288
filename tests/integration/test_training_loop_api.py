"""The loop's part of training through its routes: demands, nominations, promises, corrections, statements."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.training.app import SERVICE
from shared import clock
from shared.db import Database
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.asked import COMPETENCY, FollowUp, PlanItem, consumer_of, employee, revision_asked, session_held
from tests.integration.classroom import add_class, enrol, people, told_about
from tests.integration.house import House, opened
from tests.records import record_of

PROGRAM = {
    "code": "BIMTEK-LAYANAN",
    "title": "Bimtek Pelayanan Publik",
    "form": 8,
    "competency": COMPETENCY,
    "learning_hours": 8,
    "pass_mark": 70,
}


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="training", agency="medan", lineages=lineages)) as house:
        yield house


async def staff(database: Database, *, superior_id: UUID | None = None, unit_id: UUID | None = None) -> UUID:
    employee_id = new_id()
    changes = {"superior_id": superior_id, "unit_id": unit_id or new_id()}
    await consumer_of(database).take([record_of(employee(employee_id, **changes))])
    return employee_id


async def plan_class(client: httpx.AsyncClient, database: Database) -> str:
    """The path of a class of today with two sessions of 4 JP."""
    async with database.session() as session:
        today = (await clock.today(session)).isoformat()
    program = (await client.post("/training/programs", json=PROGRAM)).json()
    plan = {
        "program_id": program["id"],
        "start_date": today,
        "end_date": today,
        "place": "Aula",
        "capacity": 30,
        "session_hours": [4, 4],
        "cost_level": "PAID",
    }
    scheduled = await client.post("/training/classes", json=plan)
    assert scheduled.status_code == 201, scheduled.text
    assert (scheduled.json()["cost_level"], scheduled.json()["scope"]) == ("PAID", "NATIONAL")
    return f"/training/classes/{scheduled.json()['id']}"


async def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_demand_is_met_by_routes_alone(house: House) -> None:
    ani, budi = [await staff(house.database) for _ in range(2)]
    organiser, himself = await house.person(Role.ORGANISER), await house.person(employee_id=ani)
    item, follow_up = PlanItem(employee_id=ani), FollowUp(employee_id=budi)
    await consumer_of(house.database).take([item.approved(), follow_up.confirmed()])
    path = await plan_class(organiser, house.database)

    waiting = await ok(await organiser.get("/training/demands", params={"status": "OPEN", "competency": COMPETENCY}))
    lines = [
        {"employee_id": each["employee_id"], name: each["id"]}
        for each in waiting
        for name in ["plan_item_id" if each["origin"] == "PLAN_ITEM" else "follow_up_id"]
    ]
    seats = (await ok(await organiser.post(f"{path}/enrolments", json={"participants": lines}), 201))["enrolments"]
    promise = {"application": "Menyusun alur loket yang lebih singkat."}
    [mine] = await ok(await himself.get("/training/enrolments"))
    promised = await ok(await himself.put(f"/training/enrolments/{mine['id']}/commitment", json=promise))
    present = [{"enrolment_id": seat["id"], "present": True} for seat in seats]
    for number in (1, 2):
        await ok(await organiser.put(f"{path}/sessions/{number}/attendance", json={"participants": present}))
    closed = await ok(await organiser.post(f"{path}/close"))

    assert {each["employee_id"] for each in waiting} == {str(ani), str(budi)}
    assert [each["name"] for each in waiting] == ["Contoh Rekaan"] * 2
    assert promised["application"] == promise["application"]
    assert {seat["status"] for seat in closed["enrolments"]} == {"COMPLETED"}
    assert (await ok(await himself.get(f"/training/demands/{item.id}")))["status"] == "MET"
    assert await ok(await organiser.get("/training/demands", params={"status": "OPEN"})) == []
    listed = await ok(await organiser.get(f"{path}/enrolments"))
    numbers = sorted(each["certificate_number"] for each in listed)
    assert [number.split("/")[:2] for number in numbers] == [["00001", "BIMTEK-LAYANAN"], ["00002", "BIMTEK-LAYANAN"]]


async def test_demand_filters_narrow_the_list(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    wanted, other = PlanItem(employee_id=ani, program="A"), PlanItem(employee_id=budi, program="B")
    await consumer_of(house.database).take([wanted.approved(), other.approved(), other.withdrawn()])
    analyst = await house.person(Role.ANALYST)

    async def ids(**params: str) -> set[str]:
        return {each["id"] for each in await ok(await analyst.get("/training/demands", params=params))}

    assert await ids() == {str(wanted.id), str(other.id)}
    for params in ({"program": "A"}, {"employee_id": str(ani)}, {"status": "OPEN"}):
        assert await ids(**params) == {str(wanted.id)}
    assert await ids(competency="KERJA_SAMA") == set()
    assert await ids(before=str(max(wanted.id, other.id))) == {str(min(wanted.id, other.id))}


async def test_seat_is_refused_for_a_demand_of_somebody_else(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    item = PlanItem(employee_id=ani)
    await consumer_of(house.database).take([item.approved()])
    held = await add_class(house.database, 4)
    organiser = await house.person(Role.ORGANISER)
    lines = [{"employee_id": str(ani)}, {"employee_id": str(budi), "plan_item_id": str(item.id)}]

    refused = await organiser.post(f"/training/classes/{held.id}/enrolments", json={"participants": lines})

    assert refused.status_code == 409
    assert "ke-2" in refused.json()["detail"]
    assert await ok(await organiser.get(f"/training/classes/{held.id}/enrolments")) == []


async def test_own_seat_is_declined_with_a_reason_and_nobody_elses(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    held = await add_class(house.database, 4)
    [seat, _] = await enrol(house.database, held.id, ani, budi)
    himself, colleague = [await house.person(employee_id=each) for each in (ani, budi)]
    path = f"/training/enrolments/{seat.id}/decline"

    foreign = await colleague.post(path, json={"reason": "NO_TIME"})
    nameless = await (await house.person()).post(path, json={"reason": "NO_TIME"})
    not_his = await himself.post(path, json={"reason": "PLAN_ITEM_WITHDRAWN"})
    declined = await ok(await himself.post(path, json={"reason": "TOO_COMPETENT"}))
    again = await himself.post(path, json={"reason": "NO_TIME"})

    assert (foreign.status_code, nameless.status_code, not_his.status_code) == (404, 404, 422)
    assert (declined["status"], declined["cancellation"]) == ("CANCELLED", "TOO_COMPETENT")
    assert again.status_code == 404
    assert await told_about(house.database, seat.id) == ["enrolment_confirmed", "enrolment_cancelled"]
    seen = await ok(await himself.get("/training/enrolments"))
    assert [each["status"] for each in seen] == ["CANCELLED"]


async def test_seats_are_given_up_in_bulk_until_attendance_is_recorded(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    held = await add_class(house.database, 4)
    seats = await enrol(house.database, held.id, ani, budi)
    organiser = await house.person(Role.ORGANISER)
    path = f"/training/classes/{held.id}"
    both = {"participants": [{"enrolment_id": str(seat.id)} for seat in seats]}
    mark = {"participants": [{"enrolment_id": str(seats[0].id), "present": True}]}
    await ok(await organiser.put(f"{path}/sessions/1/attendance", json=mark))

    begun = await organiser.post(f"{path}/cancellations", json=both)
    one = {"participants": both["participants"][1:]}
    given_up = await ok(await organiser.post(f"{path}/cancellations", json=one))

    assert begun.status_code == 409
    assert [each["cancellation"] for each in given_up["enrolments"]] == ["ORGANISER"]
    assert (await ok(await organiser.get(path)))["seats_taken"] == 1


async def test_superior_and_unit_staff_nominate_their_own_and_the_organiser_decides(house: House) -> None:
    database, unit = house.database, new_id()
    head = await staff(database)
    officer = await staff(database, unit_id=unit)
    report, colleague, stranger = (
        await staff(database, superior_id=head),
        await staff(database, unit_id=unit),
        await staff(database),
    )
    organiser = await house.person(Role.ORGANISER)
    path = await plan_class(organiser, database)
    superior = await house.person(employee_id=head)
    clerk = await house.person(Role.UNIT_STAFF, employee_id=officer)

    async def nominate(client: httpx.AsyncClient, *whom: UUID) -> httpx.Response:
        lines = [{"employee_id": str(each)} for each in whom]
        return await client.post(f"{path}/nominations", json={"participants": lines, "reason": "Beban loket naik"})

    refused = [
        await nominate(superior, report, stranger),
        await nominate(superior, head),
        await nominate(clerk, report),
        await nominate(await house.person(employee_id=officer), colleague),
        await nominate(organiser, report),
    ]
    of_superior = (await ok(await nominate(superior, report), 201))["nominations"][0]["id"]
    twice = await nominate(superior, report)
    of_clerk = (await ok(await nominate(clerk, colleague), 201))["nominations"][0]["id"]
    listed = await ok(await organiser.get(f"{path}/nominations"))
    seen_by_superior = await ok(await superior.get(f"{path}/nominations"))
    decided = {"accepted": [of_superior], "refused": [of_clerk]}
    seated = await ok(await organiser.post(f"{path}/nominations/decisions", json=decided))
    again = await organiser.post(f"{path}/nominations/decisions", json=decided)

    assert {answer.status_code for answer in refused} == {422}
    assert (twice.status_code, again.status_code) == (409, 409)
    assert [(each["employee_id"], each["nominator_id"], each["reason"]) for each in listed] == [
        (str(report), str(head), "Beban loket naik"),
        (str(colleague), str(officer), "Beban loket naik"),
    ]
    assert [each["id"] for each in seen_by_superior] == [of_superior]
    assert [each["employee_id"] for each in seated["enrolments"]] == [str(report)]
    assert [each["status"] for each in await ok(await organiser.get(f"{path}/nominations"))] == ["ACCEPTED", "REFUSED"]


async def test_correction_goes_through_to_the_statement(house: House) -> None:
    ani = await staff(house.database)
    organiser, himself = await house.person(Role.ORGANISER), await house.person(employee_id=ani)
    path = await plan_class(organiser, house.database)
    line = {"participants": [{"employee_id": str(ani)}]}
    [seat] = (await ok(await organiser.post(f"{path}/enrolments", json=line), 201))["enrolments"]
    present = {"participants": [{"enrolment_id": seat["id"], "present": True}]}
    for number in (1, 2):
        await ok(await organiser.put(f"{path}/sessions/{number}/attendance", json=present))
    await ok(await organiser.post(f"{path}/close"))
    before = await ok(await himself.get(f"/training/learning-hours/{ani}"))

    fault = {"reason": "ATTENDANCE", "participants": [{"enrolment_id": seat["id"], "presence": {"2": False}}]}
    corrected = await ok(await organiser.post(f"{path}/corrections", json=fault))
    after = await ok(await himself.get(f"/training/learning-hours/{ani}"))

    assert [(each["status"], each["attendance_percent"]) for each in corrected["enrolments"]] == [("NOT_COMPLETED", 50)]
    assert (before["credited"], before["by_form"], before["target"], before["fulfilled"]) == (8, {"B10": 8}, 20, False)
    assert (before["classical"], before["non_classical"], before["education"]) == (8, 0, 0)
    assert (after["credited"], after["by_form"]) == (0, {})
    assert [(each["legal_status"], each["employment_type"]) for each in after["periods"]] == [("01", "PNS")]
    assert [(each["credited_hours"], each["limit"]) for each in after["activities"]] == [(0, "REVOKED")]


async def test_statements_are_seen_by_analysts_superiors_and_oneself(house: House) -> None:
    head = await staff(house.database)
    ani = await staff(house.database, superior_id=head)
    budi = await staff(house.database)
    days = [date(2026, 4, day) for day in (1, 2, 3)]
    await consumer_of(house.database).take([session_held(ani, day) for day in days])
    analyst = await house.person(Role.ANALYST)

    async def seen_by(client: httpx.AsyncClient, **params: str) -> dict[str, int]:
        page = await ok(await client.get("/training/learning-hours", params={"year": "2026", **params}))
        return {each["employee_id"]: each["credited"] for each in page["statements"]}

    everybody = {str(head): 0, str(ani): 4, str(budi): 0}
    assert await seen_by(analyst) == everybody
    assert await seen_by(await house.person(employee_id=head)) == {str(head): 0, str(ani): 4}
    assert await seen_by(await house.person(employee_id=budi)) == {str(budi): 0}
    assert await seen_by(await house.person(Role.ORGANISER)) == {}
    first = await ok(await analyst.get("/training/learning-hours", params={"limit": "2"}))
    assert first["next"] == first["statements"][-1]["employee_id"]
    assert len(await seen_by(analyst, after=first["next"])) == 1
    for whom, status in ((ani, 200), (budi, 404), (new_id(), 404)):
        answer = await (await house.person(employee_id=head)).get(f"/training/learning-hours/{whom}")
        assert answer.status_code == status


async def test_programme_shows_what_evaluation_asks_of_it(house: House) -> None:
    organiser = await house.person(Role.ORGANISER)
    held = await add_class(house.database, 4)
    path = f"/training/programs/{held.program_id}"

    await consumer_of(house.database).take([revision_asked(held.program_id, "70.50")])
    asked = (await ok(await organiser.get(path)))["revision_requests"]
    change = {name: value for name, value in PROGRAM.items() if name != "code"}
    await ok(await organiser.put(path, json=change))
    answered = (await ok(await organiser.get(path)))["revision_requests"]

    assert [(each["rule"], each["figure"], each["answered_at"]) for each in asked] == [("L1_CLASS", "70.50", None)]
    assert answered[0]["answered_at"] is not None


async def test_only_imported_activities_are_revoked(house: House) -> None:
    ani = await staff(house.database)
    record = session_held(ani, date(2026, 4, 1))
    await consumer_of(house.database).take([record])
    analyst = await house.person(Role.ANALYST)
    [held] = (await ok(await analyst.get(f"/training/learning-hours/{ani}", params={"year": "2026"})))["activities"]

    refused = await analyst.post(f"/training/activities/{held['id']}/revoke", json={"reason": "FORGED"})

    assert refused.status_code == 404
    assert held["starts_on"] == "2026-04-01"
