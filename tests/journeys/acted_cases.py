"""Cases that reach the rules of evaluation at their edges, acted out by people of the sample workbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg

from tests.journeys.installations import SERVICES, Installation
from tests.waiting import wait_until

TODAY = """SELECT ((now() + "offset") AT TIME ZONE 'Asia/Jakarta')::date FROM clock"""
COMPETENCY = "PELAYANAN_PUBLIK"
# Where the cases are, and where a superior is asked about more people in a month than the rules allow.
UNITS = UNIT, CROWDED_UNIT = "1.06", "1.07"
CROWD = 12
PASSWORD = "sandi-uji-kasus-satu"
WITHIN = 60.0
BY_ITSELF = {"code": "KASUS", "cost_level": "PAID", "scope": "NATIONAL", "learning_hours": 8}
BY_HOURS = {"code": "KASUS-PANJANG", "cost_level": "FREE", "scope": "INTERNATIONAL", "learning_hours": 20}
ITEMS = ("USES_AT_WORK", "WORKS_ALONE", "QUALITY", "SHARES", "IMPROVES")
WELL, AT_THE_EDGE, WEAK = (4, 4, 4, 4, 4), (3, 3, 3, 2, 2), (2, 2, 2, 2, 2)
PASSED, MISSED = 80, 50
PEOPLE = {
    "control": PASSED,
    "marked 72": 72,
    "edge of weak": PASSED,
    "two others": PASSED,
    "missed twice": MISSED,
    "corrected": MISSED,
}
MISSED_TWICE, CORRECTED = "missed twice", "corrected"
LONG_CLASS = "long class"


@dataclass(slots=True)
class Cases:
    """Whose case is which, and who answers on paper for the unit."""

    installation: Installation
    today: date
    people: dict[str, str]
    staff: str = ""

    async def call(self, method: str, path: str, json: object = None, *, bearer: str | None = None) -> Any:
        return await self.installation.call(method, path, json, bearer=bearer)

    async def first(self, path: str) -> Any:
        """The first entry of a list, once there is one."""

        async def found() -> Any:
            entries = await self.call("GET", path)
            return entries[0] if entries else None

        return await wait_until(found, within=WITHIN, description=f"{path} shows something")

    async def pass_days(self, days: int) -> None:
        await pass_days(self.installation, days)
        self.today += timedelta(days=days)


async def pass_days(installation: Installation, days: int) -> None:
    """Let so many days pass in every service."""
    for service in SERVICES:
        connection = await asyncpg.connect(installation.dsn(service))
        try:
            await connection.execute('UPDATE clock SET "offset" = "offset" + $1', timedelta(days=days))
        finally:
            await connection.close()


async def act(installation: Installation) -> dict[str, str]:
    """Train, mentor and answer through half a year; gives the person of each case."""
    cases = await _begun(installation)
    await _trained(cases, dict.fromkeys(PEOPLE), BY_ITSELF)
    await _trained(cases, {LONG_CLASS: None}, BY_HOURS)
    await _trained(cases, dict.fromkeys(_crowd()), BY_ITSELF | {"code": "KASUS-RAMAI"})
    await _trained_again(cases, MISSED_TWICE)
    await _corrected(cases, CORRECTED)
    await cases.pass_days(91)
    await _answer(cases)
    await cases.pass_days(31)
    await _closed(cases)
    return cases.people


async def _begun(installation: Installation) -> Cases:
    [(today,)] = await installation.rows("needs", TODAY)
    free = await _people(installation, UNIT)
    names = [*PEOPLE, LONG_CLASS]
    # Whoever answers for the unit has no case.
    staff = free[len(names)]
    arguments = ("accounts", "add", "staf-unit", "--role", "pengelola", "--employee-id", staff, "--lasting")
    installation.command("evaluation", *arguments, stdin=PASSWORD + "\n")
    signed = await installation.call("POST", "/evaluation/sessions", {"name": "staf-unit", "password": PASSWORD})
    crowd = zip(_crowd(), await _people(installation, CROWDED_UNIT), strict=False)
    return Cases(installation, today, {**dict(zip(names, free, strict=False)), **dict(crowd)}, staff=signed["token"])


def _crowd() -> list[str]:
    return [f"one of many {number}" for number in range(CROWD)]


async def _people(installation: Installation, unit: str) -> list[str]:
    """Everybody of a unit but its head."""
    page = await installation.call("GET", f"/needs/employees?unit={unit}&limit=100")
    return [each["id"] for each in page["employees"] if not each["heads"]]


async def _trained(cases: Cases, seats: Mapping[str, str | None], kind: Mapping[str, Any]) -> None:
    """Hold a class with a seat for each name, with the follow-up that asked for it."""
    program = {
        "code": kind["code"],
        "title": "Pelatihan Pelayanan",
        "form": 8,
        "competency": COMPETENCY,
        "learning_hours": kind["learning_hours"],
        "pass_mark": None,
        "minimum_attendance_percent": 80,
        "post_test_required": False,
    }
    made = await cases.call("POST", "/training/programs", program)
    day = (cases.today - timedelta(days=1)).isoformat()
    held = {
        "program_id": made["id"],
        "start_date": day,
        "end_date": day,
        "place": "Aula",
        "capacity": len(seats),
        "session_hours": [kind["learning_hours"]],
        "cost_level": kind["cost_level"],
        "scope": kind["scope"],
    }
    path = f"/training/classes/{(await cases.call('POST', '/training/classes', held))['id']}"
    taken = [{"employee_id": cases.people[name], "follow_up_id": asked} for name, asked in seats.items()]
    answer = await cases.call("POST", f"{path}/enrolments", {"participants": taken})
    by_person = {each["employee_id"]: each["id"] for each in answer["enrolments"]}
    present = [{"enrolment_id": each, "present": True} for each in by_person.values()]
    await cases.call("PUT", f"{path}/sessions/1/attendance", {"participants": present})
    scores = [
        {"enrolment_id": by_person[cases.people[name]], "pre_score": 40, "post_score": PEOPLE.get(name, PASSED)}
        for name in seats
    ]
    await cases.call("PUT", f"{path}/scores", {"max_score": 100, "participants": scores})
    await cases.call("POST", f"{path}/close")


async def _trained_again(cases: Cases, name: str) -> None:
    """Whoever missed the pass mark is trained again, and misses it again."""
    person = cases.people[name]
    follow_up = await cases.first(f"/evaluation/follow-ups?employee_id={person}")
    confirmed = {"follow_ups": [{"follow_up_id": follow_up["id"], "target": "TRAINING"}]}
    await cases.call("POST", "/evaluation/follow-ups/confirmations", confirmed)
    await cases.first(f"/training/demands?employee_id={person}&status=OPEN")
    await _trained(cases, {name: follow_up["id"]}, BY_ITSELF | {"code": "KASUS-ULANG"})


async def _corrected(cases: Cases, name: str) -> None:
    """Whoever missed the pass mark turns out not to have been there."""
    person = cases.people[name]
    await cases.first(f"/evaluation/follow-ups?employee_id={person}")
    [seat] = await cases.call("GET", f"/training/enrolments?employee_id={person}")
    away = {"participants": [{"enrolment_id": seat["id"], "presence": {"1": False}}], "reason": "ATTENDANCE"}
    await cases.call("POST", f"/training/classes/{seat['class_id']}/corrections", away)
    await cases.first(f"/evaluation/follow-ups?employee_id={person}&status=CLOSED")


async def _answer(cases: Cases) -> None:
    """What each case's superior and two or all others say, by the unit's staff, once the reviews have opened."""

    async def opened() -> bool:
        found = await cases.call("GET", "/evaluation/reviews?limit=100")
        return all(each["status"] != "PLANNED" for each in found)

    await wait_until(opened, within=WITHIN, description="the reviews have opened")
    forms = await cases.call("GET", "/evaluation/forms?status=OPEN&limit=200")
    names = {person: name for name, person in cases.people.items()}
    lines = [
        line
        for name in (*PEOPLE, LONG_CLASS)
        for line in _lines(name, [f for f in forms if names.get(f["subject_id"]) == name])
    ]
    if lines:
        await cases.call("POST", "/evaluation/answers", {"answers": lines}, bearer=cases.staff)


def _lines(name: str, forms: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    asked = [form for form in forms if form["review_id"] is not None]
    others = [form for form in asked if form["role"] not in ("SELF", "SUPERIOR")]
    superior = [form for form in asked if form["role"] == "SUPERIOR"]
    answered = {"edge of weak": AT_THE_EDGE, "two others": AT_THE_EDGE, MISSED_TWICE: WEAK}.get(name, WELL)
    if name == "two others":
        others = others[:2]
    elif name in ("edge of weak", MISSED_TWICE):
        others = []
    return [
        {"form_id": form["id"], "scores": dict(zip(ITEMS, values, strict=True)), "level": 3}
        for values, chosen in ((answered, superior), (WELL, others))
        for form in chosen
    ]


async def _closed(cases: Cases) -> None:
    async def ended() -> bool:
        found = await cases.call("GET", "/evaluation/reviews?limit=100")
        return all(each["status"] not in ("PLANNED", "OPEN") for each in found)

    await wait_until(ended, within=WITHIN, description="every review is closed")
