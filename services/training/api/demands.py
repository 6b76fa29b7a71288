"""Routes of demands and nominations: who is to be trained in what, and who is proposed for which class."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.api.seats import EnrolmentsView, NewcomerLine
from services.training.api.shapes import MANY, Paragraph
from services.training.domain import DemandOrigin, DemandStatus, Nomination, NominationStatus
from shared.events.contract import Code
from shared.web.shapes import AnyoneCommands, AnyoneReads, AskedPage, Body, OrganiserCommands

router = APIRouter()


class DemandView(BaseModel):
    """What the plan or a follow-up asks; its id goes as plan_item_id or follow_up_id into the seat that meets it."""

    id: UUID
    origin: DemandOrigin
    employee_id: UUID
    name: str | None
    legal_status: str | None
    competency: str
    cycle: int
    form: int | None
    program: str | None
    due_date: date | None
    need_ids: tuple[UUID, ...]
    status: DemandStatus
    enrolment_id: UUID | None

    @classmethod
    def of(cls, listed: queries.ListedDemand) -> DemandView:
        demand = listed.demand
        return cls(
            id=demand.id,
            origin=demand.origin,
            employee_id=demand.employee_id,
            name=listed.name,
            legal_status=listed.legal_status,
            competency=demand.competency,
            cycle=demand.cycle,
            form=demand.form,
            program=demand.program,
            due_date=demand.due_date,
            need_ids=demand.need_ids,
            status=demand.status,
            enrolment_id=demand.enrolment_id,
        )


class NominationList(Body):
    """People who are proposed for a class, and why."""

    participants: Annotated[list[NewcomerLine], Field(min_length=1, max_length=MANY)]
    reason: Paragraph | None = None


class Decisions(Body):
    """Nominations by id; those accepted get seats, or nothing happens at all."""

    accepted: Annotated[tuple[UUID, ...], Field(max_length=MANY)] = ()
    refused: Annotated[tuple[UUID, ...], Field(max_length=MANY)] = ()


class NominationView(BaseModel):
    id: UUID
    class_id: UUID
    employee_id: UUID
    name: str | None = None
    plan_item_id: UUID | None
    follow_up_id: UUID | None
    nominator_id: UUID | None = None
    reason: str | None = None
    status: NominationStatus

    @classmethod
    def of(cls, nomination: Nomination) -> NominationView:
        return cls(
            id=nomination.id,
            class_id=nomination.class_id,
            employee_id=nomination.employee_id,
            plan_item_id=nomination.plan_item_id,
            follow_up_id=nomination.follow_up_id,
            status=nomination.status,
        )

    @classmethod
    def listed(cls, found: queries.ListedNomination) -> NominationView:
        more = {"name": found.name, "nominator_id": found.nominator_id, "reason": found.reason}
        return cls.of(found.nomination).model_copy(update=more)


class NominationsView(BaseModel):
    """The nominations a command made."""

    nominations: list[NominationView]

    @classmethod
    def of(cls, nominations: Iterable[Nomination]) -> NominationsView:
        return cls(nominations=[NominationView.of(nomination) for nomination in nominations])


@router.get("/demands")
async def list_demands(
    reading: AnyoneReads,
    page: AskedPage,
    status: DemandStatus | None = None,
    competency: Code | None = None,
    program: Code | None = None,
    employee_id: UUID | None = None,
) -> list[DemandView]:
    """What is asked of training, newest first; for whoever may not see others, the own."""
    wanted = queries.DemandFilter(status=status, competency=competency, program=program, employee_id=employee_id)
    found = await queries.demands(reading.session, reading.actor, page, wanted)
    return [DemandView.of(each) for each in found]


@router.get("/demands/{demand_id}")
async def read_demand(demand_id: UUID, reading: AnyoneReads) -> DemandView:
    return DemandView.of(await queries.demand(reading.session, reading.actor, demand_id))


@router.get("/classes/{class_id}/nominations")
async def list_nominations(class_id: UUID, reading: AnyoneReads) -> list[NominationView]:
    """Who is proposed for the class; for whoever may not see others, themselves and whom they proposed."""
    found = await queries.nominations(reading.session, reading.actor, class_id)
    return [NominationView.listed(each) for each in found]


@router.post("/classes/{class_id}/nominations", status_code=201, response_model=NominationsView)
async def nominate(class_id: UUID, body: NominationList, command: AnyoneCommands) -> Response:
    """Propose direct reports, or as staff of a unit its people."""
    lines = [line.newcomer() for line in body.participants]

    async def work(session: AsyncSession) -> NominationsView:
        return NominationsView.of(await commands.nominate(session, command.actor, class_id, lines, body.reason))

    return await command.run(work, status=201)


@router.post("/classes/{class_id}/nominations/decisions", response_model=EnrolmentsView)
async def decide_nominations(class_id: UUID, body: Decisions, command: OrganiserCommands) -> Response:
    async def work(session: AsyncSession) -> EnrolmentsView:
        seated = await commands.decide_nominations(session, command.actor, class_id, body.accepted, body.refused)
        return EnrolmentsView.of(seated)

    return await command.run(work)
