"""From agreement to closing through the routes: both sides sign, tell and confirm; analysts enter signed paper."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.mentoring.app import SERVICE
from services.mentoring.commands import matching
from services.mentoring.tables import RequestRow
from shared.events.mentoring import MentoringCompleted, MentoringStarted, MentoringStopped, SessionConfirmed
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.mentorship import (
    COMPETENCY,
    Somebody,
    agreement,
    analyst,
    answered,
    body_of,
    enlist,
    meeting,
    move_clock,
    reference,
    rows,
    take,
    today,
)
from tests.records import emitted

PAIRS, SESSIONS = "/mentoring/pairs", "/mentoring/pair-sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A pair that was matched, and everybody around it at the door."""

    house: House
    pair_id: str
    need: UUID
    day: date
    ani: Somebody
    mentor: Somebody
    mentee_client: httpx.AsyncClient
    mentor_client: httpx.AsyncClient
    analyst: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"{PAIRS}/{self.pair_id}"

    @property
    def terms(self) -> dict[str, Any]:
        return body_of(agreement(self.day - timedelta(days=20), "Antrean terurai", "Berkas rapi"))

    async def begun(self) -> None:
        """Both have signed."""
        await answered(await self.mentor_client.put(f"{self.path}/agreement", json=self.terms))
        await answered(await self.mentee_client.post(f"{self.path}/agreement/sign"))

    async def told(self, client: httpx.AsyncClient, days_ago: int, **more: Any) -> str:
        body = {"sessions": [meeting(self.pair_id, self.day - timedelta(days=days_ago), **more)]}
        made = await answered(await client.post(SESSIONS, json=body), 201)
        session_id: str = made["sessions"][0]["id"]
        return session_id

    async def said(self) -> list[Any]:
        return [each.event for each in await emitted(self.house.database)]


@pytest.fixture
async def scene(make_database: MakeDatabase) -> AsyncIterator[Scene]:
    lineages = [*SERVICE.lineages, IDENTITY]
    database = await make_database(service="mentoring", agency="medan", lineages=lineages)
    async with opened(SERVICE, database) as house:
        ani, mentor = Somebody(), Somebody()
        known = [ani.recorded(), mentor.recorded(), mentor.assessed(4), ani.planned()]
        await take(database, *reference(), *known)
        await enlist(database, mentor)
        [request] = await rows(database, RequestRow)
        async with database.transaction() as session:
            naming = matching.Naming(request_id=request.id, guide_id=mentor.id)
            [pair] = await matching.name_guides(session, analyst(), [naming])
        yield Scene(
            house=house,
            pair_id=str(pair.id),
            need=pair.need_ids[0],
            day=await today(database),
            ani=ani,
            mentor=mentor,
            mentee_client=await house.person(Role.EMPLOYEE, employee_id=ani.id),
            mentor_client=await house.person(Role.MENTOR, employee_id=mentor.id),
            analyst=await house.person(Role.ANALYST),
        )


async def test_case_runs_from_agreement_to_closing(scene: Scene) -> None:
    await scene.begun()
    first = await scene.told(scene.mentor_client, 10)
    second = await scene.told(scene.mentee_client, 5)
    await answered(await scene.mentee_client.post(f"{SESSIONS}/confirm", json={"ids": [first]}))
    await answered(await scene.mentor_client.post(f"{SESSIONS}/confirm", json={"ids": [second]}))
    report = {"pair_id": scene.pair_id, "attainments": [70, 75], "note": "Sudah mandiri"}

    closed = await answered(await scene.mentor_client.post(f"{PAIRS}/close", json={"reports": [report]}))
    reacted = await answered(await scene.mentee_client.put(f"{scene.path}/reaction", json={"reaction": 4}))

    [pair] = closed["pairs"]
    assert (pair["status"], pair["attainment"], pair["outcome"]) == ("COMPLETED", 72, "ACHIEVED")
    assert (pair["session_count"], pair["ended_on"], pair["rule_version"]) == (2, scene.day.isoformat(), "2019-01-01")
    assert reacted["reaction"] == 4
    said = await scene.said()
    started, one, two, completed = said[-4:]
    start = scene.day - timedelta(days=20)
    assert isinstance(started, MentoringStarted)
    assert (started.start_date, started.need_ids) == (start, (scene.need,))
    assert {type(one), type(two)} == {SessionConfirmed}
    assert completed == MentoringCompleted(
        pair_id=UUID(scene.pair_id),
        request_id=UUID(pair["request_id"]),
        mentor_id=scene.mentor.id,
        employee_id=scene.ani.id,
        competency=COMPETENCY,
        form=15,
        start_date=start,
        end_date=scene.day,
        sessions=2,
        attainment=72,
        plan_item_id=UUID(pair["plan_item_id"]),
        need_ids=(scene.need,),
    )
    assert {each.correlation for each in (await emitted(scene.house.database))[-4:]} == {scene.need}
    [request] = await rows(scene.house.database, RequestRow)
    assert request.status == "DONE"


async def test_session_is_credited_only_when_the_other_side_confirms(scene: Scene) -> None:
    await scene.begun()
    session_id = await scene.told(scene.mentor_client, 3, minutes=45)

    alone = await scene.mentor_client.post(f"{SESSIONS}/confirm", json={"ids": [session_id]})
    before = [each for each in await scene.said() if isinstance(each, SessionConfirmed)]
    await answered(await scene.mentee_client.post(f"{SESSIONS}/confirm", json={"ids": [session_id]}))
    again = await scene.mentee_client.post(f"{SESSIONS}/confirm", json={"ids": [session_id]})

    [confirmed] = [each for each in await scene.said() if isinstance(each, SessionConfirmed)]
    assert (alone.status_code, before, again.status_code) == (403, [], 409)
    assert confirmed == SessionConfirmed(
        session_id=UUID(session_id),
        pair_id=UUID(scene.pair_id),
        employee_id=scene.ani.id,
        competency=COMPETENCY,
        form=15,
        held_on=scene.day - timedelta(days=3),
        starts_at=time(9),
        minutes=45,
        need_ids=(scene.need,),
    )


async def test_disputed_session_counts_for_nothing_and_gives_its_time_back(scene: Scene) -> None:
    await scene.begun()
    session_id = await scene.told(scene.mentor_client, 3)
    overlapping = {"sessions": [meeting(scene.pair_id, scene.day - timedelta(days=3), starts_at="10:00")]}

    taken = await scene.mentee_client.post(SESSIONS, json=overlapping)
    await answered(await scene.mentee_client.post(f"{SESSIONS}/dispute", json={"ids": [session_id]}))
    free = await scene.mentee_client.post(SESSIONS, json=overlapping)

    assert (taken.status_code, free.status_code) == (409, 201)
    assert not any(isinstance(each, SessionConfirmed) for each in await scene.said())


async def test_notes_leave_to_the_pair_only(scene: Scene) -> None:
    await scene.begun()
    await scene.told(scene.mentor_client, 3, notes={"goal": "Rahasia berdua"}, summary="Membahas antrean")
    auditor = await scene.house.person(Role.AUDITOR)
    stranger = await scene.house.person(Role.MENTOR, employee_id=new_id())

    seen = [await answered(await client.get(SESSIONS)) for client in (scene.mentor_client, scene.mentee_client)]
    read = [await answered(await client.get(SESSIONS)) for client in (scene.analyst, auditor)]

    assert [each[0]["notes"] for each in seen] == [{"goal": "Rahasia berdua"}] * 2
    assert [(each[0]["notes"], each[0]["summary"]) for each in read] == [(None, "Membahas antrean")] * 2
    assert await answered(await stranger.get(SESSIONS)) == []


async def test_analysts_enter_signed_paper_in_bulk_with_four_eyes(scene: Scene) -> None:
    second = await scene.house.person(Role.ANALYST)
    signed = {**scene.terms, "pair_id": scene.pair_id, "evidence": "F-2026-001"}
    await answered(await scene.analyst.post(f"{PAIRS}/start", json={"agreements": [signed]}))
    lines = [
        meeting(scene.pair_id, scene.day - timedelta(days=days), on_behalf_of="MENTOR", evidence="F-2026-002")
        for days in (9, 6, 3)
    ]
    logged = await answered(await scene.analyst.post(SESSIONS, json={"sessions": lines}), 201)
    ids = [each["id"] for each in logged["sessions"]]

    own = await scene.analyst.post(f"{SESSIONS}/confirm", json={"ids": ids, "evidence": "F-2026-002"})
    bare = await second.post(f"{SESSIONS}/confirm", json={"ids": ids})
    done = await answered(await second.post(f"{SESSIONS}/confirm", json={"ids": ids, "evidence": "F-2026-002"}))
    report = {"pair_id": scene.pair_id, "attainments": [60, 60]}
    closed = await answered(await scene.analyst.post(f"{PAIRS}/close", json={"reports": [report]}))

    assert (own.status_code, bare.status_code) == (403, 403)
    assert [each["status"] for each in done["sessions"]] == ["CONFIRMED"] * 3
    assert (closed["pairs"][0]["outcome"], closed["pairs"][0]["session_count"]) == ("NOT_ACHIEVED", 3)


async def test_entering_for_others_takes_an_analyst_and_a_form(scene: Scene) -> None:
    await scene.begun()
    line = meeting(scene.pair_id, scene.day - timedelta(days=3), on_behalf_of="MENTOR")

    by_mentee = await scene.mentee_client.post(SESSIONS, json={"sessions": [{**line, "evidence": "F-1"}]})
    without_form = await scene.analyst.post(SESSIONS, json={"sessions": [line]})
    as_nobody = await scene.analyst.post(SESSIONS, json={"sessions": [{**line, "on_behalf_of": None}]})

    assert [each.status_code for each in (by_mentee, without_form, as_nobody)] == [403, 403, 403]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"held_on": "2999-01-01"}, 422),
        ({"minutes": 0}, 422),
        ({"goal_number": 3}, 422),
        ({"goal_number": 2}, 201),
        ({"mode": "PHONE"}, 422),
        ({"notes": {"diary": "x"}}, 422),
    ],
)
async def test_session_is_checked(scene: Scene, changes: dict[str, Any], status: int) -> None:
    await scene.begun()
    line = meeting(scene.pair_id, scene.day - timedelta(days=3)) | changes

    assert (await scene.mentor_client.post(SESSIONS, json={"sessions": [line]})).status_code == status


async def test_nothing_is_told_before_both_signed(scene: Scene) -> None:
    await answered(await scene.mentor_client.put(f"{scene.path}/agreement", json=scene.terms))
    line = meeting(scene.pair_id, scene.day - timedelta(days=3))

    early = await scene.mentor_client.post(SESSIONS, json={"sessions": [line]})
    twice = await answered(await scene.mentor_client.post(f"{scene.path}/agreement/sign"))

    assert (early.status_code, twice["status"], twice["signed"]) == (409, "MATCHED", ["MENTOR"])


async def test_superior_signs_too_and_decides_nothing(scene: Scene) -> None:
    boss = Somebody()
    await take(scene.house.database, boss.recorded(), scene.ani.recorded(superior_id=boss.id))
    superior = await scene.house.person(Role.EMPLOYEE, employee_id=boss.id)
    await answered(await scene.mentee_client.put(f"{scene.path}/agreement", json=scene.terms))

    signed = await answered(await superior.post(f"{scene.path}/agreement/sign"))
    refused = [
        await superior.put(f"{scene.path}/agreement", json=scene.terms),
        await superior.post(f"{scene.path}/stop", json={"reason": "NOT_WANTED"}),
        await superior.post(f"{scene.path}/extend", json={"end_date": "2030-01-01"}),
        await superior.put(f"{scene.path}/reaction", json={"reaction": 1}),
    ]

    assert (signed["status"], sorted(signed["signed"])) == ("MATCHED", ["EMPLOYEE", "SUPERIOR"])
    assert {each.status_code for each in refused} == {403}


async def test_period_keeps_to_the_rule(scene: Scene) -> None:
    short = scene.terms | {"end_date": (scene.day + timedelta(days=60)).isoformat()}
    long = scene.terms | {"end_date": (scene.day + timedelta(days=200)).isoformat()}

    for terms in (short, long):
        assert (await scene.mentor_client.put(f"{scene.path}/agreement", json=terms)).status_code == 422


async def test_pair_is_extended_by_its_mentor(scene: Scene) -> None:
    await scene.begun()
    later = (scene.day + timedelta(days=120)).isoformat()

    by_mentee = await scene.mentee_client.post(f"{scene.path}/extend", json={"end_date": later})
    extended = await answered(await scene.mentor_client.post(f"{scene.path}/extend", json={"end_date": later}))

    assert (by_mentee.status_code, extended["end_date"]) == (403, later)


async def test_pairs_past_their_end_are_listed(scene: Scene) -> None:
    await scene.begun()

    now = await answered(await scene.analyst.get(f"{PAIRS}?overdue=true"))
    await move_clock(scene.house.database, timedelta(days=90))
    later = await answered(await scene.analyst.get(f"{PAIRS}?overdue=true"))

    assert (now, [each["id"] for each in later]) == ([], [scene.pair_id])


async def test_pair_without_confirmed_sessions_is_stopped_and_not_closed(scene: Scene) -> None:
    await scene.begun()
    await scene.told(scene.mentor_client, 3)
    report = {"reports": [{"pair_id": scene.pair_id, "attainments": [90, 90]}]}

    refused = await scene.mentor_client.post(f"{PAIRS}/close", json=report)
    stopped = await answered(await scene.mentee_client.post(f"{scene.path}/stop", json={"reason": "NOT_WANTED"}))

    [said] = [each for each in await scene.said() if isinstance(each, MentoringStopped)]
    assert (refused.status_code, stopped["status"]) == (409, "STOPPED")
    assert (said.reason, said.request_reopened) == ("NOT_WANTED", False)


async def test_reasons_of_the_system_cannot_be_given_by_people(scene: Scene) -> None:
    for reason in ("EMPLOYEE_LEFT", "GUIDE_LEFT", "FOLLOW_UP_CLOSED", "PLAN_ITEM_WITHDRAWN"):
        assert (await scene.analyst.post(f"{scene.path}/stop", json={"reason": reason})).status_code == 422


async def test_foreign_pairs_do_not_exist(scene: Scene) -> None:
    await scene.begun()
    session_id = await scene.told(scene.mentor_client, 3)
    stranger = await scene.house.person(Role.EMPLOYEE, Role.MENTOR, employee_id=new_id())
    report = {"reports": [{"pair_id": scene.pair_id, "attainments": [90, 90]}]}

    answers = [
        await stranger.get(scene.path),
        await stranger.put(f"{scene.path}/agreement", json=scene.terms),
        await stranger.post(f"{scene.path}/agreement/sign"),
        await stranger.post(f"{scene.path}/stop", json={"reason": "NOT_WANTED"}),
        await stranger.post(f"{PAIRS}/close", json=report),
        await stranger.post(SESSIONS, json={"sessions": [meeting(scene.pair_id, scene.day - timedelta(days=9))]}),
        await stranger.post(f"{SESSIONS}/confirm", json={"ids": [session_id]}),
        await stranger.post(f"{SESSIONS}/dispute", json={"ids": [session_id]}),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_list_with_one_bad_line_changes_nothing(scene: Scene) -> None:
    await scene.begun()
    lines = [meeting(scene.pair_id, scene.day - timedelta(days=days)) for days in (5, 400)]

    assert (await scene.mentor_client.post(SESSIONS, json={"sessions": lines})).status_code == 422
    assert await answered(await scene.mentor_client.get(SESSIONS)) == []


async def test_unit_staff_enter_signed_forms_of_their_unit_and_decide_nothing(scene: Scene) -> None:
    await scene.begun()
    colleague, stranger = Somebody(), Somebody(unit_id=new_id())
    await take(scene.house.database, colleague.recorded(), stranger.recorded())
    staff = await scene.house.person(Role.UNIT_STAFF, employee_id=colleague.id)
    elsewhere = await scene.house.person(Role.UNIT_STAFF, employee_id=stranger.id)
    line = meeting(scene.pair_id, scene.day - timedelta(days=3), on_behalf_of="MENTOR", evidence="F-2026-007")

    foreign = await elsewhere.post(SESSIONS, json={"sessions": [line]})
    logged = await answered(await staff.post(SESSIONS, json={"sessions": [line]}), 201)
    confirming = {"ids": [logged["sessions"][0]["id"]], "evidence": "F-2026-007"}
    own = await staff.post(f"{SESSIONS}/confirm", json=confirming)
    confirmed = await answered(await scene.mentee_client.post(f"{SESSIONS}/confirm", json=confirming))

    assert (foreign.status_code, own.status_code) == (404, 403)
    assert confirmed["sessions"][0]["status"] == "CONFIRMED"


async def test_nobody_decides_their_own_case_whatever_their_role(scene: Scene) -> None:
    both = await scene.house.person(Role.ANALYST, Role.UNIT_STAFF, employee_id=scene.ani.id)
    signed = {**scene.terms, "pair_id": scene.pair_id, "evidence": "F-2026-001"}
    started = await both.post(f"{PAIRS}/start", json={"agreements": [signed]})
    await scene.begun()
    line = meeting(scene.pair_id, scene.day - timedelta(days=3), on_behalf_of="MENTOR", evidence="F-2026-002")
    logged = await answered(await both.post(SESSIONS, json={"sessions": [line]}), 201)
    ids = [logged["sessions"][0]["id"]]

    confirmed = await both.post(f"{SESSIONS}/confirm", json={"ids": ids, "evidence": "F-2026-002"})
    await answered(await scene.analyst.post(f"{SESSIONS}/confirm", json={"ids": ids, "evidence": "F-2026-002"}))
    report = {"pair_id": scene.pair_id, "attainments": [100, 100]}
    closed = await both.post(f"{PAIRS}/close", json={"reports": [report]})

    assert [each.status_code for each in (started, confirmed, closed)] == [403, 403, 403]
