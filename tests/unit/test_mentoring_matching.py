"""Matching: hard rules, points and the one proposal for all, held against a second computation, slow and plain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mentoring.domain.matching import (
    Candidate,
    MatchingRule,
    Obstacle,
    Score,
    Seeker,
    obstacle,
    propose,
    score,
)
from services.mentoring.domain.mentors import CapacityRule
from services.mentoring.domain.people import Person
from services.mentoring.domain.requests import UnitWish

TODAY = date(2026, 3, 2)
RULE = MatchingRule(
    effective_from=date(2019, 1, 1),
    gap=50,
    seniority=15,
    kinship=15,
    nearness=10,
    balance=10,
    full_gap=3,
    full_strength=3,
    full_years=10,
    steps_above=1,
    experience_months=12,
    capacity=CapacityRule(default=3, at_most=5),
)
ARCHIVE = "PENGELOLAAN_ARSIP"
OFFICE, CLINIC = UUID(int=901), UUID(int=902)


def person(number: int, *, unit: UUID = OFFICE, since: date = date(2020, 1, 1), family: str | None = None) -> Person:
    return Person(id=UUID(int=number), unit_id=unit, superior_id=None, service_begins=since, job_family=family)


ANI = Seeker(
    request_id=UUID(int=1), person=person(11, unit=CLINIC), competency=ARCHIVE, required_level=3, current_level=2
)
BUDI = Candidate(
    person=person(51, since=date(2010, 1, 1)),
    competencies=frozenset({ARCHIVE}),
    levels={ARCHIVE: 4},
    capacity=3,
    load=0,
    online=False,
)


def test_score_of_a_worked_example() -> None:
    found = score(ANI, BUDI, 1, RULE)

    # One level to climb with one two above: 50 × 1/3 × 2/3; ten years more: all 15; other unit, at the place only; one
    # of three places taken: 10 × 2/3. Cut down to hundredths.
    assert found == Score(gap=1111, seniority=1500, kinship=0, nearness=0, balance=666)
    assert found.total == 3277


@pytest.mark.parametrize(
    ("seeker", "mentor", "found"),
    [
        (ANI, BUDI, None),
        (replace(ANI, person=replace(ANI.person, id=BUDI.id)), BUDI, Obstacle.SAME_PERSON),
        (ANI, replace(BUDI, competencies=frozenset()), Obstacle.NOT_OFFERED),
        (ANI, replace(BUDI, levels={}), Obstacle.LEVEL),
        (ANI, replace(BUDI, levels={ARCHIVE: 2}), Obstacle.LEVEL),
        (ANI, replace(BUDI, levels={ARCHIVE: 3}), None),
        (replace(ANI, required_level=4), replace(BUDI, levels={ARCHIVE: 3}), Obstacle.LEVEL),
        (replace(ANI, required_level=2), replace(BUDI, levels={ARCHIVE: 2}), Obstacle.LEVEL),
        (replace(ANI, required_level=None, current_level=None), replace(BUDI, levels={ARCHIVE: 1}), None),
        (replace(ANI, required_level=None, current_level=None), replace(BUDI, levels={ARCHIVE: 0}), Obstacle.LEVEL),
        (replace(ANI, excluded=frozenset({BUDI.id})), BUDI, Obstacle.EXCLUDED),
        (ANI, replace(BUDI, load=3), Obstacle.CAPACITY),
        (ANI, replace(BUDI, load=2), None),
        (replace(ANI, newcomer=True), replace(BUDI, competencies=frozenset(), levels={}), None),
        (replace(ANI, newcomer=True), replace(BUDI, person=person(51, since=date(2025, 3, 2))), None),
        (replace(ANI, newcomer=True), replace(BUDI, person=person(51, since=date(2025, 3, 3))), Obstacle.EXPERIENCE),
    ],
)
def test_hard_rules_name_what_stands_against_a_pair(seeker: Seeker, mentor: Candidate, found: Obstacle | None) -> None:
    assert obstacle(seeker, mentor, TODAY, RULE) is found


@pytest.mark.parametrize(
    ("wish", "same_unit", "kinship"),
    [
        (UnitWish.ANY, True, 1500),
        (UnitWish.ANY, False, 0),
        (UnitWish.SAME, True, 1500),
        (UnitWish.SAME, False, 0),
        (UnitWish.OTHER, True, 0),
        (UnitWish.OTHER, False, 1500),
    ],
)
def test_wish_decides_which_unit_is_kin(wish: UnitWish, same_unit: bool, kinship: int) -> None:
    seeker = replace(ANI, wish=wish, person=person(11, unit=OFFICE if same_unit else CLINIC))

    assert score(seeker, BUDI, 0, RULE).kinship == kinship


def test_one_job_family_or_one_kind_of_service_is_kin_across_units() -> None:
    nurse, colleague = person(11, unit=CLINIC, family="Perawat"), person(51, family="Perawat")
    clinic = replace(person(11, unit=CLINIC), unit_type="Puskesmas")
    other_clinic = replace(person(51), unit_type="Puskesmas")

    assert score(replace(ANI, person=nurse), replace(BUDI, person=colleague), 0, RULE).kinship == 1500
    assert score(replace(ANI, person=clinic), replace(BUDI, person=other_clinic), 0, RULE).kinship == 1500
    assert score(ANI, BUDI, 0, RULE).kinship == 0


def test_online_mentor_is_near_everybody() -> None:
    assert score(ANI, replace(BUDI, online=True), 0, RULE).nearness == 1000
    assert score(replace(ANI, person=person(11)), BUDI, 0, RULE).nearness == 1000


def test_unmatched_say_which_rule_left_them() -> None:
    others = [replace(ANI, request_id=UUID(int=number), person=person(number)) for number in (2, 3, 4)]

    found = propose([ANI, *others], [BUDI], TODAY, RULE)
    nobody = propose([ANI], [replace(BUDI, levels={ARCHIVE: 1})], TODAY, RULE)

    assert len(found.proposals) == 3
    assert set(found.unmatched.values()) == {Obstacle.CAPACITY}
    assert nobody.unmatched == {ANI.request_id: Obstacle.LEVEL}
    assert propose([ANI], [], TODAY, RULE).unmatched == {ANI.request_id: Obstacle.NOT_OFFERED}


def test_earlier_due_date_then_older_request_comes_first_among_equals() -> None:
    last_place = replace(BUDI, capacity=1)
    late = replace(ANI, request_id=UUID(int=2), due_date=date(2026, 5, 1))
    soon = replace(ANI, request_id=UUID(int=3), due_date=date(2026, 4, 1))

    assert [p.request_id for p in propose([ANI, late, soon], [last_place], TODAY, RULE).proposals] == [soon.request_id]
    assert [p.request_id for p in propose([late, ANI], [last_place], TODAY, RULE).proposals] == [late.request_id]


# The second computation: written from the rule's words, with fractions, and looking at every pair again at each step.


def points_again(seeker: Seeker, mentor: Candidate, load: int) -> Fraction:
    below = seeker.current_level or 0
    climb = max(1, (seeker.required_level or 0) - below)
    above = mentor.levels.get(seeker.competency, 0) - below
    gap = Fraction(0) if seeker.newcomer else 50 * Fraction(min(climb, 3), 3) * Fraction(min(max(above, 0), 3), 3)
    begins, began = seeker.person.service_begins, mentor.person.service_begins
    years = begins.year - began.year - ((begins.month, begins.day) < (began.month, began.day))
    same = mentor.person.unit_id == seeker.person.unit_id
    family = seeker.person.job_family is not None and seeker.person.job_family == mentor.person.job_family
    kin = {UnitWish.SAME: same, UnitWish.OTHER: not same, UnitWish.ANY: same or family}[seeker.wish]
    parts = [
        gap,
        15 * Fraction(min(max(years, 0), 10), 10),
        Fraction(15 * kin),
        Fraction(10 * (same or mentor.online)),
        10 * Fraction(mentor.capacity - load, mentor.capacity),
    ]
    return sum((Fraction(int(part * 100)) for part in parts), Fraction(0))


def may(seeker: Seeker, mentor: Candidate) -> bool:
    if seeker.person.id == mentor.person.id or mentor.person.id in seeker.excluded:
        return False
    if seeker.newcomer:
        began = mentor.person.service_begins
        return date(began.year + 1, began.month, began.day) <= TODAY
    level = mentor.levels.get(seeker.competency, -1)
    own = seeker.current_level or 0
    return seeker.competency in mentor.competencies and level >= own + 1 and level >= (seeker.required_level or 0)


def matched_again(seekers: list[Seeker], mentors: list[Candidate]) -> dict[UUID, UUID]:
    loads = {mentor.id: mentor.load for mentor in mentors}
    found: dict[UUID, UUID] = {}
    while True:
        best = min(
            (
                (-points_again(s, m, loads[m.id]), s.due_date or date.max, s.request_id.int, m.id.int, s, m)
                for s in seekers
                for m in mentors
                if s.request_id not in found and loads[m.id] < m.capacity and may(s, m)
            ),
            key=lambda entry: entry[:4],
            default=None,
        )
        if best is None:
            return found
        seeker, mentor = best[-2:]
        found[seeker.request_id] = mentor.id
        loads[mentor.id] += 1


people = st.builds(
    person,
    st.integers(100, 120),
    unit=st.sampled_from([OFFICE, CLINIC]),
    since=st.dates(date(2005, 1, 1), date(2026, 2, 28)).map(lambda day: day.replace(day=min(day.day, 28))),
    family=st.sampled_from([None, "Perawat", "Arsiparis"]),
)
codes = st.sampled_from([ARCHIVE, "KERJA_SAMA"])
wanted = st.builds(
    Seeker,
    request_id=st.integers(1, 10_000).map(lambda number: UUID(int=number)),
    person=people,
    competency=codes,
    newcomer=st.booleans(),
    required_level=st.none() | st.integers(1, 5),
    current_level=st.none() | st.integers(0, 5),
    wish=st.sampled_from(UnitWish),
    due_date=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 4)),
    excluded=st.frozensets(st.integers(100, 120).map(lambda number: UUID(int=number)), max_size=3),
)
offered = st.builds(
    Candidate,
    person=people,
    competencies=st.frozensets(codes),
    levels=st.dictionaries(codes, st.integers(0, 5)),
    capacity=st.integers(1, 3),
    load=st.integers(0, 2),
    online=st.booleans(),
)
waiting = st.lists(wanted, max_size=8, unique_by=lambda seeker: seeker.request_id)
ready = st.lists(offered, max_size=6, unique_by=lambda mentor: mentor.id)


@settings(max_examples=400, deadline=None)
@given(seeker=wanted, mentor=offered, load=st.integers(0, 2))
def test_score_equals_the_second_computation(seeker: Seeker, mentor: Candidate, load: int) -> None:
    load = min(load, mentor.capacity)

    assert score(seeker, mentor, load, RULE).total == points_again(seeker, mentor, load)


@settings(max_examples=400, deadline=None)
@given(seekers=waiting, mentors=ready, looked_at=st.integers(2, 6))
def test_proposals_equal_the_second_computation(
    seekers: list[Seeker], mentors: list[Candidate], looked_at: int
) -> None:
    found = propose(seekers, mentors, TODAY, RULE, looked_at=looked_at)

    assert {p.request_id: p.mentor_id for p in found.proposals} == matched_again(seekers, mentors)
    assert found.unmatched.keys() == {s.request_id for s in seekers} - {p.request_id for p in found.proposals}


@settings(max_examples=200, deadline=None)
@given(seekers=waiting, mentors=ready, chance=st.randoms(use_true_random=False))
def test_proposals_do_not_depend_on_the_order_of_the_lists(
    seekers: list[Seeker], mentors: list[Candidate], chance: object
) -> None:
    assert hasattr(chance, "shuffle")
    turned, moved = list(seekers), list(mentors)
    chance.shuffle(turned)
    chance.shuffle(moved)

    assert propose(turned, moved, TODAY, RULE).proposals == propose(seekers, mentors, TODAY, RULE).proposals
