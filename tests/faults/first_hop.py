"""The first hop under faults: what training emits, and what must have come of it in evaluation."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery import outbox
from shared.delivery.consumer import Handler, Handlers
from shared.delivery.envelope import Received
from shared.events.training import EnrolmentConfirmed, LearningMeasured, TrainingCompleted
from shared.ids import new_id
from tests.records import emitted

PASS_MARK = 70

WITNESS = text(
    "CREATE TABLE handled (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid, event_id uuid,"
    " at timestamptz DEFAULT clock_timestamp())"
)
BEAR_WITNESS = text(
    "INSERT INTO handled (subject, event_id)"
    " SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:event_ids AS uuid[]))"
)


def watched(handlers: Handlers) -> Handlers:
    """The same handlers, each event leaving a row: they would settle repeated events without a trace."""

    def watch(handler: Handler) -> Handler:
        async def witnessed(session: AsyncSession, events: list[Received[Any]]) -> None:
            columns = {"subjects": [e.subject for e in events], "event_ids": [e.event_id for e in events]}
            await session.execute(BEAR_WITNESS, columns)
            await handler(session, events)

        return witnessed

    return {contract: watch(handler) for contract, handler in handlers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One who completed a class with a score; nobody shares a follow-up with anybody."""

    enrolment_id: UUID
    employee_id: UUID
    score: int


@dataclass(kw_only=True)
class Training:
    """Emits the end of classes through the outbox of training."""

    database: Database
    chance: random.Random
    participants: list[Participant] = field(default_factory=list)

    async def complete_class(self, size: int) -> None:
        """All events of some participants, each kind in a transaction of its own."""
        newcomers = [
            Participant(enrolment_id=new_id(), employee_id=new_id(), score=self.chance.randint(40, 100))
            for _ in range(size)
        ]
        ids = {"class_id": new_id(), "program_id": new_id()}
        for make in (_confirmed, _measured, _completed):
            async with self.database.transaction() as session:
                outbox.record_all(session, [make(each, ids) for each in newcomers])
        self.participants += newcomers


def _confirmed(who: Participant, ids: dict[str, UUID]) -> EnrolmentConfirmed:
    return EnrolmentConfirmed(enrolment_id=who.enrolment_id, employee_id=who.employee_id, **ids)


def _measured(who: Participant, ids: dict[str, UUID]) -> LearningMeasured:
    return LearningMeasured(
        enrolment_id=who.enrolment_id, employee_id=who.employee_id, post_score=who.score, max_score=100, **ids
    )


def _completed(who: Participant, ids: dict[str, UUID]) -> TrainingCompleted:
    return TrainingCompleted(
        enrolment_id=who.enrolment_id,
        employee_id=who.employee_id,
        **ids,
        competency="PELAYANAN_PUBLIK",
        learning_hours=20,
        attendance_percent=100,
        pass_mark=PASS_MARK,
        start_date=date(2026, 3, 2),
        end_date=date(2026, 3, 4),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What evaluation holds and has told, counted; the events it handled per subject, in their order."""

    handled: dict[UUID, list[UUID]]
    verdicts: Counter[tuple[UUID, str]]
    told_verdicts: Counter[tuple[UUID, str]]
    told_follow_ups: Counter[UUID]
    follow_ups: Counter[UUID]
    held: Counter[str]


async def expected(training: Training, held: Counter[str]) -> Outcome:
    """One verdict each, one follow-up for each who missed the mark, each told once; the held are those planted.

    A verdict reached without the score, since events overtook each other, would be told and then corrected.
    """
    people = training.participants
    handled: dict[UUID, list[UUID]] = defaultdict(list)
    for each in await emitted(training.database):
        handled[each.event.subject].append(each.event_id)
    verdicts = Counter((p.enrolment_id, "EFFECTIVE" if p.score >= PASS_MARK else "NOT_EFFECTIVE") for p in people)
    follow_ups = Counter(p.employee_id for p in people if p.score < PASS_MARK)
    return Outcome(
        handled=handled,
        verdicts=verdicts,
        told_verdicts=verdicts,
        follow_ups=follow_ups,
        told_follow_ups=follow_ups,
        held=held,
    )


async def found(evaluation: Database) -> Outcome:
    """The same, read from evaluation's tables and outbox."""
    async with evaluation.session() as session:
        verdicts = (await session.execute(text("SELECT enrolment_id, verdict FROM evaluations"))).all()
        follow_ups = (await session.execute(text("SELECT employee_id FROM follow_ups"))).scalars().all()
        rows = (await session.execute(text("SELECT subject, event_id FROM handled ORDER BY nth"))).all()
        held = (await session.execute(text("SELECT reason FROM held_records"))).scalars().all()
    handled: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        handled[row.subject].append(row.event_id)
    told: dict[str, list[Any]] = {"EvaluationConcluded": [], "FollowUpOpened": []}
    for each in await emitted(evaluation):
        told.setdefault(type(each.event).__name__, []).append(each.event)
    assert told.keys() == {"EvaluationConcluded", "FollowUpOpened"}, told.keys()
    return Outcome(
        handled=handled,
        verdicts=Counter((row.enrolment_id, row.verdict) for row in verdicts),
        told_verdicts=Counter((event.enrolment_id, event.verdict) for event in told["EvaluationConcluded"]),
        follow_ups=Counter(follow_ups),
        told_follow_ups=Counter(event.employee_id for event in told["FollowUpOpened"]),
        held=Counter(held),
    )
