"""The tables of mentoring."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Index, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.mentoring.domain import Origin, Request, RequestStatus
from shared.db import NAMING, TYPES


class MentoringBase(DeclarativeBase):
    """Tables that only mentoring has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class RequestRow(MentoringBase):
    """A request for mentoring; a follow-up has one at most. due_date is a local date of the agency."""

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_status_id", "status", "id"),
        Index("ix_requests_employee_id_id", "employee_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    origin: Mapped[str]
    follow_up_id: Mapped[UUID | None] = mapped_column(unique=True)
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    due_date: Mapped[date | None]
    status: Mapped[str]
    withdrawal_reason: Mapped[str | None]
    requested_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    def to_domain(self) -> Request:
        """The request as the domain knows it."""
        return Request(
            id=self.id,
            employee_id=self.employee_id,
            competency=self.competency,
            origin=Origin(self.origin),
            follow_up_id=self.follow_up_id,
            need_ids=tuple(UUID(need) for need in self.need_ids),
            status=RequestStatus(self.status),
        )


def request_values(request: Request, requested_at: datetime, due_date: date | None) -> dict[str, Any]:
    """The row of a request that opens."""
    return {
        "id": request.id,
        "employee_id": request.employee_id,
        "competency": request.competency,
        "origin": request.origin,
        "follow_up_id": request.follow_up_id,
        "need_ids": orjson.dumps(request.need_ids).decode(),
        "due_date": due_date,
        "status": request.status,
        "requested_at": requested_at,
    }
