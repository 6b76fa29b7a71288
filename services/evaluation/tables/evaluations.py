"""Evaluations, and the follow-ups that they call for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.domain.evaluations import (
    ActivityKind,
    Case,
    Conclusion,
    Evaluation,
    Signal,
    Standing,
    Verdict,
)
from services.evaluation.domain.follow_ups import ClosingReason, FollowUp, FollowUpStatus
from services.evaluation.domain.rules import FollowUpPlan, Target
from services.evaluation.tables.base import EvaluationBase, ids_as_json


class CaseRow(EvaluationBase):
    """A person, a competency and a plan year: locked by whoever decides on its follow-ups."""

    __tablename__ = "cases"

    employee_id: Mapped[UUID] = mapped_column(primary_key=True)
    competency: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)


class FollowUpRow(EvaluationBase):
    """A follow-up plan; at most one is active for a person, competency and plan year."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index(
            "uq_follow_ups_active_case",
            "employee_id",
            "competency",
            "cycle",
            unique=True,
            postgresql_where=text("status NOT IN ('CLOSED', 'ESCALATED')"),
        ),
        Index("ix_follow_ups_status_id", "status", "id"),
        Index("ix_follow_ups_employee_id_id", "employee_id", "id"),
        Index("ix_follow_ups_guide_id_id", "guide_id", "id", postgresql_where=text("guide_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    evaluation_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    round: Mapped[int]
    signal: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    cause: Mapped[str]
    target: Mapped[str]
    due_in_days: Mapped[int]
    due_date: Mapped[date]
    rule: Mapped[str]
    rule_version: Mapped[str]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    guide_id: Mapped[UUID | None]
    status: Mapped[str]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None]

    def to_domain(self) -> FollowUp:
        """The follow-up as rules see it."""
        plan = FollowUpPlan(kind=self.kind, cause=self.cause, target=Target(self.target), due_in_days=self.due_in_days)
        return FollowUp(
            id=self.id,
            evaluation_id=self.evaluation_id,
            case=Case(self.employee_id, self.competency, self.cycle),
            round=self.round,
            signal=Signal(self.signal),
            plan=plan,
            due_date=self.due_date,
            rule=self.rule,
            rule_version=self.rule_version,
            need_ids=tuple(UUID(need) for need in self.need_ids),
            status=FollowUpStatus(self.status),
            guide_id=self.guide_id,
            closing_reason=ClosingReason(self.closing_reason) if self.closing_reason else None,
        )


class EvaluationRow(EvaluationBase):
    """The newest conclusion on one activity at one level; follow_up_id while it is a reason of a follow-up."""

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("activity_id", "level"),
        Index("ix_evaluations_employee_id_id", "employee_id", "id"),
        Index("ix_evaluations_follow_up_id", "follow_up_id", postgresql_where=text("follow_up_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    activity_kind: Mapped[str]
    activity_id: Mapped[UUID]
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolments.id"))
    class_id: Mapped[UUID | None]
    program_id: Mapped[UUID | None]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    level: Mapped[int]
    verdict: Mapped[str]
    figure: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    gain: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    signal: Mapped[int | None] = mapped_column(SmallInteger)
    rule: Mapped[str]
    rule_version: Mapped[str]
    concluded_at: Mapped[datetime]
    follow_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("follow_ups.id"))


def standing_of(row: Any) -> Standing:
    """What a new conclusion is compared with."""
    conclusion = Conclusion(
        verdict=Verdict(row.verdict),
        figure=row.figure,
        gain=row.gain,
        rule=row.rule,
        rule_version=row.rule_version,
        signal=None if row.signal is None else Signal(row.signal),
    )
    return Standing(evaluation_id=row.id, conclusion=conclusion, follow_up_id=row.follow_up_id)


def evaluation_values(evaluation: Evaluation, concluded_at: datetime) -> dict[str, Any]:
    """The row of an evaluation."""
    activity, conclusion = evaluation.activity, evaluation.conclusion
    return {
        "id": evaluation.id,
        "activity_kind": activity.kind,
        "activity_id": activity.id,
        "enrolment_id": activity.id if activity.kind is ActivityKind.TRAINING else None,
        "class_id": activity.class_id,
        "program_id": activity.program_id,
        "employee_id": activity.employee_id,
        "competency": activity.competency,
        "level": evaluation.level,
        "verdict": conclusion.verdict,
        "figure": conclusion.figure,
        "gain": conclusion.gain,
        "signal": None if conclusion.signal is None else int(conclusion.signal),
        "rule": conclusion.rule,
        "rule_version": conclusion.rule_version,
        "concluded_at": concluded_at,
        "follow_up_id": evaluation.follow_up_id,
    }


def follow_up_values(follow_up: FollowUp, moment: datetime) -> dict[str, Any]:
    """The row of a follow-up as it stands from the moment on."""
    plan = follow_up.plan
    return {
        "id": follow_up.id,
        "evaluation_id": follow_up.evaluation_id,
        **follow_up.case._asdict(),
        "round": follow_up.round,
        "signal": int(follow_up.signal),
        "kind": plan.kind,
        "cause": plan.cause,
        "target": plan.target,
        "due_in_days": plan.due_in_days,
        "due_date": follow_up.due_date,
        "rule": follow_up.rule,
        "rule_version": follow_up.rule_version,
        "need_ids": ids_as_json(follow_up.need_ids),
        "guide_id": follow_up.guide_id,
        "status": follow_up.status,
        "opened_at": moment,
        "changed_at": moment,
        "closed_at": None if follow_up.is_active else moment,
        "closing_reason": follow_up.closing_reason,
    }
