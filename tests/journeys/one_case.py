"""One person's need, carried through the whole loop as people do it: by routes, and by the operator's commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import asyncpg

from tests.journeys.first_hop import PASS_MARK, SAMPLES, import_people
from tests.journeys.installations import SERVICES, Installation
from tests.waiting import wait_until

PASSWORD = "sandi-uji-perjalanan-satu"
WITHIN = 60.0
TESTED = PASS_MARK - 30
ITEMS = ("USES_AT_WORK", "WORKS_ALONE", "QUALITY", "SHARES", "IMPROVES")
WELL = 4
ACTIVE = "01"
TEAM = (
    "SELECT e.id::text, e.superior_id::text FROM employees e JOIN employees s ON s.id = e.superior_id"
    " WHERE e.legal_status = '01' AND s.legal_status = '01' AND (SELECT count(*) FROM employees p"
    " WHERE p.superior_id = e.superior_id AND p.id <> e.id AND p.legal_status = '01') >= 3"
)


@dataclass(slots=True)
class Case:
    """The need, whose it is, and what was made for it on the way."""

    installation: Installation
    need: dict[str, Any]
    superior_id: str
    today: date
    bearers: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def need_id(self) -> str:
        return str(self.need["id"])

    @property
    def employee_id(self) -> str:
        return str(self.need["employee_id"])

    async def call(self, method: str, path: str, json: object = None, *, by: str | None = None) -> Any:
        """Call a route as that employee, else as an analyst who also organises."""
        bearer = await self._bearer(path.split("/")[1], by) if by else None
        return await self.installation.call(method, path, json, bearer=bearer)

    async def becomes(self, path: str, **wanted: object) -> dict[str, Any]:
        """Wait until a route shows these values; of a list, until one entry does."""

        async def shown() -> dict[str, Any] | None:
            answer = await self.installation.call("GET", path)
            found = answer if isinstance(answer, list) else [answer]
            return next((each for each in found if wanted.items() <= each.items()), None)

        return await wait_until(shown, within=WITHIN, description=f"{path} shows {wanted}")

    async def _bearer(self, service: str, employee_id: str) -> str:
        key = (service, employee_id)
        if key not in self.bearers:
            name = f"{service}-{employee_id}"
            arguments = ("accounts", "add", name, "--role", "pegawai", "--employee-id", employee_id, "--lasting")
            self.installation.command(service, *arguments, stdin=PASSWORD + "\n")
            signed = await self.installation.call("POST", f"/{service}/sessions", {"name": name, "password": PASSWORD})
            self.bearers[key] = signed["token"]
        return self.bearers[key]


async def found_need(installation: Installation) -> Case:
    """Take in the agency's workbooks, analyse the year, and pick one need of somebody in a team."""
    await import_people(installation)
    installation.command("needs", "import", "standards", str(SAMPLES / "standar-kompetensi.xlsx"))
    installation.command("needs", "import", "assessments", str(SAMPLES / "rekap-asesmen.xlsx"))
    [(today,)] = await installation.rows("needs", "SELECT (now() AT TIME ZONE 'Asia/Jakarta')::date")
    analysis = await installation.call("POST", "/needs/analyses", {"cycle": today.year})
    assert analysis["needs_identified"] > 0
    superiors = dict(await installation.rows("needs", TEAM))
    needs = await installation.call("GET", f"/needs/needs?cycle={today.year}&status=IDENTIFIED&limit=500")
    need = next(each for each in needs if each["employee_id"] in superiors)
    assert need["current_level"] < need["standard_level"]
    return Case(installation=installation, need=need, superior_id=superiors[need["employee_id"]], today=today)


async def planned(case: Case) -> str:
    """Verified by the superior, validated, planned as a training, fixed by a decree of two people; gives the item."""
    chosen = {"need_ids": [case.need_id]}
    await case.call("POST", "/needs/needs/verify", chosen, by=case.superior_id)
    await case.call("POST", "/needs/needs/validate", chosen)
    item = {"need_id": case.need_id, "form": 8, "program": "ONE-CASE", "learning_hours": 8}
    planned = await case.call("POST", "/needs/plan-items", {"items": [item]})
    [item_id] = planned["plan_item_ids"]
    decree = {
        "cycle": case.need["cycle"],
        "number": "800/1/SK",
        "decreed_on": case.today.isoformat(),
        "signatory": "Kepala Badan Kepegawaian",
        "plan_item_ids": [item_id],
    }
    entered = await case.call("POST", "/needs/decrees", decree)
    path = f"/needs/decrees/{entered['id']}/confirm"
    await case.installation.call("POST", path, expected=403)
    shown = case.installation.command("needs", "tokens", "issue", "analis-kedua", "--role", "analis")
    second = next(word for word in shown.stdout.split() if word.startswith("bkm_"))
    confirmed = await case.installation.call("POST", path, bearer=second)
    assert confirmed["status"] == "CONFIRMED"
    return str(item_id)


async def trained(case: Case, item_id: str) -> str:
    """Hold the class that the demand asks for, with a test that is not passed; gives the enrolment."""
    program = await case.call("POST", "/training/programs", _program(case))
    first, last = case.today - timedelta(days=2), case.today - timedelta(days=1)
    held = await case.call(
        "POST",
        "/training/classes",
        {
            "program_id": program["id"],
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "place": "Aula Badan Kepegawaian",
            "capacity": 10,
            "session_hours": [4, 4],
        },
    )
    path = f"/training/classes/{held['id']}"
    seat = {"employee_id": case.employee_id, "plan_item_id": item_id}
    answer = await case.call("POST", f"{path}/enrolments", {"participants": [seat]})
    [enrolment] = answer["enrolments"]
    assert enrolment["need_ids"] == [case.need_id]
    present = {"participants": [{"enrolment_id": enrolment["id"], "present": True}]}
    for number in (1, 2):
        await case.call("PUT", f"{path}/sessions/{number}/attendance", present)
    scores = {"enrolment_id": enrolment["id"], "pre_score": TESTED - 10, "post_score": TESTED}
    await case.call("PUT", f"{path}/scores", {"max_score": 100, "participants": [scores]})
    await case.call("POST", f"{path}/close")
    return str(enrolment["id"])


def _program(case: Case) -> dict[str, Any]:
    return {
        "code": "ONE-CASE",
        "title": "Bimbingan Teknis",
        "form": 8,
        "competency": case.need["competency"],
        "learning_hours": 8,
        "pass_mark": PASS_MARK,
        "minimum_attendance_percent": 80,
        "post_test_required": False,
    }


async def matched(case: Case, request_id: str) -> dict[str, Any]:
    """Enlist whoever stands at the standard, run the matching, and confirm whom it proposes; gives the pair."""
    people = await case.call("GET", "/needs/employees?limit=500")
    at_work = {each["id"] for each in people["employees"] if each["legal_status"] == ACTIVE}
    assessed = await case.call("GET", "/needs/assessments?limit=500")
    competency, standard = case.need["competency"], case.need["standard_level"]
    able = sorted(
        {
            each["employee_id"]
            for each in assessed
            if each["levels"].get(competency, 0) >= standard and each["employee_id"] in at_work - {case.superior_id}
        }
    )
    offers = [{"employee_id": each, "competencies": [competency]} for each in able]
    await case.call("POST", "/mentoring/mentors", {"mentors": offers})
    run = await case.call("POST", "/mentoring/matching-runs")
    assert request_id not in run["unmatched"], run["unmatched"]
    proposals = await case.call("GET", f"/mentoring/proposals?run_id={run['id']}")
    [proposal] = [each for each in proposals if each["request_id"] == request_id]
    made = await case.call("POST", "/mentoring/proposals/confirm", {"ids": [proposal["id"]]})
    [pair] = made["pairs"]
    assert pair["need_ids"] == [case.need_id]
    return dict(pair)


async def mentored(case: Case, pair: Mapping[str, Any], sessions: int) -> list[date]:
    """Agree, meet, confirm what was told, and close; gives the days of the meetings."""
    path = f"/mentoring/pairs/{pair['id']}"
    agreement = {
        "objective": "Menerapkan kompetensi di tempat kerja",
        "goals": ["Menjalankan satu tugas secara mandiri"],
        "start_date": case.today.isoformat(),
        "end_date": (case.today + timedelta(days=100)).isoformat(),
        "target_level": case.need["standard_level"],
    }
    await case.call("PUT", f"{path}/agreement", agreement, by=case.employee_id)
    await case.call("POST", f"{path}/agreement/sign", by=pair["mentor_id"])
    await pass_days(case, 30)
    days = [case.today - timedelta(days=7 * number) for number in range(1, sessions + 1)]
    told = [
        {"pair_id": pair["id"], "held_on": day.isoformat(), "starts_at": "09:00", "minutes": 90, "mode": "ONSITE"}
        | {"topic": "Penerapan di tempat kerja"}
        for day in days
    ]
    logged = await case.call("POST", "/mentoring/pair-sessions", {"sessions": told}, by=case.employee_id)
    ids = [each["id"] for each in logged["sessions"]]
    await case.call("POST", "/mentoring/pair-sessions/confirm", {"ids": ids}, by=pair["mentor_id"])
    report = {"pair_id": pair["id"], "attainments": [90]}
    closed = await case.call("POST", "/mentoring/pairs/close", {"reports": [report]}, by=pair["mentor_id"])
    assert closed["pairs"][0]["outcome"] == "ACHIEVED"
    return days


async def pass_days(case: Case, days: int) -> None:
    """Let so many days pass in every service."""
    for service in SERVICES:
        connection = await asyncpg.connect(case.installation.dsn(service))
        try:
            await connection.execute('UPDATE clock SET "offset" = "offset" + $1', timedelta(days=days))
        finally:
            await connection.close()
    case.today += timedelta(days=days)


async def sessions_credited(case: Case, days: Sequence[date], hours_each: int) -> None:
    """Wait until training has credited so many learning hours for each of the meetings."""

    async def credited() -> bool:
        found: dict[str, int] = {}
        for year in sorted({day.year for day in days}):
            statement = await case.call("GET", f"/training/learning-hours/{case.employee_id}?year={year}")
            held = (each for each in statement["activities"] if each["origin"] == "SESSION")
            found |= {each["starts_on"]: each["credited_hours"] for each in held}
        return found == {day.isoformat(): hours_each for day in days}

    await wait_until(credited, within=WITHIN, description="learning hours for each meeting")


async def answered_well(case: Case, forms: Sequence[Mapping[str, Any]]) -> None:
    """Everybody who was asked answers that the person shows the standard at work."""
    for form in forms:
        line = {"form_id": form["id"], "scores": dict.fromkeys(ITEMS, WELL), "level": case.need["standard_level"]}
        await case.call("POST", "/evaluation/answers", {"answers": [line]}, by=form["respondent_id"])


async def journey(case: Case) -> list[dict[str, Any]]:
    """The steps of the need, once its end and what proves it are among them: they may arrive in either order."""
    path = f"/evaluation/journeys/{case.need_id}"

    async def ended() -> list[dict[str, Any]] | None:
        steps: list[dict[str, Any]] = (await case.call("GET", path))["steps"]
        return steps if {name for name, _ in told(steps)} >= {"need_closed", "competency_assessed"} else None

    return await wait_until(ended, within=WITHIN, description=f"{path} shows the end")


def told(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each step with what caused it: the name of another event, or command or timer."""
    names = {each["number"]: each["type"].split(".")[-2] for each in steps}
    return [(names[each["number"]], names.get(each["caused_by"]) or each["causation"].split(":")[0]) for each in steps]
