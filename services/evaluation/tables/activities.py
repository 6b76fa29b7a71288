"""Programmes, classes and seats as the events of training tell of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.domain.learning import Completion, Enrolment, Outcome, Scores
from services.evaluation.tables.base import EvaluationBase, ids_as_json


class ProgramRow(EvaluationBase):
    """One programme as the newest record says; verdicts do not look at it, the choice of what to review does."""

    __tablename__ = "programs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    title: Mapped[str]
    form: Mapped[int]
    pass_mark: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(BigInteger)


class ClassRow(EvaluationBase):
    """One class: its cost once it was scheduled, and until when its participants may say what they think of it."""

    __tablename__ = "classes"
    __table_args__ = (
        Index("ix_classes_feedback_until", "feedback_until"),
        Index("ix_classes_program_id_end_date", "program_id", "end_date"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID]
    end_date: Mapped[date]
    cost_level: Mapped[str | None]
    feedback_until: Mapped[date | None]
    concluded_at: Mapped[datetime | None]


class EnrolmentRow(EvaluationBase):
    """One participant of one class; what no event has told yet is null."""

    __tablename__ = "enrolments"
    __table_args__ = (Index("ix_enrolments_class_id", "class_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID]
    program_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    pre_score: Mapped[int | None]
    post_score: Mapped[int | None]
    max_score: Mapped[int | None]
    outcome: Mapped[str | None]
    competency: Mapped[str | None]
    pass_mark: Mapped[int | None]
    end_date: Mapped[date | None]
    learning_hours: Mapped[int | None]
    follow_up_id: Mapped[UUID | None]
    score_sequence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    outcome_sequence: Mapped[int] = mapped_column(BigInteger, server_default="0")


def enrolment_of(row: Any) -> Enrolment:
    """The enrolment of a row, with its parts where they are known."""
    completion = None
    if row.competency is not None and row.end_date is not None:
        completion = Completion(
            competency=row.competency,
            pass_mark=row.pass_mark,
            end_date=row.end_date,
            learning_hours=row.learning_hours or 0,
        )
    return Enrolment(
        id=row.id,
        class_id=row.class_id,
        program_id=row.program_id,
        employee_id=row.employee_id,
        need_ids=tuple(UUID(need) for need in row.need_ids),
        follow_up_id=row.follow_up_id,
        scores=scores_of(row),
        outcome=Outcome(row.outcome) if row.outcome else None,
        completion=completion,
        score_sequence=row.score_sequence,
        outcome_sequence=row.outcome_sequence,
    )


def scores_of(row: Any) -> Scores | None:
    """Both tests of a row, if any was told of."""
    if row.max_score is None:
        return None
    return Scores(pre=row.pre_score, post=row.post_score, highest=row.max_score)


def enrolment_values(enrolment: Enrolment) -> dict[str, Any]:
    """The row of an enrolment."""
    scores, completion = enrolment.scores, enrolment.completion
    return {
        "id": enrolment.id,
        "class_id": enrolment.class_id,
        "program_id": enrolment.program_id,
        "employee_id": enrolment.employee_id,
        "need_ids": ids_as_json(enrolment.need_ids),
        "pre_score": scores.pre if scores else None,
        "post_score": scores.post if scores else None,
        "max_score": scores.highest if scores else None,
        "outcome": enrolment.outcome,
        "competency": completion.competency if completion else None,
        "pass_mark": completion.pass_mark if completion else None,
        "end_date": completion.end_date if completion else None,
        "learning_hours": completion.learning_hours if completion else None,
        "follow_up_id": enrolment.follow_up_id,
        "score_sequence": enrolment.score_sequence,
        "outcome_sequence": enrolment.outcome_sequence,
    }
