"""The ledger of learning hours: activities, what each was credited and what of it was taken back."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, Row, text
from sqlalchemy.orm import Mapped, mapped_column

from services.training.domain import Activity, ActivityOrigin, Period, Scope
from services.training.tables.base import TrainingBase


class ActivityRow(TrainingBase):
    """One activity and what it counts now; bears the id of the enrolment, the session or the imported line."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_employee_id_form_code", "employee_id", "form_code"),
        Index("ix_activities_employee_id_year", "employee_id", "year"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    form_code: Mapped[str]
    origin: Mapped[str]
    starts_on: Mapped[date]
    starts_at: Mapped[time | None]
    ends_on: Mapped[date]
    scope: Mapped[str]
    claimed_hours: Mapped[Decimal | None] = mapped_column(Numeric)
    title: Mapped[str | None]
    provider: Mapped[str | None]
    correlation_id: Mapped[UUID | None]
    counts: Mapped[bool]
    year: Mapped[int]
    credited_hours: Mapped[int] = mapped_column(server_default=text("0"))
    credited_limit: Mapped[str | None]
    rule_version: Mapped[str | None]
    credit_id: Mapped[UUID | None]


class CreditRow(TrainingBase):
    """One entry of the ledger; a reversal ends it, nothing else changes it."""

    __tablename__ = "credits"
    __table_args__ = (
        Index("uq_credits_activity_id", "activity_id", unique=True, postgresql_where=text("reversed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activities.id"))
    hours: Mapped[int]
    year: Mapped[int]
    rule_version: Mapped[str]
    credited_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversal_reason: Mapped[str | None]


class AccountRow(TrainingBase):
    """A person's activities of one form: locked while they are settled, since they share limits of days and months."""

    __tablename__ = "accounts_of_hours"

    employee_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_code: Mapped[str] = mapped_column(primary_key=True)


class EmploymentPeriodRow(TrainingBase):
    """What held of a person from a day on, as far as training was told; sequence is that of the newest record."""

    __tablename__ = "employment_periods"

    employee_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    legal_status: Mapped[str]
    employment_type: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)

    def to_domain(self) -> Period:
        return Period(starts_on=self.starts_on, legal_status=self.legal_status, employment_type=self.employment_type)


def activity_of(row: ActivityRow | Row[Any]) -> Activity:
    """The activity in a row, loaded or plain."""
    return Activity(
        id=row.id,
        employee_id=row.employee_id,
        form_code=row.form_code,
        starts_on=row.starts_on,
        starts_at=row.starts_at,
        ends_on=row.ends_on,
        scope=Scope(row.scope),
        claimed_hours=row.claimed_hours,
        counts=row.counts,
    )


def activity_values(
    activity: Activity, origin: ActivityOrigin, described: tuple[str | None, str | None], correlation_id: UUID | None
) -> dict[str, Any]:
    """An activity as column values, not yet settled; described are title and provider."""
    return {
        "id": activity.id,
        "employee_id": activity.employee_id,
        "form_code": activity.form_code,
        "origin": origin.value,
        "starts_on": activity.starts_on,
        "starts_at": activity.starts_at,
        "ends_on": activity.ends_on,
        "scope": activity.scope.value,
        "claimed_hours": activity.claimed_hours,
        "title": described[0],
        "provider": described[1],
        "correlation_id": correlation_id,
        "counts": activity.counts,
        "year": activity.ends_on.year,
    }
