"""What people do all day, so that every service has to hear of it: each piece of work is one or more commands."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook

from shared.ids import new_id
from tests.faults.whole.generator import Sender, Work
from tests.faults.whole.history import Command
from tests.faults.whole.installation import Whole
from tests.journeys.first_hop import SAMPLES
from tests.waiting import pause

CODES = tuple(f"UJI_{number}" for number in range(6))
"""Competencies whose levels together spell a number, so that each change can be told from every other."""

LEVELS = 5
PASS_MARK = 70
SEATS = 3
LOWEST = 40
IMPORTED = 4
ACTIVE = "SELECT id::text FROM employees WHERE legal_status = '01' ORDER BY id"
POSITIONS = "SELECT id::text FROM positions ORDER BY id"
HEADER_ROW = 4
CHANGED_PEOPLE = 40
NUMBER, EMAIL = "NIP", "Email"


def spelled(number: int) -> dict[str, int]:
    """A number as levels: each level is one digit."""
    return {code: number // LEVELS**place % LEVELS + 1 for place, code in enumerate(CODES)}


def read_number(levels: dict[str, int]) -> int | None:
    """The number that levels spell; None when they spell none."""
    if not levels.keys() >= set(CODES):
        return None
    digits = [levels[code] - 1 for code in CODES]
    return sum(digit * int(LEVELS**place) for place, digit in enumerate(digits))


@dataclass(kw_only=True)
class People:
    """Who sends what; every choice comes from the seed."""

    sender: Sender
    employees: Sequence[str]
    positions: Sequence[str]
    rows: Sequence[dict[str, Any]]
    chance: random.Random
    seats: int = SEATS
    lowest: int = LOWEST
    """Of the scores that participants reach."""
    _numbers: int = 0
    _confirmed: set[str] = field(default_factory=set)

    def workers(self) -> list[Work]:
        """Everybody, side by side; each position has one who changes it, so that its changes have an order."""
        half = len(self.positions) // 2
        return [
            lambda: self.change_standard(self.positions[:half]),
            lambda: self.change_standard(self.positions[half:]),
            self.hold_class,
            self.hold_class,
            self.assess,
            self.import_people,
            self.confirm,
        ]

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _command(self, kind: str, method: str, path: str, body: Any, **facts: Any) -> Command:
        return Command(token=str(new_id()), kind=kind, method=method, path=path, body=body, facts=facts)

    async def change_standard(self, positions: Sequence[str]) -> None:
        """What a position asks changes: every directory hears of it."""
        position, number = self.chance.choice(positions), self._next()
        path = f"/needs/positions/{position}/standard"
        body = {"levels": spelled(number)}
        await self.sender.send(self._command("standard", "PUT", path, body, position=position, number=number))

    async def assess(self) -> None:
        """Somebody's levels are recorded: mentoring matches by them, journeys show them."""
        token = str(new_id())
        entry = {
            "employee_id": self.chance.choice(self.employees),
            "kind": "OBSERVATION",
            "assessed_on": "2026-02-02",
            "levels": spelled(self._next()),
            "provider": token,
        }
        body = {"assessments": [entry]}
        await self.sender.send(
            Command(token=token, kind="assessment", method="POST", path="/needs/assessments", body=body)
        )

    async def import_people(self, count: int = IMPORTED) -> None:
        """The staff sends a list of people with changed addresses: an operator takes it in, again until it is in."""
        token = new_id().hex
        rows = self.chance.sample(self.rows, count)
        file = self.sender.whole.folder / f"{token}.csv"
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(row | {EMAIL: f"{token}@contoh.example"} for row in rows)
        facts = {"numbers": [str(row[NUMBER]).strip() for row in rows]}
        await self.sender.take_in(
            Command(token=token, kind="people", method="import", path=str(file), body=None, facts=facts)
        )

    async def hold_class(self) -> None:
        """A class from its programme to its close; who misses the mark needs a follow-up."""
        program = await self._program()
        held = program and await self._class(program)
        seats = held and await self._enrolled(held)
        if held and seats and await self._tested(held, seats):
            path = f"/training/classes/{held}/close"
            await self.sender.send(self._command("close", "POST", path, None, class_id=held))

    async def _program(self) -> str | None:
        code = f"P{new_id().hex[-12:]}".upper()
        body = {
            "code": code,
            "title": "Bimbingan Teknis",
            "form": 8,
            # A competency of its own: of a person, competency and year one follow-up is active.
            "competency": f"K{code[1:]}",
            "learning_hours": 4,
            "pass_mark": PASS_MARK,
            "minimum_attendance_percent": 80,
            "post_test_required": False,
        }
        answer = await self.sender.send(self._command("program", "POST", "/training/programs", body, code=code))
        return answer and str(answer["id"])

    async def _class(self, program: str) -> str | None:
        place = f"Ruang {new_id().hex[-12:]}"
        body = {
            "program_id": program,
            "start_date": "2026-03-02",
            "end_date": "2026-03-03",
            "place": place,
            "capacity": self.seats,
            "session_hours": [4],
        }
        answer = await self.sender.send(self._command("class", "POST", "/training/classes", body, place=place))
        return answer and str(answer["id"])

    async def _enrolled(self, held: str) -> list[str] | None:
        who = self.chance.sample(self.employees, self.seats)
        path = f"/training/classes/{held}/enrolments"
        body = {"participants": [{"employee_id": each} for each in who]}
        answer = await self.sender.send(self._command("enrol", "POST", path, body, class_id=held, seats=len(who)))
        return answer and [str(each["id"]) for each in answer["enrolments"]]

    async def _tested(self, held: str, seats: list[str]) -> bool:
        path = f"/training/classes/{held}"
        present = {"participants": [{"enrolment_id": each, "present": True} for each in seats]}
        attended = self._command("attendance", "PUT", f"{path}/sessions/1/attendance", present, class_id=held)
        if await self.sender.send(attended) is None:
            return False
        scores = {each: self.chance.randint(self.lowest, 100) for each in seats}
        lines = [{"enrolment_id": each, "pre_score": None, "post_score": score} for each, score in scores.items()]
        body = {"max_score": 100, "participants": lines}
        return await self.sender.send(self._command("scores", "PUT", f"{path}/scores", body, class_id=held)) is not None

    async def confirm(self) -> None:
        """Somebody looks at what evaluation proposes and confirms it, by a mentor or by another class."""
        shown = await self.sender.read("/evaluation/follow-ups?status=OPEN&limit=20")
        fresh = [each["id"] for each in shown or [] if each["id"] not in self._confirmed]
        if not fresh:
            await pause(0.5)
            return
        follow_up, target = self.chance.choice(fresh), self.chance.choice(("MENTORING", "TRAINING"))
        self._confirmed.add(follow_up)
        body = {"follow_ups": [{"follow_up_id": follow_up, "target": target}]}
        path = "/evaluation/follow-ups/confirmations"
        await self.sender.send(self._command("confirm", "POST", path, body, follow_up=follow_up, target=target))


async def gather_people(whole: Whole, sender: Sender, chance: random.Random) -> People:
    """Enter the competencies that numbers are spelled with, and learn who and what there is."""
    for code in CODES:
        body = {"code": code, "title": f"Kompetensi {code}", "kind": "TECHNICAL"}
        await whole.call("POST", "/needs/competencies", body)
    employees = [each for (each,) in await whole.rows("needs", ACTIVE)]
    positions = [each for (each,) in await whole.rows("needs", POSITIONS)]
    return People(sender=sender, employees=employees, positions=positions, rows=_workbook_rows(), chance=chance)


def _workbook_rows() -> list[dict[str, Any]]:
    """Some people as the agency's workbook has them, so that a list of them can be sent again."""
    with closing(load_workbook(SAMPLES / "pegawai.xlsx", read_only=True)) as workbook:
        sheet = workbook["Data"]
        header, *rows = sheet.iter_rows(min_row=HEADER_ROW, max_row=HEADER_ROW + CHANGED_PEOPLE, values_only=True)
    return [dict(zip((str(name) for name in header), row, strict=True)) for row in rows]
