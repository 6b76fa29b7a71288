"""Classes called in the demo for what the plan and follow-ups demand, and people seated in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, text

from services.demo.catalogue import SEATS, SHAPES, Offer, offer_of, programs, schedule
from services.demo.stage import Stage
from services.training import commands
from services.training.commands import Newcomer

K = TypeVar("K", str, tuple[int, str])

AT_ONCE = 500
"""Seats in one transaction."""

TURN = 0.5
"""Share of programmes for which classes are called today."""
FEW = 5
PATIENCE = timedelta(days=45)
"""So long a handful of people wait for more who want the same; then any form will do, and any number."""

SOON, LATER = (3, 7), (3, 9)
"""First day of a class, in days from now: for follow-ups, for the plan."""
REMEDIAL_FORMS = (8, 11, 12, 17, 24)
USUAL_FORM = 8

MANY = 2**32

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one person waits for in one competency: what the plan asks, a follow-up, or both."""

    employee_id: UUID
    employee_number: str
    competency: str
    form: int
    plan_item_id: UUID | None
    follow_up_id: UUID | None
    patience_over: bool

    def newcomer(self, application: str | None) -> Newcomer:
        return Newcomer(
            employee_id=self.employee_id,
            plan_item_id=self.plan_item_id,
            follow_up_id=self.follow_up_id,
            application=application,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One class to be called; number tells it from others of its programme."""

    offer: Offer
    wishes: Sequence[Wish]
    days: tuple[int, int]
    number: int


async def seat(stage: Stage) -> int:
    """Call classes for what waits and seat people in them; returns how many seats."""
    since = datetime.combine(stage.today - PATIENCE, time.min, UTC)
    async with stage.database.session() as session:
        waiting = (await session.execute(WAITING, {"today": stage.today, "patient_since": since})).all()
    calls = list(_calls(stage, [_wish(rows) for _, rows in groupby(waiting, _of_person_and_competency)]))
    catalogue = await programs(stage, [call.offer for call in calls])
    for piece in _pieces(calls):
        async with stage.database.transaction() as session:
            planned = [
                (row.id, schedule(stage, row, call.days, call.number))
                for call in piece
                for row in [catalogue[call.offer.code]]
            ]
            called = await commands.schedule_classes(session, stage.organiser(), planned)
            newcomers = {
                training_class.id: [wish.newcomer(_promise(stage, wish)) for wish in call.wishes]
                for training_class, call in zip(called, piece, strict=True)
            }
            await commands.enrol_in_classes(session, stage.organiser(), newcomers)
    return sum(len(call.wishes) for call in calls)


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


def _calls(stage: Stage, wishes: Sequence[Wish]) -> Iterator[Call]:
    """Follow-ups at once; of the plan, the programmes whose turn it is; a handful once its patience is over."""
    dice, today = stage.dice, stage.today
    taken: set[UUID] = set()
    again = [wish for wish in wishes if wish.follow_up_id]
    for competency, each in _by(again, attrgetter("competency")):
        form = dice.pick(REMEDIAL_FORMS, "form of remedial", competency, today)
        yield from _classes(offer_of(form, competency), _free(each, taken), SOON)
    few: list[Wish] = []
    planned = _by([wish for wish in wishes if not wish.follow_up_id], lambda wish: (wish.form, wish.competency))
    shuffled = sorted(planned, key=lambda of: (dice.between(0, MANY, "order", *of[0], today), of[0]))
    for (form, competency), each in shuffled:
        free = [wish for wish in each if wish.employee_id not in taken]
        if len(free) < FEW:
            few += [wish for wish in free if wish.patience_over]
        elif dice.chance(TURN, "turn", form, competency, today):
            yield from _classes(offer_of(form, competency), _free(free, taken), LATER)
    for competency, each in _by(few, attrgetter("competency")):
        if dice.chance(TURN, "turn of few", competency, today):
            form = dice.pick(sorted({wish.form for wish in each}), "form of few", competency)
            yield from _classes(offer_of(form, competency), _free(each, taken), LATER)


def _by(wishes: Iterable[Wish], key: Callable[[Wish], K]) -> list[tuple[K, list[Wish]]]:
    found: dict[K, list[Wish]] = defaultdict(list)
    for wish in wishes:
        found[key(wish)].append(wish)
    return sorted(found.items(), key=itemgetter(0))


def _free(wishes: Iterable[Wish], taken: set[UUID]) -> list[Wish]:
    """Those whose person has no seat by now; from here on they have one."""
    free = []
    for wish in wishes:
        if wish.employee_id not in taken:
            taken.add(wish.employee_id)
            free.append(wish)
    return free


def _classes(offer: Offer, wishes: Sequence[Wish], days: tuple[int, int]) -> Iterator[Call]:
    """As many classes as are needed, about as large as each other."""
    number = -(-len(wishes) // SEATS)
    for each in range(number):
        yield Call(offer=offer, wishes=wishes[each::number], days=days, number=each)


def _pieces(calls: Sequence[Call]) -> Iterator[list[Call]]:
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
