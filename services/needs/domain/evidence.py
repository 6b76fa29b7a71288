"""Evidence of what a person can, how long it counts, and which of it decides."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

_MONTHS = 12


class EvidenceKind(StrEnum):
    """How a level was found; CENTRE is an assessment centre of an accredited unit, SELF one's own rating."""

    CENTRE = "CENTRE"
    CENTRE_UNACCREDITED = "CENTRE_UNACCREDITED"
    TEST = "TEST"
    CHALLENGE_TEST = "CHALLENGE_TEST"
    POST_TRAINING = "POST_TRAINING"
    SUPERIOR = "SUPERIOR"
    OBSERVATION = "OBSERVATION"
    SELF = "SELF"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """One version of the rules: months of validity, kinds that decide first, never, or close, and their order."""

    months: Mapping[EvidenceKind, int]
    decides_core: AbstractSet[EvidenceKind]
    never_decides: AbstractSet[EvidenceKind]
    closes_needs: AbstractSet[EvidenceKind]
    same_day_order: Sequence[EvidenceKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The level 0 to 5 that one assessment found in one competency; valid_until is exclusive."""

    assessment_id: UUID
    kind: EvidenceKind
    assessed_on: date
    valid_until: date
    level: int

    def holds_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.assessed_on <= day < self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The evidence that decides, and newer evidence that stands lower and suggests to assess again (bertentangan)."""

    evidence: Evidence
    contradicted_by: Evidence | None = None

    @property
    def level(self) -> int:
        """The level that counts."""
        return self.evidence.level


def valid_until(kind: EvidenceKind, assessed_on: date, rules: EvidenceRules) -> date:
    """The first day on which evidence of that date counts no more (centres: BKN 26/2019 Pasal 29 ayat (4))."""
    months = assessed_on.year * _MONTHS + assessed_on.month - 1 + rules.months[kind]
    year, month = months // _MONTHS, months % _MONTHS + 1
    return date(year, month, min(assessed_on.day, monthrange(year, month)[1]))


def decide(evidence: Iterable[Evidence], day: date, rules: EvidenceRules, *, core: bool) -> Decision | None:
    """Which evidence of one person in one competency decides on a day; None when there is none that may.

    Core competencies: the newest of a kind that decides first, if one holds; else, as for all others, the newest of any
    kind but self-ratings. On one day the order of kinds decides, and within a kind the lower level.
    """
    holding = [each for each in evidence if each.holds_on(day) and each.kind not in rules.never_decides]
    first = [each for each in holding if core and each.kind in rules.decides_core]
    if not holding:
        return None
    newest = max(first or holding, key=lambda each: _weight(each, rules))
    if not first:
        return Decision(evidence=newest)
    lower = [each for each in holding if each.assessed_on > newest.assessed_on and each.level < newest.level]
    against = max(lower, key=lambda each: _weight(each, rules), default=None)
    return Decision(evidence=newest, contradicted_by=against)


def _weight(evidence: Evidence, rules: EvidenceRules) -> tuple[date, int, int, int]:
    # The id comes last and decides nothing but which of two alike is named.
    return (
        evidence.assessed_on,
        -rules.same_day_order.index(evidence.kind),
        -evidence.level,
        evidence.assessment_id.int,
    )
