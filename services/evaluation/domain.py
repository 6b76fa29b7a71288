"""Level 2 of the evaluation: what one participant learned, the verdict on it, and the follow-up it calls for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

LEARNING = 2
"""The level of Kirkpatrick that knowledge and skill stand on."""

FIRST_ROUND = 1


class Verdict(StrEnum):
    """What an evaluation concludes."""

    EFFECTIVE = "EFFECTIVE"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA"


class Outcome(StrEnum):
    """How a participant left a class."""

    COMPLETED = "COMPLETED"
    NOT_COMPLETED = "NOT_COMPLETED"


class Target(StrEnum):
    """Who can take up a follow-up; one addressed to anybody else would be done by nobody."""

    MENTORING = "MENTORING"


class FollowUpStatus(StrEnum):
    """Where a follow-up stands."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class ClosingReason(StrEnum):
    """Why a follow-up needs no more work."""

    CORRECTED = "CORRECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPlan:
    """What a rule orders when it fires."""

    kind: str
    cause: str
    target: Target
    due_in_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """The numbers of a rule from a date on; marks in percent of the highest score."""

    effective_from: date
    default_pass_mark: int
    follow_up: FollowUpPlan

    @property
    def name(self) -> str:
        """How verdicts cite the version."""
        return self.effective_from.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRule:
    """A rule with all its versions, oldest first and at least one."""

    name: str
    versions: tuple[RuleVersion, ...]

    def in_force_on(self, day: date) -> RuleVersion:
        """The newest version that had begun by the day; what is older than every version is judged by the first."""
        begun = [version for version in self.versions if version.effective_from <= day]
        return begun[-1] if begun else self.versions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Pre and post test on a scale from 0 to highest; a test that was not taken is None."""

    pre: int | None
    post: int | None
    highest: int

    def __post_init__(self) -> None:
        if any(not 0 <= score <= self.highest for score in (self.pre, self.post) if score is not None):
            raise ValueError("a score lies outside its scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a completed training says of itself; pass_mark in percent, None where the programme sets none."""

    competency: str
    pass_mark: int | None
    end_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One participant of one class, as far as the events so far tell."""

    id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    scores: Scores | None = None
    outcome: Outcome | None = None
    completion: Completion | None = None

    def confirmed(self, need_ids: Iterable[UUID]) -> Enrolment:
        """With the needs the seat is to meet; a completion has said so for good."""
        return self if self.completion else replace(self, need_ids=tuple(need_ids))

    def measured(self, scores: Scores) -> Enrolment:
        """With the newest scores."""
        return replace(self, scores=scores)

    def completed(self, completion: Completion, need_ids: Iterable[UUID]) -> Enrolment:
        """With the completion and the needs it met."""
        return replace(self, outcome=Outcome.COMPLETED, completion=completion, need_ids=tuple(need_ids))

    def not_completed(self) -> Enrolment:
        """Without a completion to evaluate; one that stands is taken back by a correction only."""
        return self if self.completion else replace(self, outcome=Outcome.NOT_COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A verdict with its figures and the rule version that decided.

    figure is the post-test in percent of the highest score, gain the normalised gain; both cut down to two decimals,
    so that a figure below a mark never shows as the mark.
    """

    verdict: Verdict
    figure: Decimal | None
    gain: Decimal | None
    rule: str
    rule_version: str

    @property
    def calls_for_follow_up(self) -> bool:
        """Whether something must follow: a low gain alone never does."""
        return self.verdict is Verdict.NOT_EFFECTIVE


class Case(NamedTuple):
    """What at most one follow-up is open for: a person, a competency and a plan year."""

    employee_id: UUID
    competency: str
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is concluded on one completed enrolment; follow_up_id names the follow-up it is a reason of."""

    id: UUID
    enrolment: Enrolment
    completion: Completion
    conclusion: Conclusion
    follow_up_id: UUID | None = None

    @property
    def case(self) -> Case:
        """The case a follow-up would be for; its plan year is that in which the training ended."""
        return Case(self.enrolment.employee_id, self.completion.competency, self.completion.end_date.year)

    @property
    def needs_follow_up(self) -> bool:
        """Whether a follow-up is called for that it is not yet a reason of."""
        return self.conclusion.calls_for_follow_up and self.follow_up_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What is to be done about a failed evaluation, and by when (local date of the agency)."""

    id: UUID
    evaluation: Evaluation
    plan: FollowUpPlan
    due_date: date
    round: int = FIRST_ROUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An evaluation as it stood before, to compare with."""

    evaluation_id: UUID
    conclusion: Conclusion
    follow_up_id: UUID | None


def normalised_gain(scores: Scores) -> Decimal | None:
    """The share of what could still be gained (Hake 1998); None without both tests or with nothing left to gain."""
    if scores.pre is None or scores.post is None or scores.pre == scores.highest:
        return None
    return _cut(scores.post - scores.pre, scores.highest - scores.pre)


def conclude(scores: Scores | None, completion: Completion, rule: LearningRule) -> Conclusion:
    """Judge what a participant learned by the rule in force when the training ended.

    PP 11/2017 Pasal 203 has every development activity evaluated. The pass mark comes with the completion and not
    from the catalogue, so that the verdict does not depend on which of the two arrived first.
    """
    version = rule.in_force_on(completion.end_date)
    mark = version.default_pass_mark if completion.pass_mark is None else completion.pass_mark
    figure = gain = None
    verdict = Verdict.NOT_ENOUGH_DATA
    if scores is not None and scores.post is not None:
        figure, gain = _cut(scores.post * 100, scores.highest), normalised_gain(scores)
        verdict = Verdict.NOT_EFFECTIVE if scores.post * 100 < mark * scores.highest else Verdict.EFFECTIVE
    return Conclusion(verdict=verdict, figure=figure, gain=gain, rule=rule.name, rule_version=version.name)


def evaluate(enrolment: Enrolment, before: Standing | None, rule: LearningRule, new_id: UUID) -> Evaluation | None:
    """The evaluation of an enrolment, or None while it is not completed or when nothing changes what stood before."""
    completion = enrolment.completion
    if completion is None:
        return None
    conclusion = conclude(enrolment.scores, completion, rule)
    if before is None:
        return Evaluation(id=new_id, enrolment=enrolment, completion=completion, conclusion=conclusion)
    if conclusion == before.conclusion:
        return None
    return Evaluation(
        id=before.evaluation_id,
        enrolment=enrolment,
        completion=completion,
        conclusion=conclusion,
        follow_up_id=before.follow_up_id if conclusion.calls_for_follow_up else None,
    )


def plan_follow_up(evaluation: Evaluation, rule: LearningRule, today: date, new_id: UUID) -> FollowUp:
    """The follow-up that a failed evaluation calls for, due counted from the day of the conclusion."""
    plan = rule.in_force_on(evaluation.completion.end_date).follow_up
    due_date = today + timedelta(days=plan.due_in_days)
    return FollowUp(id=new_id, evaluation=evaluation, plan=plan, due_date=due_date)


def _cut(numerator: int, denominator: int) -> Decimal:
    return Decimal(numerator * 100 // denominator).scaleb(-2)
