"""The table of demands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Row
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.training.domain import Demand, DemandOrigin, DemandStatus
from services.training.tables.base import TrainingBase, ids_as_json


class DemandRow(TrainingBase):
    """What the plan or a follow-up asks for one person; bears the id of the plan item or follow-up."""

    __tablename__ = "demands"
    __table_args__ = (
        Index("ix_demands_status_id", "status", "id"),
        Index("ix_demands_employee_id", "employee_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    form: Mapped[int | None]
    program: Mapped[str | None]
    due_date: Mapped[date | None]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    status: Mapped[str]
    enrolment_id: Mapped[UUID | None]
    demanded_at: Mapped[datetime]


def demand_of(row: DemandRow | Row[Any]) -> Demand:
    """The demand in a row, loaded or plain."""
    return Demand(
        id=row.id,
        origin=DemandOrigin(row.origin),
        employee_id=row.employee_id,
        competency=row.competency,
        cycle=row.cycle,
        form=row.form,
        program=row.program,
        due_date=row.due_date,
        need_ids=tuple(UUID(need_id) for need_id in row.need_ids),
        status=DemandStatus(row.status),
        enrolment_id=row.enrolment_id,
    )


def demand_values(demand: Demand, demanded_at: datetime) -> dict[str, Any]:
    """A demand as column values."""
    return {
        "id": demand.id,
        "origin": demand.origin.value,
        "employee_id": demand.employee_id,
        "competency": demand.competency,
        "cycle": demand.cycle,
        "form": demand.form,
        "program": demand.program,
        "due_date": demand.due_date,
        "need_ids": ids_as_json(demand.need_ids),
        "status": demand.status.value,
        "enrolment_id": demand.enrolment_id,
        "demanded_at": demanded_at,
    }
