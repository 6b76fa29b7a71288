"""Pages of evaluation: forms to fill in, follow-ups to decide on, and journeys to read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.commands import plans
from services.evaluation.domain.follow_ups import FollowUpStatus
from services.evaluation.queries import follow_ups as queries
from services.evaluation.queries.follow_ups import DueFilter
from services.evaluation.tables import BehaviourAnswerRow, FollowUpRow, FormRow
from shared.db import Database
from shared.events.employees import EmployeeRecorded
from shared.events.training import ProgramRecorded
from shared.identity.actor import Actor, Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.lists import Page
from shared.web.shapes import ROWS
from tests.conftest import MakeDatabase
from tests.integration.browser import Front, fronted
from tests.integration.participants import Participant, follow_ups
from tests.integration.test_evaluation_journeys import story_of, told_back
from tests.integration.workplace import ITEMS, Office, Worker, forms, mentored, move_clock, office, take, today
from tests.records import record_of

FORMS, FOLLOW_UPS, JOURNEYS = (f"/evaluation/pages/{kind}" for kind in ("forms", "follow-ups", "journeys"))
ANALYST = Actor(id=UUID(int=8), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))
WELL = {f"score-{item}": "4" for item in ITEMS}


@pytest.fixture
async def front(make_database: MakeDatabase) -> AsyncIterator[Front]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with fronted(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as front:
        yield front


def named(worker: Worker, name: str) -> EmployeeRecorded:
    event = worker.recorded()
    assert event.value is not None
    return EmployeeRecorded.model_validate_json(event.value).model_copy(update={"name": name})


async def asked(front: Front, team: Office) -> list[FormRow]:
    """The forms about the behaviour of the person of an office, ninety days after a mentoring."""
    await take(front.database, *team.recorded(), record_of(named(team.person, "Ani Contoh")))
    await take(front.database, mentored(team.person.id, await today(front.database)))
    await move_clock(front.database, 90)
    return list(await forms(front.database))


async def failed(front: Front, *seats: Participant) -> list[UUID]:
    """Follow-ups that tests which were not passed have opened."""
    for seat in seats:
        await take(front.database, seat.measured(pre=55, post=64), seat.completed())
    return [row.id for row in await follow_ups(front.database)]


async def answers(database: Database) -> list[dict[str, int]]:
    async with database.session() as session:
        return [row.scores for row in await session.scalars(select(BehaviourAnswerRow))]


async def test_form_about_behaviour_is_listed_filled_in_and_thanked_for(front: Front) -> None:
    team = office()
    form = next(form for form in await asked(front, team) if form.role == "SUPERIOR")
    superior = await front.browser(employee_id=team.superior.id)

    listed = await superior.see(FORMS)
    shown = await superior.see(f"{FORMS}/{form.id}")
    thanked = await superior.sent(f"{FORMS}/{form.id}", {**WELL, "level": "3", "cause": "NO_SUPPORT"})
    again = await superior.see(f"{FORMS}/{form.id}")

    assert f"{FORMS}/{form.id}" in listed
    assert "Ani Contoh: Pelayanan publik" in re.sub(r"\s+", " ", listed)
    assert "atas nama" in shown
    assert "Terima kasih, jawaban disimpan." in thanked
    assert "Tidak ada formulir yang menunggu Anda." in thanked
    assert "sudah dijawab" in again
    assert await answers(front.database) == [dict.fromkeys(ITEMS, 4)]


async def test_form_that_is_not_complete_is_shown_again_with_what_was_chosen(front: Front) -> None:
    team = office()
    form = next(form for form in await asked(front, team) if form.role == "PEER")
    peer = await front.browser(employee_id=form.respondent_id)

    refused = await peer.send(f"{FORMS}/{form.id}", {"score-QUALITY": "2", "score-SHARES": "9"})

    assert refused.status_code == 422
    assert "Jawaban disimpan tanpa nama" in refused.text
    assert re.search(r'name="score-QUALITY" value="2" checked', refused.text)
    assert refused.text.count("Pilih salah satu.") == 4
    assert await answers(front.database) == []


async def test_form_about_a_class_asks_no_level_and_keeps_no_name(front: Front) -> None:
    ani = Participant()
    program = ProgramRecorded(
        program_id=ani.program_id,
        code="BIMTEK-LAYANAN",
        title="Bimtek Pelayanan Publik",
        form=8,
        competency=ani.competency,
        learning_hours=20,
        pass_mark=70,
    )
    await take(front.database, record_of(program), Worker(id=ani.employee_id).recorded(), ani.completed())
    [form] = [form for form in await forms(front.database, status=None) if form.class_id]
    person = await front.browser(employee_id=ani.employee_id)

    shown = await person.see(f"{FORMS}/{form.id}")

    assert "Bimtek Pelayanan Publik" in shown
    assert 'name="level"' not in shown
    assert "tanpa nama" in shown


async def test_form_of_somebody_else_is_not_found(front: Front) -> None:
    team = office()
    form = next(form for form in await asked(front, team) if form.role == "SUPERIOR")
    person = await front.browser(employee_id=team.person.id)
    analyst = await front.browser(Role.ANALYST)

    await person.see(f"{FORMS}/{form.id}", 404)
    await analyst.see(f"{FORMS}/{form.id}", 404)
    sent = await person.send(f"{FORMS}/{form.id}", {**WELL, "level": "3"})

    assert sent.status_code == 404
    assert await answers(front.database) == []


async def test_staff_enter_what_was_answered_on_paper(front: Front) -> None:
    team = office()
    form = next(form for form in await asked(front, team) if form.role == "SUBORDINATE")
    staff = await front.browser(Role.UNIT_STAFF, employee_id=team.peers[0].id)

    listed = await staff.see(FORMS)
    await staff.sent(f"{FORMS}/{form.id}", {**WELL, "level": "2"})

    assert "dijawab di atas kertas" in listed
    assert await answers(front.database) == [dict.fromkeys(ITEMS, 4)]


async def test_follow_up_tells_why_and_is_confirmed_through_another_target(front: Front) -> None:
    ani = Participant()
    await take(front.database, record_of(named(Worker(id=ani.employee_id), "Ani Contoh")))
    [follow_up_id] = await failed(front, ani)
    analyst = await front.browser(Role.ANALYST)
    path = f"{FOLLOW_UPS}/{follow_up_id}"

    listed = await analyst.see(FOLLOW_UPS)
    shown = await analyst.see(path)
    confirmed = await analyst.sent(f"{path}/confirm", {"target": "TRAINING"})
    again = await analyst.send(f"{path}/confirm", {"target": "MENTORING"})

    assert "Ani Contoh" in listed
    assert "nilai 64,00 dari 100" in re.sub(r"\s+", " ", listed)
    assert "Aturan L2_PERSON versi 2019-01-01" in shown
    assert "Peraturan LAN 10/2018" in shown
    assert "Remedial melalui Mentor, 30 hari" in shown
    assert "diteruskan kepada pelaksananya" in confirmed
    assert again.status_code == 409
    assert "baru dibuka" in again.text
    assert [(row.status, row.target) for row in await follow_ups(front.database)] == [("CONFIRMED", "TRAINING")]


async def test_follow_ups_are_confirmed_together_or_none(front: Front) -> None:
    ids = await failed(front, Participant(), Participant())
    analyst = await front.browser(Role.ANALYST)

    none = await analyst.send(FOLLOW_UPS, {})
    foreign = await analyst.send(FOLLOW_UPS, {"ids": [str(ids[0]), str(new_id())]})
    before = {row.status for row in await follow_ups(front.database)}
    done = await analyst.sent(FOLLOW_UPS, {"ids": [str(each) for each in ids]})

    assert (none.status_code, foreign.status_code, before) == (422, 404, {"OPEN"})
    assert "2 tindak lanjut dikonfirmasi" in done
    assert {row.status for row in await follow_ups(front.database)} == {"CONFIRMED"}


async def test_overdue_follow_up_stands_first_and_says_how_late_it_is(front: Front) -> None:
    [first] = await failed(front, Participant())
    await move_clock(front.database, 40)
    early, late = (str(each) for each in await failed(front, Participant()))
    analyst = await front.browser(Role.ANALYST)

    page = await analyst.see(FOLLOW_UPS)

    assert str(first) == early
    assert page.index(early) < page.index(late)
    assert page.count("Terlambat 10 hari") == 1


async def test_follow_ups_come_by_due_date_page_after_page_and_what_only_waits_for_review_last(front: Front) -> None:
    early = await failed(front, Participant())
    await move_clock(front.database, 5)
    ids = await failed(front, Participant(), Participant())
    async with front.database.transaction() as session:
        await plans.confirm(session, ANALYST, {early[0]: None})
        row = await session.get(FollowUpRow, early[0])
        assert row is not None
        row.status = "DONE"

    async def one_by_one(*, latest_first: bool) -> list[UUID]:
        found: list[UUID] = []
        wanted = DueFilter(statuses=tuple(FollowUpStatus), latest_first=latest_first)
        async with front.database.session() as session:
            for _ in range(4):
                page = Page(before=found[-1] if found else None, limit=1)
                found += [row.id for row in await queries.follow_ups_by_due(session, ANALYST, page, wanted)]
        return found

    in_order = [*sorted(set(ids) - set(early)), *early]
    assert await one_by_one(latest_first=False) == in_order
    assert await one_by_one(latest_first=True) == in_order[::-1]


async def test_follow_up_is_declined_only_by_who_says_so_twice(front: Front) -> None:
    [follow_up_id] = await failed(front, Participant())
    analyst = await front.browser(Role.ANALYST)
    path = f"{FOLLOW_UPS}/{follow_up_id}"

    unsure = await analyst.send(f"{path}/decline", {})
    declined = await analyst.sent(f"{path}/decline", {"sure": "yes"})

    assert unsure.status_code == 422
    assert "Tindak lanjut ditolak." in declined
    assert [row.closing_reason for row in await follow_ups(front.database)] == ["DECLINED"]


async def test_analyst_decides_nothing_about_themselves(front: Front) -> None:
    ani = Participant()
    [follow_up_id] = await failed(front, ani)
    own, other = await front.browser(Role.ANALYST, employee_id=ani.employee_id), await front.browser(Role.ANALYST)
    path = f"{FOLLOW_UPS}/{follow_up_id}"

    shown = await own.see(path)
    refused = [
        await own.send(f"{path}/confirm", {}),
        await own.send(f"{path}/decline", {"sure": "yes"}),
        await own.send(FOLLOW_UPS, {"ids": str(follow_up_id)}),
    ]
    await other.sent(f"{path}/confirm", {})
    refused.append(await own.send(f"{path}/close", {"sure": "yes"}))

    assert f'action="{path}/' not in shown
    assert [answer.status_code for answer in refused] == [403, 403, 403, 403]
    assert [row.status for row in await follow_ups(front.database)] == ["CONFIRMED"]


async def test_superior_reports_the_task_done(front: Front) -> None:
    team = office()
    for form in await asked(front, team):
        browser = await front.browser(employee_id=form.respondent_id)
        await browser.sent(f"{FORMS}/{form.id}", {**WELL, "level": "3", "cause": "NO_OPPORTUNITY"})
    [row] = await follow_ups(front.database)
    path = f"{FOLLOW_UPS}/{row.id}"
    analyst, superior, person = (
        await front.browser(Role.ANALYST),
        await front.browser(employee_id=team.superior.id),
        await front.browser(employee_id=team.person.id),
    )

    await superior.see(path, 404)
    await analyst.sent(f"{path}/confirm", {})
    own = await person.see(path)
    foreign = await person.send(f"{path}/done", {})
    shown = await superior.see(FOLLOW_UPS)
    done = await superior.sent(f"{path}/done", {})

    assert f'action="{path}/done"' not in own
    assert foreign.status_code == 404
    assert "Ani Contoh" in shown
    assert "Tugas dilaporkan selesai" in done
    assert [row.status for row in await follow_ups(front.database)] == ["DONE"]


async def test_review_shows_what_its_figure_is_made_of_once_it_is_closed(front: Front) -> None:
    team = office()
    sent = await asked(front, team)
    path = f"/evaluation/pages/reviews/{sent[0].review_id}"
    person, stranger = await front.browser(employee_id=team.person.id), await front.browser(employee_id=new_id())

    before = await person.see(path)
    for form in sent:
        browser = await front.browser(employee_id=form.respondent_id)
        score = "2" if form.role == "PEER" else "4"
        await browser.sent(f"{FORMS}/{form.id}", {f"score-{item}": score for item in ITEMS} | {"level": "3"})
    after = re.sub(r"\s+", " ", await person.see(path))

    await stranger.see(path, 404)
    assert "Jawaban baru ditampilkan sesudah tinjauan ditutup" in before
    assert "nilai 3,50 dari 4" in after
    assert "Rata-rata 6 rekan dan bawahan" in after
    assert re.findall(r'data-label="([^"]+)">([^<]+)</td>', after)[:3] == [
        ("Atasan", "4"),
        ("Diri sendiri", "4"),
        ("Rata-rata 6 rekan dan bawahan", "3,00"),
    ]
    assert "Tingkat yang diukur ulang: 3." in after


async def test_journey_shows_each_step_with_cause_figures_rule_and_what_is_waited_for(front: Front) -> None:
    seat = Participant()
    await take(front.database, record_of(named(Worker(id=seat.employee_id), "Ani Contoh")), *story_of(seat)[:-2])
    await told_back(front.database)
    person = await front.browser(employee_id=seat.employee_id)

    page = re.sub(r"\s+", " ", await person.see(f"{JOURNEYS}/{seat.need_id}"))

    assert "1. Kebutuhan ditemukan" in page
    assert "tindakan seseorang" in page
    assert 'karena <a href="#step-1">langkah 1</a>' in page
    assert "Hasil dievaluasi" in page
    assert "<dt>Nilai</dt><dd>64" in page
    assert "Aturan L2_PERSON versi 2019-01-01" in page
    assert "Sekarang menunggu konfirmasi tindak lanjut oleh analis" in page
    assert "WIB" in page


async def test_journeys_are_found_by_name_year_and_any_number_of_the_case(front: Front) -> None:
    seat, other = Participant(), Participant()
    people = [record_of(named(Worker(id=seat.employee_id), "Ani Contoh"))]
    await take(front.database, *people, *story_of(seat), *story_of(other))
    auditor = await front.browser(Role.AUDITOR)
    path = f"{JOURNEYS}/{seat.need_id}"

    by_name = await auditor.send(f"{JOURNEYS}/search", {"name": "ANI c", "cycle": "2026"})
    by_seat = await auditor.send(f"{JOURNEYS}/search", {"name": str(seat.enrolment_id)})
    by_nothing = await auditor.send(f"{JOURNEYS}/search", {"name": str(new_id())})
    everything, another_year = await auditor.see(JOURNEYS), await auditor.see(f"{JOURNEYS}?cycle=2031")

    assert [path in page for page in (by_name.text, everything, another_year)] == [True, True, False]
    assert f"{JOURNEYS}/{other.need_id}" not in by_name.text
    assert '<span class="badge good">Terpenuhi</span>' in by_name.text
    assert str(seat.need_id) in by_seat.text
    assert "Terpenuhi dan ditutup" in by_seat.text
    assert by_nothing.status_code == 404


async def test_long_list_goes_on_under_the_same_filter_and_back_to_its_beginning(front: Front) -> None:
    seats = [Participant() for _ in range(ROWS + 3)]
    for seat in seats:
        await take(front.database, *story_of(seat)[:1])
    auditor = await front.browser(Role.AUDITOR)

    first = await auditor.see(f"{JOURNEYS}?cycle=2026")
    onward = re.search(rf'href="({JOURNEYS}\?cycle=2026&amp;before=[^"]+)"', first)
    assert onward is not None
    second = await auditor.see(onward[1].replace("&amp;", "&"))

    pages = [{str(seat.need_id) for seat in seats if f"{JOURNEYS}/{seat.need_id}" in page} for page in (first, second)]
    assert [len(page) for page in pages] == [ROWS, 3]
    assert pages[0].isdisjoint(pages[1])
    assert f'href="{JOURNEYS}?cycle=2026">Kembali ke awal' in second


async def test_foreign_journeys_and_follow_ups_are_not_found(front: Front) -> None:
    seat = Participant()
    await take(front.database, *story_of(seat))
    [follow_up] = await follow_ups(front.database)
    stranger = await front.browser(Role.EMPLOYEE, employee_id=new_id())

    await stranger.see(f"{JOURNEYS}/{seat.need_id}", 404)
    await stranger.see(f"{FOLLOW_UPS}/{follow_up.id}", 404)
    by_number = await stranger.send(f"{JOURNEYS}/search", {"name": str(seat.enrolment_id)})

    assert by_number.status_code == 404
    assert "Tidak ada kebutuhan di sini." in await stranger.see(JOURNEYS)
    assert "Tidak ada tindak lanjut di sini." in await stranger.see(FOLLOW_UPS)


async def test_form_from_elsewhere_is_refused(front: Front) -> None:
    [follow_up_id] = await failed(front, Participant())
    analyst = await front.browser(Role.ANALYST)

    statuses = [
        await analyst.forged(f"{FOLLOW_UPS}/{follow_up_id}/confirm", {}),
        await analyst.forged(FOLLOW_UPS, {"ids": str(follow_up_id)}),
        await analyst.forged(f"{JOURNEYS}/search", {"name": "ani"}),
    ]

    assert statuses == [403, 403, 403]
    assert [row.status for row in await follow_ups(front.database)] == ["OPEN"]
