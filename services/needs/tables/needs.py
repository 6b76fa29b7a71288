"""Needs, the steps they took, and the analyses that found them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.needs.domain.needs import Need, NeedStatus, Reason
from services.needs.tables.master import NeedsBase


class AnalysisRow(NeedsBase):
    """One analysis of a plan year, of the whole agency or of one unit and those below it: how many, never who."""

    __tablename__ = "analyses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cycle: Mapped[int]
    unit_code: Mapped[str | None]
    analysed_on: Mapped[date]
    analysed_at: Mapped[datetime]
    actor_id: Mapped[UUID]
    people: Mapped[int]
    people_without_evidence: Mapped[int]
    needs_identified: Mapped[int]
    needs_known: Mapped[int]
    contradictions: Mapped[int]


class NeedRow(NeedsBase):
    """One need; at most one that was not rejected for a person, competency and plan year."""

    __tablename__ = "needs"
    __table_args__ = (
        Index(
            "uq_needs_case",
            "employee_id",
            "competency",
            "cycle",
            unique=True,
            postgresql_where=text("status <> 'REJECTED'"),
        ),
        Index("ix_needs_employee_id_id", "employee_id", "id"),
        Index("ix_needs_cycle_status_id", "cycle", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    standard_level: Mapped[int]
    current_level: Mapped[int]
    unit_id: Mapped[UUID]
    position_id: Mapped[UUID]
    identified_on: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str | None]
    assessment_id: Mapped[UUID | None]
    contradicted: Mapped[bool]
    closing_assessment_id: Mapped[UUID | None]
    closing_level: Mapped[int | None]
    changed_at: Mapped[datetime]
    review_since: Mapped[datetime | None]
    review_follow_up_id: Mapped[UUID | None]


class NeedStepRow(NeedsBase):
    """One step of a need: who took it, for whom if on behalf of another, and when."""

    __tablename__ = "need_steps"
    __table_args__ = (UniqueConstraint("need_id", "id"), Index("ix_need_steps_status_taken_at", "status", "taken_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    status: Mapped[str]
    reason: Mapped[str | None]
    taken_at: Mapped[datetime]
    actor_id: Mapped[UUID]
    on_behalf_of: Mapped[UUID | None]


def need_values(need: Need, moment: datetime, *, contradicted: bool) -> dict[str, Any]:
    """The row of a new need."""
    return {
        "id": need.id,
        "employee_id": need.employee_id,
        "competency": need.competency,
        "cycle": need.cycle,
        "standard_level": need.standard_level,
        "current_level": need.current_level,
        "unit_id": need.unit_id,
        "position_id": need.position_id,
        "identified_on": need.identified_on,
        "status": need.status.value,
        "assessment_id": need.assessment_id,
        "contradicted": contradicted,
        "changed_at": moment,
    }


def need_of(row: Row[Any]) -> Need:
    """The need in a plain row."""
    return Need(
        id=row.id,
        employee_id=row.employee_id,
        competency=row.competency,
        cycle=row.cycle,
        standard_level=row.standard_level,
        current_level=row.current_level,
        unit_id=row.unit_id,
        position_id=row.position_id,
        identified_on=row.identified_on,
        status=NeedStatus(row.status),
        reason=Reason(row.reason) if row.reason else None,
        assessment_id=row.assessment_id,
        closing_assessment_id=row.closing_assessment_id,
        closing_level=row.closing_level,
    )
