"""Routes of requests: analysts ask for others, everybody for themselves, many at once where people work so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.api.shapes import MANY
from services.mentoring.commands import requests as commands
from services.mentoring.commands.requests import Wish
from services.mentoring.domain.requests import Form, Origin, Request, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.queries import requests as queries
from services.mentoring.queries.requests import RequestFilter
from shared.events.contract import Code
from shared.identity.actor import Actor
from shared.web.shapes import AnalystCommands, AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter()

PersonsReason = Literal[WithdrawalReason.MISTAKE, WithdrawalReason.NOT_AVAILABLE, WithdrawalReason.OTHER_PATH]


class RequestView(BaseModel):
    """One request; form is 14 (coaching) or 15 (mentoring); due_date is a local date, present when a follow-up asked.

    status PROPOSED waits until a person confirms the follow-up behind it, OPEN for somebody who guides.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    employee_id: UUID
    competency: str
    origin: Origin
    form: Form
    follow_up_id: UUID | None
    plan_item_id: UUID | None
    need_ids: list[UUID]
    guide_id: UUID | None
    required_level: int | None
    current_level: int | None
    unit_wish: UnitWish
    due_date: date | None
    status: RequestStatus
    withdrawal_reason: WithdrawalReason | None
    requested_at: datetime
    withdrawn_at: datetime | None


class RequestList(BaseModel):
    """The requests a command made or changed."""

    requests: list[RequestView]


class RequestMentoring(Body):
    """Whom to mentor or coach in what; guide_id names a coach who is not the superior."""

    employee_id: UUID
    competency: Code
    form: Form = Form.MENTORING
    need_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    guide_id: UUID | None = None
    unit_wish: UnitWish = UnitWish.ANY

    def wish(self) -> Wish:
        return Wish(**dict(self))


class RequestOwn(Body):
    """In what one wishes to be mentored; OTHER asks for a mentor of another unit."""

    competency: Code
    unit_wish: UnitWish = UnitWish.ANY


class Onboard(Body):
    """The newcomers to be guided; without a list, every newcomer who was not given a guide before."""

    employee_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MANY)] | None = None


class WithdrawRequest(Body):
    """Why the request is no longer wanted."""

    reason: PersonsReason


async def view_of(session: AsyncSession, actor: Actor, request: Request) -> RequestView:
    """What the actor is answered about a request."""
    return RequestView.model_validate(await queries.request(session, actor, request.id))


@router.post("/requests", status_code=201, response_model=RequestView)
async def request_mentoring(body: RequestMentoring, command: AnalystCommands) -> Response:
    """Ask for mentoring or coaching of an employee."""

    async def work(session: AsyncSession) -> RequestView:
        [request] = await commands.request_mentoring(session, command.actor, [body.wish()])
        return await view_of(session, command.actor, request)

    return await command.run(work, status=201)


@router.post("/own-requests", status_code=201, response_model=RequestView)
async def request_own_mentoring(body: RequestOwn, command: AnyoneCommands) -> Response:
    """Ask for mentoring of oneself."""

    async def work(session: AsyncSession) -> RequestView:
        request = await commands.request_own_mentoring(session, command.actor, body.competency, body.unit_wish)
        return await view_of(session, command.actor, request)

    return await command.run(work, status=201)


@router.post("/onboarding", status_code=201, response_model=RequestList)
async def open_onboarding(body: Onboard, command: AnalystCommands) -> Response:
    """Ask for guides for newcomers: people whose service began less than the rule's months ago."""

    async def work(session: AsyncSession) -> RequestList:
        made = await commands.open_onboarding(session, command.actor, body.employee_ids)
        rows = await queries.requests_by_id(session, command.actor, [request.id for request in made])
        return RequestList(requests=[RequestView.model_validate(rows[request.id]) for request in made])

    return await command.run(work, status=201)


@router.post("/requests/{request_id}/withdraw", response_model=RequestView)
async def withdraw_request(request_id: UUID, body: WithdrawRequest, command: AnyoneCommands) -> Response:
    """Withdraw a request that has not begun: an analyst any, a person their own."""

    async def work(session: AsyncSession) -> RequestView:
        request = await commands.withdraw_request(session, command.actor, request_id, body.reason)
        return await view_of(session, command.actor, request)

    return await command.run(work)


@router.get("/requests", response_model=list[RequestView])
async def list_requests(
    reading: AnyoneReads,
    page: AskedPage,
    employee_id: UUID | None = None,
    status: RequestStatus | None = None,
    origin: Origin | None = None,
) -> list[RequestView]:
    """The newest requests, of one person, with one status or of one origin if asked so."""
    wanted = RequestFilter(employee_id=employee_id, status=status, origin=origin)
    found = await queries.requests(reading.session, reading.actor, page, wanted)
    return [RequestView.model_validate(row) for row in found]


@router.get("/requests/{request_id}", response_model=RequestView)
async def read_request(request_id: UUID, reading: AnyoneReads) -> RequestView:
    return RequestView.model_validate(await queries.request(reading.session, reading.actor, request_id))
