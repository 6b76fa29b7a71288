"""Pages of training: classes as people run them, and the learning of one person."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from services.training.app import SERVICE
from services.training.domain import Enrolment, TrainingClass
from services.training.tables import AttendanceRow, EnrolmentRow
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.browser import Browser, Front, fronted
from tests.integration.classroom import add_class, demand, enrol, people

CLASSES = "/training/pages/classes"
ME = "/training/pages/me"


@pytest.fixture
async def front(make_database: MakeDatabase) -> AsyncIterator[Front]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with fronted(SERVICE, await make_database(service="training", agency="medan", lineages=lineages)) as front:
        yield front


class Room:
    """A class of two sessions with ani and budi in it, and who runs it."""

    def __init__(self, front: Front, held: TrainingClass, seats: list[Enrolment], organiser: Browser) -> None:
        self.front, self.held, self.seats, self.organiser = front, held, seats, organiser
        self.path = f"{CLASSES}/{held.id}"

    async def take_attendance(self, number: int, *present: Enrolment) -> str:
        fields = {
            "number": str(number),
            "shown": [str(seat.id) for seat in self.seats],
            "present": [str(seat.id) for seat in present],
        }
        return await self.organiser.sent(f"{self.path}/attendance", fields)

    async def stored(self, seat: Enrolment) -> EnrolmentRow:
        async with self.front.database.session() as session:
            return (await session.scalars(select(EnrolmentRow).where(EnrolmentRow.id == seat.id))).one()


@pytest.fixture
async def room(front: Front) -> Room:
    ani, budi = await people(front.database, "Ani", "Budi <b>")
    held = await add_class(front.database, 4, 6)
    seats = await enrol(front.database, held.id, ani, budi)
    return Room(front, held, seats, await front.browser(Role.ORGANISER))


async def test_classes_are_listed_newest_first_and_by_status(front: Front, room: Room) -> None:
    later = await add_class(front.database, 10)

    every = await room.organiser.see(CLASSES)
    closed = await room.organiser.see(f"{CLASSES}?status=CLOSED")
    found = await room.organiser.send(CLASSES, {"text": "tidak ada program bernama ini"})

    assert re.findall(rf"{CLASSES}/([0-9a-f-]+)", every) == [str(later.id), str(room.held.id)]
    assert re.findall(rf"{CLASSES}/([0-9a-f-]+)", closed) == []
    assert "Tidak ada yang cocok" in found.text


async def test_participants_are_named_to_those_who_may_see_them(front: Front, room: Room) -> None:
    ani = await front.browser(Role.EMPLOYEE, employee_id=room.seats[0].employee_id)
    other = await front.browser(Role.EMPLOYEE, employee_id=new_id())

    pages = [await each.see(room.path) for each in (room.organiser, ani, other)]

    assert [("Ani" in page, "Budi &lt;b&gt;" in page) for page in pages] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    assert "Simpan nilai" not in pages[1]


async def test_attendance_of_a_session_is_recorded_for_the_whole_list(room: Room) -> None:
    page = await room.take_attendance(1, room.seats[0])

    async with room.front.database.session() as session:
        marks = dict((await session.execute(select(AttendanceRow.enrolment_id, AttendanceRow.present))).all())
    assert marks == {room.seats[0].id: True, room.seats[1].id: False}
    assert "Kehadiran sesi 1 dicatat: 1 dari 2 hadir." in page


async def test_scores_are_recorded_and_wrong_ones_shown_again(room: Room) -> None:
    ani, budi = room.seats
    shown = [str(ani.id), str(budi.id)]
    right = {"max_score": "100", "shown": shown, f"pre-{ani.id}": "40", f"post-{ani.id}": "85"}

    refused = await room.organiser.send(f"{room.path}/scores", {**right, f"post-{budi.id}": "101"})
    before = await room.stored(ani)
    page = await room.organiser.sent(f"{room.path}/scores", right)

    assert refused.status_code == 422
    assert 'value="101"' in refused.text
    assert "Bilangan bulat 0 sampai 100" in refused.text
    assert before.post_score is None
    assert "Nilai dicatat; 1 berubah." in page
    after = await room.stored(ani)
    assert (after.pre_score, after.post_score, after.max_score) == (40, 85, 100)


async def test_scores_that_are_blanked_are_taken_back_while_the_class_is_open(room: Room) -> None:
    ani = room.seats[0]
    fields = {"shown": str(ani.id), f"pre-{ani.id}": "40"}
    await room.organiser.sent(f"{room.path}/scores", fields)

    await room.organiser.sent(f"{room.path}/scores", {"shown": str(ani.id), f"had-{ani.id}": "1"})

    assert (await room.stored(ani)).pre_score is None


async def test_class_is_closed_once_when_it_is_meant_and_complete(room: Room) -> None:
    close = f"{room.path}/close"

    unsure = await room.organiser.send(close, {})
    too_early = await room.organiser.send(close, {"sure": "true"})
    for number in (1, 2):
        await room.take_attendance(number, room.seats[0])
    page = await room.organiser.sent(close, {"sure": "true"}, key="tutup-sekali")
    again = await room.organiser.sent(close, {"sure": "true"}, key="tutup-sekali")

    assert (unsure.status_code, too_early.status_code) == (422, 409)
    assert "Kehadiran belum lengkap untuk sesi 1, 2." in too_early.text
    assert "Kelas ditutup: 1 dari 2 peserta selesai." in page
    assert "Kelas ditutup: 1 dari 2 peserta selesai." in again
    assert [(await room.stored(seat)).status for seat in room.seats] == ["COMPLETED", "NOT_COMPLETED"]


async def test_facilitator_keeps_lists_and_closes_nothing(front: Front, room: Room) -> None:
    facilitator = await front.browser(Role.FACILITATOR)

    status = (await facilitator.send(f"{room.path}/close", {"sure": "true"})).status_code
    page = await facilitator.see(room.path)

    assert status == 403
    assert "Simpan nilai" in page
    assert "Tutup kelas ini" not in page


async def test_people_whom_the_plan_names_get_seats(front: Front, room: Room) -> None:
    [citra] = await people(front.database, "Citra")
    asked = await demand(front.database, citra)

    offered = await room.organiser.see(room.path)
    page = await room.organiser.sent(f"{room.path}/seats", {"demand": str(asked.id)})

    assert f'name="demand" value="{asked.id}"' in offered
    assert "1 peserta didaftarkan." in page
    assert f'name="demand" value="{asked.id}"' not in page
    async with front.database.session() as session:
        item = await session.scalar(select(EnrolmentRow.plan_item_id).where(EnrolmentRow.employee_id == citra))
    assert item == asked.id


async def test_unknown_class_is_not_found(room: Room) -> None:
    await room.organiser.see(f"{CLASSES}/{new_id()}", status=404)


async def test_own_learning_shows_each_figure_with_its_rule(room: Room) -> None:
    ani = await room.front.browser(Role.EMPLOYEE, employee_id=room.seats[0].employee_id)
    for number in (1, 2):
        await room.take_attendance(number, room.seats[0])
    await room.organiser.sent(f"{room.path}/close", {"sure": "true"})

    page = await ani.see(f"{ME}?year=2026")

    assert "<strong>10 JP</strong>" in page
    assert "JP program atau sertifikat." in page
    assert "Tabel JP versi 2019-02-01" in page


async def test_learning_of_others_is_not_found(front: Front, room: Room) -> None:
    ani = await front.browser(Role.EMPLOYEE, employee_id=room.seats[0].employee_id)

    await ani.see(f"/training/pages/people/{room.seats[1].employee_id}", status=404)
    await room.organiser.see(ME, status=404)


async def test_participant_promises_or_gives_up_the_own_seat_only(front: Front, room: Room) -> None:
    mine, other = room.seats
    ani = await front.browser(Role.EMPLOYEE, employee_id=mine.employee_id)
    seat = f"/training/pages/seats/{mine.id}"

    blank = await ani.send(f"{seat}/commitment", {"application": "  "})
    foreign = await ani.send(f"/training/pages/seats/{other.id}/commitment", {"application": "Apa saja"})
    promised = await ani.sent(f"{seat}/commitment", {"application": "Membuat maklumat layanan\r\ndi loket"})
    declined = await ani.sent(f"{seat}/decline", {"reason": "NO_TIME"})

    assert (blank.status_code, foreign.status_code) == (422, 404)
    assert "Membuat maklumat layanan" in promised
    assert "Tidak ada waktu" in declined
    assert (await room.stored(other)).status == "CONFIRMED"


async def test_sent_ids_that_are_none_are_refused_and_not_repeated(room: Room) -> None:
    fields = {"shown": "<script>", "pre-<script>": "1"}

    answer = await room.organiser.send(f"{room.path}/scores", fields)

    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert [(await room.stored(seat)).pre_score for seat in room.seats] == [None, None]
