"""What the other services ask of training, as records of their events, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from services.training.app import SERVICE
from services.training.tables import ActivityRow, CreditRow, DemandRow
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.directory import DIRECTORY_HANDLERS
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import FollowUpClosed, FollowUpConfirmed, ProgramRevisionRequested
from shared.events.mentoring import SessionConfirmed
from shared.events.needs import PlanItemApproved, PlanItemWithdrawn
from shared.ids import new_id
from tests.records import record_of

COMPETENCY = "PELAYANAN_PUBLIK"


def consumer_of(database: Database) -> Consumer:
    """What training's worker hands its batches to."""
    return Consumer(database, {**DIRECTORY_HANDLERS, **SERVICE.handlers}, frozenset({"medan"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One item of the plan; each method makes a new record about it."""

    employee_id: UUID
    form: int = 8
    program: str | None = None
    id: UUID = field(default_factory=new_id)
    need_id: UUID = field(default_factory=new_id)

    def approved(self) -> Record:
        event = PlanItemApproved(
            plan_item_id=self.id,
            need_id=self.need_id,
            employee_id=self.employee_id,
            competency=COMPETENCY,
            cycle=2026,
            form=self.form,
            program=self.program,
            standard_level=3,
            current_level=2,
        )
        return record_of(event, correlation=self.need_id)

    def withdrawn(self, reason: str = "REVISED") -> Record:
        event = PlanItemWithdrawn(
            plan_item_id=self.id, need_id=self.need_id, employee_id=self.employee_id, reason=reason
        )
        return record_of(event, correlation=self.need_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One follow-up; each method makes a new record about it."""

    employee_id: UUID
    id: UUID = field(default_factory=new_id)
    need_id: UUID = field(default_factory=new_id)

    def confirmed(self, target: str = "TRAINING") -> Record:
        event = FollowUpConfirmed(
            follow_up_id=self.id,
            employee_id=self.employee_id,
            competency=COMPETENCY,
            cycle=2026,
            round=1,
            kind="RETRAINING",
            cause="NOT_MASTERED",
            target=target,
            due_date=date(2026, 9, 30),
            need_ids=(self.need_id,),
        )
        return record_of(event, correlation=self.need_id)

    def closed(self) -> Record:
        event = FollowUpClosed(
            follow_up_id=self.id,
            employee_id=self.employee_id,
            competency=COMPETENCY,
            cycle=2026,
            round=1,
            reason="CORRECTED",
        )
        return record_of(event, correlation=self.need_id)


def session_held(
    employee_id: UUID, held_on: date, form: int = 15, need_id: UUID | None = None, starts_at: time = time(9)
) -> Record:
    """A session of mentoring (15) or coaching (14) that both sides confirmed."""
    event = SessionConfirmed(
        session_id=new_id(),
        pair_id=new_id(),
        employee_id=employee_id,
        competency=COMPETENCY,
        form=form,
        held_on=held_on,
        starts_at=starts_at,
        minutes=90,
    )
    return record_of(event, correlation=need_id or new_id())


def revision_asked(program_id: UUID, figure: str = "70.50") -> Record:
    """A programme whose results call for a change."""
    event = ProgramRevisionRequested(
        program_id=program_id, rule="L1_CLASS", rule_version="2026-01-01", figure=Decimal(figure)
    )
    return record_of(event)


def employee(employee_id: UUID, **changes: object) -> EmployeeRecorded:
    """Somebody at work since 2015, unless changes say otherwise."""
    state = {
        "employee_id": employee_id,
        "name": "Contoh Rekaan",
        "employee_number": "199001012015011000",
        "employment_type": "PNS",
        "legal_status": "01",
        "unit_id": UUID(int=2),
        "position_id": UUID(int=3),
        "valid_from": date(2015, 1, 1),
    }
    return EmployeeRecorded.model_validate(state | changes)


async def demands(database: Database) -> dict[UUID, DemandRow]:
    """Every demand by id."""
    async with database.session() as session:
        return {row.id: row for row in await session.scalars(select(DemandRow))}


async def activities(database: Database) -> Sequence[ActivityRow]:
    """Every activity by its first day."""
    async with database.session() as session:
        return (await session.scalars(select(ActivityRow).order_by(ActivityRow.starts_on, ActivityRow.id))).all()


async def ledger(database: Database) -> Sequence[CreditRow]:
    """Every entry of the ledger in the order it was written."""
    async with database.session() as session:
        return (await session.scalars(select(CreditRow).order_by(CreditRow.id))).all()
