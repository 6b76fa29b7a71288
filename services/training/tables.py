"""Training's tables, and how their rows become what the domain works with."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ForeignKey, Integer, MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.training.domain import (
    ClassStatus,
    Enrolment,
    Judgement,
    Program,
    Requirement,
    Schedule,
    Scores,
    Terms,
    TrainingClass,
)
from shared.db import NAMING, TYPES


class TrainingBase(DeclarativeBase):
    """Tables of this service's own lineage."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class TermsColumns:
    """The terms, held by a programme and by each class that was scheduled under them."""

    competency: Mapped[str]
    learning_hours: Mapped[int]
    pass_mark: Mapped[int | None]
    minimum_attendance_percent: Mapped[int]
    post_test_required: Mapped[bool]

    @property
    def terms(self) -> Terms:
        return Terms(
            competency=self.competency,
            learning_hours=self.learning_hours,
            pass_mark=self.pass_mark,
            minimum_attendance_percent=self.minimum_attendance_percent,
            post_test_required=self.post_test_required,
        )

    @terms.setter
    def terms(self, terms: Terms) -> None:
        self.competency = terms.competency
        self.learning_hours = terms.learning_hours
        self.pass_mark = terms.pass_mark
        self.minimum_attendance_percent = terms.minimum_attendance_percent
        self.post_test_required = terms.post_test_required


class ProgramRow(TermsColumns, TrainingBase):
    __tablename__ = "programs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    form: Mapped[int]

    @classmethod
    def from_domain(cls, program: Program) -> ProgramRow:
        return cls(id=program.id, code=program.code, title=program.title, form=program.form, terms=program.terms)

    def to_domain(self) -> Program:
        return Program(id=self.id, code=self.code, title=self.title, form=self.form, terms=self.terms)

    def update_from(self, program: Program) -> None:
        self.title = program.title
        self.form = program.form
        self.terms = program.terms


class ClassRow(TermsColumns, TrainingBase):
    __tablename__ = "classes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID] = mapped_column(ForeignKey("programs.id"), index=True)
    status: Mapped[str]
    start_date: Mapped[date]
    end_date: Mapped[date]
    place: Mapped[str]
    capacity: Mapped[int]
    session_hours: Mapped[list[int]] = mapped_column(ARRAY(Integer))

    @classmethod
    def from_domain(cls, training_class: TrainingClass) -> ClassRow:
        schedule = training_class.schedule
        return cls(
            id=training_class.id,
            program_id=training_class.program_id,
            status=training_class.status.value,
            start_date=schedule.start_date,
            end_date=schedule.end_date,
            place=schedule.place,
            capacity=schedule.capacity,
            session_hours=list(schedule.session_hours),
            terms=training_class.terms,
        )

    def to_domain(self) -> TrainingClass:
        schedule = Schedule(
            start_date=self.start_date,
            end_date=self.end_date,
            place=self.place,
            capacity=self.capacity,
            session_hours=tuple(self.session_hours),
        )
        return TrainingClass(
            id=self.id,
            program_id=self.program_id,
            terms=self.terms,
            schedule=schedule,
            status=ClassStatus(self.status),
        )


class EnrolmentRow(TrainingBase):
    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("class_id", "employee_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID] = mapped_column(ForeignKey("classes.id"))
    employee_id: Mapped[UUID] = mapped_column(index=True)
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    status: Mapped[str]
    pre_score: Mapped[int | None]
    post_score: Mapped[int | None]
    max_score: Mapped[int | None]
    attendance_percent: Mapped[int | None]
    missed: Mapped[str | None]

    def to_domain(self) -> Enrolment:
        return Enrolment(
            id=self.id,
            class_id=self.class_id,
            employee_id=self.employee_id,
            need_ids=tuple(UUID(need_id) for need_id in self.need_ids),
            scores=self._scores(),
            judgement=self._judgement(),
        )

    def _scores(self) -> Scores | None:
        if self.max_score is None:
            return None
        return Scores(pre_score=self.pre_score, post_score=self.post_score, max_score=self.max_score)

    def _judgement(self) -> Judgement | None:
        if self.attendance_percent is None:
            return None
        missed = Requirement(self.missed) if self.missed else None
        return Judgement(attendance_percent=self.attendance_percent, missed=missed)


class AttendanceRow(TrainingBase):
    __tablename__ = "attendances"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    session_number: Mapped[int] = mapped_column(primary_key=True)
    present: Mapped[bool]


def enrolment_values(enrolment: Enrolment) -> dict[str, Any]:
    """An enrolment as column values, for statements that write many rows at once."""
    scores, judgement = enrolment.scores, enrolment.judgement
    return {
        "id": enrolment.id,
        "class_id": enrolment.class_id,
        "employee_id": enrolment.employee_id,
        "need_ids": orjson.dumps([str(need_id) for need_id in enrolment.need_ids]).decode(),
        "status": enrolment.status.value,
        "pre_score": scores.pre_score if scores else None,
        "post_score": scores.post_score if scores else None,
        "max_score": scores.max_score if scores else None,
        "attendance_percent": judgement.attendance_percent if judgement else None,
        "missed": judgement.missed.value if judgement and judgement.missed else None,
    }
