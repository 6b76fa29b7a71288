"""Classes called in the demo for what the plan and follow-ups demand, and people seated in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.catalogue import SHAPES, programs, schedule
from services.demo.stage import Stage
from services.demo.wishes import Call, Wish, calls_of
from services.training import commands, queries
from services.training.domain import DemandStatus

AT_ONCE = 500
"""Seats in one transaction."""

PATIENCE = timedelta(days=70)
"""So long a handful of people wait for more who want the same."""
DAYS_AHEAD = (2, 7)
USUAL_FORM = 8

PROMISED_WITH_THE_SEAT = 0.8
PROMISES = (
    "Menyusun ulang alur kerja unit bersama rekan setim",
    "Menerapkan satu perbaikan layanan dalam tiga bulan",
    "Membagikan materi kepada rekan seunit dan memakainya pada tugas harian",
    "Membuat panduan kerja singkat untuk unit",
)

# One class at a time: who sits in one, or gave up a seat in one that has not begun, waits.
BUSY = (
    "EXISTS (SELECT FROM enrolments s JOIN classes c ON c.id = s.class_id WHERE s.employee_id = e.id"
    " AND c.status = 'SCHEDULED' AND (s.status = 'CONFIRMED' OR c.start_date > :today))"
)
WAITING = text(
    "SELECT d.id, d.origin, d.employee_id, d.competency, d.form, e.employee_number,"  # noqa: S608 constants only
    " d.demanded_at < :patient_since AS patience_over"
    " FROM demands d JOIN directory_employees e ON e.id = d.employee_id"
    f" WHERE d.status = 'OPEN' AND e.legal_status = '01' AND NOT {BUSY}"
    " ORDER BY e.employee_number, d.competency, d.cycle DESC"
)


async def seat(stage: Stage) -> int:
    """Call classes for what waits and seat people in them; returns how many seats."""
    since = datetime.combine(stage.today - PATIENCE, time.min, UTC)
    async with stage.database.session() as session:
        waiting = (await session.execute(WAITING, {"today": stage.today, "patient_since": since})).all()
    wishes = [_wish(rows) for _, rows in groupby(waiting, _of_person_and_competency)]
    calls = calls_of(wishes, stage.dice, stage.today)
    catalogue = await programs(stage, [call.offer for call in calls])
    seats = 0
    for piece in _pieces(calls):
        async with stage.transaction() as session:
            held = await _still_wanted(session, piece)
            rows = [catalogue[call.offer.code] for call in held]
            planned = [
                (row.id, schedule(stage, row, DAYS_AHEAD, call.number)) for row, call in zip(rows, held, strict=True)
            ]
            called = await commands.schedule_classes(session, stage.organiser(), planned)
            newcomers = {
                training_class.id: [wish.newcomer(_promise(stage, wish)) for wish in call.wishes]
                for training_class, call in zip(called, held, strict=True)
            }
            seats += len(await commands.enrol_in_classes(session, stage.organiser(), newcomers))
    return seats


def _of_person_and_competency(row: Row[Any]) -> tuple[str, str]:
    return row.employee_number, row.competency


def _wish(rows: Iterable[Row[Any]]) -> Wish:
    """The newest of each kind; what is older waits for the next class."""
    found = list(rows)
    planned = next((row for row in found if row.origin == "PLAN_ITEM"), None)
    followed = next((row for row in found if row.origin == "FOLLOW_UP"), None)
    return Wish(
        employee_id=found[0].employee_id,
        employee_number=found[0].employee_number,
        competency=found[0].competency,
        form=planned.form if planned and planned.form in SHAPES else USUAL_FORM,
        plan_item_id=planned.id if planned else None,
        follow_up_id=followed.id if followed else None,
        patience_over=any(row.patience_over for row in found),
    )


async def _still_wanted(session: AsyncSession, calls: Sequence[Call]) -> list[Call]:
    """Without what was withdrawn in the meantime: evaluation goes on while people act."""
    asked = {each for call in calls for wish in call.wishes for each in wish.demand_ids}
    demands = await queries.demands_for_update(session, asked)
    open_still = {each for each, demand in demands.items() if demand.status is DemandStatus.OPEN}
    left = (replace(call, wishes=[wish for wish in call.wishes if wish.demand_ids <= open_still]) for call in calls)
    return [call for call in left if call.wishes]


def _pieces(calls: Iterable[Call]) -> Iterator[list[Call]]:
    piece: list[Call] = []
    for call in calls:
        if piece and sum(len(each.wishes) for each in [*piece, call]) > AT_ONCE:
            yield piece
            piece = []
        piece.append(call)
    if piece:
        yield piece


def _promise(stage: Stage, wish: Wish) -> str | None:
    words = ("promise", wish.employee_number, wish.competency, stage.today)
    return stage.dice.pick(PROMISES, *words) if stage.dice.chance(PROMISED_WITH_THE_SEAT, *words) else None
