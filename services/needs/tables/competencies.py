"""The dictionary of competencies, standards, and what is known of people: assessments and performance results."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.needs.tables.master import NeedsBase


class CompetencyRow(NeedsBase):
    """One competency of the dictionary."""

    __tablename__ = "competencies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    kind: Mapped[str]


class ClassStandardRow(NeedsBase):
    """The level that a class of positions asks of one competency, as the agency recorded it."""

    __tablename__ = "class_standards"

    position_class: Mapped[str] = mapped_column(primary_key=True)
    competency: Mapped[str] = mapped_column(ForeignKey("competencies.code"), primary_key=True)
    level: Mapped[int]


class PositionStandardRow(NeedsBase):
    """The level that the duties of one position ask of one competency; it goes before that of the class."""

    __tablename__ = "position_standards"

    position_id: Mapped[UUID] = mapped_column(ForeignKey("positions.id"), primary_key=True)
    competency: Mapped[str] = mapped_column(ForeignKey("competencies.code"), primary_key=True)
    level: Mapped[int]


class AssessmentRow(NeedsBase):
    """One assessment, test or rating of one person; the sender's own figures are kept beside ours, never used.

    position_id is the position at the time. One that came from an evaluation has the evaluation's id.
    """

    __tablename__ = "assessments"
    __table_args__ = (Index("ix_assessments_employee_id_id", "employee_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    kind: Mapped[str]
    assessed_on: Mapped[date]
    valid_until: Mapped[date]
    provider: Mapped[str | None]
    position_id: Mapped[UUID | None]
    sender_total: Mapped[int | None]
    sender_match: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    recorded_at: Mapped[datetime]


class EvidenceRow(NeedsBase):
    """The level of one competency in one assessment, with what decides between several, so that one read is enough."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_employee_id_competency", "employee_id", "competency"),)

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessments.id", ondelete="CASCADE"), primary_key=True)
    competency: Mapped[str] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    kind: Mapped[str]
    assessed_on: Mapped[date]
    valid_until: Mapped[date]
    level: Mapped[int]


class PerformanceRow(NeedsBase):
    """The performance result (SKP) of one person in one year."""

    __tablename__ = "performance_results"

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    predicate: Mapped[str]
    result: Mapped[str | None]
    behaviour: Mapped[str | None]
