"""The route of one person's gaps, for the present job or one aimed at (PP 11/2017 Pasal 206)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.needs.api.assessments import MatchView, PerformanceView
from services.needs.domain.competencies import Basis
from services.needs.domain.evidence import Evidence, EvidenceKind
from services.needs.domain.positions import PositionClass
from services.needs.queries import gaps as queries
from services.needs.queries.gaps import CompetencyGap
from shared.web.shapes import AnyoneReads

router = APIRouter()


class EvidenceView(BaseModel):
    """The evidence behind a level."""

    assessment_id: UUID
    kind: EvidenceKind
    assessed_on: date
    valid_until: date
    level: int


class GapView(BaseModel):
    """One competency: gap = level less standard, negative for a deficit, absent without evidence.

    evidence decides; contradicted_by is newer evidence that stands lower (bertentangan: assess again); met_by is newer
    evidence that reaches the standard and may close a need, so that none is found although an assessment decides.
    """

    competency: str
    standard: int
    basis: Basis
    level: int | None
    gap: int | None
    evidence: EvidenceView | None
    contradicted_by: EvidenceView | None
    met_by: EvidenceView | None


class GapsView(BaseModel):
    """All gaps of a person for one position. match is of one assessment report, the newest of an accredited centre that
    holds; absent when there is none, and match_incomplete when it left a core competency out.
    """

    employee_id: UUID
    position_id: UUID
    position_class: PositionClass
    is_target: bool
    on: date
    gaps: list[GapView]
    match: MatchView | None
    match_incomplete: bool
    match_assessment_id: UUID | None
    performance: list[PerformanceView]


@router.get("/gaps/{employee_id}")
async def read_gaps(employee_id: UUID, reading: AnyoneReads, target_position_id: UUID | None = None) -> GapsView:
    """The gaps of a person for the present position, or for another one: for those above, analysts, auditors, and the
    person.
    """
    found = await queries.gaps_of(reading.session, reading.actor, employee_id, target_position_id)
    reading.note("gaps", employee_id, employee_id)
    return GapsView(
        employee_id=employee_id,
        position_id=found.position_id,
        position_class=found.position_class,
        is_target=target_position_id is not None,
        on=found.day,
        gaps=[_gap(each) for each in found.gaps],
        match=MatchView.of(found.match, found.match_day) if found.match and found.match_day else None,
        match_incomplete=found.match_assessment_id is not None and found.match is None,
        match_assessment_id=found.match_assessment_id,
        performance=[PerformanceView.model_validate(row, from_attributes=True) for row in found.performance],
    )


def _gap(found: CompetencyGap) -> GapView:
    decision = found.decision
    return GapView(
        competency=found.competency,
        standard=found.required.level,
        basis=found.required.basis,
        level=found.level,
        gap=found.gap,
        evidence=_evidence(decision.evidence if decision else None),
        contradicted_by=_evidence(decision.contradicted_by if decision else None),
        met_by=_evidence(found.met_by),
    )


def _evidence(evidence: Evidence | None) -> EvidenceView | None:
    return EvidenceView.model_validate(evidence, from_attributes=True) if evidence else None
