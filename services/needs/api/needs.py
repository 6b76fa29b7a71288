"""Routes of analyses and needs: found in bulk, verified by the unit, validated by the agency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.api.shapes import Cycle, Done, Ids
from services.needs.commands import needs as commands
from services.needs.commands.analysis import analyse_needs as analyse
from services.needs.domain.needs import NeedStatus, Reason
from services.needs.queries import needs as queries
from services.needs.queries.needs import NeedFilter
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.web.requests import Commanding, Reading, may_read
from shared.web.shapes import AnalystCommands, AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter()


class AnalysisOrder(Body):
    """Which plan year to analyse, for the whole agency or one unit and those below it."""

    cycle: Cycle
    unit_code: Code | None = None


class AnalysisView(BaseModel):
    """What an analysis found: of the people on duty, how many are without any evidence; needs that are new, and those
    that the cycle had already or people have rejected.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    cycle: int
    unit_code: str | None
    analysed_on: date
    analysed_at: datetime
    people: int
    people_without_evidence: int
    needs_identified: int
    needs_known: int
    contradictions: int


class NeedView(BaseModel):
    """One need. Its levels are those when it was found; review_since says that two follow-ups did not help."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    standard_level: int
    current_level: int
    unit_id: UUID
    position_id: UUID
    identified_on: date
    status: NeedStatus
    reason: Reason | None
    assessment_id: UUID | None
    contradicted: bool
    closing_assessment_id: UUID | None
    closing_level: int | None
    changed_at: datetime
    review_since: datetime | None
    review_follow_up_id: UUID | None


class StepView(BaseModel):
    """One step: who took it, and for which superior if staff of the unit entered it."""

    model_config = ConfigDict(from_attributes=True)

    status: NeedStatus
    reason: Reason | None
    taken_at: datetime
    actor_id: UUID
    on_behalf_of: UUID | None


class NeedDetail(NeedView):
    """One need with its steps, the first one first."""

    steps: list[StepView]


class Needs(Body):
    """The needs that a decision is about: all of them or none."""

    need_ids: Ids


class ReturnedNeeds(Needs):
    """Why they go back to the unit."""

    reason: Literal[Reason.INCOMPLETE, Reason.LEVEL_DISPUTED, Reason.WRONG_COMPETENCY]


class RejectedNeeds(Needs):
    """Why they are refused."""

    reason: Literal[Reason.NOT_RELEVANT, Reason.ALREADY_MASTERED, Reason.OTHER_PATH, Reason.WRONG_COMPETENCY]


def wanted_needs(
    cycle: int | None = None,
    status: NeedStatus | None = None,
    employee_id: UUID | None = None,
    competency: Annotated[str | None, Query(max_length=64)] = None,
    for_review: bool | None = None,  # noqa: FBT001 a parameter of the query string
) -> NeedFilter:
    """Which needs a request asks for."""
    return NeedFilter(cycle=cycle, status=status, employee_id=employee_id, competency=competency, for_review=for_review)


@router.post("/analyses", status_code=201, response_model=AnalysisView)
async def analyse_needs(body: AnalysisOrder, command: AnalystCommands) -> Response:
    """Find the needs of a plan year among people on duty: where the level that decides is below what the position asks.

    Without evidence there is no need; a self-rating is none. A deficit that newer evidence of a kind that closes needs
    has met is no need either. Running again adds only what is new; what was rejected stays so while the person keeps
    the position.
    """

    async def work(session: AsyncSession) -> AnalysisView:
        return AnalysisView.model_validate(await analyse(session, command.actor, body.cycle, body.unit_code))

    return await command.run(work, status=201)


@router.get("/analyses")
async def list_analyses(
    reading: Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR)],
    cycle: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[AnalysisView]:
    """The newest analyses first."""
    return [
        AnalysisView.model_validate(row) for row in await queries.analyses(reading.session, cycle=cycle, limit=limit)
    ]


@router.get("/needs")
async def list_needs(
    reading: AnyoneReads,
    page: AskedPage,
    wanted: Annotated[NeedFilter, Depends(wanted_needs)],
) -> list[NeedView]:
    """The newest needs: of everybody for analysts and auditors, else of those below, of one's unit for its staff, and
    one's own.
    """
    rows = await queries.needs(reading.session, reading.actor, page, wanted)
    return [NeedView.model_validate(row) for row in rows]


@router.get("/needs/{need_id}")
async def read_need(need_id: UUID, reading: AnyoneReads) -> NeedDetail:
    row, steps = await queries.need(reading.session, reading.actor, need_id)
    view = NeedView.model_validate(row)
    return NeedDetail(**view.model_dump(), steps=[StepView.model_validate(step) for step in steps])


@router.post("/needs/verify", response_model=Done)
async def verify_needs(body: Needs, command: AnyoneCommands) -> Response:
    """Confirm needs of people below oneself; staff of the unit enter what the direct superior decided."""
    return await _run(command, body, lambda session: commands.verify_needs(session, command.actor, body.need_ids))


@router.post("/needs/validate", response_model=Done)
async def validate_needs(body: Needs, command: AnalystCommands) -> Response:
    """Confirm verified needs for the agency."""
    return await _run(command, body, lambda session: commands.validate_needs(session, command.actor, body.need_ids))


@router.post("/needs/return", response_model=Done)
async def return_needs(body: ReturnedNeeds, command: AnalystCommands) -> Response:
    """Give verified or validated needs back to the unit; a proposed item of the plan falls away."""
    return await _run(
        command, body, lambda session: commands.return_needs(session, command.actor, body.need_ids, body.reason)
    )


@router.post("/needs/reject", response_model=Done)
async def reject_needs(body: RejectedNeeds, command: AnyoneCommands) -> Response:
    """Refuse needs: analysts at any stage before the plan is fixed, the unit before it has verified them."""
    return await _run(
        command, body, lambda session: commands.reject_needs(session, command.actor, body.need_ids, body.reason)
    )


async def _run(command: Commanding, body: Needs, decide: Callable[[AsyncSession], Awaitable[None]]) -> Response:
    async def work(session: AsyncSession) -> Done:
        await decide(session)
        return Done(count=len(body.need_ids))

    return await command.run(work)
