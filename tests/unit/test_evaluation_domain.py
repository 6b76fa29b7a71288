"""What was learned is judged by exact numbers; checked against fractions and against worked examples."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.evaluations import Conclusion, Evaluation, Signal, Standing, Verdict
from services.evaluation.domain.follow_ups import CaseFile
from services.evaluation.domain.learning import (
    Completion,
    Enrolment,
    LearningRule,
    LearningVersion,
    Outcome,
    Scores,
    conclude,
    evaluate,
    normalised_gain,
)
from services.evaluation.domain.rules import FollowUpPlan, Rule, Target
from shared.ids import new_id

PLAN = FollowUpPlan(kind="REMEDIAL", cause="NOT_MASTERED", target=Target.MENTORING, due_in_days=30)
ENDED = date(2026, 3, 4)


def rule_of(*beginnings: date, default_pass_mark: int = 70) -> LearningRule:
    versions = tuple(
        LearningVersion(effective_from=day, default_pass_mark=default_pass_mark, follow_up=PLAN, second_round=PLAN)
        for day in beginnings
    )
    return Rule(name="L2_PERSON", versions=versions)


RULE = rule_of(date(2019, 1, 1))


def completion_of(pass_mark: int | None = 70, end_date: date = ENDED) -> Completion:
    return Completion(competency="PELAYANAN_PUBLIK", pass_mark=pass_mark, end_date=end_date)


def enrolment_of(scores: Scores | None = None, completion: Completion | None = None) -> Enrolment:
    seat = Enrolment(id=new_id(), class_id=new_id(), program_id=new_id(), employee_id=new_id())
    if scores:
        seat = seat.measured(scores)
    return seat.completed(completion, []) if completion else seat


def concluded(pre: int | None, post: int | None, highest: int = 100, pass_mark: int | None = 70) -> Conclusion:
    return conclude(Scores(pre=pre, post=post, highest=highest), completion_of(pass_mark), RULE)


@st.composite
def scores(draw: st.DrawFn) -> Scores:
    highest = draw(st.integers(1, 1_000))
    taken = st.none() | st.integers(0, highest)
    return Scores(pre=draw(taken), post=draw(taken), highest=highest)


@pytest.mark.parametrize(
    ("pre", "post", "highest", "gain"),
    [
        (55, 64, 100, "0.20"),
        (40, 82, 100, "0.70"),  # the lower edge of high gain in Hake 1998
        (40, 58, 100, "0.30"),  # the lower edge of medium gain
        (10, 25, 30, "0.75"),
        (60, 60, 100, "0.00"),
        (80, 70, 100, "-0.50"),
        (90, 92, 100, "0.20"),
        (70, 80, 100, "0.33"),  # a third, cut and not rounded
        (70, 69, 100, "-0.04"),  # a thirtieth, cut downwards as well
    ],
)
def test_gain_is_the_share_of_what_could_be_gained(pre: int, post: int, highest: int, gain: str) -> None:
    assert str(normalised_gain(Scores(pre=pre, post=post, highest=highest))) == gain


@pytest.mark.parametrize(("pre", "post"), [(100, 100), (100, 90), (None, 90), (50, None)])
def test_gain_is_undefined_without_both_tests_or_anything_left_to_gain(pre: int | None, post: int | None) -> None:
    assert normalised_gain(Scores(pre=pre, post=post, highest=100)) is None


@given(scores())
def test_gain_equals_the_exact_fraction_cut_to_two_places(given_scores: Scores) -> None:
    gain = normalised_gain(given_scores)

    if given_scores.pre is None or given_scores.post is None or given_scores.pre == given_scores.highest:
        assert gain is None
    else:
        exact = Fraction(given_scores.post - given_scores.pre, given_scores.highest - given_scores.pre)
        assert gain is not None
        assert Fraction(gain) <= exact < Fraction(gain) + Fraction(1, 100)
        assert gain.as_tuple().exponent == -2


@given(scores(), st.none() | st.integers(0, 100), st.integers(0, 100))
def test_verdict_equals_the_comparison_of_exact_fractions(
    given_scores: Scores, pass_mark: int | None, default: int
) -> None:
    rule = rule_of(date(2019, 1, 1), default_pass_mark=default)

    conclusion = conclude(given_scores, completion_of(pass_mark), rule)

    if given_scores.post is None:
        assert (conclusion.verdict, conclusion.figure, conclusion.gain) == (Verdict.NOT_ENOUGH_DATA, None, None)
    else:
        percent = Fraction(given_scores.post, given_scores.highest) * 100
        passed = percent >= (default if pass_mark is None else pass_mark)
        assert conclusion.verdict is (Verdict.EFFECTIVE if passed else Verdict.NOT_EFFECTIVE)
        assert conclusion.figure is not None
        assert Fraction(conclusion.figure) <= percent < Fraction(conclusion.figure) + Fraction(1, 100)


@given(scores(), st.integers(0, 100))
def test_figure_never_shows_a_mark_that_was_missed(given_scores: Scores, pass_mark: int) -> None:
    conclusion = conclude(given_scores, completion_of(pass_mark), RULE)

    if conclusion.figure is not None:
        assert (conclusion.figure < pass_mark) == (conclusion.verdict is Verdict.NOT_EFFECTIVE)


def test_post_test_below_the_pass_mark_is_not_effective() -> None:
    conclusion = concluded(pre=55, post=64)

    assert conclusion == Conclusion(
        verdict=Verdict.NOT_EFFECTIVE,
        figure=Decimal("64.00"),
        gain=Decimal("0.20"),
        rule="L2_PERSON",
        rule_version="2019-01-01",
        signal=Signal.LEARNING_FAILED,
    )
    assert conclusion.calls_for_follow_up


def test_post_test_at_the_pass_mark_is_effective() -> None:
    assert concluded(pre=55, post=70).verdict is Verdict.EFFECTIVE


def test_low_gain_alone_is_no_failure() -> None:
    conclusion = concluded(pre=90, post=92)

    assert conclusion.gain == Decimal("0.20")
    assert not conclusion.calls_for_follow_up


def test_post_test_alone_is_enough_for_a_verdict() -> None:
    conclusion = concluded(pre=None, post=64)

    assert (conclusion.verdict, conclusion.gain) == (Verdict.NOT_EFFECTIVE, None)


def test_pass_mark_of_the_programme_goes_before_the_default() -> None:
    assert concluded(pre=None, post=64, pass_mark=60).verdict is Verdict.EFFECTIVE
    assert concluded(pre=None, post=64, pass_mark=None).verdict is Verdict.NOT_EFFECTIVE


def test_nothing_measured_is_not_enough_data_and_calls_for_nothing() -> None:
    conclusion = conclude(None, completion_of(), RULE)

    assert conclusion.verdict is Verdict.NOT_ENOUGH_DATA
    assert not conclusion.calls_for_follow_up


@pytest.mark.parametrize(("pre", "post"), [(-1, 50), (50, 101), (101, 50), (None, -1)])
def test_scores_outside_their_scale_are_refused(pre: int | None, post: int | None) -> None:
    with pytest.raises(ValueError, match="outside its scale"):
        Scores(pre=pre, post=post, highest=100)


@given(st.sets(st.dates(), min_size=1, max_size=6), st.dates())
def test_version_in_force_is_the_newest_begun_else_the_first(beginnings: set[date], day: date) -> None:
    rule = rule_of(*sorted(beginnings))

    begun = {beginning for beginning in beginnings if beginning <= day}
    assert rule.in_force_on(day).effective_from == (max(begun) if begun else min(beginnings))


def test_verdict_cites_the_version_in_force_when_the_training_ended() -> None:
    rule = rule_of(date(2019, 1, 1), ENDED, ENDED + timedelta(days=1))

    assert conclude(None, completion_of(), rule).rule_version == ENDED.isoformat()


def test_evaluation_waits_for_the_completion() -> None:
    measured = enrolment_of(Scores(pre=10, post=20, highest=100))

    assert evaluate(measured, None, RULE, new_id()) is None
    assert evaluate(measured.not_completed(), None, RULE, new_id()) is None


def test_evaluation_is_repeated_only_when_a_correction_changes_the_conclusion() -> None:
    failed = enrolment_of(Scores(pre=55, post=64, highest=100), completion_of())
    first = evaluate(failed, None, RULE, new_id())
    assert first is not None
    standing = Standing(evaluation_id=first.id, conclusion=first.conclusion, follow_up_id=new_id())

    still_failed = evaluate(failed.measured(Scores(pre=55, post=60, highest=100)), standing, RULE, new_id())
    passed = evaluate(failed.measured(Scores(pre=55, post=80, highest=100)), standing, RULE, new_id())

    assert evaluate(failed, standing, RULE, new_id()) is None
    assert still_failed is not None
    assert (still_failed.id, still_failed.follow_up_id) == (first.id, standing.follow_up_id)
    assert passed is not None
    assert (passed.id, passed.conclusion.calls_for_follow_up) == (first.id, False)


def test_follow_up_is_due_after_the_days_of_the_rule_in_the_plan_year_of_the_training() -> None:
    enrolment = enrolment_of(Scores(pre=55, post=64, highest=100), completion_of(end_date=date(2025, 12, 31)))
    evaluation = evaluate(enrolment, None, RULE, new_id())
    assert evaluation is not None
    case = evaluation.activity.case
    file = CaseFile(case=case, rounds=2, today=date(2026, 1, 2), new_id=new_id)

    file.settle(evaluation)

    assert file.active is not None
    assert (file.active.due_date, file.active.plan) == (date(2026, 2, 1), PLAN)
    assert case == (enrolment.employee_id, "PELAYANAN_PUBLIK", 2025)


def test_completion_is_not_taken_back_by_a_late_fact() -> None:
    needs = (new_id(),)
    completed = enrolment_of().completed(completion_of(), needs)

    assert completed.not_completed() == completed
    assert completed.confirmed([new_id(), new_id()]) == completed


def test_completion_follows_when_it_was_first_missed() -> None:
    enrolment = enrolment_of().not_completed().completed(completion_of(), [])

    assert enrolment.outcome is Outcome.COMPLETED
    assert isinstance(evaluate(enrolment, None, RULE, new_id()), Evaluation)
