"""Who sits with whom in the demo's classes, and how participants learn."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.demo.catalogue import SEATS, SHAPES, edition_of
from services.demo.dice import Dice
from services.demo.learners import Learner
from services.demo.wishes import FEW, KINDS, Call, Wish, calls_of
from services.training.domain import FORMS, GUIDED_FORMS

TODAY = date(2026, 1, 5)
DAYS = [TODAY + timedelta(days=15 * number) for number in range(24)]


def wish(
    number: int, competency: str = "KOMUNIKASI", form: int = 8, *, again: bool = False, over: bool = False
) -> Wish:
    return Wish(
        employee_id=UUID(int=number),
        employee_number=f"{number:018}",
        competency=competency,
        form=form,
        plan_item_id=None if again else uuid4(),
        follow_up_id=uuid4() if again else None,
        patience_over=over,
    )


def seated(calls: Sequence[Call]) -> list[Wish]:
    return [each for call in calls for each in call.wishes]


def called_within_a_year(*wishes: Wish) -> list[Call]:
    """The classes of the first day on which any is called."""
    return next((calls for day in DAYS if (calls := calls_of(wishes, Dice(1), day))), [])


def test_every_form_of_a_class_has_a_shape_and_a_kind() -> None:
    of_classes = FORMS.keys() - GUIDED_FORMS

    assert SHAPES.keys() == of_classes
    assert Counter(form for forms in KINDS for form in forms) == Counter(of_classes)


WISHES = st.builds(
    wish,
    st.integers(1, 40),
    st.sampled_from(["KOMUNIKASI", "KERJA_SAMA"]),
    st.sampled_from([4, 8, 11, 16]),
    again=st.booleans(),
    over=st.booleans(),
)


@given(st.lists(WISHES, max_size=120), st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_nobody_gets_two_seats_and_no_class_more_than_it_holds(wishes: list[Wish], seed: int) -> None:
    calls = calls_of(wishes, Dice(seed), TODAY)

    people = Counter(each.employee_id for each in seated(calls))
    assert all(number == 1 for number in people.values())
    assert all(1 <= len(call.wishes) <= SEATS for call in calls)
    assert all(each.competency == call.offer.competency for call in calls for each in call.wishes)
    assert {each.employee_id for each in wishes if each.follow_up_id} <= people.keys()
    assert len({(call.offer.code, call.number) for call in calls}) == len(calls)


@given(st.lists(WISHES, max_size=120), st.integers(0, 50))
@settings(max_examples=100, deadline=None)
def test_no_class_is_called_for_those_who_were_left_over_on_the_same_day(wishes: list[Wish], seed: int) -> None:
    busy = {each.employee_id for each in seated(calls_of(wishes, Dice(seed), TODAY))}

    assert calls_of([each for each in wishes if each.employee_id not in busy], Dice(seed), TODAY) == []


def test_enough_people_get_a_class_of_the_form_they_asked_for() -> None:
    calls = called_within_a_year(*(wish(number, form=3) for number in range(FEW)))

    assert [call.offer.form for call in calls] == [3]
    assert len(calls[0].wishes) == FEW


def test_more_than_a_class_holds_are_divided_evenly() -> None:
    calls = called_within_a_year(*(wish(number) for number in range(2 * SEATS + 2)))

    assert sorted(len(call.wishes) for call in calls) == [20, 21, 21]
    assert [call.number for call in calls] == [0, 1, 2]


def test_few_are_taught_together_with_those_who_asked_for_a_like_form() -> None:
    wishes = [*(wish(number, form=11) for number in range(3)), wish(8, form=3), wish(9, form=16)]

    [call] = called_within_a_year(*wishes)

    assert call.offer.form == 11
    assert {each.form for each in call.wishes} == {3, 11}


def test_handful_waits_until_its_patience_is_over() -> None:
    impatient = called_within_a_year(wish(1, over=True))

    assert called_within_a_year(wish(1)) == []
    assert [each.employee_id for each in seated(impatient)] == [UUID(int=1)]


def test_follow_up_joins_a_class_for_its_competency_that_is_called_anyhow() -> None:
    planned = [wish(number) for number in range(FEW)]
    day = next(day for day in DAYS if calls_of(planned, Dice(1), day))
    again, elsewhere = wish(90, again=True), wish(91, "KERJA_SAMA", again=True)

    calls = calls_of([*planned, again, elsewhere], Dice(1), day)

    assert [len(call.wishes) for call in calls] == [FEW + 1, 1]
    assert seated(calls)[-2:] == [again, elsewhere]


def learner(number: int, *, remedial: bool = False, program: str = "P", edition: int = 1) -> Learner:
    return Learner(
        dice=Dice(1),
        employee_number=f"{number:018}",
        competency="KOMUNIKASI",
        program=program,
        edition=edition,
        starts_on=TODAY,
        remedial=remedial,
    )


@pytest.mark.parametrize("remedial", [False, True])
def test_scores_are_on_the_scale_and_fall_the_same_again(remedial: bool) -> None:
    learners = [learner(number, remedial=remedial) for number in range(300)]

    scores = [(each.first_test(), each.last_test(2)) for each in learners]
    assert all(score is None or 0 <= score <= 100 for pair in scores for score in pair)
    assert scores == [(each.first_test(), each.last_test(2)) for each in map(replace, learners)]
    assert {None} < {score for pair in scores for score in pair}


def test_most_learn_and_those_taught_again_fail_more_often() -> None:
    first = [learner(number, program=f"P{number % 40}").learned < 70 for number in range(2_000)]
    again = [learner(number, program=f"P{number % 40}", remedial=True).learned < 70 for number in range(2_000)]

    assert 0.08 < sum(first) / len(first) < 0.22
    assert 0.33 < sum(again) / len(again) < 0.47


def test_revised_programs_teach_better_than_the_useless_ones_they_replace() -> None:
    useless = next(
        f"P{number}"
        for number in range(500)
        if sum(learner(each, program=f"P{number}").learned < 70 for each in range(50)) > 40
    )

    revised = sum(learner(each, program=useless, edition=2).learned < 70 for each in range(50))
    assert revised < 25


def test_wrong_list_says_the_opposite_of_what_was() -> None:
    wrong = [each for each in map(learner, range(3_000)) if each.listed_wrongly(2)]

    assert {any(each.present(2).values()) for each in wrong} == {True, False}
    assert all(set(each.listed(2).values()) == {not any(each.present(2).values())} for each in wrong)


def test_edition_stands_behind_the_title() -> None:
    assert [edition_of(title) for title in ("Bimtek", "Bimtek – Edisi 2", "Bimtek – Edisi 11")] == [1, 2, 11]
