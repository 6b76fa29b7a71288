"""Routes of follow-ups: reading, confirming (in bulk), declining, reporting a superior's task done, closing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.api.shapes import MANY, View
from services.evaluation.commands import plans
from services.evaluation.domain.follow_ups import ClosingReason, FollowUpStatus
from services.evaluation.domain.rules import Target
from services.evaluation.queries import follow_ups as queries
from services.evaluation.tables import FollowUpRow
from shared.web.shapes import AnalystCommands, AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter()


class FollowUpView(View):
    """One follow-up; due_date is a local date of the agency, guide_id the superior who coaches or has the task.

    Of one person, competency and cycle one is active. Its round ends when what it ordered is evaluated: RESOLVED, or
    NOT_RESOLVED and another round, or after the last round status ESCALATED. A stronger signal closes it as REROUTED
    and opens another in the same round: no opportunity or support, then a gap that remains after training and
    mentoring, then weak behaviour, then a test not passed.
    """

    id: UUID
    evaluation_id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    round: int
    kind: str
    cause: str
    target: str
    due_date: date
    rule: str
    rule_version: str
    need_ids: list[UUID]
    guide_id: UUID | None
    status: FollowUpStatus
    opened_at: datetime
    closed_at: datetime | None
    closing_reason: ClosingReason | None


class FollowUpDetail(FollowUpView):
    """One follow-up with the evaluations that call for it."""

    reasons: list[UUID]


class FollowUpsView(BaseModel):
    """Several follow-ups."""

    follow_ups: list[FollowUpView]


class ConfirmationLine(Body):
    """One follow-up to confirm; target may choose between TRAINING and MENTORING, else it is the rule's."""

    follow_up_id: UUID
    target: Target | None = None


class ConfirmationList(Body):
    """All of these are confirmed, or none."""

    follow_ups: Annotated[list[ConfirmationLine], Field(min_length=1, max_length=MANY)]


@router.get("/follow-ups", response_model=list[FollowUpView])
async def list_follow_ups(
    reading: AnyoneReads, page: AskedPage, status: FollowUpStatus | None = None, employee_id: UUID | None = None
) -> list[FollowUpView]:
    """The newest follow-ups, with one status or of one person if asked so; superiors see those they carry out."""
    found = await queries.follow_ups(reading.session, reading.actor, page, status=status, employee_id=employee_id)
    return [FollowUpView.model_validate(row) for row in found]


@router.get("/follow-ups/{follow_up_id}", response_model=FollowUpDetail)
async def read_follow_up(follow_up_id: UUID, reading: AnyoneReads) -> FollowUpDetail:
    row, reasons = await queries.follow_up(reading.session, reading.actor, follow_up_id)
    return FollowUpDetail(**FollowUpView.model_validate(row).model_dump(), reasons=list(reasons))


@router.post("/follow-ups/confirmations", response_model=FollowUpsView)
async def confirm_follow_ups(body: ConfirmationList, command: AnalystCommands) -> Response:
    """Confirm follow-ups so that they may begin; nobody confirms one about themselves."""
    targets = {line.follow_up_id: line.target for line in body.follow_ups}

    async def work(session: AsyncSession) -> FollowUpsView:
        rows = await plans.confirm(session, command.actor, targets)
        return FollowUpsView(follow_ups=[FollowUpView.model_validate(row) for row in rows])

    return await command.run(work)


@router.post("/follow-ups/{follow_up_id}/decline", response_model=FollowUpView)
async def decline_follow_up(follow_up_id: UUID, command: AnalystCommands) -> Response:
    """Decline a follow-up that nobody has confirmed yet."""

    async def work(session: AsyncSession) -> FollowUpView:
        return _view(await plans.decline(session, command.actor, follow_up_id))

    return await command.run(work)


@router.post("/follow-ups/{follow_up_id}/done", response_model=FollowUpView)
async def report_follow_up_done(follow_up_id: UUID, command: AnyoneCommands) -> Response:
    """Report a superior's task done: by that superior or an analyst."""

    async def work(session: AsyncSession) -> FollowUpView:
        return _view(await plans.report_done(session, command.actor, follow_up_id))

    return await command.run(work)


@router.post("/follow-ups/{follow_up_id}/close", response_model=FollowUpView)
async def close_follow_up(follow_up_id: UUID, command: AnalystCommands) -> Response:
    """Close a confirmed follow-up whose effect cannot be evaluated."""

    async def work(session: AsyncSession) -> FollowUpView:
        return _view(await plans.give_up(session, command.actor, follow_up_id))

    return await command.run(work)


def _view(row: FollowUpRow) -> FollowUpView:
    return FollowUpView.model_validate(row)
