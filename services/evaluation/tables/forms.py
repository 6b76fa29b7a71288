"""Reviews of behaviour, the forms people are asked to fill, and what they answered.

A form says who was asked and whether they answered. Answers that are not signed are kept apart from it: under a random
id, with the day only, so that nobody can tell whose they are.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.domain.behaviour import Answer, Cause, Role
from services.evaluation.domain.evaluations import Activity, ActivityKind
from services.evaluation.tables.base import EvaluationBase


class FormStatus(StrEnum):
    """Where a form stands."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"
    DROPPED = "DROPPED"


class ReviewRow(EvaluationBase):
    """The review of behaviour (level 3) after one activity; follow_up_id names the follow-up that ordered it."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("activity_id"),
        Index("ix_reviews_planned", "due_date", postgresql_where=text("status = 'PLANNED'")),
        Index("ix_reviews_open", "answer_by", postgresql_where=text("status = 'OPEN'")),
        Index("ix_reviews_employee_id_due_date", "employee_id", "due_date"),
        Index("ix_reviews_superior_id_due_date", "superior_id", "due_date"),
        Index("ix_reviews_class_unknown", "class_id", postgresql_where=text("ground = 'CLASS_UNKNOWN'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    activity_kind: Mapped[str]
    activity_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    end_date: Mapped[date]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    follow_up_id: Mapped[UUID | None]
    class_id: Mapped[UUID | None]
    program_id: Mapped[UUID | None]
    learning_hours: Mapped[int]
    due_date: Mapped[date]
    rule: Mapped[str]
    rule_version: Mapped[str]
    status: Mapped[str]
    ground: Mapped[str | None]
    superior_id: Mapped[UUID | None]
    opened_at: Mapped[datetime | None]
    answer_by: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    level: Mapped[int | None] = mapped_column(SmallInteger)
    causes: Mapped[list[str] | None] = mapped_column(JSONB)
    failed_items: Mapped[list[str] | None] = mapped_column(JSONB)

    def activity(self) -> Activity:
        """What is reviewed."""
        return Activity(
            kind=ActivityKind(self.activity_kind),
            id=self.activity_id,
            employee_id=self.employee_id,
            competency=self.competency,
            end_date=self.end_date,
            need_ids=tuple(UUID(need) for need in self.need_ids),
            follow_up_id=self.follow_up_id,
            class_id=self.class_id,
            program_id=self.program_id,
            learning_hours=self.learning_hours,
        )


class FormRow(EvaluationBase):
    """One person asked to answer: about a class (class_id) or about somebody's behaviour (review_id)."""

    __tablename__ = "forms"
    __table_args__ = (
        UniqueConstraint("class_id", "respondent_id"),
        UniqueConstraint("review_id", "role", "respondent_id"),
        Index("uq_forms_superior", "review_id", unique=True, postgresql_where=text("role = 'SUPERIOR'")),
        Index("ix_forms_respondent_id_id", "respondent_id", "id"),
        Index("ix_forms_subject_id_id", "subject_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    respondent_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    class_id: Mapped[UUID | None]
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    status: Mapped[str]
    answer_by: Mapped[date]
    opened_at: Mapped[datetime]


class BehaviourAnswerRow(EvaluationBase):
    """One answer on behaviour; respondent_id for signed ones (self and superior) only."""

    __tablename__ = "behaviour_answers"
    __table_args__ = (Index("ix_behaviour_answers_review_id", "review_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    role: Mapped[str]
    respondent_id: Mapped[UUID | None]
    answered_on: Mapped[date]
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)
    level: Mapped[int] = mapped_column(SmallInteger)
    cause: Mapped[str | None]

    def to_domain(self) -> Answer:
        """The answer as rules see it."""
        return Answer(
            role=Role(self.role),
            scores=self.scores,
            level=self.level,
            cause=Cause(self.cause) if self.cause else None,
        )


class ReactionAnswerRow(EvaluationBase):
    """One anonymous answer on a class."""

    __tablename__ = "reaction_answers"
    __table_args__ = (Index("ix_reaction_answers_class_id", "class_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID]
    answered_on: Mapped[date]
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)


class ClassFindingRow(EvaluationBase):
    """What level 1 or 2 says of a whole class."""

    __tablename__ = "class_findings"
    __table_args__ = (Index("ix_class_findings_program_id", "program_id"),)

    class_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    program_id: Mapped[UUID]
    count: Mapped[int]
    verdict: Mapped[str]
    figure: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    low_share: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    pooled: Mapped[bool]
    rule: Mapped[str]
    rule_version: Mapped[str]
    items: Mapped[dict[str, dict[str, int]] | None] = mapped_column(JSONB)
    concluded_at: Mapped[datetime]
