"""Routes of the annual plan: items proposed for validated needs, fixed by a decree that a second person confirms."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.api.shapes import AT_ONCE, Cycle, Done, Ids
from services.needs.commands import plan as commands
from services.needs.domain.plan import DecreeStatus, ItemStatus, Particulars, WithdrawalReason
from services.needs.queries import plan as queries
from services.needs.tables import DecreeRow
from shared import clock
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.web.requests import Reading, may_read
from shared.web.shapes import AnalystCommands, AnyoneReads, AskedPage, Body, Line

router = APIRouter()

DecreeReading = Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR)]


class FormView(BaseModel):
    """One form of development and the service that carries it out."""

    id: int
    name: str
    service: str


class ItemEntry(Body):
    """What is planned for a need; cost in whole rupiah."""

    need_id: UUID
    form: Annotated[int, Field(ge=1, le=25)]
    program: Code | None = None
    provider: Line | None = None
    scheduled_from: date | None = None
    scheduled_to: date | None = None
    learning_hours: Annotated[int, Field(ge=1, le=2_000)] | None = None
    fits_curriculum: bool | None = None
    cost: Annotated[int, Field(ge=0, le=10**12)] | None = None
    funding_source: Line | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.scheduled_from and self.scheduled_to and self.scheduled_to < self.scheduled_from:
            raise ValueError("tanggal selesai sebelum tanggal mulai")
        return self

    def particulars(self) -> Particulars:
        return Particulars(**self.model_dump(exclude={"need_id"}))


class ItemEntries(Body):
    """Items for several needs: all of them or none."""

    items: Annotated[list[ItemEntry], Field(min_length=1, max_length=AT_ONCE)]


class ItemsView(BaseModel):
    """The ids of the items, in the order in which they were sent."""

    plan_item_ids: list[UUID]


class WithdrawnItems(Body):
    """Which items will not be carried out, and why."""

    plan_item_ids: Ids
    reason: Literal[
        WithdrawalReason.MISTAKE,
        WithdrawalReason.NO_BUDGET,
        WithdrawalReason.OTHER_FORM,
        WithdrawalReason.NOT_RELEVANT,
    ]


class ItemView(BaseModel):
    """One item of the plan."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    need_id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    form: int
    program: str | None
    provider: str | None
    scheduled_from: date | None
    scheduled_to: date | None
    learning_hours: int | None
    fits_curriculum: bool | None
    cost: int | None
    funding_source: str | None
    status: ItemStatus
    decree_id: UUID | None
    reason: WithdrawalReason | None
    changed_at: datetime


class DecreeEntry(Body):
    """A signed decree; without plan_item_ids it fixes all items of the cycle that are proposed."""

    cycle: Cycle
    number: Line
    decreed_on: date
    signatory: Line
    plan_item_ids: Ids | None = None


class DecreeView(BaseModel):
    """One decree; who entered and who concluded it, each by employee or else account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    cycle: int
    number: str
    decreed_on: date
    signatory: str
    status: DecreeStatus
    entered_by: UUID
    entered_at: datetime
    concluded_by: UUID | None
    concluded_at: datetime | None


@router.get("/forms")
async def list_forms(reading: AnyoneReads) -> list[FormView]:
    """The forms of development in force today (Peraturan LAN 10/2018)."""
    forms = rules.FORMS.on(await clock.today(reading.session))
    return [FormView(id=form.id, name=form.name, service=form.service) for form in forms.values()]


@router.post("/plan-items", status_code=201, response_model=ItemsView)
async def propose_items(body: ItemEntries, command: AnalystCommands) -> Response:
    """Propose items for validated needs; a need that has a proposed item gets it changed."""

    async def work(session: AsyncSession) -> ItemsView:
        proposals = [commands.Proposal(need_id=item.need_id, particulars=item.particulars()) for item in body.items]
        return ItemsView(plan_item_ids=await commands.propose_items(session, command.actor, proposals))

    return await command.run(work, status=201)


@router.post("/plan-items/withdraw", response_model=Done)
async def withdraw_items(body: WithdrawnItems, command: AnalystCommands) -> Response:
    """Withdraw items; the need of one that was fixed is validated again and may be planned anew."""

    async def work(session: AsyncSession) -> Done:
        await commands.withdraw_items(session, command.actor, body.plan_item_ids, body.reason)
        return Done(count=len(body.plan_item_ids))

    return await command.run(work)


@router.get("/plan-items")
async def list_items(
    reading: AnyoneReads,
    page: AskedPage,
    cycle: int | None = None,
    status: ItemStatus | None = None,
    employee_id: UUID | None = None,
) -> list[ItemView]:
    """The newest items, seen by those who see their needs."""
    rows = await queries.items(
        reading.session, reading.actor, page, cycle=cycle, status=status, employee_id=employee_id
    )
    return [ItemView.model_validate(row) for row in rows]


@router.get("/plan-items/{plan_item_id}")
async def read_item(plan_item_id: UUID, reading: AnyoneReads) -> ItemView:
    return ItemView.model_validate(await queries.item(reading.session, reading.actor, plan_item_id))


@router.post("/decrees", status_code=201, response_model=DecreeView)
async def enter_decree(body: DecreeEntry, command: AnalystCommands) -> Response:
    """Enter the signed decree of a cycle; its items wait until a second person has confirmed it."""

    async def work(session: AsyncSession) -> DecreeView:
        entry = commands.DecreeEntry(
            cycle=body.cycle,
            number=body.number,
            decreed_on=body.decreed_on,
            signatory=body.signatory,
            item_ids=body.plan_item_ids,
        )
        return DecreeView.model_validate(await commands.enter_decree(session, command.actor, entry))

    return await command.run(work, status=201)


@router.post("/decrees/{decree_id}/confirm", response_model=DecreeView)
async def confirm_decree(decree_id: UUID, command: AnalystCommands) -> Response:
    """Confirm a decree as the second person: its items are fixed and go to training and mentoring."""
    return await command.run(lambda session: _view(commands.confirm_decree(session, command.actor, decree_id)))


@router.post("/decrees/{decree_id}/cancel", response_model=DecreeView)
async def cancel_decree(decree_id: UUID, command: AnalystCommands) -> Response:
    """Take back a decree that was entered by mistake."""
    return await command.run(lambda session: _view(commands.cancel_decree(session, command.actor, decree_id)))


@router.get("/decrees")
async def list_decrees(reading: DecreeReading, page: AskedPage, cycle: int | None = None) -> list[DecreeView]:
    """The newest decrees first."""
    return [DecreeView.model_validate(row) for row in await queries.decrees(reading.session, page, cycle=cycle)]


@router.get("/decrees/{decree_id}")
async def read_decree(decree_id: UUID, reading: DecreeReading) -> DecreeView:
    return DecreeView.model_validate(await queries.decree(reading.session, decree_id))


async def _view(concluding: Awaitable[DecreeRow]) -> DecreeView:
    return DecreeView.model_validate(await concluding)
