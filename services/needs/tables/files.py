"""Files that came in, and their rows until they are applied."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.needs.tables.master import NeedsBase


class Problem(TypedDict):
    """One bad cell."""

    row: int
    column: str
    reason: str


class ImportRow(NeedsBase):
    """One file that came in, and what became of it. It names rows and columns, never what a cell holds."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('units', 'positions', 'employees', 'standards', 'assessments', 'performance')", name="kind"
        ),
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
