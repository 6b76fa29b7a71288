"""The JSON routes of evaluation: analysts and auditors read all, everybody else what is about themselves."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from services.evaluation import queries
from services.evaluation.domain import ClosingReason, FollowUpStatus, Verdict
from services.evaluation.queries import Page
from services.evaluation.tables import EvaluationRow, FollowUpRow
from shared.web.requests import Reading, may_read

router = APIRouter(prefix="/evaluation", tags=["evaluation"])


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Page:
    """The part of a list that a request asks for."""
    return Page(before=before, limit=limit)


AnyoneReads = Annotated[Reading, may_read()]
AskedPage = Annotated[Page, Depends(page)]


class EvaluationView(BaseModel):
    """One evaluation; figure in percent of the highest score, gain normalised (Hake 1998)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    program_title: str | None = None
    employee_id: UUID
    competency: str
    level: int
    verdict: Verdict
    figure: Decimal | None
    gain: Decimal | None
    rule: str
    rule_version: str
    concluded_at: datetime
    follow_up_id: UUID | None


class FollowUpView(BaseModel):
    """One follow-up; due_date is a local date of the agency."""

    model_config = ConfigDict(from_attributes=True)

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
    status: FollowUpStatus
    opened_at: datetime
    closed_at: datetime | None
    closing_reason: ClosingReason | None


class FollowUpDetail(FollowUpView):
    """One follow-up with the evaluations that call for it."""

    reasons: list[UUID]


@router.get("/evaluations", response_model=list[EvaluationView])
async def list_evaluations(
    reading: AnyoneReads,
    page: AskedPage,
    employee_id: UUID | None = None,
    enrolment_id: UUID | None = None,
) -> list[EvaluationView]:
    """The newest evaluations, of one person or one enrolment if asked so."""
    found = await queries.evaluations(
        reading.session, reading.actor, page, employee_id=employee_id, enrolment_id=enrolment_id
    )
    return [_evaluation_view(row, title) for row, title in found]


@router.get("/evaluations/{evaluation_id}", response_model=EvaluationView)
async def read_evaluation(evaluation_id: UUID, reading: AnyoneReads) -> EvaluationView:
    return _evaluation_view(*await queries.evaluation(reading.session, reading.actor, evaluation_id))


@router.get("/follow-ups", response_model=list[FollowUpView])
async def list_follow_ups(
    reading: AnyoneReads,
    page: AskedPage,
    status: FollowUpStatus | None = None,
) -> list[FollowUpView]:
    """The newest follow-ups, those with one status if asked so."""
    found = await queries.follow_ups(reading.session, reading.actor, page, status=status)
    return [FollowUpView.model_validate(row) for row in found]


@router.get("/follow-ups/{follow_up_id}", response_model=FollowUpDetail)
async def read_follow_up(follow_up_id: UUID, reading: AnyoneReads) -> FollowUpDetail:
    row, reasons = await queries.follow_up(reading.session, reading.actor, follow_up_id)
    return _follow_up_detail(row, list(reasons))


def _evaluation_view(row: EvaluationRow, program_title: str | None) -> EvaluationView:
    return EvaluationView.model_validate(row).model_copy(update={"program_title": program_title})


def _follow_up_detail(row: FollowUpRow, reasons: list[UUID]) -> FollowUpDetail:
    return FollowUpDetail(**FollowUpView.model_validate(row).model_dump(), reasons=reasons)
