"""Routes of journeys: the whole story of a need, step by step, each with its cause."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.evaluation.api.reviews import ReviewView
from services.evaluation.api.shapes import View
from services.evaluation.queries import journeys as queries
from services.evaluation.tables import JourneyEventRow
from shared.db import Origin
from shared.web.shapes import AnyoneReads, AskedPage

router = APIRouter()


class NeedView(View):
    """One need; levels are null until the service of needs tells them."""

    id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    standard_level: int | None
    current_level: int | None


class StepView(BaseModel):
    """One event: which service told it when (in the agency's zone), what caused it, and what it says.

    causation is the id of another event, or command:… or timer:…; caused_by the number of the step it is the id of.
    Figures and the rule version that decided stand in facts.
    """

    number: int
    event_id: UUID
    service: str
    type: str
    at: datetime | None
    causation: str | None
    caused_by: int | None
    correlation_id: UUID
    facts: dict[str, Any]


class JourneyView(BaseModel):
    """A need, its steps in the order of time, and the reviews of behaviour held or not held for it."""

    need: NeedView
    steps: list[StepView]
    reviews: list[ReviewView]


@router.get("/journeys", response_model=list[NeedView])
async def list_journeys(reading: AnyoneReads, page: AskedPage, employee_id: UUID | None = None) -> list[NeedView]:
    """The newest needs that have a journey."""
    found = await queries.needs(reading.session, reading.actor, page, employee_id=employee_id)
    return [NeedView.model_validate(row) for row in found]


@router.get("/journeys/{need_id}", response_model=JourneyView)
async def read_journey(need_id: UUID, reading: AnyoneReads) -> JourneyView:
    """The journey of one need from the gap on."""
    found = await queries.journey(reading.session, reading.actor, need_id)
    reading.note("journey", need_id, found.need.employee_id)
    origin: Origin = reading.session.info["origin"]
    numbers = {str(step.event_id): number for number, step in enumerate(found.steps, start=1)}
    steps = [_step(step, numbers, origin) for step in found.steps]
    return JourneyView(
        need=NeedView.model_validate(found.need),
        steps=steps,
        reviews=[ReviewView.model_validate(row) for row in found.reviews],
    )


def _step(step: JourneyEventRow, numbers: dict[str, int], origin: Origin) -> StepView:
    return StepView(
        number=numbers[str(step.event_id)],
        event_id=step.event_id,
        service=step.service,
        type=step.type,
        at=step.happened_at.astimezone(origin.zone) if step.happened_at else None,
        causation=step.causation,
        caused_by=numbers.get(step.causation or ""),
        correlation_id=step.correlation,
        facts=step.data,
    )
