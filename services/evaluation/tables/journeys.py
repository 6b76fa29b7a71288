"""The journey of every need: events as they came, and which needs each thing belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.tables.base import EvaluationBase


class NeedRow(EvaluationBase):
    """One need as the events of needs tell of it; levels are null until one tells them."""

    __tablename__ = "needs"
    __table_args__ = (Index("ix_needs_employee_id_id", "employee_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    standard_level: Mapped[int | None]
    current_level: Mapped[int | None]


class JourneyEventRow(EvaluationBase):
    """One event that may be a step of a journey; subject_id is the thing it is about."""

    __tablename__ = "journey_events"
    __table_args__ = (Index("ix_journey_events_subject_id", "subject_id"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    type: Mapped[str]
    happened_at: Mapped[datetime | None]
    causation: Mapped[str | None]
    correlation: Mapped[UUID]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)

    @property
    def service(self) -> str:
        """Who told it."""
        return self.type.split(".")[1]


class JourneyLinkRow(EvaluationBase):
    """A thing (plan item, seat, class, pair, follow-up, evaluation …) that belongs to the journey of a need."""

    __tablename__ = "journey_links"

    need_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
