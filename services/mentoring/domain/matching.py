"""Who could mentor whom, how well, and one proposal for all who wait: hard rules first, then a score of 100.

All points are whole hundredths, so that no rounding decides between two mentors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from heapq import heappop, heappush, heapreplace, nsmallest
from itertools import count
from typing import NamedTuple
from uuid import UUID

from services.mentoring.domain.mentors import CapacityRule
from services.mentoring.domain.people import Person, full_years, months_after
from services.mentoring.domain.requests import UnitWish

HUNDREDTHS = 100

LOOKED_AT = 16
"""Pairs of each seeker that are kept in mind at a time."""


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


def propose(
    seekers: Sequence[Seeker],
    mentors: Sequence[Candidate],
    today: date,
    rule: MatchingRule,
    *,
    looked_at: int = LOOKED_AT,
) -> Matching:
    """Match all who wait: again and again the pair with the highest score, as loads stand by then.

    So nobody is given a mentor while somebody with a better score for that mentor goes without. Of equal scores the
    earlier due date comes first, then the older request, then the mentor enlisted under the lower id. looked_at (two at
    least) says how many pairs of each seeker are kept in mind at a time; what is proposed does not depend on it.
    """
    found = Matching()
    queue = _Queue(mentors, today, rule, looked_at)
    for seeker in seekers:
        found.unmatched[seeker.request_id] = queue.take_in(seeker)
    while (best := queue.best(found.unmatched)) is not None:
        seeker, mentor = best
        chosen = score(seeker, mentor, queue.loads[mentor.id], rule)
        queue.loads[mentor.id] += 1
        del found.unmatched[seeker.request_id]
        proposal = Proposal(
            request_id=seeker.request_id, employee_id=seeker.person.id, mentor_id=mentor.id, score=chosen
        )
        found.proposals.append(proposal)
    return found


class _Entry(NamedTuple):
    """A possible pair, in the order in which pairs are made; the number keeps entries apart that are else alike.

    more: beyond this one the seeker has others, whom nobody has looked at yet.
    """

    negative_total: int
    due_date: date
    request: int
    mentor_id: int
    number: int
    seeker: Seeker
    mentor: Candidate
    more: bool


class _Queue:
    """The best pairs of every seeker; of a big agency not all pairs fit into memory.

    Scores only fall as mentors are given people, so what was left out never comes before the last that was taken in.
    """

    def __init__(self, mentors: Sequence[Candidate], today: date, rule: MatchingRule, looked_at: int) -> None:
        self.loads = {mentor.id: mentor.load for mentor in mentors}
        self._mentors, self._today, self._rule, self._looked_at = mentors, today, rule, looked_at
        self._offering: dict[str, list[Candidate]] = defaultdict(list)
        for mentor in mentors:
            for competency in mentor.competencies:
                self._offering[competency].append(mentor)
        self._entries: list[_Entry] = []
        self._numbers = count()

    def take_in(self, seeker: Seeker) -> Obstacle:
        """Queue the best pairs of a seeker; returns what would leave the seeker without a mentor."""
        furthest, able = Obstacle.NOT_OFFERED, []
        for mentor in self._mentors if seeker.newcomer else self._offering.get(seeker.competency, ()):
            barrier = obstacle(seeker, mentor, self._today, self._rule)
            if barrier is not None:
                furthest = max(furthest, barrier)
            elif self.loads[mentor.id] < mentor.capacity:
                able.append(mentor)
        totals = ((-self._total(seeker, mentor), mentor.id.int, number) for number, mentor in enumerate(able))
        chosen = nsmallest(self._looked_at, totals)
        for place, (total, _, number) in enumerate(chosen, start=1):
            more = place == len(chosen) < len(able)
            heappush(self._entries, self._entry(seeker, able[number], -total, more=more))
        return Obstacle.CAPACITY if able else furthest

    def best(self, waiting: Container[UUID]) -> tuple[Seeker, Candidate] | None:
        """The best pair of somebody who still waits, as loads stand now."""
        while self._entries:
            entry = self._entries[0]
            seeker, mentor = entry.seeker, entry.mentor
            if seeker.request_id not in waiting:
                heappop(self._entries)
            elif entry.more:
                heappop(self._entries)
                self.take_in(seeker)
            elif self.loads[mentor.id] >= mentor.capacity:
                heappop(self._entries)
            else:
                # A mentor who was given somebody meanwhile scores less: the entry goes back to where it now belongs.
                total = self._total(seeker, mentor)
                if total == -entry.negative_total:
                    heappop(self._entries)
                    return seeker, mentor
                heapreplace(self._entries, self._entry(seeker, mentor, total))
        return None

    def _total(self, seeker: Seeker, mentor: Candidate) -> int:
        return score(seeker, mentor, self.loads[mentor.id], self._rule).total

    def _entry(self, seeker: Seeker, mentor: Candidate, total: int, *, more: bool = False) -> _Entry:
        due = seeker.due_date or date.max
        return _Entry(-total, due, seeker.request_id.int, mentor.id.int, next(self._numbers), seeker, mentor, more)


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
