"""Levels 1 and 2 of whole classes, and the index of citizens' surveys, against plain computations with fractions."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.citizens import (
    ELEMENTS,
    EighthElement,
    Survey,
    mean_of_units,
    pooled,
    unit_signals,
)
from services.evaluation.domain.evaluations import Verdict
from services.evaluation.domain.learning import Scores, conclude_class
from services.evaluation.domain.reaction import conclude_reaction, months_before, rounded
from services.evaluation.rules import LEARNING_OF_CLASS, REACTION_OF_CLASS, SERVICE_OF_UNIT

ENDED = date(2026, 3, 4)
ITEMS = REACTION_OF_CLASS.in_force_on(ENDED).items
SERVICE = SERVICE_OF_UNIT.versions[-1]

reaction = st.fixed_dictionaries({item: st.integers(1, 4) for item in ITEMS})
fractions = st.fractions(min_value=0, max_value=100, max_denominator=2_000)


def half_up(exact: Fraction) -> Decimal:
    """Rounded by the decimal module, from more digits than any case here needs."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def answers(count: int, score: int, benefit: int | None = None) -> list[Mapping[str, int]]:
    return [dict.fromkeys(ITEMS, score) | {"BENEFIT": score if benefit is None else benefit} for _ in range(count)]


@given(fractions)
def test_rounding_is_half_up(exact: Fraction) -> None:
    assert rounded(exact) == half_up(exact)


@given(st.lists(reaction, max_size=25), st.lists(reaction, max_size=25))
def test_reaction_equals_the_plain_computation(own: list[dict[str, int]], pool: list[dict[str, int]]) -> None:
    finding = conclude_reaction(own, pool, ENDED, REACTION_OF_CLASS)

    heard = own if len(own) >= 10 else own + pool
    assert (finding.count, finding.pooled) == (len(heard), len(own) < 10)
    if len(heard) < 10:
        assert (finding.verdict, finding.figure, finding.low_share) == (Verdict.NOT_ENOUGH_DATA, None, None)
        return
    means = [Fraction(sum(answer[item] for answer in heard), len(heard)) for item in ITEMS]
    index = half_up(sum(means, Fraction(0)) / len(means) * 25)
    low = Fraction(100 * sum(1 for answer in heard if answer["BENEFIT"] <= 2), len(heard))
    weak = low >= 30 or index < Decimal("76.61")
    assert finding.figure == index
    assert finding.verdict == ("NOT_EFFECTIVE" if weak else "EFFECTIVE")
    assert finding.calls_for_revision == weak


@pytest.mark.parametrize(
    ("low", "of", "weak"), [(3, 10, True), (2, 10, False), (3, 11, False), (6, 20, True), (5, 20, False)]
)
def test_thirty_percent_who_find_little_benefit_are_too_many(low: int, of: int, weak: bool) -> None:
    given_answers = answers(low, 4, benefit=2) + answers(of - low, 4)

    assert conclude_reaction(given_answers, [], ENDED, REACTION_OF_CLASS).calls_for_revision == weak


def test_nine_answers_decide_nothing_and_with_one_of_an_earlier_class_they_do() -> None:
    alone = conclude_reaction(answers(9, 1), [], ENDED, REACTION_OF_CLASS)
    together = conclude_reaction(answers(9, 1), answers(1, 1), ENDED, REACTION_OF_CLASS)

    assert (alone.verdict, alone.calls_for_revision) == (Verdict.NOT_ENOUGH_DATA, False)
    assert (together.verdict, together.pooled, together.count) == (Verdict.NOT_EFFECTIVE, True, 10)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 4), 12, date(2025, 3, 4)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_before_keeps_the_day_where_the_month_has_it(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


tests_taken = st.builds(
    lambda highest, pre, post: Scores(
        pre=None if pre is None else pre * highest // 100,
        post=None if post is None else post * highest // 100,
        highest=highest,
    ),
    st.integers(10, 200),
    st.none() | st.integers(0, 100),
    st.none() | st.integers(0, 100),
)


@given(st.lists(tests_taken, max_size=30))
def test_gain_of_a_class_equals_the_plain_computation(scores: list[Scores]) -> None:
    pairs = [
        (Fraction(s.pre, s.highest), Fraction(s.post, s.highest))
        for s in scores
        if s.pre is not None and s.post is not None
    ]

    finding = conclude_class(scores, ENDED, LEARNING_OF_CLASS)

    assert finding.count == len(pairs)
    if len(pairs) < 10:
        assert finding.verdict is Verdict.NOT_ENOUGH_DATA
        return
    pre, post = (sum(column, Fraction(0)) / len(pairs) for column in zip(*pairs, strict=True))
    if pre == 1:
        assert (finding.figure, finding.calls_for_revision) == (None, False)
        return
    gain = (post - pre) / (1 - pre)
    assert finding.calls_for_revision == (gain < Fraction(3, 10) and pre < Fraction(8, 10))
    assert finding.figure is not None
    assert Fraction(finding.figure) <= gain < Fraction(finding.figure) + Fraction(1, 100)


@pytest.mark.parametrize(("pre", "post", "weak"), [(40, 58, False), (40, 57, True), (79, 80, True), (80, 81, False)])
def test_low_gain_of_a_class_that_could_gain_calls_for_a_review(pre: int, post: int, weak: bool) -> None:
    scores = [Scores(pre=pre, post=post, highest=100)] * 10

    assert conclude_class(scores, ENDED, LEARNING_OF_CLASS).calls_for_revision == weak


def survey(respondents: int, sums: Mapping[str, int], unit: str = "1.04", quarter: int = 1) -> Survey:
    return Survey(
        unit_code=unit,
        unit_name="Dinas Contoh",
        year=2026,
        quarter=quarter,
        respondents=respondents,
        sums=sums,
        official_index=None,
        official_weight=None,
        eighth_element=EighthElement.FACILITIES,
    )


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    respondents = draw(st.integers(1, 400))
    return survey(respondents, {name: draw(st.integers(respondents, 4 * respondents)) for name in ELEMENTS})


def test_index_is_computed_with_exact_ninths_and_not_with_a_weight_of_011() -> None:
    # 29 answers with the two indices that PermenPANRB 14/2017 shows for one survey: 91.48, and 90.56 by 0.11.
    means = [Fraction(sum_, 29) for sum_ in (106, 106, 106, 106, 106, 106, 106, 106, 107)]
    exact = survey(29, dict(zip(ELEMENTS, (106,) * 8 + (107,), strict=True))).exact()

    assert exact == sum(means, Fraction(0)) / 9 * 25
    assert rounded(exact) == Decimal("91.48")
    assert rounded(sum(means, Fraction(0)) * Fraction(11, 100) * 25) == Decimal("90.56")


@given(surveys())
def test_index_is_the_mean_of_nine_means(given_survey: Survey) -> None:
    nine = [Fraction(given_survey.sums[name], given_survey.respondents) for name in ELEMENTS]

    assert given_survey.exact() == sum(nine, Fraction(0)) * 25 / 9
    assert 25 <= given_survey.exact() <= 100


@given(st.lists(surveys(), min_size=1, max_size=8))
def test_agency_index_is_the_mean_of_units_and_the_pooled_one_counts_people(given_surveys: list[Survey]) -> None:
    each = [Fraction(sum(s.sums.values()) * 25, s.respondents * 9) for s in given_surveys]
    everybody = Fraction(
        sum(sum(s.sums.values()) for s in given_surveys) * 25, sum(s.respondents for s in given_surveys) * 9
    )

    assert mean_of_units(given_surveys) == half_up(sum(each, Fraction(0)) / len(each))
    assert pooled(given_surveys) == half_up(everybody)


@pytest.mark.parametrize(
    ("index", "band"),
    [("88.31", "A"), ("88.30", "B"), ("76.61", "B"), ("76.60", "C"), ("65.00", "C"), ("64.99", "D"), ("25.00", "D")],
)
def test_bands_begin_at_their_lower_ends(index: str, band: str) -> None:
    assert SERVICE.band_of(Decimal(index)) == band


def test_unit_is_noted_when_index_or_officers_fall_by_a_band() -> None:
    good = survey(100, dict.fromkeys(ELEMENTS, 360), quarter=1)
    officers_fell = survey(100, dict.fromkeys(ELEMENTS, 360) | {"U6": 310}, quarter=2)
    low = survey(100, dict.fromkeys(ELEMENTS, 300), quarter=3)

    assert unit_signals(good, None, SERVICE) == []
    assert unit_signals(officers_fell, good, SERVICE) == ["U6_FELL"]
    assert unit_signals(low, officers_fell, SERVICE) == ["BELOW_MINIMUM", "INDEX_FELL", "U6_FELL", "U7_FELL"]
    assert unit_signals(low, None, SERVICE) == ["BELOW_MINIMUM"]
