"""Level 2: what one participant and one class learned, and the verdict on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from services.evaluation.domain.evaluations import (
    LEARNING,
    Activity,
    ActivityKind,
    Conclusion,
    Evaluation,
    Signal,
    Standing,
    Verdict,
    cut,
)
from services.evaluation.domain.rules import FollowUpPlan, Rule, Version


class Outcome(StrEnum):
    """How a participant left a class."""

    COMPLETED = "COMPLETED"
    NOT_COMPLETED = "NOT_COMPLETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningVersion(Version):
    """What a post-test must reach, in percent of the highest score, and what follows when it does not."""

    default_pass_mark: int
    follow_up: FollowUpPlan
    second_round: FollowUpPlan


LearningRule = Rule[LearningVersion]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLearningVersion(Version):
    """When the gain of a whole class calls for a review of its programme."""

    minimum_pairs: int
    low_gain_below: Decimal
    mean_pre_below: int


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
    learning_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One participant of one class, as far as the events so far tell; follow_up_id if a follow-up asked for it.

    The sequences are those of the newest events that told of the scores and of how the seat ended.
    """

    id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    follow_up_id: UUID | None = None
    scores: Scores | None = None
    outcome: Outcome | None = None
    completion: Completion | None = None
    score_sequence: int = 0
    outcome_sequence: int = 0

    @property
    def is_completed(self) -> bool:
        """Whether there is something to evaluate: a completion that was not taken back."""
        return self.completion is not None and self.outcome is Outcome.COMPLETED

    def confirmed(self, need_ids: Iterable[UUID], follow_up_id: UUID | None = None) -> Enrolment:
        """With the needs the seat is to meet, and what asked for it; a completion has said so for good."""
        return self if self.completion else replace(self, need_ids=tuple(need_ids), follow_up_id=follow_up_id)

    def measured(self, scores: Scores) -> Enrolment:
        """With the newest scores."""
        return replace(self, scores=scores)

    def completed(
        self, completion: Completion, need_ids: Iterable[UUID], follow_up_id: UUID | None = None
    ) -> Enrolment:
        """With the completion, the needs it met and the follow-up that had asked for it."""
        return replace(
            self,
            outcome=Outcome.COMPLETED,
            completion=completion,
            need_ids=tuple(need_ids),
            follow_up_id=follow_up_id,
        )

    def not_completed(self) -> Enrolment:
        """Without a completion to evaluate; one that stands is taken back by a correction only."""
        return self if self.completion else replace(self, outcome=Outcome.NOT_COMPLETED)

    def taken_back(
        self, completion: Completion, need_ids: Iterable[UUID], follow_up_id: UUID | None = None
    ) -> Enrolment:
        """After a correction found that the rule of completion was not met."""
        return replace(self.completed(completion, need_ids, follow_up_id), outcome=Outcome.NOT_COMPLETED)

    def activity(self, completion: Completion) -> Activity:
        """What was done, as every level looks at it."""
        return Activity(
            kind=ActivityKind.TRAINING,
            id=self.id,
            employee_id=self.employee_id,
            competency=completion.competency,
            end_date=completion.end_date,
            need_ids=self.need_ids,
            follow_up_id=self.follow_up_id,
            class_id=self.class_id,
            program_id=self.program_id,
            learning_hours=completion.learning_hours,
        )


def normalised_gain(scores: Scores) -> Decimal | None:
    """The share of what could still be gained (Hake 1998); None without both tests or with nothing left to gain."""
    if scores.pre is None or scores.post is None or scores.pre == scores.highest:
        return None
    return cut(Fraction(scores.post - scores.pre, scores.highest - scores.pre))


def conclude(scores: Scores | None, completion: Completion, rule: LearningRule) -> Conclusion:
    """Judge what a participant learned by the rule in force when the training ended.

    PP 11/2017 Pasal 203 has every development activity evaluated. The pass mark comes with the completion and not
    from the catalogue, so that the verdict does not depend on which of the two arrived first.
    """
    version = rule.in_force_on(completion.end_date)
    mark = version.default_pass_mark if completion.pass_mark is None else completion.pass_mark
    figure = gain = signal = None
    verdict = Verdict.NOT_ENOUGH_DATA
    if scores is not None and scores.post is not None:
        figure, gain = cut(Fraction(scores.post * 100, scores.highest)), normalised_gain(scores)
        failed = scores.post * 100 < mark * scores.highest
        verdict = Verdict.NOT_EFFECTIVE if failed else Verdict.EFFECTIVE
        signal = Signal.LEARNING_FAILED if failed else None
    return Conclusion(
        verdict=verdict, figure=figure, gain=gain, rule=rule.name, rule_version=version.name, signal=signal
    )


def evaluate(enrolment: Enrolment, before: Standing | None, rule: LearningRule, new_id: UUID) -> Evaluation | None:
    """The evaluation of an enrolment, or None while it is not completed or when nothing changes what stood before.

    A completion that was taken back leaves nothing to judge: not enough data.
    """
    completion = enrolment.completion
    if completion is None or (before is None and not enrolment.is_completed):
        return None
    conclusion = conclude(enrolment.scores if enrolment.is_completed else None, completion, rule)
    if before is not None and conclusion == before.conclusion:
        return None
    version = rule.in_force_on(completion.end_date)
    return Evaluation(
        id=before.evaluation_id if before else new_id,
        activity=enrolment.activity(completion),
        level=LEARNING,
        conclusion=conclusion,
        plans=(version.follow_up, version.second_round),
        follow_up_id=before.follow_up_id if before else None,
    )


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """All answers to one item of a form: how many, their sum, and how many were low."""

    count: int
    total: int
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFinding:
    """What levels 1 and 2 say of a whole class.

    count is the number of answers (level 1) or of participants with both tests (level 2); figure the class index or
    the gain of the means; low_share the percentage of answers that find little benefit (level 1 only); pooled when
    earlier classes of the programme had to be taken in; items what was answered, once there are enough answers.
    """

    level: int
    count: int
    verdict: Verdict
    figure: Decimal | None
    low_share: Decimal | None
    pooled: bool
    rule: str
    rule_version: str
    items: Mapping[str, ItemAnswers] | None = None

    @property
    def calls_for_revision(self) -> bool:
        """Whether the programme needs another method, content or provider."""
        return self.verdict is Verdict.NOT_EFFECTIVE


def conclude_class(scores: Sequence[Scores], end_date: date, rule: Rule[ClassLearningVersion]) -> ClassFinding:
    """The gain of the means (not the mean of the gains) over those who took both tests, in percent of the highest."""
    version = rule.in_force_on(end_date)
    pairs = [
        (Fraction(s.pre * 100, s.highest), Fraction(s.post * 100, s.highest))
        for s in scores
        if s.pre is not None and s.post is not None
    ]
    figure, verdict = None, Verdict.NOT_ENOUGH_DATA
    if len(pairs) >= version.minimum_pairs:
        pre = sum((pair[0] for pair in pairs), Fraction(0)) / len(pairs)
        post = sum((pair[1] for pair in pairs), Fraction(0)) / len(pairs)
        gain = (post - pre) / (100 - pre) if pre < 100 else None  # noqa: PLR2004 percent
        low = gain is not None and gain < Fraction(version.low_gain_below) and pre < version.mean_pre_below
        figure = None if gain is None else cut(gain)
        verdict = Verdict.NOT_EFFECTIVE if low else Verdict.EFFECTIVE
    return ClassFinding(
        level=LEARNING,
        count=len(pairs),
        verdict=verdict,
        figure=figure,
        low_share=None,
        pooled=False,
        rule=rule.name,
        rule_version=version.name,
    )
