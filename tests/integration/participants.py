"""Participants of classes as evaluation hears of them: the events of training about one seat."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.tables import EvaluationRow, FollowUpRow
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.events.training import EnrolmentConfirmed, LearningMeasured, TrainingCompleted, TrainingNotCompleted
from shared.ids import new_id
from tests.records import record_of

COMPETENCY = "PELAYANAN_PUBLIK"
ENDED = date(2026, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One seat in a class; each method makes a new record about it."""

    employee_id: UUID = field(default_factory=new_id)
    competency: str = COMPETENCY
    end_date: date = ENDED
    pass_mark: int | None = 70
    need_id: UUID = field(default_factory=new_id)
    enrolment_id: UUID = field(default_factory=new_id)
    class_id: UUID = field(default_factory=new_id)
    program_id: UUID = field(default_factory=new_id)

    @property
    def case(self) -> tuple[UUID, str, int]:
        return self.employee_id, self.competency, self.end_date.year

    def confirmed(self) -> Record:
        event = EnrolmentConfirmed(
            enrolment_id=self.enrolment_id,
            class_id=self.class_id,
            program_id=self.program_id,
            employee_id=self.employee_id,
            need_ids=(self.need_id,),
        )
        return record_of(event, correlation=self.need_id)

    def measured(self, pre: int | None, post: int | None, highest: int = 100) -> Record:
        event = LearningMeasured(
            enrolment_id=self.enrolment_id,
            class_id=self.class_id,
            program_id=self.program_id,
            employee_id=self.employee_id,
            pre_score=pre,
            post_score=post,
            max_score=highest,
        )
        return record_of(event, correlation=self.need_id)

    def completed(self) -> Record:
        event = TrainingCompleted(
            enrolment_id=self.enrolment_id,
            class_id=self.class_id,
            program_id=self.program_id,
            employee_id=self.employee_id,
            competency=self.competency,
            learning_hours=20,
            attendance_percent=100,
            pass_mark=self.pass_mark,
            start_date=self.end_date,
            end_date=self.end_date,
            need_ids=(self.need_id,),
        )
        return record_of(event, correlation=self.need_id)

    def not_completed(self) -> Record:
        event = TrainingNotCompleted(
            enrolment_id=self.enrolment_id,
            class_id=self.class_id,
            program_id=self.program_id,
            employee_id=self.employee_id,
            reason="ATTENDANCE",
            attendance_percent=40,
        )
        return record_of(event, correlation=self.need_id)


def consumer_of(database: Database) -> Consumer:
    """What evaluation's worker hands its batches to."""
    return Consumer(database, SERVICE.handlers, frozenset({"medan"}))


async def evaluations(database: Database) -> Sequence[EvaluationRow]:
    async with database.session() as session:
        return (await session.scalars(select(EvaluationRow).order_by(EvaluationRow.id))).all()


async def follow_ups(database: Database) -> Sequence[FollowUpRow]:
    async with database.session() as session:
        return (await session.scalars(select(FollowUpRow).order_by(FollowUpRow.id))).all()
