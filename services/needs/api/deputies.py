"""Routes of deputies (PLT and PLH): who leads which unit from which day to which."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.commands import deputies as commands
from services.needs.domain.deputies import Capacity, Deputy
from services.needs.queries import deputies as queries
from shared import clock
from shared.web.shapes import AnalystCommands, AnyoneReads, AskedPage, Body, Line

router = APIRouter(prefix="/deputies")

EmployeeNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$")]


class DeputyView(BaseModel):
    """One duty of a deputy; both days are its own."""

    id: UUID
    unit_id: UUID
    employee_id: UUID
    capacity: Capacity
    decree_number: str
    from_date: date
    to_date: date

    @classmethod
    def of(cls, deputy: Deputy) -> DeputyView:
        return cls.model_validate(deputy, from_attributes=True)


class AppointmentEntry(Body):
    """What the decree says; people are named by their employee numbers, units by their codes."""

    unit: Line
    employee_number: EmployeeNumber
    capacity: Capacity
    decree_number: Line
    from_date: date
    to_date: date

    def appointment(self) -> commands.Appointment:
        return commands.Appointment(
            unit_code=self.unit,
            employee_number=self.employee_number,
            capacity=self.capacity,
            decree_number=self.decree_number,
            from_date=self.from_date,
            to_date=self.to_date,
        )


class LastDay(Body):
    """On which day a duty ends, earlier than recorded."""

    last_day: date


@router.get("")
async def list_deputies(reading: AnyoneReads, page: AskedPage, *, past: bool = True) -> list[DeputyView]:
    """The newest duties of people the reader may see; without past ones, those of today and later."""
    today = None if past else await clock.today(reading.session)
    found = await queries.deputies(reading.session, reading.actor, page, holding_on=today)
    return [DeputyView.of(each.deputy) for each in found]


@router.post("", status_code=201, response_model=DeputyView)
async def appoint_deputy(body: AppointmentEntry, command: AnalystCommands) -> Response:
    """Record a deputy: from the first day to the last they lead the unit in all services."""

    async def work(session: AsyncSession) -> DeputyView:
        return DeputyView.of(await commands.appoint_deputy(session, command.actor, body.appointment()))

    return await command.run(work, status=201)


@router.post("/{deputy_id}/end", response_model=DeputyView)
async def end_deputy(deputy_id: UUID, body: LastDay, command: AnalystCommands) -> Response:
    """Let a duty end earlier than recorded; what was decided until then stands."""

    async def work(session: AsyncSession) -> DeputyView:
        return DeputyView.of(await commands.end_deputy(session, command.actor, deputy_id, body.last_day))

    return await command.run(work)
