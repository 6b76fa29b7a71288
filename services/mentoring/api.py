"""The JSON routes of mentoring: analysts ask, analysts and auditors read all, others what is about themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring import commands, queries
from services.mentoring.domain import Origin, RequestStatus, WithdrawalReason
from services.mentoring.queries import Page
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.web.requests import Commanding, Reading, may_command, may_read

router = APIRouter(prefix="/mentoring", tags=["mentoring"])


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Page:
    """The part of a list that a request asks for."""
    return Page(before=before, limit=limit)


AnyoneReads = Annotated[Reading, may_read()]
AnalystCommand = Annotated[Commanding, may_command(Role.ANALYST)]
AskedPage = Annotated[Page, Depends(page)]


class RequestView(BaseModel):
    """One request; due_date is a local date of the agency, present when a follow-up asked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    employee_id: UUID
    competency: str
    origin: Origin
    follow_up_id: UUID | None
    need_ids: list[UUID]
    due_date: date | None
    status: RequestStatus
    withdrawal_reason: WithdrawalReason | None
    requested_at: datetime
    withdrawn_at: datetime | None


class RequestMentoring(BaseModel):
    """Whom to mentor in what."""

    model_config = ConfigDict(extra="forbid")

    employee_id: UUID
    competency: Code
    need_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()


class WithdrawRequest(BaseModel):
    """Why the request is no longer wanted."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal[WithdrawalReason.MISTAKE, WithdrawalReason.NOT_AVAILABLE, WithdrawalReason.OTHER_PATH]


@router.post("/requests", status_code=201, response_model=RequestView)
async def request_mentoring(body: RequestMentoring, command: AnalystCommand) -> Response:
    """Ask for mentoring of an employee."""

    async def work(session: AsyncSession) -> RequestView:
        row = await commands.request_mentoring(session, command.actor, body.employee_id, body.competency, body.need_ids)
        return RequestView.model_validate(row)

    return await command.run(work, status=201)


@router.post("/requests/{request_id}/withdraw", response_model=RequestView)
async def withdraw_request(request_id: UUID, body: WithdrawRequest, command: AnalystCommand) -> Response:
    """Withdraw a request that has not begun."""

    async def work(session: AsyncSession) -> RequestView:
        row = await commands.withdraw_request(session, command.actor, request_id, body.reason)
        return RequestView.model_validate(row)

    return await command.run(work)


@router.get("/requests", response_model=list[RequestView])
async def list_requests(
    reading: AnyoneReads,
    page: AskedPage,
    employee_id: UUID | None = None,
    status: RequestStatus | None = None,
) -> list[RequestView]:
    """The newest requests, of one person or with one status if asked so."""
    found = await queries.requests(reading.session, reading.actor, page, employee_id=employee_id, status=status)
    return [RequestView.model_validate(row) for row in found]


@router.get("/requests/{request_id}", response_model=RequestView)
async def read_request(request_id: UUID, reading: AnyoneReads) -> RequestView:
    return RequestView.model_validate(await queries.request(reading.session, reading.actor, request_id))
