"""Level 1: what participants say of a class, and when it calls for a revision of the programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.evaluations import REACTION, Verdict, cut
from services.evaluation.domain.learning import ClassFinding, ItemAnswers
from services.evaluation.domain.rules import Rule, Version

SCALE = 25
"""A mean of 1 to 4 becomes an index of 25 to 100, as in PermenPANRB 14/2017."""

MONTHS = 12

Scores = Mapping[str, int]
"""One answer: 1 to 4 for each item of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionVersion(Version):
    """The form that participants fill in and the numbers that its answers are judged by."""

    answer_within_days: int
    items: tuple[str, ...]
    benefit_item: str
    low_score: int
    low_share_percent: int
    minimum_index: Decimal
    minimum_answers: int
    shown_from: int
    pool_months: int


def conclude_reaction(
    own: Sequence[Scores], pool: Sequence[Scores], end_date: date, rule: Rule[ReactionVersion]
) -> ClassFinding:
    """Judge a class by its own answers; too few of them are taken together with the programme's earlier classes."""
    version = rule.in_force_on(end_date)
    pooled = len(own) < version.minimum_answers
    answers = [*own, *pool] if pooled else list(own)
    index = low_share = items = None
    verdict = Verdict.NOT_ENOUGH_DATA
    if len(answers) >= version.minimum_answers:
        items = {item: _answers_to(item, answers, version.low_score) for item in version.items}
        index = class_index(answers, version.items)
        low = Fraction(items[version.benefit_item].low * 100, len(answers))
        low_share = cut(low)
        weak = low >= version.low_share_percent or index < version.minimum_index
        verdict = Verdict.NOT_EFFECTIVE if weak else Verdict.EFFECTIVE
    return ClassFinding(
        level=REACTION,
        count=len(answers),
        verdict=verdict,
        figure=index,
        low_share=low_share,
        pooled=pooled,
        rule=rule.name,
        rule_version=version.name,
        items=items,
    )


def _answers_to(item: str, answers: Sequence[Scores], low_score: int) -> ItemAnswers:
    given = [answer[item] for answer in answers]
    return ItemAnswers(len(given), sum(given), sum(score <= low_score for score in given))


def class_index(answers: Sequence[Scores], items: Sequence[str]) -> Decimal:
    """The mean of the items' means on a scale of 25 to 100, rounded half up once at the end as the bands are."""
    total = sum(answer[item] for answer in answers for item in items)
    return rounded(Fraction(total * SCALE, len(answers) * len(items)))


def rounded(exact: Fraction) -> Decimal:
    """Two decimals, half up."""
    return cut(exact + Fraction(1, 200))


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * MONTHS + day.month - 1 - months, MONTHS)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)
