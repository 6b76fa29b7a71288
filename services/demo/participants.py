"""People of the demo who sit in a class that has not begun: proposed, promising, giving up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.demo.seating import BUSY, PROMISES
from services.demo.stage import Stage
from services.training import commands
from services.training.commands import Newcomer
from services.training.domain import CancellationReason

AT_ONCE = 100
"""People who act in one transaction."""

PROMISED_AFTERWARDS = 0.3
DECLINED = 0.03
CANCELLED = 0.012
GIVEN_REASONS = (
    CancellationReason.NO_TIME,
    CancellationReason.NO_TIME,
    CancellationReason.TOO_COMPETENT,
    CancellationReason.NOT_RELEVANT,
    CancellationReason.NO_ACCESS,
)
CLASSES_WITH_PROPOSALS = 0.15
PROPOSED = 0.4
MOST_PROPOSED = 3
ACCEPTED = 0.75
REASONS = ("Diperlukan untuk tugas baru di unit", "Akan menggantikan rekan yang pindah", None)

# Who is to be taught again has no choice; and the follow-up may end while people act, and the seat with it.
UPCOMING = text(
    "SELECT s.id, s.class_id, s.employee_id, s.application IS NOT NULL AS promised, c.start_date, p.code,"
    " e.employee_number"
    " FROM classes c JOIN programs p ON p.id = c.program_id JOIN enrolments s ON s.class_id = c.id"
    " JOIN directory_employees e ON e.id = s.employee_id"
    " WHERE c.status = 'SCHEDULED' AND c.start_date > :today AND s.status = 'CONFIRMED' AND s.follow_up_id IS NULL"
    " ORDER BY s.class_id, e.employee_number"
)
NOT_PROPOSED_FOR = text(
    "SELECT c.id, c.start_date, p.code, row_number() OVER (PARTITION BY p.code, c.start_date ORDER BY c.id) AS nth"
    " FROM classes c JOIN programs p ON p.id = c.program_id"
    " WHERE c.status = 'SCHEDULED' AND c.start_date > :today"
    " AND NOT EXISTS (SELECT FROM nominations n WHERE n.class_id = c.id) ORDER BY c.start_date, p.code, c.id"
)
# Those who work for the superiors of people in a class.
COLLEAGUES = text(
    "SELECT DISTINCT m.class_id, b.id AS superior_id, b.employee_number AS superior_number, e.id, e.employee_number"  # noqa: S608 constants only
    " FROM enrolments m JOIN directory_employees p ON p.id = m.employee_id"
    " JOIN directory_employees b ON b.id = p.superior_id AND b.legal_status = '01'"
    " JOIN directory_employees e ON e.superior_id = b.id AND e.legal_status = '01' AND e.id <> b.id"
    f" WHERE m.class_id = ANY(CAST(:class_ids AS uuid[])) AND NOT {BUSY}"
    " ORDER BY m.class_id, b.employee_number, e.employee_number"
)
PROPOSALS = text(
    "SELECT n.id, n.class_id, e.employee_number, c.start_date, p.code, e.legal_status = '01' AS at_work,"  # noqa: S608 constants only
    f" {BUSY} AS busy, c.capacity - (SELECT count(*) FROM enrolments t"
    "  WHERE t.class_id = c.id AND t.status <> 'CANCELLED') AS free"
    " FROM nominations n JOIN classes c ON c.id = n.class_id JOIN programs p ON p.id = c.program_id"
    " JOIN directory_employees e ON e.id = n.employee_id"
    " WHERE n.status = 'NOMINATED' AND c.status = 'SCHEDULED' ORDER BY n.class_id, e.employee_number"
)


async def propose(stage: Stage) -> int:
    """Superiors propose people for a class, the organiser decides; returns how many proposals and decisions."""
    return await _propose(stage) + await _decide(stage)


async def think_again(stage: Stage) -> int:
    """Some promise after all what they will do with it, some give up their seat; returns how many."""
    async with stage.database.session() as session:
        upcoming = (await session.execute(UPCOMING, {"today": stage.today})).all()
    deeds = [(row, deed) for row in upcoming if (deed := _deed(stage, row))]
    for first in range(0, len(deeds), AT_ONCE):
        async with stage.transaction() as session:
            for row, deed in deeds[first : first + AT_ONCE]:
                person = stage.person(row.employee_id)
                if not isinstance(deed, CancellationReason):
                    await commands.commit_to_apply(session, person, row.id, deed)
                elif deed is CancellationReason.ORGANISER:
                    await commands.cancel(session, stage.organiser(), row.class_id, [(row.id, deed)])
                else:
                    await commands.decline(session, person, row.id, deed)
    return len(deeds)


def _deed(stage: Stage, row: Row[Any]) -> str | CancellationReason | None:
    """What is promised, or why the seat is given up."""
    dice, words = stage.dice, (row.employee_number, row.code, row.start_date)
    if dice.chance(DECLINED, "declines", *words):
        return dice.pick(GIVEN_REASONS, "declines because", *words)
    if dice.chance(CANCELLED, "cancelled", *words):
        return CancellationReason.ORGANISER
    if not row.promised and dice.chance(PROMISED_AFTERWARDS, "promises", *words):
        return dice.pick(PROMISES, "promise", *words)
    return None


async def _propose(stage: Stage) -> int:
    dice, done = stage.dice, 0
    async with stage.transaction() as session:
        called = {
            row.id: row
            for row in await session.execute(NOT_PROPOSED_FOR, {"today": stage.today})
            if dice.chance(CLASSES_WITH_PROPOSALS, "proposals", row.code, row.start_date, row.nth)
        }
        given = {"class_ids": list(called), "today": stage.today}
        colleagues = await session.execute(COLLEAGUES, given) if called else ()
        proposed: set[UUID] = set()
        for class_id, each in groupby(colleagues, lambda row: row.class_id):
            one = called[class_id]
            team = [row for row in _one_team(stage, one, list(each)) if row.id not in proposed][:MOST_PROPOSED]
            if not team:
                continue
            proposed |= {row.id for row in team}
            lines = [Newcomer(employee_id=row.id) for row in team]
            reason = dice.pick(REASONS, "reason", one.code, one.start_date)
            await commands.nominate(session, stage.person(team[0].superior_id), class_id, lines, reason)
            done += len(lines)
    return done


def _one_team(stage: Stage, one: Row[Any], colleagues: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Those whom one of the superiors thinks of."""
    dice, words = stage.dice, (one.code, one.start_date, one.nth)
    superior = dice.pick(sorted({row.superior_number for row in colleagues}), "who proposes", *words)
    team = [row for row in colleagues if row.superior_number == superior]
    return [row for row in team if dice.chance(PROPOSED, "proposed", row.employee_number, *words)]


async def _decide(stage: Stage) -> int:
    async with stage.transaction() as session:
        waiting = (await session.execute(PROPOSALS, {"today": stage.today})).all()
        accepted, refused = defaultdict(list), defaultdict(list)
        seats: Counter[UUID] = Counter()
        for row in waiting:
            able = row.at_work and not row.busy and row.start_date > stage.today and seats[row.class_id] < row.free
            if able and stage.dice.chance(ACCEPTED, "accepted", row.employee_number, row.code, row.start_date):
                accepted[row.class_id].append(row.id)
                seats[row.class_id] += 1
            else:
                refused[row.class_id].append(row.id)
        for class_id in sorted({row.class_id for row in waiting}):
            chosen = (accepted[class_id], refused[class_id])
            await commands.decide_nominations(session, stage.organiser(), class_id, *chosen)
    return len(waiting)
