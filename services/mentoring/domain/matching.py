"""Who could mentor whom, how well, and one proposal for all who wait: hard rules first, then a score of 100.

All points are whole hundredths, so that no rounding decides between two mentors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple
from uuid import UUID

from services.mentoring.domain.mentors import CapacityRule
from services.mentoring.domain.people import Person, full_years, months_after
from services.mentoring.domain.requests import UnitWish

HUNDREDTHS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRule:
    """One version of the rule: points of each part, what earns all of them, and the capacity of mentors.

    steps_above: how far a mentor must stand above the mentee; full_gap and full_strength earn all points of the gap,
    full_years of seniority all of that; a newcomer's guide has served at least experience_months.
    """

    effective_from: date
    gap: int
    seniority: int
    kinship: int
    nearness: int
    balance: int
    full_gap: int
    full_strength: int
    full_years: int
    steps_above: int
    experience_months: int
    capacity: CapacityRule

    @property
    def name(self) -> str:
        """How runs cite the version."""
        return self.effective_from.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """Somebody who waits for a mentor. Levels are None where nothing tells them; a newcomer has no gap to close."""

    request_id: UUID
    person: Person
    competency: str
    newcomer: bool = False
    required_level: int | None = None
    current_level: int | None = None
    wish: UnitWish = UnitWish.ANY
    due_date: date | None = None
    excluded: frozenset[UUID] = frozenset()

    @property
    def gap(self) -> int:
        """Levels to climb, one at least: mentoring is asked for because there is something to learn."""
        return max(1, (self.required_level or 0) - self.level)

    @property
    def level(self) -> int:
        """Where the climb begins; unknown is the ground."""
        return self.current_level or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A mentor who is at work and ready, with the levels that count today and the mentees there are."""

    person: Person
    competencies: frozenset[str]
    levels: Mapping[str, int]
    capacity: int
    load: int
    online: bool

    @property
    def id(self) -> UUID:
        """The mentor's id."""
        return self.person.id


class Obstacle(IntEnum):
    """Why somebody may not mentor somebody, in the order in which it is asked."""

    SAME_PERSON = 1
    NOT_OFFERED = 2
    LEVEL = 3
    EXPERIENCE = 4
    EXCLUDED = 5
    CAPACITY = 6


class Score(NamedTuple):
    """Hundredths of points by part."""

    gap: int
    seniority: int
    kinship: int
    nearness: int
    balance: int

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One mentor for one request, with what speaks for it."""

    request_id: UUID
    employee_id: UUID
    mentor_id: UUID
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What one run proposes, and why others go without."""

    proposals: list[Proposal] = field(default_factory=list)
    unmatched: dict[UUID, Obstacle] = field(default_factory=dict)


def obstacle(seeker: Seeker, mentor: Candidate, today: date, rule: MatchingRule) -> Obstacle | None:
    """The first hard rule that stands against a pair, or None."""
    if mentor.id == seeker.person.id:
        return Obstacle.SAME_PERSON
    if seeker.newcomer:
        if months_after(mentor.person.service_begins, rule.experience_months) > today:
            return Obstacle.EXPERIENCE
    elif seeker.competency not in mentor.competencies:
        return Obstacle.NOT_OFFERED
    elif not _stands_above(seeker, mentor, rule):
        return Obstacle.LEVEL
    if mentor.id in seeker.excluded:
        return Obstacle.EXCLUDED
    return Obstacle.CAPACITY if mentor.load >= mentor.capacity else None


def score(seeker: Seeker, mentor: Candidate, load: int, rule: MatchingRule) -> Score:
    """How well a mentor with so many mentees suits; the hard rules are asked before."""
    strength = mentor.levels.get(seeker.competency, 0) - seeker.level
    climb = min(seeker.gap, rule.full_gap) * min(max(strength, 0), rule.full_strength)
    years = full_years(mentor.person.service_begins, seeker.person.service_begins)
    near = mentor.online or mentor.person.unit_id == seeker.person.unit_id
    return Score(
        gap=0 if seeker.newcomer else rule.gap * HUNDREDTHS * climb // (rule.full_gap * rule.full_strength),
        seniority=rule.seniority * HUNDREDTHS * min(max(years, 0), rule.full_years) // rule.full_years,
        kinship=rule.kinship * HUNDREDTHS if _akin(seeker, mentor) else 0,
        nearness=rule.nearness * HUNDREDTHS if near else 0,
        balance=rule.balance * HUNDREDTHS * (mentor.capacity - load) // mentor.capacity,
    )


def propose(seekers: Sequence[Seeker], mentors: Sequence[Candidate], today: date, rule: MatchingRule) -> Matching:
    """Match all who wait: again and again the pair with the highest score, as loads stand by then.

    So nobody is given a mentor while somebody with a better score for that mentor goes without. Of equal scores the
    earlier due date comes first, then the older request, then the mentor enlisted under the lower id.
    """
    found = Matching()
    loads = {mentor.id: mentor.load for mentor in mentors}
    queue: list[tuple[int, date, int, int, Seeker, Candidate]] = []
    open_to: dict[UUID, set[UUID]] = defaultdict(set)
    for seeker in seekers:
        furthest = Obstacle.NOT_OFFERED
        for mentor in mentors:
            barrier = obstacle(seeker, mentor, today, rule)
            if barrier is None:
                queue.append(_entry(seeker, mentor, loads[mentor.id], rule))
                open_to[seeker.request_id].add(mentor.id)
            else:
                furthest = max(furthest, barrier)
        found.unmatched[seeker.request_id] = Obstacle.CAPACITY if open_to[seeker.request_id] else furthest
    _assign(queue, loads, found, rule)
    return found


def _assign(
    queue: list[tuple[int, date, int, int, Seeker, Candidate]],
    loads: dict[UUID, int],
    found: Matching,
    rule: MatchingRule,
) -> None:
    heapify(queue)
    while queue:
        entry = queue[0]
        seeker, mentor = entry[-2:]
        load = loads[mentor.id]
        if seeker.request_id not in found.unmatched or load >= mentor.capacity:
            heappop(queue)
            continue
        # A mentor who was given somebody meanwhile scores less: the entry goes back to where it now belongs.
        current = _entry(seeker, mentor, load, rule)
        if current[0] != entry[0]:
            heapreplace(queue, current)
            continue
        heappop(queue)
        loads[mentor.id] += 1
        del found.unmatched[seeker.request_id]
        chosen = score(seeker, mentor, load, rule)
        proposal = Proposal(
            request_id=seeker.request_id, employee_id=seeker.person.id, mentor_id=mentor.id, score=chosen
        )
        found.proposals.append(proposal)


def _entry(
    seeker: Seeker, mentor: Candidate, load: int, rule: MatchingRule
) -> tuple[int, date, int, int, Seeker, Candidate]:
    total = score(seeker, mentor, load, rule).total
    return -total, seeker.due_date or date.max, seeker.request_id.int, mentor.id.int, seeker, mentor


def _stands_above(seeker: Seeker, mentor: Candidate, rule: MatchingRule) -> bool:
    level = mentor.levels.get(seeker.competency)
    return level is not None and level >= max(seeker.required_level or 0, seeker.level + rule.steps_above)


def _akin(seeker: Seeker, mentor: Candidate) -> bool:
    own, other = seeker.person, mentor.person
    if seeker.wish is UnitWish.SAME:
        return own.unit_id == other.unit_id
    if seeker.wish is UnitWish.OTHER:
        return own.unit_id != other.unit_id
    return (
        own.unit_id == other.unit_id
        or (own.job_family is not None and own.job_family == other.job_family)
        or (own.unit_type is not None and own.unit_type == other.unit_type)
    )
