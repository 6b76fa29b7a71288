"""Routes of assessments, with the sender's figures beside ours, and of performance results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.api.shapes import Done
from services.needs.commands import assessments as commands
from services.needs.domain.competencies import Standards
from services.needs.domain.evidence import EvidenceKind
from services.needs.domain.gaps import Band, Match, band_of, gap_band_of, job_person_match, rounds_to, shown
from services.needs.domain.positions import PositionClass
from services.needs.queries import competencies as queries
from services.needs.tables import AssessmentRow
from shared import clock
from shared.events.contract import Code
from shared.web.shapes import AnyoneCommands, AnyoneReads, AskedPage, Body, Line

router = APIRouter()


class BandView(BaseModel):
    """A band by its code and its words."""

    code: str
    title: str


class MatchView(BaseModel):
    """The job person match in percent, cut to two decimals, and its bands, found by the exact capped figure.

    Capped counts no level beyond the standard, uncapped counts all; the gap index is 100 less the capped figure.
    """

    capped: Decimal
    uncapped: Decimal
    mapping_band: BandView
    appointment_band: BandView
    gap_index: Decimal
    gap_band: BandView | None

    @classmethod
    def of(cls, match: Match, day: date) -> MatchView:
        bands = rules.JOB_PERSON_MATCH.on(day)
        gap_band = gap_band_of(match.gap_index, bands.gap_index)
        return cls(
            capped=shown(match.capped),
            uncapped=shown(match.uncapped),
            mapping_band=_band(band_of(match.capped, bands.mapping)),
            appointment_band=_band(band_of(match.capped, bands.appointment)),
            gap_index=shown(match.gap_index),
            gap_band=_band(gap_band) if gap_band else None,
        )


class SenderView(BaseModel):
    """What the sender computed, and the difference to ours (theirs less ours, exact, then cut to two decimals).

    Ours is the sum of the levels of the core competencies, and the job person match, uncapped and capped; a difference
    is absent where one of the two is: a match with a competency not assessed is incomplete and not a lower figure.
    agrees: our uncapped figure, rounded to two decimals, is theirs.
    """

    total: int | None
    total_difference: int | None
    match: Decimal | None
    uncapped_difference: Decimal | None
    capped_difference: Decimal | None
    agrees: bool | None


class AssessmentView(BaseModel):
    """One assessment; match is absent when it is incomplete, against the standard of the position at the time."""

    id: UUID
    employee_id: UUID
    kind: EvidenceKind
    assessed_on: date
    valid_until: date
    provider: str | None
    position_id: UUID | None
    levels: dict[str, int]
    total: int
    match: MatchView | None
    sender: SenderView | None
    recorded_at: datetime


class AssessmentEntry(Body):
    """Levels 0 to 5 by competency that one person showed."""

    employee_id: UUID
    kind: EvidenceKind
    assessed_on: date
    levels: Annotated[dict[Code, Annotated[int, Field(ge=0, le=5)]], Field(min_length=1, max_length=200)]
    provider: Line | None = None


class AssessmentEntries(Body):
    """Assessments of several people."""

    assessments: Annotated[list[AssessmentEntry], Field(min_length=1, max_length=1_000)]


class PerformanceView(BaseModel):
    """The performance result of one person in one year."""

    employee_id: UUID
    year: int
    predicate: str
    result: str | None
    behaviour: str | None


@router.post("/assessments", status_code=201, response_model=Done)
async def record_assessments(body: AssessmentEntries, command: AnyoneCommands) -> Response:
    """Record assessments, all or none: tests and centres by analysts and assessors, ratings by superiors or oneself.

    A re-measured level (POST_TRAINING) comes from evaluation alone.
    """

    async def work(session: AsyncSession) -> Done:
        assessments = [
            commands.Assessment(
                employee_id=entry.employee_id,
                kind=entry.kind,
                assessed_on=entry.assessed_on,
                levels=entry.levels,
                provider=entry.provider,
            )
            for entry in body.assessments
        ]
        await commands.submit_assessments(session, command.actor, assessments)
        return Done(count=len(assessments))

    return await command.run(work, status=201)


@router.get("/assessments")
async def list_assessments(
    reading: AnyoneReads, page: AskedPage, employee_id: UUID | None = None
) -> list[AssessmentView]:
    """The newest assessments: for analysts, assessors and auditors, superiors, and the person."""
    rows = await queries.assessments(reading.session, reading.actor, page, employee_id=employee_id)
    return await views(reading.session, rows)


@router.get("/assessments/{assessment_id}")
async def read_assessment(assessment_id: UUID, reading: AnyoneReads) -> AssessmentView:
    row = await queries.assessment(reading.session, reading.actor, assessment_id)
    reading.note("assessment", row.id, row.employee_id)
    return (await views(reading.session, [row]))[0]


@router.get("/performance")
async def list_performance(
    reading: AnyoneReads,
    year: int | None = None,
    employee_id: UUID | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[PerformanceView]:
    """Performance results in the order of people's ids, from the person behind `after` on; ask for one year to page."""
    rows = await queries.performance(
        reading.session, reading.actor, year=year, employee_id=employee_id, after=after, limit=limit
    )
    return [PerformanceView.model_validate(row, from_attributes=True) for row in rows]


async def views(session: AsyncSession, rows: Sequence[AssessmentRow]) -> list[AssessmentView]:
    """Assessments with our figures beside the sender's."""
    levels = await queries.levels_of(session, [row.id for row in rows])
    standards = await queries.standards(session, await clock.today(session))
    classes = await queries.position_classes(session)
    return [_view(row, levels[row.id], standards, classes) for row in rows]


def _view(
    row: AssessmentRow, levels: dict[str, int], standards: Standards, classes: dict[UUID, PositionClass]
) -> AssessmentView:
    held = classes.get(row.position_id) if row.position_id else None
    match = job_person_match(levels, standards.levels(row.position_id, held), standards.core) if held else None
    total = sum(level for competency, level in levels.items() if competency in standards.core)
    return AssessmentView(
        id=row.id,
        employee_id=row.employee_id,
        kind=EvidenceKind(row.kind),
        assessed_on=row.assessed_on,
        valid_until=row.valid_until,
        provider=row.provider,
        position_id=row.position_id,
        levels=levels,
        total=total,
        match=MatchView.of(match, row.assessed_on) if match else None,
        sender=_sender(row, total, match),
        recorded_at=row.recorded_at,
    )


def _sender(row: AssessmentRow, total: int, match: Match | None) -> SenderView | None:
    if row.sender_total is None and row.sender_match is None:
        return None
    theirs = row.sender_match
    return SenderView(
        total=row.sender_total,
        total_difference=row.sender_total - total if row.sender_total is not None else None,
        match=theirs,
        uncapped_difference=_difference(theirs, match.uncapped) if match else None,
        capped_difference=_difference(theirs, match.capped) if match else None,
        agrees=rounds_to(match.uncapped, theirs) if match and theirs is not None else None,
    )


def _difference(theirs: Decimal | None, ours: Fraction) -> Decimal | None:
    return shown(Fraction(theirs) - ours) if theirs is not None else None


def _band(band: Band) -> BandView:
    return BandView(code=band.code, title=band.title)
