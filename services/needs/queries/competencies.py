"""Reads of the dictionary, standards, assessments and performance results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.domain.competencies import Competency, CompetencyKind, Standards
from services.needs.domain.evidence import Evidence, EvidenceKind
from services.needs.domain.positions import PositionClass
from services.needs.queries.scope import SEES_ALL, led_by, seen_by
from services.needs.tables import (
    AssessmentRow,
    ClassStandardRow,
    CompetencyRow,
    EmployeeRow,
    EvidenceRow,
    PerformanceRow,
    PositionRow,
    PositionStandardRow,
)
from shared.errors import NotFound
from shared.identity.actor import Actor, Role
from shared.lists import Page, among, page_of

SEES_ASSESSMENTS = SEES_ALL | {Role.ASSESSOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a person works, in what."""

    employee_id: UUID
    unit_id: UUID
    position_id: UUID
    position_class: PositionClass


async def competencies(session: AsyncSession) -> dict[str, tuple[UUID, Competency]]:
    """The dictionary by code, each with its id."""
    rows = await session.scalars(select(CompetencyRow).order_by(CompetencyRow.code))
    return {
        row.code: (row.id, Competency(code=row.code, title=row.title, kind=CompetencyKind(row.kind))) for row in rows
    }


async def standards(session: AsyncSession, day: date) -> Standards:
    """All standards, with the defaults that hold on a day."""
    classes: dict[PositionClass, dict[str, int]] = defaultdict(dict)
    for row in await session.scalars(select(ClassStandardRow)):
        classes[PositionClass(row.position_class)][row.competency] = row.level
    positions: dict[UUID, dict[str, int]] = defaultdict(dict)
    for own in await session.scalars(select(PositionStandardRow)):
        positions[own.position_id][own.competency] = own.level
    return Standards(defaults=rules.CLASS_LEVELS.on(day), core=core_codes(day), classes=classes, positions=positions)


def core_codes(day: date) -> frozenset[str]:
    """The competencies that the job person match covers."""
    return frozenset(competency.code for competency in rules.CORE_COMPETENCIES.on(day))


async def positions(session: AsyncSession) -> Sequence[PositionRow]:
    """All positions by title."""
    return (await session.scalars(select(PositionRow).order_by(PositionRow.title, PositionRow.position_class))).all()


async def position(session: AsyncSession, position_id: UUID) -> PositionRow:
    """One position; raises NotFound."""
    row = await session.get(PositionRow, position_id)
    if row is None:
        raise NotFound("Jabatan ini tidak ada.")
    return row


async def placed(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, Placed]:
    """Where people work; those who are not recorded are left out."""
    statement = (
        select(EmployeeRow.id, EmployeeRow.unit_id, EmployeeRow.position_id, PositionRow.position_class)
        .join(PositionRow, PositionRow.id == EmployeeRow.position_id)
        .where(among(EmployeeRow.id, employee_ids))
    )
    return {
        row[0]: Placed(employee_id=row[0], unit_id=row[1], position_id=row[2], position_class=PositionClass(row[3]))
        for row in await session.execute(statement)
    }


async def evidence_of(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, dict[str, list[Evidence]]]:
    """All evidence of these people: person → competency → evidence."""
    known: dict[UUID, dict[str, list[Evidence]]] = defaultdict(lambda: defaultdict(list))
    columns = (EvidenceRow.assessment_id, EvidenceRow.kind, EvidenceRow.assessed_on, EvidenceRow.valid_until)
    statement = select(EvidenceRow.employee_id, EvidenceRow.competency, EvidenceRow.level, *columns)
    for row in await session.execute(statement.where(among(EvidenceRow.employee_id, employee_ids))):
        evidence = Evidence(
            assessment_id=row.assessment_id,
            kind=EvidenceKind(row.kind),
            assessed_on=row.assessed_on,
            valid_until=row.valid_until,
            level=row.level,
        )
        known[row.employee_id][row.competency].append(evidence)
    return known


async def assessments(
    session: AsyncSession, actor: Actor, page: Page, *, employee_id: UUID | None
) -> Sequence[AssessmentRow]:
    """The newest assessments the actor may see."""
    statement = select(AssessmentRow).where(seen_by(actor, AssessmentRow.employee_id, SEES_ASSESSMENTS))
    statement = page_of(statement, AssessmentRow.id, page)
    if employee_id is not None:
        statement = statement.where(AssessmentRow.employee_id == employee_id)
    return (await session.scalars(statement)).all()


async def assessment(session: AsyncSession, actor: Actor, assessment_id: UUID) -> AssessmentRow:
    """One assessment; raises NotFound, also when it is not the actor's to see."""
    seen = seen_by(actor, AssessmentRow.employee_id, SEES_ASSESSMENTS)
    row = await session.scalar(select(AssessmentRow).where(AssessmentRow.id == assessment_id, seen))
    if row is None:
        raise NotFound("Asesmen ini tidak ada.")
    return row


async def levels_of(session: AsyncSession, assessment_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Assessment → competency → level."""
    levels: dict[UUID, dict[str, int]] = {assessment_id: {} for assessment_id in assessment_ids}
    statement = select(EvidenceRow.assessment_id, EvidenceRow.competency, EvidenceRow.level)
    statement = statement.where(among(EvidenceRow.assessment_id, assessment_ids))
    for assessment_id, competency, level in await session.execute(statement.order_by(EvidenceRow.competency)):
        levels[assessment_id][competency] = level
    return levels


async def position_classes(session: AsyncSession) -> dict[UUID, PositionClass]:
    """Position → its class."""
    rows = await session.execute(select(PositionRow.id, PositionRow.position_class))
    return {position_id: PositionClass(position_class) for position_id, position_class in rows}


async def performance(
    session: AsyncSession, actor: Actor, *, year: int | None, employee_id: UUID | None, limit: int, after: UUID | None
) -> Sequence[PerformanceRow]:
    """Performance results that the actor may see, by person and year."""
    statement = select(PerformanceRow).where(seen_by(actor, PerformanceRow.employee_id))
    statement = statement.order_by(PerformanceRow.employee_id, PerformanceRow.year).limit(limit)
    if year is not None:
        statement = statement.where(PerformanceRow.year == year)
    if employee_id is not None:
        statement = statement.where(PerformanceRow.employee_id == employee_id)
    if after is not None:
        statement = statement.where(PerformanceRow.employee_id > after)
    return (await session.scalars(statement)).all()


async def performance_of_years(
    session: AsyncSession, years: Collection[int]
) -> dict[tuple[UUID, int], tuple[str, str | None, str | None]]:
    """Person and year → predicate, result, behaviour."""
    rows = await session.scalars(select(PerformanceRow).where(PerformanceRow.year.in_(years)))
    return {(row.employee_id, row.year): (row.predicate, row.result, row.behaviour) for row in rows}


async def below(session: AsyncSession, actor: Actor, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people whom the actor leads: on every step, or as a deputy."""
    found = select(EmployeeRow.id).where(among(EmployeeRow.id, employee_ids), led_by(actor, EmployeeRow.id))
    return set(await session.scalars(found))


async def visible_person(session: AsyncSession, actor: Actor, employee_id: UUID) -> Placed:
    """Where a person works; raises NotFound, also when the person is not the actor's to see."""
    seen = select(EmployeeRow.id).where(EmployeeRow.id == employee_id, seen_by(actor, EmployeeRow.id))
    if await session.scalar(seen) is None:
        raise NotFound("Pegawai ini tidak ada.")
    return (await placed(session, [employee_id]))[employee_id]


async def employee_ids(session: AsyncSession) -> dict[str, UUID]:
    """Employee number → id."""
    rows = await session.execute(select(EmployeeRow.employee_number, EmployeeRow.id))
    return {row[0]: row[1] for row in rows}


async def centre_assessments(session: AsyncSession) -> dict[tuple[UUID, date], AssessmentRow]:
    """Person and day → the assessment of a centre, accredited or not; a person has one a day."""
    centres = AssessmentRow.kind.in_([EvidenceKind.CENTRE, EvidenceKind.CENTRE_UNACCREDITED])
    rows = await session.scalars(select(AssessmentRow).where(centres).order_by(AssessmentRow.id))
    return {(row.employee_id, row.assessed_on): row for row in rows}
