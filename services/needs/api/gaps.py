"""The route of one person's gaps, for the present job or one aimed at (PP 11/2017 Pasal 206)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.needs import rules
from services.needs.api.assessments import MatchView, PerformanceView
from services.needs.api.shapes import AnyoneReads
from services.needs.domain.analysis import Known, decisions_of, met_since
from services.needs.domain.competencies import Basis, RequiredLevel
from services.needs.domain.evidence import Decision, Evidence, EvidenceKind
from services.needs.domain.gaps import gap, job_person_match
from services.needs.domain.positions import PositionClass
from services.needs.queries import competencies as queries
from shared import clock

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
    session, today = reading.session, await clock.today(reading.session)
    placed = await queries.visible_person(session, reading.actor, employee_id)
    position_id, position_class = placed.position_id, placed.position_class
    if target_position_id:
        row = await queries.position(session, target_position_id)
        position_id, position_class = row.id, PositionClass(row.position_class)
    required = (await queries.standards(session, today)).of(position_id, position_class)
    known = (await queries.evidence_of(session, [employee_id])).get(employee_id, {})
    match, report = _match(known, required, today)
    results = await queries.performance(
        session, reading.actor, year=None, employee_id=employee_id, limit=10, after=None
    )
    return GapsView(
        employee_id=employee_id,
        position_id=position_id,
        position_class=position_class,
        is_target=target_position_id is not None,
        on=today,
        gaps=_gaps(known, required, today),
        match=match,
        match_incomplete=report is not None and match is None,
        match_assessment_id=report,
        performance=[PerformanceView.model_validate(row, from_attributes=True) for row in results],
    )


def _gaps(known: Known, required: dict[str, RequiredLevel], today: date) -> list[GapView]:
    evidence_rules, core = rules.EVIDENCE.on(today), queries.core_codes(today)
    asked = {code: each.level for code, each in required.items()}
    decisions = decisions_of(known, asked, today, evidence_rules, core)
    return [_gap(code, each, decisions.get(code), known, today) for code, each in required.items()]


def _gap(competency: str, required: RequiredLevel, decision: Decision | None, known: Known, today: date) -> GapView:
    level = decision.level if decision else None
    met = None
    if decision and decision.level < required.level:
        met = met_since(decision, known[competency], required.level, today, rules.EVIDENCE.on(today))
    return GapView(
        competency=competency,
        standard=required.level,
        basis=required.basis,
        level=level,
        gap=gap(level, required.level) if level is not None else None,
        evidence=_evidence(decision.evidence if decision else None),
        contradicted_by=_evidence(decision.contradicted_by if decision else None),
        met_by=_evidence(met),
    )


def _match(known: Known, required: dict[str, RequiredLevel], today: date) -> tuple[MatchView | None, UUID | None]:
    """The match of the newest report of an accredited centre that holds, and which report that is."""
    reports: dict[UUID, dict[str, int]] = {}
    days: dict[UUID, date] = {}
    for competency, all_evidence in known.items():
        for each in all_evidence:
            if each.kind is EvidenceKind.CENTRE and each.holds_on(today):
                reports.setdefault(each.assessment_id, {})[competency] = each.level
                days[each.assessment_id] = each.assessed_on
    if not reports:
        return None, None
    newest = max(reports, key=lambda report: (days[report], report.int))
    asked = {code: each.level for code, each in required.items()}
    match = job_person_match(reports[newest], asked, queries.core_codes(today))
    return (MatchView.of(match, days[newest]) if match else None), newest


def _evidence(evidence: Evidence | None) -> EvidenceView | None:
    return EvidenceView.model_validate(evidence, from_attributes=True) if evidence else None
