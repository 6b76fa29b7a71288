"""Routes of the dictionary of competencies and of what classes and positions ask."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.commands import standards as commands
from services.needs.domain.competencies import Basis, Competency, CompetencyKind, RequiredLevel
from services.needs.domain.positions import JobKind, PositionClass
from services.needs.queries import competencies as queries
from shared import clock
from shared.events.contract import Code, Level
from shared.web.shapes import AnalystCommands, AnyoneReads, Body, Line

router = APIRouter()


class CompetencyView(BaseModel):
    """One competency; core ones count for the job person match. id is absent until something refers to it."""

    id: UUID | None
    code: str
    title: str
    kind: CompetencyKind
    core: bool


class CompetencyEntry(Body):
    """A competency of the agency's dictionary."""

    code: Code
    title: Line
    kind: CompetencyKind


class RequiredLevelView(BaseModel):
    """A required level and where it comes from: the default of the class, its recorded standard, or own duties."""

    competency: str
    level: int
    basis: Basis


class ClassStandardView(BaseModel):
    """What a class of positions asks."""

    position_class: PositionClass
    levels: list[RequiredLevelView]


class PositionView(BaseModel):
    """One position and what it asks."""

    id: UUID
    title: str
    job_kind: JobKind
    position_class: PositionClass
    levels: list[RequiredLevelView]


class PositionStandard(Body):
    """What the duties of a position ask: the highest level that any duty needs, by competency."""

    levels: Annotated[dict[Code, Level], Field(max_length=200)]


@router.get("/competencies")
async def list_competencies(reading: AnyoneReads) -> list[CompetencyView]:
    """The dictionary by code: core competencies from the first day, others once entered."""
    known = await queries.competencies(reading.session)
    today = await clock.today(reading.session)
    core = {each.code: (None, each) for each in rules.CORE_COMPETENCIES.on(today)}
    return [
        CompetencyView(id=row_id, code=code, title=each.title, kind=each.kind, core=code in core)
        for code, (row_id, each) in sorted((core | known).items())
    ]


@router.post("/competencies", status_code=201, response_model=CompetencyView)
async def enter_competency(body: CompetencyEntry, command: AnalystCommands) -> Response:
    """Enter a competency or correct its title."""

    async def work(session: AsyncSession) -> CompetencyView:
        competency = Competency(code=body.code, title=body.title, kind=body.kind)
        row_id = await commands.enter_competency(session, command.actor, competency)
        core = body.code in queries.core_codes(await clock.today(session))
        return CompetencyView(id=row_id, code=body.code, title=body.title, kind=body.kind, core=core)

    return await command.run(work, status=201)


@router.get("/standards")
async def list_standards(reading: AnyoneReads) -> list[ClassStandardView]:
    """What each class of positions asks today."""
    standards = await queries.standards(reading.session, await clock.today(reading.session))
    return [ClassStandardView(position_class=each, levels=_levels(standards.of_class(each))) for each in PositionClass]


@router.get("/positions")
async def list_positions(reading: AnyoneReads) -> list[PositionView]:
    """All positions by title, with what each asks today."""
    standards = await queries.standards(reading.session, await clock.today(reading.session))
    return [
        PositionView(
            id=row.id,
            title=row.title,
            job_kind=PositionClass(row.position_class).job_kind,
            position_class=PositionClass(row.position_class),
            levels=_levels(standards.of(row.id, PositionClass(row.position_class))),
        )
        for row in await queries.positions(reading.session)
    ]


@router.put("/positions/{position_id}/standard", response_model=PositionView)
async def set_position_standard(position_id: UUID, body: PositionStandard, command: AnalystCommands) -> Response:
    """Set what the duties of a position ask beyond its class, in the place of what was set before."""

    async def work(session: AsyncSession) -> PositionView:
        await commands.set_position_standard(session, command.actor, position_id, body.levels)
        row = await queries.position(session, position_id)
        held = PositionClass(row.position_class)
        standards = await queries.standards(session, await clock.today(session))
        return PositionView(
            id=row.id,
            title=row.title,
            job_kind=held.job_kind,
            position_class=held,
            levels=_levels(standards.of(row.id, held)),
        )

    return await command.run(work)


def _levels(required: dict[str, RequiredLevel]) -> list[RequiredLevelView]:
    return [RequiredLevelView(competency=code, level=each.level, basis=each.basis) for code, each in required.items()]
