"""Training through its routes: who may do what, what is refused and in which words."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.training.app import SERVICE
from shared import clock
from shared.db import Database
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.sign_in import sign_in
from shared.identity.tables import IDENTITY
from shared.web.guards import guards, unguarded_routes
from shared.web.shell import install_shell
from tests.conftest import MakeDatabase
from tests.integration.classroom import add_class, attend, enrol, people, told, told_about
from tests.integration.small_app import browsing

PASSWORD = "kopi-tubruk-di-pagi-hari"
PROGRAM = {
    "code": "BIMTEK-LAYANAN",
    "title": "Bimtek Pelayanan Publik",
    "form": 8,
    "competency": "PELAYANAN_PUBLIK",
    "learning_hours": 8,
    "pass_mark": 70,
}


class House:
    """The service with its doors: a client for each person who comes in."""

    def __init__(self, database: Database, stack: AsyncExitStack) -> None:
        self.database = database
        self._stack = stack
        self.app = FastAPI(openapi_url=None)
        self.app.include_router(SERVICE.router)
        install_shell(self.app)
        self.app.state.database = self.app.state.identity = database

    async def visitor(self) -> httpx.AsyncClient:
        """Somebody who has not signed in."""
        return await self._stack.enter_async_context(browsing(self.app))

    async def person(self, *roles: Role, employee_id: UUID | None = None) -> httpx.AsyncClient:
        """Somebody signed in with these roles."""
        name = f"orang-{uuid4().hex[:12]}"
        async with self.database.transaction() as session:
            await add_account(session, name, PASSWORD, roles, employee_id)
        signed = await sign_in(self.database, name, PASSWORD)
        return await self._stack.enter_async_context(browsing(self.app, signed.token))


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with AsyncExitStack() as stack:
        yield House(await make_database(service="training", agency="medan", lineages=lineages), stack)


async def today(database: Database) -> date:
    async with database.session() as session:
        return await clock.today(session)


def plan(program_id: str, first: date, last: date) -> dict[str, object]:
    return {
        "program_id": program_id,
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "place": "Aula BKPSDM",
        "capacity": 30,
        "session_hours": [4, 4],
    }


async def test_class_runs_from_catalogue_to_completion(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    organiser, facilitator = await house.person(Role.ORGANISER), await house.person(Role.FACILITATOR)
    day = await today(house.database)

    program = (await organiser.post("/training/programs", json=PROGRAM)).json()
    scheduled = await organiser.post("/training/classes", json=plan(program["id"], day, day))
    path = f"/training/classes/{scheduled.json()['id']}"
    lines = [{"employee_id": str(ani), "need_ids": [str(uuid4())]}, {"employee_id": str(budi)}]
    enrolled = await organiser.post(f"{path}/enrolments", json={"participants": lines})
    of_ani, of_budi = (seat["id"] for seat in enrolled.json()["enrolments"])
    for number, budi_came in ((1, True), (2, False)):
        marks = [{"enrolment_id": of_ani, "present": True}, {"enrolment_id": of_budi, "present": budi_came}]
        recorded = await facilitator.put(f"{path}/sessions/{number}/attendance", json={"participants": marks})
        assert recorded.json() == {"session_number": number, "recorded": 2}
    scores = [{"enrolment_id": of_ani, "pre_score": 55, "post_score": 64}]
    measured = await facilitator.put(f"{path}/scores", json={"participants": scores})
    closed = await organiser.post(f"{path}/close")

    assert (scheduled.status_code, enrolled.status_code) == (201, 201)
    assert [e["post_score"] for e in measured.json()["enrolments"]] == [64]
    assert [(e["status"], e["attendance_percent"], e["missed"]) for e in closed.json()["enrolments"]] == [
        ("COMPLETED", 100, None),
        ("NOT_COMPLETED", 50, "ATTENDANCE"),
    ]
    seen = (await organiser.get(path)).json()
    assert (seen["status"], seen["seats_taken"], seen["program_title"]) == ("CLOSED", 2, "Bimtek Pelayanan Publik")
    listed = (await organiser.get(f"{path}/enrolments")).json()
    assert [(p["name"], p["presence"]) for p in listed] == [
        ("Ani", {"1": True, "2": True}),
        ("Budi", {"1": True, "2": False}),
    ]
    assert [event.name for event in await told(house.database)] == [
        "program_recorded",
        "class_scheduled",
        "enrolment_confirmed",
        "enrolment_confirmed",
        "learning_measured",
        "training_completed",
        "training_not_completed",
        "certificate_issued",
        "learning_hours_credited",
    ]


async def test_class_closes_when_its_last_day_has_come_where_the_agency_is(house: House) -> None:
    organiser = await house.person(Role.ORGANISER)
    day = await today(house.database)
    program = (await organiser.post("/training/programs", json=PROGRAM)).json()
    scheduled = await organiser.post("/training/classes", json=plan(program["id"], day, day + timedelta(days=1)))
    path = f"/training/classes/{scheduled.json()['id']}"

    early = await organiser.post(f"{path}/close")
    async with house.database.transaction() as session:
        await clock.advance(session, timedelta(days=1), simulation=True)
    closed = await organiser.post(f"{path}/close")

    assert (early.status_code, closed.status_code) == (409, 200)
    assert f"{day + timedelta(days=1):%d-%m-%Y}" in early.json()["detail"]


async def test_program_is_changed_but_its_code_stays(house: House) -> None:
    analyst = await house.person(Role.ANALYST)
    program = (await analyst.post("/training/programs", json=PROGRAM)).json()
    path = f"/training/programs/{program['id']}"
    news = {"title": "Bimtek Layanan Prima", "learning_hours": 12, "pass_mark": None, "post_test_required": True}
    change = {name: value for name, value in PROGRAM.items() if name != "code"} | news

    changed = await analyst.put(path, json=change)
    with_code = await analyst.put(path, json=PROGRAM)
    again = await analyst.post("/training/programs", json=PROGRAM)

    assert changed.json() == program | news
    assert (await analyst.get(path)).json() == changed.json() | {"revision_requests": []}
    assert (await analyst.get("/training/programs")).json() == [changed.json()]
    assert (with_code.status_code, again.status_code) == (422, 409)


async def test_participants_are_seen_by_those_who_run_classes_and_by_themselves(house: House) -> None:
    ani, budi, citra = await people(house.database, "Ani", "Budi", "Citra")
    training_class = await add_class(house.database, 4)
    await enrol(house.database, training_class.id, ani, budi)
    path = f"/training/classes/{training_class.id}/enrolments"

    async def names_seen_by(*roles: Role, employee_id: UUID | None = None) -> list[str]:
        client = await house.person(*roles, employee_id=employee_id)
        return [participant["name"] for participant in (await client.get(path)).json()]

    for role in (Role.ORGANISER, Role.FACILITATOR, Role.ANALYST, Role.AUDITOR):
        assert await names_seen_by(role) == ["Ani", "Budi"]
    assert await names_seen_by(Role.EMPLOYEE, employee_id=budi) == ["Budi"]
    assert await names_seen_by(Role.EMPLOYEE, employee_id=citra) == []
    assert await names_seen_by(Role.MENTOR, Role.PARTNER, Role.OPERATOR) == []


async def test_commands_belong_to_their_roles(house: House) -> None:
    everybody = frozenset(Role)
    classroom = {Role.ORGANISER, Role.FACILITATOR}
    training_class = await add_class(house.database, 4)
    path = f"/training/classes/{training_class.id}"
    commands = [
        ("POST", "/training/programs", {Role.ORGANISER, Role.ANALYST}),
        ("PUT", f"/training/programs/{training_class.program_id}", {Role.ORGANISER, Role.ANALYST}),
        ("POST", "/training/classes", {Role.ORGANISER}),
        ("POST", f"{path}/enrolments", {Role.ORGANISER}),
        ("POST", f"{path}/close", {Role.ORGANISER}),
        ("PUT", f"{path}/sessions/1/attendance", classroom),
        ("PUT", f"{path}/scores", classroom),
    ]
    visitor = await house.visitor()

    for method, route, allowed in commands:
        outsider = await house.person(*(everybody - allowed))
        assert (await outsider.request(method, route, json={})).status_code == 403, route
        assert (await visitor.request(method, route, json={})).status_code == 401, route
    for route in ("/training/programs", "/training/classes", path, f"{path}/enrolments"):
        assert (await visitor.get(route)).status_code == 401, route


async def test_unknown_ids_are_not_found(house: House) -> None:
    organiser = await house.person(Role.ORGANISER)
    nowhere, mark = f"/training/classes/{uuid4()}", {"enrolment_id": str(uuid4())}
    day = await today(house.database)

    answers = [
        await organiser.get(f"/training/programs/{uuid4()}"),
        await organiser.get(nowhere),
        await organiser.get(f"{nowhere}/enrolments"),
        await organiser.post("/training/classes", json=plan(str(uuid4()), day, day)),
        await organiser.post(f"{nowhere}/enrolments", json={"participants": [{"employee_id": str(uuid4())}]}),
        await organiser.put(f"{nowhere}/sessions/1/attendance", json={"participants": [mark | {"present": True}]}),
        await organiser.put(
            f"{nowhere}/scores", json={"participants": [mark | {"pre_score": None, "post_score": None}]}
        ),
        await organiser.post(f"{nowhere}/close"),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"form": 26},
        {"learning_hours": 0},
        {"pass_mark": 101},
        {"title": "   "},
        {"title": "a\u0000b"},
        {"title": "x" * 201},
        {"code": "dua kata"},
        {"competency": ""},
        {"harga": 5},
    ],
    ids=str,
)
async def test_program_out_of_shape_is_refused(house: House, wrong: dict[str, object]) -> None:
    analyst = await house.person(Role.ANALYST)

    answer = await analyst.post("/training/programs", json=PROGRAM | wrong)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert await told(house.database) == []


async def test_class_that_does_not_add_up_is_refused_in_words(house: House) -> None:
    organiser = await house.person(Role.ORGANISER)
    day = await today(house.database)
    program = (await organiser.post("/training/programs", json=PROGRAM)).json()
    sound = plan(program["id"], day, day)

    short = await organiser.post("/training/classes", json=sound | {"session_hours": [4]})
    backwards = await organiser.post("/training/classes", json=plan(program["id"], day, day - timedelta(days=1)))

    assert (short.status_code, short.json()["detail"]) == (
        422,
        "Jumlah JP sesi (4) harus sama dengan JP program (8).",
    )
    assert (backwards.status_code, backwards.json()["detail"]) == (422, "Tanggal selesai mendahului tanggal mulai.")
    assert (await organiser.get("/training/classes")).json() == []


async def test_enrolment_sent_twice_under_one_key_gives_one_seat(house: House) -> None:
    (ani,) = await people(house.database, "Ani")
    training_class = await add_class(house.database, 4)
    organiser = await house.person(Role.ORGANISER)
    path, body = f"/training/classes/{training_class.id}/enrolments", {"participants": [{"employee_id": str(ani)}]}

    first = await organiser.post(path, json=body, headers={"Idempotency-Key": "daftar-ani-0001"})
    second = await organiser.post(path, json=body, headers={"Idempotency-Key": "daftar-ani-0001"})
    without_key = await organiser.post(path, json=body)

    assert (first.status_code, second.status_code, without_key.status_code) == (201, 201, 409)
    assert first.json() == second.json()
    assert without_key.json()["detail"] == "Peserta ke-1: pegawai sudah terdaftar di kelas ini."
    seat = UUID(first.json()["enrolments"][0]["id"])
    assert await told_about(house.database, seat) == ["enrolment_confirmed"]


async def test_scores_name_both_tests_or_are_refused(house: House) -> None:
    (ani,) = await people(house.database, "Ani")
    training_class = await add_class(house.database, 4)
    (seat,) = await enrol(house.database, training_class.id, ani)
    await attend(house.database, training_class.id, 1, {seat.id: True})
    organiser = await house.person(Role.ORGANISER)
    path = f"/training/classes/{training_class.id}/scores"

    async def send(max_score: int, **scores: int | None) -> int:
        line = {"enrolment_id": str(seat.id), **scores}
        return (await organiser.put(path, json={"max_score": max_score, "participants": [line]})).status_code

    assert await send(40, post_score=30) == 422
    assert await send(40, pre_score=None, post_score=41) == 422
    assert await send(40, pre_score=None, post_score=40) == 200
    (measured,) = [event for event in await told(house.database) if event.name == "learning_measured"]
    assert (measured.data["pre_score"], measured.data["post_score"], measured.data["max_score"]) == (None, 40, 40)


async def test_every_route_stands_behind_a_guard(house: House) -> None:
    assert unguarded_routes(house.app) == []
    assert len([route for route in guards(house.app) if "/training" in str(route)]) == 25
