"""Tables of the needs service."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
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


class Problem(TypedDict):
    """One bad cell."""

    row: int
    column: str
    reason: str


class ImportRow(NeedsBase):
    """One file that came in, and what became of it. It names rows and columns, never what a cell holds."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("kind IN ('units', 'positions', 'employees')", name="kind"),
        CheckConstraint("status IN ('STAGED', 'APPLIED', 'REFUSED', 'ABANDONED')", name="status"),
        Index("ix_imports_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    actor_id: Mapped[UUID]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    titles: Mapped[dict[str, str]] = mapped_column(JSONB)
    rows_read: Mapped[int]
    rows_added: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_refused: Mapped[int]
    problems: Mapped[list[Problem]] = mapped_column(JSONB)


class StagedRow(NeedsBase):
    """One row that is good in itself and waits for its file to be applied; removed with the end of the import."""

    __tablename__ = "staged_rows"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    record: Mapped[dict[str, object]] = mapped_column(JSONB)
