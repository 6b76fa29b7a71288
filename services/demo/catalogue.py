"""The programmes of the demo's training: what they are called, how long they take, what they cost; their revision."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.demo.dice import Dice
from services.demo.stage import Stage
from services.training import commands
from services.training.domain import FORMS, CostLevel, Schedule, Scope, Terms

LONGEST_CODE = 64
PASS_MARK = 70
SEATS = 30
WORKING_DAYS = 5
REVISED = " – Edisi "
ADDED_HOURS = 4
"""What a revised programme takes longer."""

KNOWN = text("SELECT id, code, title, form, competency, learning_hours, post_test_required FROM programs")
ASKED_TO_CHANGE = text("SELECT DISTINCT program_id FROM revision_requests WHERE answered_at IS NULL")


@dataclass(frozen=True, slots=True)
class Shape:
    """How programmes of a form look: short name, how many hours (JP) one may have, and how many fit into a day."""

    short: str
    hours: tuple[int, ...]
    daily: int = 8
    paid_share: float = 0.1
    abroad_share: float = 0
    tested: bool = True


SHAPES = {
    1: Shape("STRUKTURAL", (80,), paid_share=0.7),
    2: Shape("FUNGSIONAL", (40, 60), paid_share=0.5),
    3: Shape("TEKNIS", (24, 32, 40), paid_share=0.4),
    4: Shape("WORKSHOP", (10, 15), daily=5, paid_share=0.2),
    5: Shape("MANAJERIAL", (24, 40), paid_share=0.4),
    6: Shape("SOSKUL", (16, 24)),
    7: Shape("SOSIALISASI", (4, 8), daily=4, tested=False),
    8: Shape("BIMTEK", (16, 20, 24), paid_share=0.2),
    9: Shape("SEMINAR", (4, 8), daily=4, tested=False),
    10: Shape("MAGANG", (40,)),
    11: Shape("KURSUS", (20, 30), paid_share=0.5),
    12: Shape("PENATARAN", (16, 24)),
    13: Shape("KLASIKAL", (8, 16)),
    16: Shape("ELEARNING", (6, 12, 18), daily=3),
    17: Shape("PJJ", (16, 24), daily=6),
    18: Shape("DETASERING", (40,)),
    19: Shape("OUTBOND", (16,), paid_share=0.6),
    20: Shape("PATOKBANDING", (16,), paid_share=0.7, abroad_share=0.1, tested=False),
    21: Shape("PERTUKARAN", (40,)),
    22: Shape("MANDIRI", (8, 12), daily=2, tested=False),
    23: Shape("KOMUNITAS", (6, 8), daily=2, tested=False),
    24: Shape("BIMBINGAN", (8, 16), daily=4),
    25: Shape("NONKLASIKAL", (8, 16)),
}
"""Every form but coaching and mentoring, which are no classes."""

PLACES = ("Aula Badan Kepegawaian", "Ruang Rapat Sekretariat", "Balai Diklat", "Laboratorium Komputer", "Daring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A programme that is asked for: of one form, for one competency."""

    code: str
    form: int
    competency: str


def offer_of(form: int, competency: str) -> Offer:
    """The agency's own programme of a form for a competency."""
    return Offer(code=f"{SHAPES[form].short}-{competency}"[:LONGEST_CODE], form=form, competency=competency)


async def programs(stage: Stage, wanted: Collection[Offer]) -> dict[str, Row[Any]]:
    """The catalogue by code, once everything wanted is in it."""
    async with stage.transaction() as session:
        known = {row.code for row in await session.execute(KNOWN)}
        for offer in sorted(set(wanted), key=lambda each: each.code):
            if offer.code not in known:
                terms = _terms(stage.dice, offer)
                await commands.create_program(session, stage.analyst(), offer.code, _title(offer), offer.form, terms)
    async with stage.database.session() as session:
        return {row.code: row for row in await session.execute(KNOWN)}


async def answer_revisions(stage: Stage) -> int:
    """Change the programmes whose results called for it; returns how many."""
    async with stage.transaction() as session:
        asked: set[UUID] = set(await session.scalars(ASKED_TO_CHANGE))
        rows = [row for row in await session.execute(KNOWN) if row.id in asked] if asked else []
        for row in rows:
            terms = Terms(
                competency=row.competency,
                learning_hours=row.learning_hours + ADDED_HOURS,
                pass_mark=PASS_MARK if SHAPES[row.form].tested else None,
                post_test_required=row.post_test_required,
            )
            title = f"{row.title.split(REVISED)[0]}{REVISED}{edition_of(row.title) + 1}"
            await commands.change_program(session, stage.analyst(), row.id, title, row.form, terms)
    return len(rows)


@cache
def edition_of(title: str) -> int:
    """1 until a programme is revised for the first time."""
    found = re.search(rf"{REVISED}(\d+)$", title)
    return int(found.group(1)) if found else 1


def schedule(stage: Stage, program: Row[Any], ahead: tuple[int, int], number: int) -> Schedule:
    """When and where a class is held: days ahead from and to; number tells it from its twins."""
    dice, words = stage.dice, (program.code, stage.today, number)
    daily = SHAPES[program.form].daily
    whole, rest = divmod(program.learning_hours, daily)
    session_hours = (daily,) * whole + ((rest,) if rest else ())
    days = _days_of_class(stage.today + timedelta(days=dice.between(*ahead, "begins", *words)), len(session_hours))
    abroad = dice.chance(SHAPES[program.form].abroad_share, "abroad", *words)
    return Schedule(
        start_date=days[0],
        end_date=days[-1],
        place=dice.pick(PLACES, "place", *words),
        capacity=SEATS,
        session_hours=session_hours,
        scope=Scope.INTERNATIONAL if abroad else Scope.NATIONAL,
        cost_level=CostLevel.PAID
        if dice.chance(SHAPES[program.form].paid_share, "paid", program.code)
        else CostLevel.FREE,
    )


def _days_of_class(earliest: date, number: int) -> list[date]:
    """So many working days; within one week where they fit, since hours by the day count the days between as well."""
    room = WORKING_DAYS - earliest.weekday()
    if room < min(number, WORKING_DAYS):
        earliest += timedelta(days=7 - earliest.weekday())
    days = (earliest + timedelta(days=each) for each in count())
    return list(islice((day for day in days if day.weekday() < WORKING_DAYS), number))


def _terms(dice: Dice, offer: Offer) -> Terms:
    shape = SHAPES[offer.form]
    return Terms(
        competency=offer.competency,
        learning_hours=dice.pick(shape.hours, "hours", offer.code),
        pass_mark=PASS_MARK if shape.tested else None,
        post_test_required=shape.tested and dice.chance(0.4, "test required", offer.code),
    )


def _title(offer: Offer) -> str:
    named = offer.competency.replace("_", " ").replace("-", " ").title()
    return f"{FORMS[offer.form]} {named.replace(' Dan ', ' dan ').replace(' Pada ', ' pada ')}"
