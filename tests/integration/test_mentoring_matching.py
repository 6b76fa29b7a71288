"""Matching through the routes: mentors enlist, a run proposes, a person confirms; newcomers, own wishes, conflicts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.mentoring.app import SERVICE
from services.mentoring.tables import ProposalRow
from shared.audit import AuditEntry
from shared.events.mentoring import MentorEnlisted, MentoringRequested, MentorMatched
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.mentorship import COMPETENCY, Somebody, answered, enlist, reference, rows, take, today
from tests.records import emitted

RUNS, PROPOSALS, MENTORS = "/mentoring/matching-runs", "/mentoring/proposals", "/mentoring/mentors"


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="mentoring", agency="medan", lineages=lineages)) as house:
        await take(house.database, *reference())
        yield house


async def mentor_of(house: House, level: int = 4, *, capacity: int = 3, **facts: Any) -> Somebody:
    """Somebody who is ready to mentor."""
    mentor = Somebody(**facts)
    await take(house.database, mentor.recorded(), mentor.assessed(level))
    await enlist(house.database, mentor, capacity=capacity)
    return mentor


async def seeker_of(house: House, *, level: int = 1) -> Somebody:
    """Somebody whose plan wants a mentor."""
    seeker = Somebody()
    await take(house.database, seeker.recorded(), seeker.planned(current=level))
    return seeker


async def proposed(analyst: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What a new run proposes."""
    await answered(await analyst.post(RUNS), 201)
    found: list[dict[str, Any]] = await answered(await analyst.get(f"{PROPOSALS}?status=WAITING&limit=200"))
    return found


def ids(proposals: list[dict[str, Any]]) -> dict[str, Any]:
    return {"ids": [each["id"] for each in proposals]}


async def test_run_proposes_and_a_person_confirms(house: House) -> None:
    mentor, ani = await mentor_of(house, appointed="200501"), await seeker_of(house)
    analyst = await house.person(Role.ANALYST)

    run = await answered(await analyst.post(RUNS), 201)
    [proposal] = await answered(await analyst.get(f"{PROPOSALS}?run_id={run['id']}"))
    before = await emitted(house.database)
    made = await answered(await analyst.post(f"{PROPOSALS}/confirm", json=ids([proposal])), 201)

    assert (run["considered"], run["unmatched"], run["rule_version"]) == (1, {}, "2019-01-01")
    assert (proposal["mentor_id"], proposal["employee_id"]) == (str(mentor.id), str(ani.id))
    # One level of three to climb, mentor three above: 50 × 1/3; ten years more, one unit, nobody else to mentor.
    points = {"gap": "16.66", "seniority": "15.00", "kinship": "15.00", "nearness": "10.00", "balance": "10.00"}
    assert (proposal["points"], proposal["total"]) == (points, "66.66")
    assert not any(isinstance(each.event, MentorMatched) for each in before)
    [pair] = made["pairs"]
    [said] = (await emitted(house.database))[len(before) :]
    assert isinstance(said.event, MentorMatched)
    assert (str(said.event.pair_id), said.event.mentor_id, said.event.form) == (pair["id"], mentor.id, 15)
    assert (said.causation or "").startswith("command:")
    assert (pair["status"], pair["basis"]) == ("MATCHED", "MATCHING")
    request = await answered(await analyst.get(f"/mentoring/requests/{pair['request_id']}"))
    assert request["status"] == "MATCHED"
    assert await answered(await analyst.get(f"{RUNS}/{run['id']}")) == run


async def test_unmatched_say_why(house: House) -> None:
    await mentor_of(house, level=1)
    ani = await seeker_of(house)
    analyst = await house.person(Role.ANALYST)

    run = await answered(await analyst.post(RUNS), 201)

    [request] = await answered(await analyst.get(f"/mentoring/requests?employee_id={ani.id}"))
    assert run["unmatched"] == {request["id"]: "LEVEL"}


async def test_newest_valid_evidence_decides_and_self_ratings_never(house: House) -> None:
    mentor, _ = await mentor_of(house, level=1), await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    day = await today(house.database)

    await take(house.database, mentor.assessed(5, source="SELF", on=day), mentor.assessed(5, source="TEST", on=day))
    held_by_the_centre = await proposed(analyst)
    await take(house.database, mentor.assessed(4, on=day))

    assert (held_by_the_centre, len(await proposed(analyst))) == ([], 1)


async def test_nobody_confirms_a_mentor_for_themselves(house: House) -> None:
    mentor, ani = await mentor_of(house), await seeker_of(house)
    own = await house.person(Role.ANALYST, employee_id=ani.id)
    found = await proposed(own)
    naming = {"request_id": (await answered(await own.get("/mentoring/requests")))[0]["id"], "guide_id": str(mentor.id)}

    assert (await own.post(f"{PROPOSALS}/confirm", json=ids(found))).status_code == 403
    assert (await own.post("/mentoring/guides", json={"guides": [naming]})).status_code == 403


async def test_new_run_replaces_what_nobody_decided(house: House) -> None:
    await mentor_of(house)
    await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    [old] = await proposed(analyst)
    [new] = await proposed(analyst)

    late = await analyst.post(f"{PROPOSALS}/confirm", json=ids([old]))

    assert (old["id"] != new["id"], late.status_code) == (True, 409)
    assert [row.status for row in await rows(house.database, ProposalRow)] == ["REPLACED", "WAITING"]


async def test_declined_proposal_leaves_the_request_open(house: House) -> None:
    await mentor_of(house)
    await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    found = await proposed(analyst)

    declined = await answered(await analyst.post(f"{PROPOSALS}/decline", json=ids(found)))
    again = await analyst.post(f"{PROPOSALS}/confirm", json=ids(found))

    assert (declined, again.status_code) == ({"count": 1}, 409)
    assert len(await proposed(analyst)) == 1


async def test_hard_rules_are_asked_again_when_a_person_confirms(house: House) -> None:
    mentor, _ = await mentor_of(house), await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    found = await proposed(analyst)
    await answered(await analyst.post(f"{MENTORS}/{mentor.id}/pause", json={"reason": "WORKLOAD"}))

    refused = await analyst.post(f"{PROPOSALS}/confirm", json=ids(found))

    assert refused.status_code == 409
    assert "bukan mentor yang siap" in refused.json()["detail"]


async def test_two_confirmations_at_once_never_overfill_a_mentor(house: House) -> None:
    mentor = await mentor_of(house, capacity=1)
    seekers = [await seeker_of(house) for _ in range(4)]
    analyst = await house.person(Role.ANALYST)
    found = await answered(await analyst.get("/mentoring/requests?status=OPEN"))
    bodies = [{"guides": [{"request_id": each["id"], "guide_id": str(mentor.id)}]} for each in found]

    answers = await asyncio.gather(*(analyst.post("/mentoring/guides", json=body) for body in bodies))

    assert len(seekers) == len(bodies)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_many_are_confirmed_together_or_none(house: House) -> None:
    await mentor_of(house, capacity=3)
    for _ in range(3):
        await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    found = await proposed(analyst)

    spoilt = await analyst.post(f"{PROPOSALS}/confirm", json={"ids": [*ids(found)["ids"], str(new_id())]})
    whole = await answered(await analyst.post(f"{PROPOSALS}/confirm", json=ids(found)), 201)

    assert (spoilt.status_code, len(whole["pairs"])) == (404, 3)
    [listed] = await answered(await analyst.get(MENTORS))
    assert listed["mentees"] == 3


async def test_declared_conflict_rules_a_mentor_out(house: House) -> None:
    mentor, ani = await mentor_of(house), await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    person = await house.person(Role.EMPLOYEE, employee_id=ani.id)
    stranger = await house.person(Role.EMPLOYEE, employee_id=new_id())
    body = {"employee_id": str(ani.id), "mentor_id": str(mentor.id)}

    assert (await stranger.post("/mentoring/conflicts", json=body)).status_code == 403
    await answered(await person.post("/mentoring/conflicts", json=body), 201)
    run = await answered(await analyst.post(RUNS), 201)

    assert list(run["unmatched"].values()) == ["EXCLUDED"]


async def test_mentor_who_did_not_suit_is_not_proposed_again(house: House) -> None:
    await mentor_of(house)
    ani = await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    confirmed = await answered(await analyst.post(f"{PROPOSALS}/confirm", json=ids(await proposed(analyst))), 201)
    person = await house.person(Role.EMPLOYEE, employee_id=ani.id)

    path = f"/mentoring/pairs/{confirmed['pairs'][0]['id']}/stop"
    stopped = await answered(await person.post(path, json={"reason": "NOT_SUITABLE"}))
    run = await answered(await analyst.post(RUNS), 201)

    assert (stopped["status"], stopped["stop_reason"]) == ("STOPPED", "NOT_SUITABLE")
    assert list(run["unmatched"].values()) == ["EXCLUDED"]


async def test_mentor_enlists_pauses_and_returns(house: House) -> None:
    budi = Somebody()
    await take(house.database, budi.recorded())
    own = await house.person(Role.MENTOR, employee_id=budi.id)
    analyst = await house.person(Role.ANALYST)

    offered = await answered(await own.put("/mentoring/own-offer", json={"competencies": [COMPETENCY]}))
    paused = await answered(await own.post(f"{MENTORS}/{budi.id}/pause", json={"reason": "OWN_WISH"}))
    changed = await answered(await own.put("/mentoring/own-offer", json={"competencies": [COMPETENCY], "capacity": 5}))
    resumed = await answered(await own.post(f"{MENTORS}/{budi.id}/resume"))

    assert (offered["capacity"], offered["status"]) == (3, "READY")
    assert (paused["status"], changed["status"], changed["capacity"]) == ("PAUSED", "PAUSED", 5)
    assert resumed["status"] == "READY"
    said = [each.event for each in await emitted(house.database)]
    assert [each.capacity for each in said if isinstance(each, MentorEnlisted)] == [3, 0, 0, 5]
    sanction = await own.post(f"{MENTORS}/{budi.id}/pause", json={"reason": "DISCIPLINE"})
    await answered(await analyst.post(f"{MENTORS}/{budi.id}/pause", json={"reason": "DISCIPLINE"}))
    lifted = await own.post(f"{MENTORS}/{budi.id}/resume")
    assert (sanction.status_code, lifted.status_code) == (403, 403)


@pytest.mark.parametrize(("capacity", "status"), [(0, 422), (1, 201), (5, 201), (6, 422)])
async def test_capacity_keeps_to_the_rule(house: House, capacity: int, status: int) -> None:
    budi = Somebody()
    await take(house.database, budi.recorded())
    analyst = await house.person(Role.ANALYST)
    line = {"employee_id": str(budi.id), "competencies": [COMPETENCY], "capacity": capacity}

    assert (await analyst.post(MENTORS, json={"mentors": [line]})).status_code == status


async def test_only_people_at_work_are_enlisted(house: House) -> None:
    there, away = Somebody(), Somebody(legal_status="02")
    await take(house.database, there.recorded(), away.recorded())
    analyst = await house.person(Role.ANALYST)
    lines = [{"employee_id": str(each.id), "competencies": [COMPETENCY]} for each in (there, away)]

    assert (await analyst.post(MENTORS, json={"mentors": lines})).status_code == 422
    assert await answered(await analyst.get(MENTORS)) == []


async def test_foreign_mentor_is_neither_seen_nor_paused(house: House) -> None:
    mentor = await mentor_of(house)
    stranger = await house.person(Role.MENTOR, employee_id=new_id())

    assert await answered(await stranger.get(MENTORS)) == []
    assert (await stranger.post(f"{MENTORS}/{mentor.id}/pause", json={"reason": "OWN_WISH"})).status_code == 404


async def test_newcomers_are_asked_for_once_and_get_a_guide_of_their_unit(house: House) -> None:
    day = await today(house.database)
    eleven, twelve = day - timedelta(days=330), day - timedelta(days=400)
    new, old = Somebody(appointed=f"{eleven:%Y%m}"), Somebody(appointed=f"{twelve:%Y%m}")
    away = Somebody(appointed=f"{eleven:%Y%m}", legal_status="03")
    await take(house.database, *(each.recorded(valid_from=day) for each in (new, old, away)))
    far = await mentor_of(house, level=0, unit_id=new_id())
    near = await mentor_of(house, level=0)
    analyst = await house.person(Role.ANALYST)

    asked = await answered(await analyst.post("/mentoring/onboarding", json={}), 201)
    again = await answered(await analyst.post("/mentoring/onboarding", json={}), 201)
    refused = await analyst.post("/mentoring/onboarding", json={"employee_ids": [str(old.id)]})
    [proposal] = await proposed(analyst)

    [request] = asked["requests"]
    assert (request["employee_id"], request["origin"], request["unit_wish"]) == (str(new.id), "ONBOARDING", "SAME")
    assert (again["requests"], refused.status_code) == ([], 422)
    assert (proposal["mentor_id"], far.id != near.id) == (str(near.id), True)
    assert proposal["points"]["gap"] == "0.00"
    [said] = [each.event for each in await emitted(house.database) if isinstance(each.event, MentoringRequested)]
    assert (said.origin, said.competency) == ("ONBOARDING", "ORIENTASI_KERJA")


async def test_person_asks_for_themselves_and_withdraws(house: House) -> None:
    ani = Somebody()
    await take(house.database, ani.recorded())
    person = await house.person(Role.EMPLOYEE, employee_id=ani.id)
    nobody = await house.person(Role.EMPLOYEE)

    body = {"competency": COMPETENCY, "unit_wish": "OTHER"}
    asked = await answered(await person.post("/mentoring/own-requests", json=body), 201)
    twice = await person.post("/mentoring/own-requests", json=body)
    unbound = await nobody.post("/mentoring/own-requests", json=body)
    path = f"/mentoring/requests/{asked['id']}/withdraw"
    gone = await answered(await person.post(path, json={"reason": "OTHER_PATH"}))

    assert (asked["employee_id"], asked["origin"], asked["unit_wish"]) == (str(ani.id), "OWN", "OTHER")
    assert (twice.status_code, unbound.status_code, gone["status"]) == (409, 422, "WITHDRAWN")


async def test_person_does_not_withdraw_what_the_plan_wants(house: House) -> None:
    ani = await seeker_of(house)
    person = await house.person(Role.EMPLOYEE, employee_id=ani.id)
    [request] = await answered(await person.get("/mentoring/requests"))

    refused = await person.post(f"/mentoring/requests/{request['id']}/withdraw", json={"reason": "MISTAKE"})

    assert refused.status_code == 403


async def test_superior_sees_who_is_led_and_nobody_else(house: House) -> None:
    boss, ani, budi = Somebody(), Somebody(), Somebody()
    led = [ani.recorded(superior_id=boss.id), budi.recorded(), ani.planned(), budi.planned()]
    await take(house.database, boss.recorded(), *led)
    superior = await house.person(Role.EMPLOYEE, employee_id=boss.id)

    seen = await answered(await superior.get("/mentoring/requests"))

    assert [each["employee_id"] for each in seen] == [str(ani.id)]


async def test_coach_is_named_for_an_asked_coaching(house: House) -> None:
    boss, coach, away = Somebody(), Somebody(), Somebody(legal_status="02")
    ani = Somebody(superior_id=boss.id)
    await take(house.database, *(each.recorded() for each in (boss, coach, away, ani)))
    analyst = await house.person(Role.ANALYST)
    body = {"employee_id": str(ani.id), "competency": COMPETENCY, "form": 14}
    first = await answered(await analyst.post("/mentoring/requests", json=body), 201)
    second = await answered(await analyst.post("/mentoring/requests", json={**body, "competency": "KERJA_SAMA"}), 201)

    async def named(request_id: str, guide_id: str | None) -> httpx.Response:
        return await analyst.post(
            "/mentoring/guides", json={"guides": [{"request_id": request_id, "guide_id": guide_id}]}
        )

    refused = await named(first["id"], str(away.id))
    own = await named(first["id"], str(ani.id))
    by_superior = await answered(await named(first["id"], None), 201)
    by_coach = await answered(await named(second["id"], str(coach.id)), 201)

    assert (refused.status_code, own.status_code) == (422, 422)
    assert [(each["mentor_id"], each["basis"], each["form"]) for each in by_superior["pairs"] + by_coach["pairs"]] == [
        (str(boss.id), "SUPERIOR", 14),
        (str(coach.id), "NAMED", 14),
    ]


async def test_mentor_named_by_a_person_meets_the_hard_rules(house: House) -> None:
    weak, strong = await mentor_of(house, level=1), await mentor_of(house, level=4)
    await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    [request] = await answered(await analyst.get("/mentoring/requests"))

    def naming(guide: Somebody | None) -> dict[str, Any]:
        line = {"request_id": request["id"]} | ({"guide_id": str(guide.id)} if guide else {})
        return {"guides": [line]}

    statuses = [
        (await analyst.post("/mentoring/guides", json=naming(guide))).status_code
        for guide in (None, weak, Somebody(), strong, strong)
    ]

    assert statuses == [422, 409, 409, 201, 409]


async def test_acts_of_people_stand_in_the_audit_log(house: House) -> None:
    await mentor_of(house)
    await seeker_of(house)
    analyst = await house.person(Role.ANALYST)
    await answered(await analyst.post(f"{PROPOSALS}/confirm", json=ids(await proposed(analyst))), 201)

    async with house.database.session() as session:
        acts = (await session.scalars(text("SELECT action FROM audit_entries ORDER BY id"))).all()

    assert AuditEntry.__tablename__ == "audit_entries"
    assert [act for act in acts if act != "account_added"] == ["enlist_mentor", "run_matching", "confirmed_proposal"]
