"""Record assessments, tests and ratings with what they prove, and close the needs that they meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.commands.standards import ensure_core_competencies, require_competencies
from services.needs.commands.steps import Cause, Step, take_steps
from services.needs.domain.evidence import Evidence, EvidenceKind, EvidenceRules, valid_until
from services.needs.queries import competencies as reads
from services.needs.queries import needs as need_reads
from services.needs.tables import AssessmentRow, EvidenceRow, PerformanceRow
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Invalid, NotFound
from shared.events.needs import CompetencyAssessed
from shared.files.outcome import Changes
from shared.identity.actor import Actor, Role
from shared.ids import new_id

_WRITE_ASSESSMENTS = (
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, assessed_on = excluded.assessed_on,"
    " valid_until = excluded.valid_until, provider = excluded.provider, sender_total = excluded.sender_total,"
    " sender_match = excluded.sender_match"
)
_WRITE_EVIDENCE = (
    "ON CONFLICT (assessment_id, competency) DO UPDATE SET level = excluded.level, kind = excluded.kind,"
    " assessed_on = excluded.assessed_on, valid_until = excluded.valid_until"
)
_FORGET_EVIDENCE = text("DELETE FROM evidence WHERE assessment_id = ANY(CAST(:ids AS uuid[]))")
_WRITE_PERFORMANCE = (
    "ON CONFLICT (employee_id, year) DO UPDATE SET predicate = excluded.predicate, result = excluded.result,"
    " behaviour = excluded.behaviour"
)
_RECORDED_BY = {
    EvidenceKind.CENTRE: {Role.ANALYST, Role.ASSESSOR},
    EvidenceKind.CENTRE_UNACCREDITED: {Role.ANALYST, Role.ASSESSOR},
    EvidenceKind.TEST: {Role.ANALYST, Role.ASSESSOR},
    EvidenceKind.CHALLENGE_TEST: {Role.ANALYST, Role.ASSESSOR},
    EvidenceKind.OBSERVATION: {Role.ANALYST, Role.ASSESSOR},
}
"""Who may record what others found; ratings are given by superiors, by oneself, and re-measured by evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One assessment of one person, levels 0 to 5 by competency; what the sender computed is kept as sent."""

    id: UUID = field(default_factory=new_id)
    employee_id: UUID
    kind: EvidenceKind
    assessed_on: date
    levels: Mapping[str, int]
    provider: str | None = None
    sender_total: int | None = None
    sender_match: Decimal | None = None
    need_ids: tuple[UUID, ...] = ()
    cause: Cause = None

    @property
    def rules(self) -> EvidenceRules:
        """The rules of its day."""
        return rules.EVIDENCE.on(self.assessed_on)

    def evidence(self) -> dict[str, Evidence]:
        """What it proves, by competency."""
        until = valid_until(self.kind, self.assessed_on, self.rules)
        return {
            competency: Evidence(
                assessment_id=self.id,
                kind=self.kind,
                assessed_on=self.assessed_on,
                valid_until=until,
                level=level,
            )
            for competency, level in self.levels.items()
        }


async def submit_assessments(session: AsyncSession, actor: Actor, assessments: Sequence[Assessment]) -> None:
    """Record what a person sends; raises NotFound for people not theirs to assess, Invalid for what cannot be."""
    today = await clock.today(session)
    for each in assessments:
        if each.assessed_on > today:
            raise Invalid("Tanggal asesmen ada di masa depan.")
    await _require_right(session, actor, assessments)
    await ensure_core_competencies(session)
    await require_competencies(session, {code for each in assessments for code in each.levels})
    await record_assessments(session, assessments)
    for each in assessments:
        details = {"kind": each.kind.value, "assessed_on": each.assessed_on.isoformat()}
        audit.record(session, actor, "record_assessment", "assessment", each.id, details)


async def record_assessments(session: AsyncSession, assessments: Sequence[Assessment]) -> None:
    """Write assessments, new or corrected, tell of each, and close the needs that they meet."""
    if not assessments:
        return
    placed = await reads.placed(session, {each.employee_id for each in assessments})
    proofs = {each.id: each.evidence() for each in assessments}
    moment = await clock.now(session)
    rows = [
        {
            "id": each.id,
            "employee_id": each.employee_id,
            "kind": each.kind.value,
            "assessed_on": each.assessed_on,
            "valid_until": _until(proofs[each.id]),
            "provider": each.provider,
            "position_id": placed[each.employee_id].position_id if each.employee_id in placed else None,
            "sender_total": each.sender_total,
            "sender_match": each.sender_match,
            "recorded_at": moment,
        }
        for each in assessments
    ]
    await insert_rows(session, AssessmentRow, rows, _WRITE_ASSESSMENTS)
    await insert_rows(session, EvidenceRow, _evidence_rows(assessments, proofs), _WRITE_EVIDENCE)
    for each in assessments:
        outbox.record(session, _competency_assessed(each, _until(proofs[each.id])), caused_by=each.cause)
    await _close_needs(session, assessments, proofs)


async def replace_assessments(
    session: AsyncSession, assessments: Sequence[Assessment], known: Mapping[UUID, AssessmentRow]
) -> Changes:
    """Record assessments in the place of known ones under their ids, if they differ. Master data must be locked."""
    levels = await reads.levels_of(session, [each.id for each in assessments if each.id in known])
    different = [each for each in assessments if each.id not in known or not _is(each, known[each.id], levels[each.id])]
    replaced = [each.id for each in different if each.id in known]
    # What a corrected assessment does not name any more must not be left behind.
    await session.execute(_FORGET_EVIDENCE, {"ids": sorted(replaced)})
    await record_assessments(session, different)
    new = len(different) - len(replaced)
    return Changes(added=new, changed=len(replaced), unchanged=len(assessments) - len(different))


def _is(sent: Assessment, row: AssessmentRow, levels: Mapping[str, int]) -> bool:
    return (sent.kind, sent.provider, sent.sender_total, sent.sender_match, dict(sent.levels)) == (
        row.kind,
        row.provider,
        row.sender_total,
        row.sender_match,
        levels,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceResult:
    """The performance result (SKP) of a year by codes, as e-Kinerja gives it."""

    employee_id: UUID
    year: int
    predicate: str
    result: str | None = None
    behaviour: str | None = None


async def record_performance(session: AsyncSession, results: Sequence[PerformanceResult]) -> Changes:
    """Record performance results as given; the newest of a year counts. The master data must be locked."""
    years = {each.year for each in results}
    known = await reads.performance_of_years(session, years)
    key = {(each.employee_id, each.year): each for each in results}
    different = [
        each for place, each in key.items() if known.get(place) != (each.predicate, each.result, each.behaviour)
    ]
    rows = [
        {
            "employee_id": each.employee_id,
            "year": each.year,
            "predicate": each.predicate,
            "result": each.result,
            "behaviour": each.behaviour,
        }
        for each in different
    ]
    await insert_rows(session, PerformanceRow, rows, _WRITE_PERFORMANCE)
    new = sum((each.employee_id, each.year) not in known for each in different)
    return Changes(added=new, changed=len(different) - new, unchanged=len(results) - len(different))


async def _require_right(session: AsyncSession, actor: Actor, assessments: Sequence[Assessment]) -> None:
    people = {each.employee_id for each in assessments}
    below = await reads.below(session, actor, people)
    known = (await reads.placed(session, people)).keys()
    for each in assessments:
        if each.kind is EvidenceKind.SELF:
            allowed = each.employee_id == actor.employee_id
        elif each.kind is EvidenceKind.SUPERIOR:
            allowed = each.employee_id in below
        else:
            recorders = _RECORDED_BY.get(each.kind, set())
            allowed = bool(actor.roles & recorders) and each.employee_id != actor.employee_id
        if not allowed or each.employee_id not in known:
            raise NotFound("Pegawai ini tidak ada atau tidak dapat Anda nilai dengan cara ini.")


def _until(proof: Mapping[str, Evidence]) -> date:
    return next(iter(proof.values())).valid_until


def _evidence_rows(
    assessments: Sequence[Assessment], proofs: Mapping[UUID, Mapping[str, Evidence]]
) -> list[dict[str, object]]:
    return [
        {
            "assessment_id": each.id,
            "competency": competency,
            "employee_id": each.employee_id,
            "kind": evidence.kind.value,
            "assessed_on": evidence.assessed_on,
            "valid_until": evidence.valid_until,
            "level": evidence.level,
        }
        for each in assessments
        for competency, evidence in proofs[each.id].items()
    ]


def _competency_assessed(assessment: Assessment, until: date) -> CompetencyAssessed:
    return CompetencyAssessed(
        assessment_id=assessment.id,
        employee_id=assessment.employee_id,
        source=assessment.kind.value,
        assessed_on=assessment.assessed_on,
        valid_until=until,
        levels=dict(assessment.levels),
    )


async def _close_needs(
    session: AsyncSession, assessments: Sequence[Assessment], proofs: Mapping[UUID, Mapping[str, Evidence]]
) -> None:
    of_person: dict[UUID, list[Assessment]] = defaultdict(list)
    for each in assessments:
        if each.kind in each.rules.closes_needs:
            of_person[each.employee_id].append(each)
    if not of_person:
        return
    steps = []
    for need in await need_reads.open_needs_for_update(session, of_person):
        for each in of_person[need.employee_id]:
            evidence = proofs[each.id].get(need.competency)
            meant = need.id in each.need_ids
            if evidence and need.is_met_by(evidence, each.rules, meant=meant):
                steps.append(Step(before=need, after=need.close(evidence), cause=each.cause, fulfilled=meant))
                break
    await take_steps(session, steps)
