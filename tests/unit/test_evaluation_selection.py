"""Which activities are reviewed, who is asked, and what people are spared; against plain counting."""

from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.behaviour import Role
from services.evaluation.domain.evaluations import Activity, ActivityKind
from services.evaluation.domain.respondents import Deputy, Person, respondents_of, superior_of
from services.evaluation.domain.selection import Candidate, ClassFacts, Ground, allot, ground_of, sampled
from services.evaluation.rules import SELECTION

RULE = SELECTION.versions[-1]
FREE = ClassFacts(form=8, cost_level="FREE")
TODAY = date(2026, 6, 2)
PERSON = UUID(int=1)
IN_SAMPLE = next(UUID(int=number) for number in range(1, 1_000) if sampled(UUID(int=number), 10))
OUTSIDE = next(UUID(int=number) for number in range(1, 1_000) if not sampled(UUID(int=number), 10))


def activity(
    activity_id: UUID = OUTSIDE,
    *,
    kind: ActivityKind = ActivityKind.TRAINING,
    hours: int = 8,
    follow_up_id: UUID | None = None,
    employee_id: UUID = PERSON,
    end_date: date = date(2026, 3, 4),
) -> Activity:
    return Activity(
        kind=kind,
        id=activity_id,
        employee_id=employee_id,
        competency="PELAYANAN_PUBLIK",
        end_date=end_date,
        follow_up_id=follow_up_id,
        learning_hours=hours,
    )


@pytest.mark.parametrize(
    ("given_activity", "facts", "ground", "selected"),
    [
        (activity(hours=20), FREE, Ground.LEARNING_HOURS, True),
        (activity(hours=19), FREE, Ground.NOT_IN_SAMPLE, False),
        (activity(), ClassFacts(form=1, cost_level="FREE"), Ground.FORM, True),
        (activity(), ClassFacts(form=2, cost_level="FREE"), Ground.FORM, True),
        (activity(), ClassFacts(form=3, cost_level="FREE"), Ground.NOT_IN_SAMPLE, False),
        (activity(), ClassFacts(form=8, cost_level="PAID"), Ground.PAID, True),
        (activity(IN_SAMPLE), FREE, Ground.SAMPLE, True),
        (activity(), ClassFacts(form=None, cost_level=None), Ground.CLASS_UNKNOWN, False),
        (activity(kind=ActivityKind.MENTORING, hours=0), FREE, Ground.MENTORING, True),
        (activity(follow_up_id=UUID(int=9)), FREE, Ground.FOLLOW_UP, True),
    ],
)
def test_ground_says_why_an_activity_is_reviewed_or_not(
    given_activity: Activity, facts: ClassFacts, ground: Ground, selected: bool
) -> None:
    assert ground_of(given_activity, facts, RULE) == (ground, selected)


@given(st.uuids(), st.integers(0, 100))
def test_sample_is_drawn_by_the_hash_of_the_id(activity_id: UUID, percent: int) -> None:
    number = int(sha256(str(activity_id).encode("ascii")).hexdigest()[:16], 16)

    assert sampled(activity_id, percent) == (number % 100 < percent)


def test_sample_takes_about_its_percentage() -> None:
    drawn = sum(sampled(uuid4(), 10) for _ in range(20_000))

    assert 1_700 < drawn < 2_300


def test_review_falls_due_ninety_days_after_the_end() -> None:
    assert RULE.due_date(activity(end_date=date(2026, 3, 4))) == date(2026, 6, 2)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    first = date(2025, 11, 20)
    return [
        Candidate(
            id=uuid4(),
            activity=activity(
                draw(st.uuids()),
                employee_id=UUID(int=draw(st.integers(1, 4))),
                follow_up_id=draw(st.sampled_from([None, None, None, UUID(int=7)])),
            ),
            due_date=first + timedelta(days=draw(st.integers(0, 90))),
            superior_id=draw(st.sampled_from([None, UUID(int=50), UUID(int=51)])),
            version=RULE,
            settled=draw(st.integers(0, 9)) == 0,
        )
        for _ in range(draw(st.integers(0, 40)))
    ]


@given(candidates(), st.randoms())
def test_limits_hold_in_whatever_order_the_reviews_come(given_candidates: list[Candidate], chance: object) -> None:
    shuffled = list(given_candidates)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    found = allot(given_candidates)

    assert found == allot(shuffled)
    held = [each for each in given_candidates if found[each.id] is None]
    bound = [each for each in held if not each.is_exempt and not each.settled]
    for each in bound:
        earlier = [e for e in held if (e.due_date, e.activity.id) < (each.due_date, each.activity.id)]
        persons = [e for e in earlier if e.activity.employee_id == each.activity.employee_id]
        assert sum(e.due_date.year == each.due_date.year for e in persons) < 2
        if each.superior_id is not None:
            month = (each.superior_id, each.due_date.year, each.due_date.month)
            asked = Counter((e.superior_id, e.due_date.year, e.due_date.month) for e in earlier)
            assert asked[month] < 10
    assert all(found[each.id] is None for each in given_candidates if each.is_exempt or each.settled)


def test_third_review_of_a_year_is_spared_and_what_a_follow_up_ordered_is_not() -> None:
    days = [date(2026, 1, 5), date(2026, 3, 5), date(2026, 5, 5), date(2026, 7, 5), date(2027, 1, 5)]
    orders = [None, None, None, UUID(int=7), None]
    reviews = [
        Candidate(
            id=uuid4(), activity=activity(uuid4(), follow_up_id=order), due_date=day, superior_id=None, version=RULE
        )
        for day, order in zip(days, orders, strict=True)
    ]

    found = allot(reviews)

    assert [found[each.id] for each in reviews] == [None, None, Ground.PERSON_YEAR_FULL, None, None]


def test_eleventh_form_of_a_month_is_spared() -> None:
    reviews = [
        Candidate(
            id=uuid4(),
            activity=activity(UUID(int=number), employee_id=UUID(int=1_000 + number)),
            due_date=date(2026, 6, 2),
            superior_id=UUID(int=50),
            version=RULE,
        )
        for number in range(1, 13)
    ]

    found = allot(reviews)

    assert [found[each.id] for each in reviews] == [None] * 10 + [Ground.SUPERIOR_MONTH_FULL] * 2


BOSS, ANI, HEAD, STAND_IN = (UUID(int=number) for number in (10, 11, 12, 13))
OFFICE = UUID(int=2)


def people(*, boss: str = "01", head: str = "01", boss_leads: bool = True) -> dict[UUID, Person]:
    return {
        ANI: Person(id=ANI, legal_status="01", superior_id=BOSS),
        BOSS: Person(id=BOSS, legal_status=boss, superior_id=HEAD, heads_unit_ids=(OFFICE,) if boss_leads else ()),
        HEAD: Person(id=HEAD, legal_status=head, superior_id=None),
        STAND_IN: Person(id=STAND_IN, legal_status="01", superior_id=HEAD),
    }


def standing_in(start: date, end: date) -> list[Deputy]:
    return [Deputy(employee_id=STAND_IN, unit_id=OFFICE, from_date=start, to_date=end)]


def test_superior_at_work_is_asked() -> None:
    assert superior_of(ANI, people(), [], TODAY) == BOSS


@pytest.mark.parametrize(
    ("start", "end", "asked"),
    [
        (TODAY, TODAY, STAND_IN),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), HEAD),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), HEAD),
    ],
)
def test_superior_who_is_away_is_stood_for_by_the_deputy_of_the_day_else_by_the_next(
    start: date, end: date, asked: UUID
) -> None:
    assert superior_of(ANI, people(boss="02"), standing_in(start, end), TODAY) == asked


def test_nobody_is_asked_where_all_superiors_are_away_or_the_line_goes_in_a_circle() -> None:
    circle = {
        ANI: Person(id=ANI, legal_status="01", superior_id=BOSS),
        BOSS: Person(id=BOSS, legal_status="02", superior_id=ANI),
    }

    assert superior_of(ANI, people(boss="02", head="99"), [], TODAY) is None
    assert superior_of(ANI, circle, [], TODAY) is None
    assert superior_of(UUID(int=99), {}, [], TODAY) is None


@given(st.sets(st.uuids(), max_size=12), st.sets(st.uuids(), max_size=12), st.uuids())
def test_respondents_are_drawn_alike_whenever_they_are_drawn(
    peers: set[UUID], subordinates: set[UUID], activity_id: UUID
) -> None:
    def draw(groups: tuple[list[UUID], list[UUID]]) -> list[tuple[Role, UUID]]:
        return respondents_of(activity_id, ANI, BOSS, groups, RULE)

    first = draw((sorted(peers | {ANI, BOSS}), sorted(subordinates)))
    again = draw((sorted(peers, reverse=True), sorted(subordinates, reverse=True)))

    assert first == again
    counts = Counter(role for role, _ in first)
    assert (counts[Role.SELF], counts[Role.SUPERIOR]) == (1, 1)
    assert counts[Role.PEER] == min(3, len(peers - {ANI, BOSS}))
    assert counts[Role.SUBORDINATE] == min(3, len(subordinates - {ANI, BOSS}))
