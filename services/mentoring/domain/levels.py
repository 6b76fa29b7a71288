"""Which of the levels found in a person counts for matching (PermenPANRB 38/2017; BKN 26/2019)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRule:
    """One version of the rule: sources that decide the core competencies first, never decide, and their order."""

    effective_from: date
    decides_core: AbstractSet[str]
    never_decides: AbstractSet[str]
    same_day_order: Sequence[str]
    core_kinds: AbstractSet[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The level 0 to 5 that one assessment found in one competency; valid_until is exclusive."""

    assessment_id: UUID
    source: str
    assessed_on: date
    valid_until: date | None
    level: int

    def holds_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.assessed_on <= day and (self.valid_until is None or day < self.valid_until)


def deciding_level(evidence: Iterable[Evidence], day: date, rule: EvidenceRule, *, core: bool) -> int | None:
    """The level that counts on a day; None when no evidence may decide.

    Core competencies: the newest of a source that decides first, if one holds; else, as for all others, the newest of
    any source but self-ratings. On one day the order of sources decides, within a source the lower level.
    """
    holding = [each for each in evidence if each.holds_on(day) and each.source not in rule.never_decides]
    first = [each for each in holding if core and each.source in rule.decides_core]
    if not holding:
        return None
    return max(first or holding, key=lambda each: _weight(each, rule)).level


def _weight(evidence: Evidence, rule: EvidenceRule) -> tuple[date, int, int]:
    order = rule.same_day_order
    place = order.index(evidence.source) if evidence.source in order else len(order)
    return evidence.assessed_on, -place, -evidence.level
