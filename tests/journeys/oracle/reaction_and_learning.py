"""Levels 1 and 2: reactions of a class, tests of a person and of a class, normalised gain (§3.1, §3.3, §3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .numbers import Bands, band, half_up, mean

HIGHEST_MARK = Decimal(100)
PASS_MARK = Decimal(70)
GAINS: Bands = (("0.70", "high"), ("0.30", "medium"), ("-1000000", "low"))
LEAST_CLASS_GAIN = Fraction("0.30")
LEAST_PAIRS = 10
ALREADY_HIGH = 80
LEAST_ANSWERS = 10
LOW_ANSWER = 2
LOW_SHARE = Fraction("0.30")
LOWEST_GOOD_INDEX = Decimal("76.61")
BEHAVIOUR_AFTER_DAYS = 90
LONG_PROGRAM_JP = 20
WITH_BEHAVIOUR = ("B1", "B4")
# Structural and functional programmes by their SIASN form.
REVIEWED_FORMS = (1, 2)

Pair = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    form: str
    jp: int
    agency_cost: int = 0
    outside_certificate: bool = False


def gain(pre: Decimal | None, post: Decimal | None, highest: Decimal = HIGHEST_MARK) -> Fraction | None:
    """g = (post − pre) / (highest − pre); None without a pair, or when the first test had every point already."""
    if pre is None or post is None or pre == highest:
        return None
    return Fraction(post - pre) / Fraction(highest - pre)


def person(pre: Decimal | None, post: Decimal | None, pass_mark: Decimal | None = None) -> dict[str, object]:
    """Verdict of level 2 for one person: the post-test against the pass mark; the gain is only told."""
    # §3.4 has one threshold, so PARTLY does not occur at level 2.
    least = PASS_MARK if pass_mark is None else pass_mark
    g = gain(pre, post)
    verdict = "EFFECTIVE" if post is not None and post >= least else "NOT_EFFECTIVE"
    return {
        "verdict": "NOT_ENOUGH_DATA" if post is None else verdict,
        "pre": pre,
        "post": post,
        "gain": g,
        "gain_band": None if g is None else band(g, GAINS),
        "already_mastered": pre == HIGHEST_MARK,
    }


def class_gain(pairs: Sequence[Pair]) -> dict[str, object]:
    """Gain of means (which decides) and mean of gains (told beside it), over those with both tests."""
    both = [(pre, post) for pre, post in pairs if pre is not None and post is not None]
    if not both:
        return {"pairs": 0, "gain_of_means": None, "mean_of_gains": None, "review": False, "verdict": "NOT_ENOUGH_DATA"}
    pre, post = mean([first for first, _ in both]), mean([second for _, second in both])
    # §3.3: a class whose mean was at the top before has no gain of means.
    of_means = None if pre == HIGHEST_MARK else (post - pre) / (Fraction(HIGHEST_MARK) - pre)
    own = [g for g in (gain(first, second) for first, second in both) if g is not None]
    enough = len(both) >= LEAST_PAIRS
    review = enough and of_means is not None and of_means < LEAST_CLASS_GAIN and pre < ALREADY_HIGH
    verdict = ("NOT_EFFECTIVE" if review else "EFFECTIVE") if enough else "NOT_ENOUGH_DATA"
    return {
        "pairs": len(both),
        "gain_of_means": of_means,
        "mean_of_gains": mean(own) if own else None,
        "review": review,
        "verdict": verdict,
    }


def reaction(answers: Sequence[Mapping[str, int]], benefit: str) -> dict[str, object]:
    """Level 1 of a class, or of a programme's cohorts of 12 months when the class has fewer than ten answers."""
    # §3.4: "of ≥ 10 answers" is taken for the class index as well.
    if len(answers) < LEAST_ANSWERS:
        return {"answers": len(answers), "redesign": False, "verdict": "NOT_ENOUGH_DATA"}
    values = [answer[benefit] for answer in answers if benefit in answer]
    low = len(values) >= LEAST_ANSWERS and (
        Fraction(sum(value <= LOW_ANSWER for value in values), len(values)) >= LOW_SHARE
    )
    items = {item for answer in answers for item in answer}
    means = [mean([answer[item] for answer in answers if item in answer]) for item in items]
    # As the citizen index: mean of the items' means × 25, rounded half up before it meets 76.61 (§2.8).
    index = half_up(mean(means) * 25)
    redesign = low or index < LOWEST_GOOD_INDEX
    return {
        "answers": len(answers),
        "index": index,
        "redesign": redesign,
        "verdict": "NOT_EFFECTIVE" if redesign else "EFFECTIVE",
    }


def behaviour_called_for(program: Program, set_cost: int) -> bool:
    """Whether level 3 is due without the random tenth (§3.4); outside certificates have none."""
    if program.outside_certificate:
        return False
    return program.jp >= LONG_PROGRAM_JP or program.form in WITH_BEHAVIOUR or program.agency_cost > set_cost


def behaviour_due(completed: date) -> date:
    """Level 3 asks 90 days after the local day of completion."""
    return completed + timedelta(days=BEHAVIOUR_AFTER_DAYS)


def mark(value: object) -> Decimal | None:
    """A mark of a test as it may stand in a file or a form."""
    return None if value is None else Decimal(str(value))
