"""Find the needs of a plan year: where the level that decides stands below what the position asks (AKPK, inventory)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.needs.domain.evidence import Decision, Evidence, EvidenceRules, decide
from services.needs.domain.gaps import gap
from services.needs.domain.needs import Need

Known = Mapping[str, Sequence[Evidence]]
"""What is known of one person: competency → evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """One person, where they work, what their position asks and what is known of them."""

    employee_id: UUID
    unit_id: UUID
    position_id: UUID
    standard: Mapping[str, int]
    evidence: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """How a cycle is analysed: the day, the rules of evidence, the core competencies, and where ids come from."""

    cycle: int
    day: date
    rules: EvidenceRules
    core: AbstractSet[str]
    new_id: Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A need, and whether newer evidence stands against the one that decided (bertentangan)."""

    need: Need
    contradicted: bool


def decisions_of(
    evidence: Known, standard: Mapping[str, int], day: date, rules: EvidenceRules, core: AbstractSet[str]
) -> dict[str, Decision]:
    """What decides in each competency that a job asks, where anything does."""
    found = {code: decide(evidence.get(code, ()), day, rules, core=code in core) for code in standard}
    return {code: decision for code, decision in found.items() if decision is not None}


def met_since(
    decision: Decision, evidence: Sequence[Evidence], standard: int, day: date, rules: EvidenceRules
) -> Evidence | None:
    """Newer evidence, still holding, that reaches the standard and is of a kind that closes needs: what such evidence
    closed is not opened again by older evidence that decides by its kind.
    """
    newer = (
        each
        for each in evidence
        if each.kind in rules.closes_needs
        and each.holds_on(day)
        and each.assessed_on > decision.evidence.assessed_on
        and each.level >= standard
    )
    return max(newer, key=lambda each: (each.assessed_on, each.assessment_id.int), default=None)


def levels_of(
    evidence: Known, standard: Mapping[str, int], day: date, rules: EvidenceRules, core: AbstractSet[str]
) -> dict[str, int]:
    """The level that counts in each competency that a job asks, where anything decides."""
    found = {}
    for code, decision in decisions_of(evidence, standard, day, rules, core).items():
        newer = met_since(decision, evidence[code], standard[code], day, rules)
        found[code] = newer.level if newer else decision.level
    return found


def find_needs(person: Analysed, analysis: Analysis) -> list[Found]:
    """The needs of one person: a deficit by the evidence that decides, not met since. Without evidence no need."""
    found = []
    decisions = decisions_of(person.evidence, person.standard, analysis.day, analysis.rules, analysis.core)
    for competency, decision in decisions.items():
        standard = person.standard[competency]
        if gap(decision.level, standard) >= 0:
            continue
        if met_since(decision, person.evidence[competency], standard, analysis.day, analysis.rules):
            continue
        need = Need(
            id=analysis.new_id(),
            employee_id=person.employee_id,
            competency=competency,
            cycle=analysis.cycle,
            standard_level=standard,
            current_level=decision.level,
            unit_id=person.unit_id,
            position_id=person.position_id,
            identified_on=analysis.day,
            assessment_id=decision.evidence.assessment_id,
        )
        found.append(Found(need=need, contradicted=decision.contradicted_by is not None))
    return found
