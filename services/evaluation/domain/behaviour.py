"""Level 3: what a person shows at work some months after an activity, and what must follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from services.evaluation.domain.evaluations import Conclusion, Signal, Verdict, cut
from services.evaluation.domain.rules import FollowUpPlan, Rule, Version

LOWEST_SCORE, HIGHEST_SCORE = 1, 4
LOWEST_LEVEL, HIGHEST_LEVEL = 0, 5


class Role(StrEnum):
    """As what a respondent answers."""

    PARTICIPANT = "PARTICIPANT"
    SELF = "SELF"
    SUPERIOR = "SUPERIOR"
    PEER = "PEER"
    SUBORDINATE = "SUBORDINATE"

    @property
    def is_signed(self) -> bool:
        """Whether the answer is kept under the respondent's name."""
        return self in {Role.SELF, Role.SUPERIOR}


class Cause(StrEnum):
    """Why what was learned is not used, strongest first."""

    NO_OPPORTUNITY = "NO_OPPORTUNITY"
    NO_SUPPORT = "NO_SUPPORT"
    NOT_MASTERED = "NOT_MASTERED"
    NOT_RELEVANT = "NOT_RELEVANT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer on behaviour: 1 to 4 for each item, and the level (0 to 5) whose description fits."""

    role: Role
    scores: Mapping[str, int]
    level: int
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourPlans:
    """What follows, by what was found."""

    no_opportunity: FollowUpPlan
    no_support: FollowUpPlan
    gap: FollowUpPlan
    not_mastered: FollowUpPlan
    not_applied: FollowUpPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourVersion(Version):
    """The form about behaviour and the numbers that its answers are judged by; marks on the scale of 1 to 4."""

    items: tuple[str, ...]
    weak_below: Decimal
    good_from: Decimal
    failing_score: int
    minimum_others: int
    plans: BehaviourPlans


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What else is known of the case: the level the job asks, and what has been tried for it so far."""

    standard: int | None
    trained: bool
    mentored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourFinding:
    """The conclusion, the re-measured level, the causes that count, and the items the superior found failing."""

    conclusion: Conclusion
    plan: FollowUpPlan | None
    level: int | None
    causes: tuple[Cause, ...]
    failed_items: tuple[str, ...]


def conclude_behaviour(
    answers: Sequence[Answer], background: Background, end_date: date, rule: Rule[BehaviourVersion]
) -> BehaviourFinding:
    """Judge the answers by the rule in force when the activity ended.

    Others (peers and subordinates) count from the rule's minimum on, in score, level and cause alike: what fewer say
    could be told apart. The person's own answer counts for the cause only.
    """
    version = rule.in_force_on(end_date)
    superior = next((answer for answer in answers if answer.role is Role.SUPERIOR), None)
    others = _others(answers, version)
    score = behaviour_score(superior, others)
    level = lower_median([superior.level, *(answer.level for answer in others)]) if superior else None
    causes = _causes(answers, others)
    failing = _failing(superior, version)
    verdict = _verdict(score, bool(failing), version)
    signal, plan = _signal(verdict, level, causes, background, version.plans)
    return BehaviourFinding(
        conclusion=Conclusion(
            verdict=verdict,
            figure=None if score is None else cut(score),
            gain=None,
            rule=rule.name,
            rule_version=version.name,
            signal=signal,
        ),
        plan=plan,
        level=level,
        causes=causes,
        failed_items=failing,
    )


def behaviour_score(superior: Answer | None, others: Sequence[Answer]) -> Fraction | None:
    """The mean of the superior's mean and the pooled mean of the others; the superior's alone without others."""
    if superior is None:
        return None
    if not others:
        return _mean(superior.scores.values())
    pooled = _mean(score for answer in others for score in answer.scores.values())
    return (_mean(superior.scores.values()) + pooled) / 2


def lower_median(levels: Sequence[int]) -> int:
    """The middle one, of two middle ones the lower."""
    return sorted(levels)[(len(levels) - 1) // 2]


def _others(answers: Iterable[Answer], version: BehaviourVersion) -> list[Answer]:
    found = [answer for answer in answers if answer.role in {Role.PEER, Role.SUBORDINATE}]
    return found if len(found) >= version.minimum_others else []


def _causes(answers: Iterable[Answer], others: Iterable[Answer]) -> tuple[Cause, ...]:
    heard = [*(answer for answer in answers if answer.role.is_signed), *others]
    named = {answer.cause for answer in heard}
    return tuple(cause for cause in Cause if cause in named)


def _failing(superior: Answer | None, version: BehaviourVersion) -> tuple[str, ...]:
    if superior is None:
        return ()
    return tuple(item for item in version.items if superior.scores.get(item) == version.failing_score)


def _verdict(score: Fraction | None, failing: bool, version: BehaviourVersion) -> Verdict:  # noqa: FBT001 a fact
    if score is None:
        return Verdict.NOT_ENOUGH_DATA
    if failing or score < Fraction(version.weak_below):
        return Verdict.NOT_EFFECTIVE
    return Verdict.EFFECTIVE if score >= Fraction(version.good_from) else Verdict.PARTLY


def _signal(
    verdict: Verdict, level: int | None, causes: Sequence[Cause], background: Background, plans: BehaviourPlans
) -> tuple[Signal | None, FollowUpPlan | None]:
    """The strongest of what was found: no opportunity or support, then a gap that remains, then a deficit.

    Nothing follows where too few have answered to judge anything.
    """
    if verdict is Verdict.NOT_ENOUGH_DATA:
        return None, None
    if Cause.NO_OPPORTUNITY in causes:
        return Signal.NO_OPPORTUNITY_OR_SUPPORT, plans.no_opportunity
    if Cause.NO_SUPPORT in causes:
        return Signal.NO_OPPORTUNITY_OR_SUPPORT, plans.no_support
    if _gap_remains(level, background):
        return Signal.GAP_REMAINS, plans.gap
    if verdict is Verdict.NOT_EFFECTIVE:
        plan = plans.not_mastered if Cause.NOT_MASTERED in causes else plans.not_applied
        return Signal.BEHAVIOUR_DEFICIT, plan
    return None, None


def _gap_remains(level: int | None, background: Background) -> bool:
    if level is None or background.standard is None:
        return False
    return background.trained and background.mentored and level < background.standard


def _mean(scores: Iterable[int]) -> Fraction:
    given = list(scores)
    return Fraction(sum(given), len(given))
