"""Pages of mentoring: what people see of pairs, and what their forms do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.mentoring.app import SERVICE
from services.mentoring.tables import PairRow, ProposalRow, RequestRow, SessionRow
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.browser import Browser, Front, fronted
from tests.integration.mentorship import COMPETENCY, Somebody, enlist, move_clock, reference, rows, take, today

PAIRS = "/mentoring/pages/pairs"


@pytest.fixture
async def front(make_database: MakeDatabase) -> AsyncIterator[Front]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with fronted(SERVICE, await make_database(service="mentoring", agency="medan", lineages=lineages)) as front:
        yield front


class Pair:
    """Ani, who waits for a mentor, Maya, who is one, and an analyst, each at a browser."""

    def __init__(self, front: Front, ani: Somebody, maya: Somebody) -> None:
        self.front, self.ani_id, self.maya_id = front, ani.id, maya.id

    async def enter(self) -> None:
        self.ani = await self.front.browser(Role.EMPLOYEE, employee_id=self.ani_id)
        self.maya = await self.front.browser(Role.EMPLOYEE, Role.MENTOR, employee_id=self.maya_id)
        self.analyst = await self.front.browser(Role.ANALYST, employee_id=new_id())

    async def matched(self) -> str:
        """The path of their pair, once asked for, proposed and confirmed on pages."""
        await self.ani.sent("/mentoring/pages/requests", {"competency": COMPETENCY, "unit_wish": "ANY"})
        await self.analyst.sent("/mentoring/pages/proposals/runs", {})
        [proposal] = await rows(self.front.database, ProposalRow)
        decided = {"ids": str(proposal.id), "decision": "confirm"}
        await self.analyst.sent("/mentoring/pages/proposals", decided)
        [pair] = await rows(self.front.database, PairRow)
        return f"{PAIRS}/{pair.id}"

    async def begun(self) -> str:
        """The path of their pair at work since a week."""
        path = await self.matched()
        await self.ani.sent(f"{path}/agreement", agreement(await today(self.front.database)))
        await self.maya.sent(f"{path}/sign", {})
        await move_clock(self.front.database, timedelta(days=7))
        return path


@pytest.fixture
async def pair(front: Front) -> Pair:
    ani, maya = Somebody(appointed="202001"), Somebody()
    people = [ani.recorded(name="Ani Contoh"), maya.recorded(name="Maya Contoh")]
    await take(front.database, *reference(), *people, ani.assessed(1), maya.assessed(4))
    await enlist(front.database, maya)
    pair = Pair(front, ani, maya)
    await pair.enter()
    return pair


def agreement(start: date) -> dict[str, str]:
    return {
        "objective": "Melayani warga tanpa bantuan",
        "goals": "Antrean terurai\n\n  Keluhan dijawab  \n",
        "start_date": start.isoformat(),
        "end_date": (start + timedelta(days=100)).isoformat(),
    }


def meeting(on: date, **more: str) -> dict[str, str]:
    told = {
        "held_on": on.isoformat(),
        "starts_at": "09:00",
        "minutes": "90",
        "mode": "ONSITE",
        "topic": "Antrean loket",
    }
    return told | more


async def test_pair_comes_to_be_agrees_meets_and_closes_on_pages(pair: Pair) -> None:
    path = await pair.begun()
    day = await today(pair.front.database) - timedelta(days=1)

    logged = await pair.ani.sent(f"{path}/sessions", meeting(day, goal_number="2", goal="Berani bertanya"))
    [held] = await rows(pair.front.database, SessionRow)
    waiting = await pair.maya.see(PAIRS)
    confirmed = await pair.maya.sent(f"{path}/answers", {"ids": str(held.id), "answer": "confirm"})
    closed = await pair.maya.sent(f"{path}/close", {"attainments": ["90", "80"], "note": "Sudah mandiri"})
    reacted = await pair.ani.sent(f"{path}/reaction", {"reaction": "4"})

    assert "Sesi dicatat dan menunggu konfirmasi" in logged
    assert "Menunggu konfirmasi Anda" in waiting
    assert "Antrean loket" in waiting
    assert "1 sesi dikonfirmasi" in confirmed
    assert "85% dari 1 sesi" in closed
    assert "Sasaran tercapai" in closed
    assert "Terima kasih" in reacted
    [row] = await rows(pair.front.database, PairRow)
    assert (row.status, row.attainments, row.reaction) == ("COMPLETED", [90, 80], 4)
    assert row.goals == ["Antrean terurai", "Keluhan dijawab"]


async def test_list_names_people_and_finds_them_by_name_without_a_name_in_the_address(pair: Pair) -> None:
    path = await pair.matched()

    everything = await pair.analyst.see(PAIRS)
    found = await pair.analyst.send(f"{PAIRS}/search", {"name": "maya", "status": ""})
    none = await pair.analyst.send(f"{PAIRS}/search", {"name": "budi", "status": ""})
    matched = await pair.analyst.see(f"{PAIRS}?status=MATCHED")
    active = await pair.analyst.see(f"{PAIRS}?status=ACTIVE")

    assert "Ani Contoh" in everything
    assert "Maya Contoh" in everything
    assert [path in page for page in (found.text, none.text, matched, active)] == [True, False, True, False]
    assert (found.status_code, "name=" in str(found.url)) == (200, False)


async def test_notes_of_the_two_are_shown_to_nobody_else(pair: Pair) -> None:
    path = await pair.begun()
    day = await today(pair.front.database) - timedelta(days=1)
    await pair.ani.sent(f"{path}/sessions", meeting(day, reality="Rahasia berdua", summary="Untuk <b>semua</b>"))

    own, mentors, analysts = [await each.see(path) for each in (pair.ani, pair.maya, pair.analyst)]

    assert ["Rahasia berdua" in page for page in (own, mentors, analysts)] == [True, True, False]
    assert ["Untuk &lt;b&gt;semua&lt;/b&gt;" in page for page in (own, mentors, analysts)] == [True, True, True]


async def test_refused_form_is_shown_again_with_what_was_typed(pair: Pair) -> None:
    path = await pair.begun()
    future = await today(pair.front.database) + timedelta(days=3)

    refused = await pair.ani.send(f"{path}/sessions", meeting(future, topic='Antrean "loket" <b>'))
    blank = await pair.ani.send(f"{path}/sessions", meeting(future, topic=" ", minutes="banyak"))

    assert (refused.status_code, blank.status_code) == (422, 422)
    assert "belum selesai" in refused.text
    assert 'value="Antrean &#34;loket&#34; &lt;b&gt;"' in refused.text
    assert "Wajib diisi" in blank.text
    assert "Harus bilangan bulat" in blank.text
    assert await rows(pair.front.database, SessionRow) == []


async def test_form_sent_twice_has_one_effect(pair: Pair) -> None:
    path = await pair.begun()
    told = meeting(await today(pair.front.database) - timedelta(days=1))

    first, second = [await pair.ani.send(f"{path}/sessions", told, "satu-formulir") for _ in range(2)]

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(await rows(pair.front.database, SessionRow)) == 1


async def test_form_from_elsewhere_is_refused(pair: Pair) -> None:
    path = await pair.begun()

    statuses = [
        await pair.ani.forged(f"{path}/sessions", meeting(await today(pair.front.database))),
        await pair.ani.forged(f"{path}/stop", {"stop_reason": "NO_TIME", "sure": "yes"}),
        await pair.ani.forged("/mentoring/pages/requests", {"competency": "LITERASI_DIGITAL"}),
        await pair.ani.forged(f"{PAIRS}/search", {"name": "maya"}),
    ]

    assert statuses == [403, 403, 403, 403]
    assert [row.status for row in await rows(pair.front.database, PairRow)] == ["ACTIVE"]


async def test_foreign_pair_and_meeting_are_not_found(pair: Pair) -> None:
    path = await pair.begun()
    day = await today(pair.front.database) - timedelta(days=1)
    await pair.ani.sent(f"{path}/sessions", meeting(day))
    [held] = await rows(pair.front.database, SessionRow)
    stranger = await pair.front.browser(Role.EMPLOYEE, employee_id=new_id())

    await stranger.see(path, 404)
    await pair.maya.see(f"{PAIRS}/{new_id()}", 404)
    answers = {"ids": str(held.id), "answer": "confirm"}
    foreign = await stranger.send(f"{path}/answers", answers)
    elsewhere = await pair.maya.send(f"{PAIRS}/{new_id()}/answers", answers)

    assert (foreign.status_code, elsewhere.status_code) == (404, 404)
    assert [row.status for row in await rows(pair.front.database, SessionRow)] == ["LOGGED"]


async def test_only_what_the_visitor_may_do_is_offered(pair: Pair) -> None:
    path = await pair.begun()
    auditor = await pair.front.browser(Role.AUDITOR)

    offered = {
        name: set(re.findall(rf'action="{path}/(\w+)"', await each.see(path)))
        for name, each in (("ani", pair.ani), ("maya", pair.maya), ("analyst", pair.analyst), ("auditor", auditor))
    }

    assert offered == {
        "ani": {"sessions", "stop"},
        "maya": {"sessions", "close", "extend", "stop"},
        "analyst": {"sessions", "close", "extend", "stop"},
        "auditor": set(),
    }


async def test_pair_that_ends_early_leaves_its_request_open(pair: Pair) -> None:
    path = await pair.begun()

    unsure = await pair.ani.send(f"{path}/stop", {"stop_reason": "NOT_SUITABLE"})
    forced = await pair.ani.send(f"{path}/stop", {"stop_reason": "EMPLOYEE_LEFT", "sure": "yes"})
    stopped = await pair.ani.sent(f"{path}/stop", {"stop_reason": "NOT_SUITABLE", "sure": "yes"})

    assert (unsure.status_code, forced.status_code) == (422, 422)
    assert "menunggu pendamping lain" in stopped
    assert [row.status for row in await rows(pair.front.database, RequestRow)] == ["OPEN"]


async def test_analyst_sees_points_and_why_somebody_goes_without(pair: Pair) -> None:
    budi = Somebody()
    await take(pair.front.database, budi.recorded(name="Budi Contoh"), budi.assessed(3))
    budis = await pair.front.browser(Role.EMPLOYEE, employee_id=budi.id)
    await budis.sent("/mentoring/pages/requests", {"competency": COMPETENCY, "unit_wish": "ANY"})
    await pair.ani.sent("/mentoring/pages/requests", {"competency": COMPETENCY, "unit_wish": "SAME"})
    await enlist(pair.front.database, Somebody(id=pair.maya_id), capacity=1)

    shown = await pair.analyst.sent("/mentoring/pages/proposals/runs", {})

    assert "2 permintaan ditimbang: 1 mendapat usulan" in shown
    assert "Kesenjangan dan level mentor" in shown
    assert "Semua mentor yang cocok sudah penuh" in shown


async def test_guide_is_named_by_employee_number(pair: Pair) -> None:
    await pair.ani.sent("/mentoring/pages/requests", {"competency": COMPETENCY, "unit_wish": "ANY"})
    [request] = await rows(pair.front.database, RequestRow)
    path = f"/mentoring/pages/requests/{request.id}"

    unknown = await pair.analyst.send(f"{path}/guide", {"employee_number": "199001012001010001"})
    malformed = await pair.analyst.send(f"{path}/guide", {"employee_number": "Maya"})
    named = await pair.analyst.sent(f"{path}/guide", {"employee_number": "199001012015011000"})

    assert (unknown.status_code, malformed.status_code) == (422, 422)
    assert "Tidak ada pegawai dengan NIP ini." in unknown.text
    assert "Maya Contoh" in named
    assert [row.mentor_id for row in await rows(pair.front.database, PairRow)] == [pair.maya_id]


async def test_mentor_changes_the_offer_pauses_and_resumes(pair: Pair) -> None:
    path = "/mentoring/pages/mentors"

    changed = await pair.maya.sent(path, {"competencies": COMPETENCY, "capacity": "2", "online": "true"})
    too_many = await pair.maya.send(path, {"competencies": COMPETENCY, "capacity": "9"})
    paused = await pair.maya.sent(f"{path}/{pair.maya_id}/pause", {"reason": "WORKLOAD"})
    foreign = await pair.ani.send(f"{path}/{pair.maya_id}/resume", {})
    resumed = await pair.maya.sent(f"{path}/{pair.maya_id}/resume", {})
    listed = await pair.analyst.see(path)

    assert "1 kompetensi untuk 2 orang" in changed
    assert (too_many.status_code, foreign.status_code) == (422, 404)
    assert "Terima orang lagi" in paused
    assert "Jeda menerima orang baru" in resumed
    assert "Maya Contoh" in listed
    assert "juga daring" in listed


async def test_analyst_enters_a_signed_form_for_the_pair(pair: Pair) -> None:
    path = await pair.begun()
    day = await today(pair.front.database) - timedelta(days=1)

    without = await pair.analyst.send(f"{path}/sessions", meeting(day, on_behalf_of="EMPLOYEE"))
    logged = await pair.analyst.sent(f"{path}/sessions", meeting(day, on_behalf_of="EMPLOYEE", evidence="F-12/2026"))

    assert without.status_code == 403
    assert "Sesi dicatat" in logged
    assert [row.evidence for row in await rows(pair.front.database, SessionRow)] == ["F-12/2026"]


async def test_visitor_without_a_sign_in_is_led_to_the_entrance(front: Front) -> None:
    browser: Browser = await front.browser(Role.EMPLOYEE, employee_id=UUID(int=9))

    assert "Tidak ada pendampingan di sini." in await browser.see(PAIRS)
    assert "Tidak ada permintaan di sini." in await browser.see("/mentoring/pages/requests")
    await browser.see("/mentoring/pages/proposals", 403)
