"""Classes of the demo that are over: who was there, what they scored, what was found; and what was found wrongly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.catalogue import SHAPES, edition_of
from services.demo.learners import FULL_MARK, Learner
from services.demo.stage import Stage
from services.training import commands, queries
from services.training.commands import CorrectionReason
from services.training.domain import Scores

AT_ONCE = 500
"""Seats in one transaction."""

OBJECTIONS_FROM = timedelta(days=12)
OBJECTIONS_UNTIL = timedelta(days=60)
"""So long after a class people say what of its list is wrong, or make up for a test."""

OVER = text(
    "SELECT c.id, count(e.id) AS seats FROM classes c JOIN programs p ON p.id = c.program_id"
    " LEFT JOIN enrolments e ON e.class_id = c.id AND e.status <> 'CANCELLED'"
    " WHERE c.status = 'SCHEDULED' AND c.end_date < :today"
    " GROUP BY c.id, c.end_date, p.code ORDER BY c.end_date, p.code, count(e.id), c.id"
)
SEATS = (
    "SELECT e.id, e.class_id, e.follow_up_id, c.start_date, c.competency, p.code, p.title, p.form,"
    " cardinality(c.session_hours) AS sessions, d.employee_number"
    " FROM enrolments e JOIN classes c ON c.id = e.class_id JOIN programs p ON p.id = c.program_id"
    " LEFT JOIN directory_employees d ON d.id = e.employee_id WHERE e.status <> 'CANCELLED'"
)
IN_ORDER = "ORDER BY e.class_id, d.employee_number, e.id"
SEATS_OF = text(f"{SEATS} AND c.id = ANY(CAST(:class_ids AS uuid[])) {IN_ORDER}")
ENDED = "AND c.status = 'CLOSED' AND c.end_date BETWEEN :first AND :last"
JUDGED = text(f"{SEATS} {ENDED} {IN_ORDER}")
NOT_TESTED = text(f"{SEATS} {ENDED} AND e.missed = 'POST_TEST' {IN_ORDER}")
LISTED = text(
    "SELECT enrolment_id, session_number, present FROM attendances WHERE enrolment_id = ANY(CAST(:ids AS uuid[]))"
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat with the chance of whoever has it."""

    row: Row[Any]
    learner: Learner

    @property
    def scores(self) -> Scores | None:
        """What the tests showed; None where none was held or none was taken."""
        before, after = self.learner.first_test(), self.learner.last_test(self.row.sessions)
        if not SHAPES[self.row.form].tested or before is after is None:
            return None
        return Scores(pre_score=before, post_score=after, max_score=FULL_MARK)


async def hold(stage: Stage) -> int:
    """Write down who was there and what they scored, and close what is over; returns how many classes."""
    async with stage.database.session() as session:
        over = (await session.execute(OVER, {"today": stage.today})).all()
    for class_ids in _pieces(over):
        async with stage.transaction() as session:
            # Locked before its seats are read: evaluation goes on while people act, and may give a seat up.
            await queries.classes_for_update(session, class_ids)
            seats = [_seat(stage, row) for row in await session.execute(SEATS_OF, {"class_ids": class_ids})]
            held = {class_id: list(each) for class_id, each in groupby(seats, lambda seat: seat.row.class_id)}
            organiser = stage.organiser()
            lists = {class_id: _lists(each) for class_id, each in held.items()}
            await commands.record_attendances(session, organiser, lists, stage.today)
            measured = {class_id: _measured(each) for class_id, each in held.items()}
            tested = {class_id: each for class_id, each in measured.items() if each}
            await commands.record_scores_of_classes(session, organiser, tested)
            await commands.close_classes(session, organiser, class_ids, stage.today)
    return len(over)


async def put_right(stage: Stage) -> int:
    """Correct lists that were kept wrongly, then judge anew who took the test later; returns how many people."""
    return await _correct_lists(stage) + await _test_late(stage)


async def _correct_lists(stage: Stage) -> int:
    reason = CorrectionReason.ATTENDANCE
    async with stage.transaction() as session:
        objecting = [
            seat for seat in await _judged(session, stage, JUDGED) if seat.learner.listed_wrongly(seat.row.sessions)
        ]
        wrong = await _still_wrong(session, objecting)
        for class_id, seats in groupby(wrong, lambda seat: seat.row.class_id):
            corrected = {seat.row.id: seat.learner.present(seat.row.sessions) for seat in seats}
            await commands.correct_class(session, stage.organiser(), class_id, corrected, reason, stage.today)
    return len(wrong)


async def _test_late(stage: Stage) -> int:
    reason = CorrectionReason.POST_TEST
    async with stage.transaction() as session:
        late = [seat for seat in await _judged(session, stage, NOT_TESTED) if seat.learner.takes_test_later]
        for class_id, seats in groupby(late, lambda seat: seat.row.class_id):
            tested = {seat.row.id: _with_last_test(seat.learner) for seat in seats}
            await commands.record_scores(session, stage.organiser(), class_id, list(tested.items()))
            anew: dict[UUID, dict[int, bool]] = {enrolment_id: {} for enrolment_id in tested}
            await commands.correct_class(session, stage.organiser(), class_id, anew, reason, stage.today)
    return len(late)


async def _judged(session: AsyncSession, stage: Stage, seats: TextClause) -> list[Seat]:
    days = {"first": stage.today - OBJECTIONS_UNTIL, "last": stage.today - OBJECTIONS_FROM}
    return [_seat(stage, row) for row in await session.execute(seats, days)]


async def _still_wrong(session: AsyncSession, seats: Sequence[Seat]) -> list[Seat]:
    listed: dict[UUID, dict[int, bool]] = defaultdict(dict)
    for enrolment_id, number, present in await session.execute(LISTED, {"ids": [seat.row.id for seat in seats]}):
        listed[enrolment_id][number] = present
    return [seat for seat in seats if listed[seat.row.id] != seat.learner.present(seat.row.sessions)]


def _seat(stage: Stage, row: Row[Any]) -> Seat:
    learner = Learner(
        dice=stage.dice,
        employee_number=row.employee_number or "",
        competency=row.competency,
        program=row.code,
        edition=edition_of(row.title),
        starts_on=row.start_date,
        remedial=row.follow_up_id is not None,
    )
    return Seat(row=row, learner=learner)


def _pieces(over: Sequence[Row[Any]]) -> Iterator[list[UUID]]:
    piece: list[UUID] = []
    seats = 0
    for row in over:
        if piece and seats + row.seats > AT_ONCE:
            yield piece
            piece, seats = [], 0
        piece.append(row.id)
        seats += row.seats
    if piece:
        yield piece


def _lists(seats: Iterable[Seat]) -> dict[int, list[tuple[UUID, bool]]]:
    """Who was there, by number of the session."""
    lists: dict[int, list[tuple[UUID, bool]]] = {}
    for seat in seats:
        for number, present in seat.learner.listed(seat.row.sessions).items():
            lists.setdefault(number, []).append((seat.row.id, present))
    return lists


def _measured(seats: Iterable[Seat]) -> list[tuple[UUID, Scores]]:
    return [(seat.row.id, scores) for seat in seats if (scores := seat.scores)]


def _with_last_test(learner: Learner) -> Scores:
    return Scores(pre_score=learner.first_test(), post_score=learner.learned, max_score=FULL_MARK)
