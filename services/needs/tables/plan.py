"""The annual plan: decrees and items."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Row, text
from sqlalchemy.orm import Mapped, mapped_column

from services.needs.domain.plan import Decree, DecreeStatus, ItemStatus, Particulars, PlanItem, WithdrawalReason
from services.needs.tables.master import NeedsBase


class DecreeRow(NeedsBase):
    """The signed document that fixes items; entered and confirmed by two people, each by employee or else account."""

    __tablename__ = "decrees"
    __table_args__ = (
        Index("uq_decrees_number", "number", "decreed_on", unique=True, postgresql_where=text("status <> 'CANCELLED'")),
        Index("ix_decrees_cycle_id", "cycle", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cycle: Mapped[int]
    number: Mapped[str]
    decreed_on: Mapped[date]
    signatory: Mapped[str]
    status: Mapped[str]
    entered_by: Mapped[UUID]
    entered_at: Mapped[datetime]
    concluded_by: Mapped[UUID | None]
    concluded_at: Mapped[datetime | None]

    def to_domain(self) -> Decree:
        """The decree."""
        return Decree(
            id=self.id,
            cycle=self.cycle,
            number=self.number,
            decreed_on=self.decreed_on,
            signatory=self.signatory,
            entered_by=self.entered_by,
            status=DecreeStatus(self.status),
        )


class PlanItemRow(NeedsBase):
    """One item of the plan; at most one that is still to be carried out for a need."""

    __tablename__ = "plan_items"
    __table_args__ = (
        Index(
            "uq_plan_items_active",
            "need_id",
            unique=True,
            postgresql_where=text("status IN ('PROPOSED', 'SUBMITTED', 'APPROVED')"),
        ),
        Index("ix_plan_items_cycle_status_id", "cycle", "status", "id"),
        Index("ix_plan_items_employee_id_id", "employee_id", "id"),
        Index("ix_plan_items_decree_id", "decree_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"))
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    cycle: Mapped[int]
    form: Mapped[int]
    program: Mapped[str | None]
    provider: Mapped[str | None]
    scheduled_from: Mapped[date | None]
    scheduled_to: Mapped[date | None]
    learning_hours: Mapped[int | None]
    fits_curriculum: Mapped[bool | None]
    cost: Mapped[int | None] = mapped_column(BigInteger)
    funding_source: Mapped[str | None]
    status: Mapped[str]
    decree_id: Mapped[UUID | None] = mapped_column(ForeignKey("decrees.id"))
    reason: Mapped[str | None]
    changed_at: Mapped[datetime]

    def to_particulars(self) -> Particulars:
        """What is planned."""
        return _particulars_of(self)


def item_of(row: Row[Any]) -> PlanItem:
    """The item in a plain row."""
    return PlanItem(
        id=row.id,
        need_id=row.need_id,
        employee_id=row.employee_id,
        competency=row.competency,
        cycle=row.cycle,
        particulars=_particulars_of(row),
        status=ItemStatus(row.status),
        decree_id=row.decree_id,
        reason=WithdrawalReason(row.reason) if row.reason else None,
    )


def _particulars_of(row: PlanItemRow | Row[Any]) -> Particulars:
    return Particulars(
        form=row.form,
        program=row.program,
        provider=row.provider,
        scheduled_from=row.scheduled_from,
        scheduled_to=row.scheduled_to,
        learning_hours=row.learning_hours,
        fits_curriculum=row.fits_curriculum,
        cost=row.cost,
        funding_source=row.funding_source,
    )


def item_values(item: PlanItem, moment: datetime) -> dict[str, Any]:
    """The row of an item, new or changed."""
    planned = item.particulars
    return {
        "id": item.id,
        "need_id": item.need_id,
        "employee_id": item.employee_id,
        "competency": item.competency,
        "cycle": item.cycle,
        "form": planned.form,
        "program": planned.program,
        "provider": planned.provider,
        "scheduled_from": planned.scheduled_from,
        "scheduled_to": planned.scheduled_to,
        "learning_hours": planned.learning_hours,
        "fits_curriculum": planned.fits_curriculum,
        "cost": planned.cost,
        "funding_source": planned.funding_source,
        "status": item.status.value,
        "decree_id": item.decree_id,
        "reason": item.reason.value if item.reason else None,
        "changed_at": moment,
    }
