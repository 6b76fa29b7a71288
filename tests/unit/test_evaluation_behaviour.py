"""Level 3 by numbers: score, level, cause and signal against a second, plain computation and worked examples."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.behaviour import Answer, Background, BehaviourFinding, Cause, Role, conclude_behaviour
from services.evaluation.domain.evaluations import Signal, Verdict
from services.evaluation.domain.rules import Rule
from services.evaluation.rules import BEHAVIOUR_OF_PERSON

ENDED = date(2026, 3, 4)
ITEMS = BEHAVIOUR_OF_PERSON.in_force_on(ENDED).items
NOTHING_TRIED = Background(standard=None, trained=False, mentored=False)
RESPONDENTS = [Role.SELF, Role.SUPERIOR, Role.PEER, Role.SUBORDINATE]


def answer(role: Role, *scores: int, level: int = 3, cause: Cause | None = None) -> Answer:
    given_scores = scores if len(scores) == len(ITEMS) else scores * len(ITEMS)
    return Answer(role=role, scores=dict(zip(ITEMS, given_scores, strict=True)), level=level, cause=cause)


def judged(*answers: Answer, background: Background = NOTHING_TRIED) -> BehaviourFinding:
    return conclude_behaviour(answers, background, ENDED, BEHAVIOUR_OF_PERSON)


@st.composite
def answers(draw: st.DrawFn) -> list[Answer]:
    others = draw(st.lists(st.sampled_from([Role.PEER, Role.SUBORDINATE]), max_size=6))
    roles = [role for role in (Role.SELF, Role.SUPERIOR) if draw(st.booleans())] + others
    return [
        Answer(
            role=role,
            scores={item: draw(st.integers(1, 4)) for item in ITEMS},
            level=draw(st.integers(0, 5)),
            cause=draw(st.none() | st.sampled_from(Cause)),
        )
        for role in draw(st.permutations(roles))
    ]


backgrounds = st.builds(
    Background, standard=st.none() | st.integers(1, 5), trained=st.booleans(), mentored=st.booleans()
)


class Oracle:
    """The rule told once more, from the description and without the product's code."""

    def __init__(self, given_answers: Sequence[Answer], background: Background) -> None:
        by_role = {role: [a for a in given_answers if a.role == role] for role in RESPONDENTS}
        others = by_role[Role.PEER] + by_role[Role.SUBORDINATE]
        self.others = others if len(others) >= 3 else []
        self.superior = by_role[Role.SUPERIOR][0] if by_role[Role.SUPERIOR] else None
        self.causes = {a.cause for a in by_role[Role.SELF] + by_role[Role.SUPERIOR] + self.others if a.cause}
        self.background = background

    @property
    def score(self) -> Fraction | None:
        if self.superior is None:
            return None
        boss = Fraction(sum(self.superior.scores.values()), len(ITEMS))
        pooled = [Fraction(score) for other in self.others for score in other.scores.values()]
        return (boss + sum(pooled, Fraction(0)) / len(pooled)) / 2 if pooled else boss

    @property
    def level(self) -> int | None:
        if self.superior is None:
            return None
        return median_low([self.superior.level, *(other.level for other in self.others)])

    @property
    def verdict(self) -> str:
        if self.score is None or self.superior is None:
            return "NOT_ENOUGH_DATA"
        if 1 in self.superior.scores.values() or self.score < Fraction(26, 10):
            return "NOT_EFFECTIVE"
        return "EFFECTIVE" if self.score >= Fraction(335, 100) else "PARTLY"

    @property
    def target(self) -> str | None:
        below = (
            self.level is not None and self.background.standard is not None and self.level < self.background.standard
        )
        if self.superior is None:
            return None
        if self.causes & {Cause.NO_OPPORTUNITY, Cause.NO_SUPPORT}:
            return "SUPERIOR"
        if below and self.background.trained and self.background.mentored:
            return "TRAINING"
        if self.verdict == "NOT_EFFECTIVE":
            return "MENTORING" if Cause.NOT_MASTERED in self.causes else "COACHING"
        return None


@given(answers(), backgrounds)
def test_finding_equals_the_plain_computation(given_answers: list[Answer], background: Background) -> None:
    oracle = Oracle(given_answers, background)

    finding = judged(*given_answers, background=background)

    assert finding.conclusion.verdict == oracle.verdict
    assert finding.level == oracle.level
    assert (finding.plan.target if finding.plan else None) == oracle.target
    assert (finding.plan is None) == (finding.conclusion.signal is None)
    shown = finding.conclusion.figure
    assert (shown is None) == (oracle.score is None)
    if shown is not None and oracle.score is not None:
        assert Fraction(shown) <= oracle.score < Fraction(shown) + Fraction(1, 100)


@given(answers(), st.integers(1, 4), st.integers(0, 5))
def test_own_scores_and_level_change_nothing(given_answers: list[Answer], score: int, level: int) -> None:
    others = [a for a in given_answers if a.role is not Role.SELF]
    own = answer(Role.SELF, score, level=level)

    assert judged(*others, own) == judged(*others)


@pytest.mark.parametrize(
    ("superior", "others", "figure", "verdict"),
    [
        ((3, 3, 3, 2, 2), (), "2.60", Verdict.PARTLY),  # the mark itself is not below it
        ((3, 3, 2, 2, 2), (), "2.40", Verdict.NOT_EFFECTIVE),
        ((4, 4, 3, 3, 3), (), "3.40", Verdict.EFFECTIVE),
        ((4, 4, 4, 4, 4), (3, 3, 3), "3.50", Verdict.EFFECTIVE),
        ((4, 4, 4, 4, 4), (1, 1), "4.00", Verdict.EFFECTIVE),  # two others are not heard
        ((4, 4, 4, 4, 1), (4, 4, 4), "3.70", Verdict.NOT_EFFECTIVE),  # the superior scored 1
    ],
)
def test_score_at_its_marks(superior: tuple[int, ...], others: tuple[int, ...], figure: str, verdict: Verdict) -> None:
    finding = judged(answer(Role.SUPERIOR, *superior), *(answer(Role.PEER, score) for score in others))

    assert (str(finding.conclusion.figure), finding.conclusion.verdict) == (figure, verdict)


def test_score_of_335_hundredths_is_good_and_one_point_less_is_not() -> None:
    superior = answer(Role.SUPERIOR, 4)
    others = [answer(Role.PEER, 3, 3, 3, 3, 2)] * 5 + [answer(Role.PEER, 3, 3, 3, 2, 2)] * 4  # 122 of 45 scores
    last, one_point_less = answer(Role.PEER, 3, 3, 3, 2, 2), answer(Role.PEER, 3, 3, 2, 2, 2)

    at_the_mark, below = judged(superior, *others, last), judged(superior, *others, one_point_less)

    assert (at_the_mark.conclusion.figure, at_the_mark.conclusion.verdict) == (Decimal("3.35"), Verdict.EFFECTIVE)
    assert (below.conclusion.figure, below.conclusion.verdict) == (Decimal("3.34"), Verdict.PARTLY)


@pytest.mark.parametrize(
    ("levels", "lower_median"), [((3,), 3), ((3, 4, 4, 5), 4), ((2, 4, 4, 4), 4), ((2, 3, 3, 4), 3), ((1, 2, 4, 5), 2)]
)
def test_level_is_the_lower_median_of_superior_and_others(levels: tuple[int, ...], lower_median: int) -> None:
    superior, *others = levels

    finding = judged(answer(Role.SUPERIOR, 3, level=superior), *(answer(Role.PEER, 3, level=level) for level in others))

    assert finding.level == lower_median


def test_what_two_others_say_of_causes_is_not_heard() -> None:
    two = [answer(Role.PEER, 3, cause=Cause.NO_SUPPORT) for _ in range(2)]
    three = [answer(Role.PEER, 3, cause=Cause.NO_SUPPORT) for _ in range(3)]

    assert judged(answer(Role.SUPERIOR, 3), *two).causes == ()
    assert judged(answer(Role.SUPERIOR, 3), *three).causes == (Cause.NO_SUPPORT,)


def test_no_support_is_followed_up_where_the_superior_answered_and_not_else() -> None:
    own = answer(Role.SELF, 4, cause=Cause.NO_SUPPORT)

    assert judged(own, answer(Role.SUPERIOR, 3)).conclusion.signal is Signal.NO_OPPORTUNITY_OR_SUPPORT
    assert (judged(own).conclusion.verdict, judged(own).conclusion.signal) == (Verdict.NOT_ENOUGH_DATA, None)


def test_items_that_the_superior_scored_1_are_what_has_to_be_worked_on() -> None:
    assert judged(answer(Role.SUPERIOR, 1, 4, 1, 4, 4)).failed_items == (ITEMS[0], ITEMS[2])


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_changed_mark_decides_from_its_day_on_only(end_date: date) -> None:
    stricter = replace(BEHAVIOUR_OF_PERSON.versions[-1], effective_from=date(2027, 1, 1), weak_below=Decimal("3.10"))
    rule = Rule(name="L3_PERSON", versions=(*BEHAVIOUR_OF_PERSON.versions, stricter))

    conclusion = conclude_behaviour([answer(Role.SUPERIOR, 3)], NOTHING_TRIED, end_date, rule).conclusion

    changed = end_date >= date(2027, 1, 1)
    assert conclusion.verdict is (Verdict.NOT_EFFECTIVE if changed else Verdict.PARTLY)
    assert conclusion.rule_version == ("2027-01-01" if changed else "2019-01-01")
