"""Units, positions and employees."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import NAMING, TYPES


class NeedsBase(DeclarativeBase):
    """Tables of this service's own lineage."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class UnitRow(NeedsBase):
    """One work unit; its head is derived from the order of superiors (see domain.heads)."""

    __tablename__ = "units"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    unit_type: Mapped[str | None]
    # Not a foreign key: units and employees would then each need the other first.
    head_id: Mapped[UUID | None] = mapped_column(index=True)


class PositionRow(NeedsBase):
    """One position: a title in a class."""

    __tablename__ = "positions"
    __table_args__ = (UniqueConstraint("title", "position_class"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    position_class: Mapped[str]


class EmployeeRow(NeedsBase):
    """One employee; the number may change during a career, the id does not."""

    __tablename__ = "employees"
    __table_args__ = (Index("ix_employees_name_id", "name", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    title_before: Mapped[str | None]
    title_after: Mapped[str | None]
    email: Mapped[str | None]
    employment_type: Mapped[str]
    legal_status: Mapped[str]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    position_id: Mapped[UUID] = mapped_column(ForeignKey("positions.id"), index=True)
    superior_id: Mapped[UUID | None] = mapped_column(ForeignKey("employees.id"), index=True)
    valid_from: Mapped[date]


class DeputyRow(NeedsBase):
    """Who leads a unit for some days, the last included, by which decree; kept as history when the days are over."""

    __tablename__ = "deputies"
    __table_args__ = (CheckConstraint("from_date <= to_date", name="days"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employees.id"), index=True)
    capacity: Mapped[str]
    decree_number: Mapped[str]
    from_date: Mapped[date]
    to_date: Mapped[date]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
