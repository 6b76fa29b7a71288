"""Tables of the catalogue, classes and seats, and how their rows become what the domain works with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Numeric, Row, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.training.domain import (
    CancellationReason,
    ClassStatus,
    Commitment,
    CostLevel,
    Enrolment,
    Judgement,
    Nomination,
    NominationStatus,
    Program,
    Requirement,
    Schedule,
    Scope,
    Scores,
    Terms,
    TrainingClass,
)
from services.training.tables.base import TrainingBase, ids_as_json


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
    form: Mapped[int]
    status: Mapped[str]
    start_date: Mapped[date]
    end_date: Mapped[date]
    place: Mapped[str]
    capacity: Mapped[int]
    session_hours: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    scope: Mapped[str]
    cost_level: Mapped[str]

    @classmethod
    def from_domain(cls, training_class: TrainingClass) -> ClassRow:
        schedule = training_class.schedule
        return cls(
            id=training_class.id,
            program_id=training_class.program_id,
            form=training_class.form,
            status=training_class.status.value,
            start_date=schedule.start_date,
            end_date=schedule.end_date,
            place=schedule.place,
            capacity=schedule.capacity,
            session_hours=list(schedule.session_hours),
            scope=schedule.scope.value,
            cost_level=schedule.cost_level.value,
            terms=training_class.terms,
        )

    def to_domain(self) -> TrainingClass:
        schedule = Schedule(
            start_date=self.start_date,
            end_date=self.end_date,
            place=self.place,
            capacity=self.capacity,
            session_hours=tuple(self.session_hours),
            scope=Scope(self.scope),
            cost_level=CostLevel(self.cost_level),
        )
        return TrainingClass(
            id=self.id,
            program_id=self.program_id,
            form=self.form,
            terms=self.terms,
            schedule=schedule,
            status=ClassStatus(self.status),
        )


class EnrolmentRow(TrainingBase):
    __tablename__ = "enrolments"
    __table_args__ = (
        # A seat that was given up does not keep the person from another one in the same class.
        Index(
            "uq_enrolments_class_id_employee_id",
            "class_id",
            "employee_id",
            unique=True,
            postgresql_where=text("status <> 'CANCELLED'"),
        ),
        Index("ix_enrolments_employee_id", "employee_id"),
        Index("ix_enrolments_plan_item_id", "plan_item_id", postgresql_where=text("plan_item_id IS NOT NULL")),
        Index("ix_enrolments_follow_up_id", "follow_up_id", postgresql_where=text("follow_up_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID] = mapped_column(ForeignKey("classes.id"))
    employee_id: Mapped[UUID]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    plan_item_id: Mapped[UUID | None]
    follow_up_id: Mapped[UUID | None]
    application: Mapped[str | None]
    promised_on: Mapped[date | None]
    status: Mapped[str]
    pre_score: Mapped[int | None]
    post_score: Mapped[int | None]
    max_score: Mapped[int | None]
    attendance_percent: Mapped[int | None]
    missed: Mapped[str | None]
    cancellation: Mapped[str | None]


class AttendanceRow(TrainingBase):
    __tablename__ = "attendances"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    session_number: Mapped[int] = mapped_column(primary_key=True)
    present: Mapped[bool]


class CertificateRow(TrainingBase):
    """A certificate; one that was revoked keeps its number."""

    __tablename__ = "certificates"
    __table_args__ = (
        # One that holds for each seat.
        Index("uq_certificates_enrolment_id", "enrolment_id", unique=True, postgresql_where=text("revoked_on IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"))
    employee_id: Mapped[UUID] = mapped_column(index=True)
    program_id: Mapped[UUID] = mapped_column(ForeignKey("programs.id"))
    number: Mapped[str] = mapped_column(unique=True)
    issued_on: Mapped[date]
    revoked_on: Mapped[date | None]


class CertificateSerialRow(TrainingBase):
    """The last serial of each year: locked while new ones are given out, so that none is given twice or left out."""

    __tablename__ = "certificate_serials"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class NominationRow(TrainingBase):
    """Somebody proposed for a class; nominated_by is the account, nominator_id the employee behind it."""

    __tablename__ = "nominations"
    __table_args__ = (
        Index(
            "uq_nominations_class_id_employee_id",
            "class_id",
            "employee_id",
            unique=True,
            postgresql_where=text("status = 'NOMINATED'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID] = mapped_column(ForeignKey("classes.id"))
    employee_id: Mapped[UUID] = mapped_column(index=True)
    nominated_by: Mapped[UUID]
    nominator_id: Mapped[UUID | None]
    plan_item_id: Mapped[UUID | None]
    follow_up_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    status: Mapped[str]
    nominated_at: Mapped[datetime]

    def to_domain(self) -> Nomination:
        return Nomination(
            id=self.id,
            class_id=self.class_id,
            employee_id=self.employee_id,
            plan_item_id=self.plan_item_id,
            follow_up_id=self.follow_up_id,
            status=NominationStatus(self.status),
        )


class RevisionRequestRow(TrainingBase):
    """What evaluation asked of a programme; answered when the programme is next changed. id is the event's."""

    __tablename__ = "revision_requests"
    __table_args__ = (Index("ix_revision_requests_program_id", "program_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID]
    class_id: Mapped[UUID | None]
    rule: Mapped[str]
    rule_version: Mapped[str]
    figure: Mapped[Decimal] = mapped_column(Numeric)
    requested_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


def enrolment_values(enrolment: Enrolment) -> dict[str, Any]:
    """An enrolment as column values, for statements that write many rows at once."""
    scores, judgement = enrolment.scores, enrolment.judgement
    return {
        "id": enrolment.id,
        "class_id": enrolment.class_id,
        "employee_id": enrolment.employee_id,
        "need_ids": ids_as_json(enrolment.need_ids),
        "plan_item_id": enrolment.plan_item_id,
        "follow_up_id": enrolment.follow_up_id,
        "application": enrolment.commitment.application if enrolment.commitment else None,
        "promised_on": enrolment.commitment.promised_on if enrolment.commitment else None,
        "status": enrolment.status.value,
        "pre_score": scores.pre_score if scores else None,
        "post_score": scores.post_score if scores else None,
        "max_score": scores.max_score if scores else None,
        "attendance_percent": judgement.attendance_percent if judgement else None,
        "missed": judgement.missed.value if judgement and judgement.missed else None,
        "cancellation": enrolment.cancellation.value if enrolment.cancellation else None,
    }


def enrolment_of(row: EnrolmentRow | Row[Any]) -> Enrolment:
    """The seat in a row, loaded or plain."""
    return Enrolment(
        id=row.id,
        class_id=row.class_id,
        employee_id=row.employee_id,
        need_ids=tuple(UUID(need_id) for need_id in row.need_ids),
        plan_item_id=row.plan_item_id,
        follow_up_id=row.follow_up_id,
        commitment=_commitment(row),
        scores=_scores(row),
        judgement=_judgement(row),
        cancellation=CancellationReason(row.cancellation) if row.cancellation else None,
    )


def _commitment(row: EnrolmentRow | Row[Any]) -> Commitment | None:
    if row.application is None or row.promised_on is None:
        return None
    return Commitment(application=row.application, promised_on=row.promised_on)


def _scores(row: EnrolmentRow | Row[Any]) -> Scores | None:
    if row.max_score is None:
        return None
    return Scores(pre_score=row.pre_score, post_score=row.post_score, max_score=row.max_score)


def _judgement(row: EnrolmentRow | Row[Any]) -> Judgement | None:
    if row.attendance_percent is None:
        return None
    missed = Requirement(row.missed) if row.missed else None
    return Judgement(attendance_percent=row.attendance_percent, missed=missed)
