"""The tables of evaluation."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ForeignKey, Index, MetaData, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.evaluation.domain import (
    LEARNING,
    Completion,
    Conclusion,
    Enrolment,
    Evaluation,
    FollowUp,
    FollowUpStatus,
    Outcome,
    Scores,
    Standing,
    Verdict,
)
from shared.db import NAMING, TYPES


class EvaluationBase(DeclarativeBase):
    """Tables that only evaluation has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class ProgramRow(EvaluationBase):
    """One programme as the newest record says; for people to read, verdicts do not look at it."""

    __tablename__ = "programs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    title: Mapped[str]
    pass_mark: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(BigInteger)


class EnrolmentRow(EvaluationBase):
    """One participant of one class; what no event has told yet is null."""

    __tablename__ = "enrolments"

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

    def to_domain(self) -> Enrolment:
        """The enrolment with its parts where they are known."""
        return Enrolment(
            id=self.id,
            class_id=self.class_id,
            program_id=self.program_id,
            employee_id=self.employee_id,
            need_ids=tuple(UUID(need) for need in self.need_ids),
            scores=self._scores(),
            outcome=Outcome(self.outcome) if self.outcome else None,
            completion=self._completion(),
        )

    def _scores(self) -> Scores | None:
        if self.max_score is None:
            return None
        return Scores(pre=self.pre_score, post=self.post_score, highest=self.max_score)

    def _completion(self) -> Completion | None:
        if self.competency is None or self.end_date is None:
            return None
        return Completion(competency=self.competency, pass_mark=self.pass_mark, end_date=self.end_date)


class FollowUpRow(EvaluationBase):
    """A follow-up plan; at most one is open for a person, competency and plan year."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index(
            "uq_follow_ups_open_case",
            "employee_id",
            "competency",
            "cycle",
            unique=True,
            postgresql_where=text("status = 'OPEN'"),
        ),
        Index("ix_follow_ups_status_id", "status", "id"),
        Index("ix_follow_ups_employee_id_id", "employee_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    evaluation_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    round: Mapped[int]
    kind: Mapped[str]
    cause: Mapped[str]
    target: Mapped[str]
    due_date: Mapped[date]
    rule: Mapped[str]
    rule_version: Mapped[str]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    status: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None]


class EvaluationRow(EvaluationBase):
    """The newest conclusion on one enrolment at one level; follow_up_id while it is a reason of a follow-up."""

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "level"),
        Index("ix_evaluations_employee_id_id", "employee_id", "id"),
        Index("ix_evaluations_follow_up_id", "follow_up_id", postgresql_where=text("follow_up_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"))
    class_id: Mapped[UUID]
    program_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    level: Mapped[int]
    verdict: Mapped[str]
    figure: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    gain: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    rule: Mapped[str]
    rule_version: Mapped[str]
    concluded_at: Mapped[datetime]
    follow_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("follow_ups.id"))

    def to_standing(self) -> Standing:
        """What a new conclusion is compared with."""
        conclusion = Conclusion(
            verdict=Verdict(self.verdict),
            figure=self.figure,
            gain=self.gain,
            rule=self.rule,
            rule_version=self.rule_version,
        )
        return Standing(evaluation_id=self.id, conclusion=conclusion, follow_up_id=self.follow_up_id)


def enrolment_values(enrolment: Enrolment) -> dict[str, Any]:
    """The row of an enrolment."""
    scores, completion = enrolment.scores, enrolment.completion
    return {
        "id": enrolment.id,
        "class_id": enrolment.class_id,
        "program_id": enrolment.program_id,
        "employee_id": enrolment.employee_id,
        "need_ids": _as_json(enrolment.need_ids),
        "pre_score": scores.pre if scores else None,
        "post_score": scores.post if scores else None,
        "max_score": scores.highest if scores else None,
        "outcome": enrolment.outcome,
        "competency": completion.competency if completion else None,
        "pass_mark": completion.pass_mark if completion else None,
        "end_date": completion.end_date if completion else None,
    }


def evaluation_values(evaluation: Evaluation, concluded_at: datetime) -> dict[str, Any]:
    """The row of an evaluation of level 2."""
    enrolment, conclusion = evaluation.enrolment, evaluation.conclusion
    return {
        "id": evaluation.id,
        "enrolment_id": enrolment.id,
        "class_id": enrolment.class_id,
        "program_id": enrolment.program_id,
        "employee_id": enrolment.employee_id,
        "competency": evaluation.completion.competency,
        "level": LEARNING,
        "verdict": conclusion.verdict,
        "figure": conclusion.figure,
        "gain": conclusion.gain,
        "rule": conclusion.rule,
        "rule_version": conclusion.rule_version,
        "concluded_at": concluded_at,
        "follow_up_id": evaluation.follow_up_id,
    }


def follow_up_values(follow_up: FollowUp, opened_at: datetime) -> dict[str, Any]:
    """The row of a follow-up that opens."""
    evaluation, plan = follow_up.evaluation, follow_up.plan
    return {
        "id": follow_up.id,
        "evaluation_id": evaluation.id,
        **evaluation.case._asdict(),
        "round": follow_up.round,
        "kind": plan.kind,
        "cause": plan.cause,
        "target": plan.target,
        "due_date": follow_up.due_date,
        "rule": evaluation.conclusion.rule,
        "rule_version": evaluation.conclusion.rule_version,
        "need_ids": _as_json(evaluation.enrolment.need_ids),
        "status": FollowUpStatus.OPEN,
        "opened_at": opened_at,
    }


def _as_json(ids: tuple[UUID, ...]) -> str:
    return orjson.dumps(ids).decode()
