"""What one person can, held against what a position asks (PP 11/2017 Pasal 206)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.domain.analysis import Known, decisions_of, met_since
from services.needs.domain.competencies import RequiredLevel
from services.needs.domain.evidence import Decision, Evidence, EvidenceKind
from services.needs.domain.gaps import Match, gap, job_person_match
from services.needs.domain.positions import PositionClass
from services.needs.queries import competencies as reads
from services.needs.tables import PerformanceRow
from shared import clock
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetencyGap:
    """One competency that a position asks; level and gap are None without evidence that may decide."""

    competency: str
    required: RequiredLevel
    decision: Decision | None
    met_by: Evidence | None

    @property
    def level(self) -> int | None:
        """The level that counts."""
        return self.decision.level if self.decision else None

    @property
    def gap(self) -> int | None:
        """Level less standard, negative for a deficit."""
        return gap(self.decision.level, self.required.level) if self.decision else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonGaps:
    """All gaps of a person for one position. match is of one report: the newest of an accredited centre that holds."""

    employee_id: UUID
    position_id: UUID
    position_class: PositionClass
    day: date
    gaps: Sequence[CompetencyGap]
    match: Match | None
    match_day: date | None
    match_assessment_id: UUID | None
    performance: Sequence[PerformanceRow]


async def gaps_of(
    session: AsyncSession, actor: Actor, employee_id: UUID, target_position_id: UUID | None = None
) -> PersonGaps:
    """The gaps for the present position or another one; raises NotFound when the person is not the actor's to see."""
    today = await clock.today(session)
    placed = await reads.visible_person(session, actor, employee_id)
    position_id, position_class = placed.position_id, placed.position_class
    if target_position_id:
        row = await reads.position(session, target_position_id)
        position_id, position_class = row.id, PositionClass(row.position_class)
    required = (await reads.standards(session, today)).of(position_id, position_class)
    known = (await reads.evidence_of(session, [employee_id])).get(employee_id, {})
    report, day = _newest_report(known, today)
    results = await reads.performance(session, actor, year=None, employee_id=employee_id, limit=10, after=None)
    return PersonGaps(
        employee_id=employee_id,
        position_id=position_id,
        position_class=position_class,
        day=today,
        gaps=_gaps(known, required, today),
        match=_match(known, required, report, today) if report else None,
        match_day=day,
        match_assessment_id=report,
        performance=results,
    )


def _gaps(known: Known, required: dict[str, RequiredLevel], today: date) -> list[CompetencyGap]:
    evidence_rules, core = rules.EVIDENCE.on(today), reads.core_codes(today)
    asked = {code: each.level for code, each in required.items()}
    decisions = decisions_of(known, asked, today, evidence_rules, core)
    return [_gap(code, each, decisions.get(code), known, today) for code, each in required.items()]


def _gap(
    competency: str, required: RequiredLevel, decision: Decision | None, known: Known, today: date
) -> CompetencyGap:
    met = None
    if decision and decision.level < required.level:
        met = met_since(decision, known[competency], required.level, today, rules.EVIDENCE.on(today))
    return CompetencyGap(competency=competency, required=required, decision=decision, met_by=met)


def _newest_report(known: Known, today: date) -> tuple[UUID | None, date | None]:
    reports = {
        (each.assessed_on, each.assessment_id.int): each.assessment_id
        for all_evidence in known.values()
        for each in all_evidence
        if each.kind is EvidenceKind.CENTRE and each.holds_on(today)
    }
    if not reports:
        return None, None
    newest = max(reports)
    return reports[newest], newest[0]


def _match(known: Known, required: dict[str, RequiredLevel], report: UUID, today: date) -> Match | None:
    levels = {
        code: each.level
        for code, all_evidence in known.items()
        for each in all_evidence
        if each.assessment_id == report and each.kind is EvidenceKind.CENTRE
    }
    asked = {code: each.level for code, each in required.items()}
    return job_person_match(levels, asked, reads.core_codes(today))
