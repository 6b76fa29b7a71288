"""The oracle against what domain.md says of citizens' answers, reactions, learning, behaviour and follow-ups."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import pytest

from . import behaviour, citizen_surveys, made_cases, reaction_and_learning
from .behaviour import Form
from .numbers import band, half_up

# §2.8


def survey(sums: Sequence[int], answers: int, **more: object) -> citizen_surveys.Survey:
    numbers = dict.fromkeys(citizen_surveys.ELEMENTS, answers)
    by_element = dict(zip(citizen_surveys.ELEMENTS, sums, strict=True))
    return citizen_surveys.Survey(key="1.02", unit="1.02", period="2026 TW1", sums=by_element, answers=numbers, **more)  # type: ignore[arg-type]


def test_weight_011_loses_a_hundredth_of_the_exact_index() -> None:
    """The document that has 90.56 with weight 0.11 has 91.48 exactly: sums of 29 answers that give about both."""
    found = survey([106] * 6 + [106, 106, 107], 29)

    assert citizen_surveys.index(found) * Fraction("0.99") == citizen_surveys.index(found, Fraction("0.11"))
    assert half_up(citizen_surveys.index(found)) == Decimal("91.48")
    assert half_up(citizen_surveys.index(found, Fraction("0.11"))) in (Decimal("90.56"), Decimal("90.57"))


@pytest.mark.parametrize(
    ("value", "rounded", "name"),
    [
        ("88.305", "88.31", "A"),
        ("88.3049", "88.30", "B"),
        ("76.605", "76.61", "B"),
        ("76.604", "76.60", "C"),
        ("64.995", "65.00", "C"),
        ("64.99", "64.99", "D"),
    ],
)
def test_the_band_is_that_of_the_rounded_index(value: str, rounded: str, name: str) -> None:
    shown = half_up(Fraction(value))

    assert shown == Decimal(rounded)
    assert band(shown, citizen_surveys.BANDS) == name


def test_agency_index_is_the_mean_of_the_units_with_the_pooled_one_beside_it() -> None:
    found = citizen_surveys.agency([survey([40] * 9, 10), survey([90] * 9, 30)])

    assert (found["mean"], found["pooled"]) == (Decimal("87.50"), Decimal("81.25"))


def test_a_unit_plan_opens_when_a_band_is_lost_or_the_figure_is_low() -> None:
    before, fallen, low = survey([36] * 9, 10), survey([36] * 5 + [35] + [36] * 3, 10), survey([30] * 9, 10)

    assert citizen_surveys.signals(before, before) == []
    assert citizen_surveys.signals(before, fallen) == ["U6"]
    assert citizen_surveys.signals(None, low) == ["below"]


# §3.3, §3.4


def test_normalised_gain_and_its_edges() -> None:
    assert reaction_and_learning.gain(Decimal(40), Decimal(82)) == Fraction(7, 10)
    assert reaction_and_learning.gain(Decimal(60), Decimal(50)) == Fraction(-1, 4)
    assert reaction_and_learning.gain(Decimal(100), Decimal(90)) is None
    assert reaction_and_learning.gain(None, Decimal(90)) is None


def test_small_gain_alone_is_no_failure_of_a_person() -> None:
    assert reaction_and_learning.person(Decimal(90), Decimal(92))["verdict"] == "EFFECTIVE"
    assert reaction_and_learning.person(None, Decimal("69.99"))["verdict"] == "NOT_EFFECTIVE"
    assert reaction_and_learning.person(Decimal(90), None)["verdict"] == "NOT_ENOUGH_DATA"


def test_class_gain_is_that_of_the_means_and_not_the_mean_of_gains() -> None:
    found = reaction_and_learning.class_gain([(Decimal(0), Decimal(50)), (Decimal(80), Decimal(100))])

    assert found["gain_of_means"] == Fraction(35, 60)
    assert found["mean_of_gains"] == Fraction(3, 4)


@pytest.mark.parametrize(
    ("pairs", "pre", "post", "review"),
    [(10, 60, 71, True), (9, 60, 71, False), (10, 60, 72, False), (10, 80, 81, False)],
)
def test_a_class_is_reviewed_when_ten_pairs_gained_little(pairs: int, pre: int, post: int, *, review: bool) -> None:
    found = reaction_and_learning.class_gain([(Decimal(pre), Decimal(post))] * pairs)

    assert found["review"] is review


@pytest.mark.parametrize(("low", "total", "redesign"), [(3, 10, True), (2, 10, False), (9, 9, False)])
def test_reactions_count_from_ten_answers(low: int, total: int, *, redesign: bool) -> None:
    answers = [{"benefit": 2, "material": 4}] * low + [{"benefit": 4, "material": 4}] * (total - low)

    assert reaction_and_learning.reaction(answers, "benefit")["redesign"] is redesign


def form(role: str, *values: int, **more: object) -> Form:
    behaviours = {f"behaviour {number}": value for number, value in enumerate(values)}
    return Form(role=role, behaviours=behaviours, **more)  # type: ignore[arg-type]


def test_score_halves_superior_and_others_from_three_others_on_and_leaves_self_out() -> None:
    superior, own = form("superior", 2, 3), form("self", 1, 1)
    others = [form("peer", 4, 4), form("peer", 3, 3), form("subordinate", 2, 2)]

    assert behaviour.score([superior, own, *others[:2]]) == Fraction(5, 2)
    assert behaviour.score([superior, own, *others]) == Fraction(11, 4)
    assert behaviour.score([own, *others]) is None


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((3, 3, 3, 2, 2), "PARTLY"),
        ((3, 3, 2, 2, 2), "NOT_EFFECTIVE"),
        ((4, 4, 4, 1), "NOT_EFFECTIVE"),
        ((4, 3, 3), "PARTLY"),
        ((4,) * 7 + (3,) * 13, "EFFECTIVE"),
        ((4,) * 6 + (3,) * 13, "PARTLY"),
    ],
)
def test_behaviour_is_judged_at_its_edges(values: tuple[int, ...], word: str) -> None:
    assert behaviour.verdict([form("superior", *values)])["verdict"] == word


def test_level_is_the_lower_median_with_the_superior_and_without_self() -> None:
    named = {"superior": 2, "peer": 3, "self": 5}
    forms = [form(role, 3, levels={"Komunikasi": level}) for role, level in named.items()]

    assert behaviour.remeasured_level(forms, "Komunikasi") == 2
    assert behaviour.remeasured_level([*forms, form("peer", 3, levels={"Komunikasi": 4})], "Komunikasi") == 3
    assert behaviour.remeasured_level(forms[1:], "Komunikasi") is None


WRITTEN_OUTCOMES: Mapping[str, tuple[str, list[tuple[str, int, str]]]] = {
    "closed-at-once": ("CLOSED", []),
    "passed-narrowly": ("CLOSED", []),
    "remedial": ("CLOSED", [("REMEDIAL", 1, "CLOSED")]),
    "coached-then-closed": ("CLOSED", [("COACHING", 1, "CLOSED")]),
    "escalated": ("PLANNED", [("MENTORING", 1, "RE_EVALUATED"), ("RETRAINING", 2, "ESCALATED")]),
    "environment-before-gap": ("PLANNED", [("SUPERIOR_TASK", 1, "OPENED")]),
    "gap-after-both": ("PLANNED", [("RETRAINING", 1, "OPENED")]),
    "two-others-do-not-count": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "three-others-count": ("PLANNED", []),
    "worst-of-superior": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "exactly-weak-edge": ("CLOSED", []),
    "rerouted": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "retested-in-vain": ("PLANNED", [("REMEDIAL", 1, "RE_EVALUATED"), ("REMEDIAL", 2, "ESCALATED")]),
    "task-of-superior": ("CLOSED", [("SUPERIOR_TASK", 1, "CLOSED")]),
    "unanswered": ("PLANNED", []),
}


def test_each_made_case_ends_as_the_rules_say() -> None:
    found = made_cases.all_expected("Asia/Jakarta")
    ends = {
        key: (
            need["status"],
            [
                (one["kind"], one["round"], one["outcome"])
                for name, one in found["follow_ups"].items()
                if name.startswith(f"{key} ")
            ],
        )
        for key, need in found["need"].items()
    }

    assert ends == WRITTEN_OUTCOMES


def test_every_step_but_the_first_has_an_earlier_cause() -> None:
    for key, step in made_cases.all_expected("Asia/Jakarta")["steps"].items():
        number, cause = int(key.rsplit(" ", 1)[1]), step["cause"]

        assert cause is None if number == 1 else isinstance(cause, int) and cause < number
