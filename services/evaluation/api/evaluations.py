"""Routes of evaluations: what each activity brought one person, and what was found of whole classes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.evaluation.api.shapes import View
from services.evaluation.domain.evaluations import ActivityKind, Verdict
from services.evaluation.queries import evaluations as queries
from services.evaluation.tables import ClassFindingRow, EvaluationRow
from shared.identity.actor import Role
from shared.web.requests import Reading, may_read
from shared.web.shapes import AnyoneReads, AskedPage

router = APIRouter()

ClassReading = Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR, Role.ORGANISER, Role.FACILITATOR)]


class EvaluationView(View):
    """One evaluation. Level 2: figure in percent of the highest score, gain normalised (Hake 1998).

    Level 3: figure is the score of 1 to 4, after a class (enrolment_id), a mentoring or coaching or a superior's task.
    """

    id: UUID
    activity_kind: ActivityKind
    activity_id: UUID
    enrolment_id: UUID | None
    class_id: UUID | None
    program_id: UUID | None
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


class ItemAnswersView(View):
    """All answers to one item: how many, their sum, and how many were low."""

    count: int
    total: int
    low: int


class ClassFindingView(View):
    """What level 1 or 2 says of a whole class.

    Level 1: count of answers, figure the class index of 25 to 100, low_share the percentage that finds little benefit,
    items what was answered where there are enough answers; pooled when earlier classes were taken in.
    Level 2: count of participants with both tests, figure the gain of the means.
    """

    class_id: UUID
    program_id: UUID
    program_title: str | None = None
    level: int
    count: int
    verdict: Verdict
    figure: Decimal | None
    low_share: Decimal | None
    pooled: bool
    items: dict[str, ItemAnswersView] | None
    rule: str
    rule_version: str
    concluded_at: datetime


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


@router.get("/class-findings", response_model=list[ClassFindingView])
async def list_class_findings(
    reading: ClassReading, page: AskedPage, class_id: UUID | None = None, program_id: UUID | None = None
) -> list[ClassFindingView]:
    """What was found of classes, newest class first; a weak one has asked training for a revision of the programme.

    A page counts classes: it holds all that was found of each.
    """
    found = await queries.class_findings(reading.session, page, class_id=class_id, program_id=program_id)
    return [_class_view(row, title) for row, title in found]


def _evaluation_view(row: EvaluationRow, program_title: str | None) -> EvaluationView:
    return EvaluationView.model_validate(row).model_copy(update={"program_title": program_title})


def _class_view(row: ClassFindingRow, program_title: str | None) -> ClassFindingView:
    return ClassFindingView.model_validate(row).model_copy(update={"program_title": program_title})
