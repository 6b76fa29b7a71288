"""What an evaluation is, whichever level it stands on and whatever activity it judges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from services.evaluation.domain.rules import FollowUpPlan

REACTION, LEARNING, BEHAVIOUR, RESULTS = 1, 2, 3, 4
"""The levels of Kirkpatrick: reaction, learning, behaviour at work, results for those served."""


class Verdict(StrEnum):
    """What an evaluation concludes."""

    EFFECTIVE = "EFFECTIVE"
    PARTLY = "PARTLY"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA"


class ActivityKind(StrEnum):
    """What was done for a person: a seat in a class, a mentoring or coaching, a task of the superior."""

    TRAINING = "TRAINING"
    MENTORING = "MENTORING"
    TASK = "TASK"


class Signal(IntEnum):
    """What calls for a follow-up, the stronger the higher."""

    LEARNING_FAILED = 1
    BEHAVIOUR_DEFICIT = 2
    GAP_REMAINS = 3
    NO_OPPORTUNITY_OR_SUPPORT = 4


class Case(NamedTuple):
    """What at most one follow-up is open for: a person, a competency and a plan year."""

    employee_id: UUID
    competency: str
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One completed activity of one person; follow_up_id names the follow-up that ordered it."""

    kind: ActivityKind
    id: UUID
    employee_id: UUID
    competency: str
    end_date: date
    need_ids: tuple[UUID, ...] = ()
    follow_up_id: UUID | None = None
    class_id: UUID | None = None
    program_id: UUID | None = None
    learning_hours: int = 0

    @property
    def case(self) -> Case:
        """The case a first follow-up would be for; its plan year is that in which the activity ended."""
        return Case(self.employee_id, self.competency, self.end_date.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A verdict with its figures and the rule version that decided.

    figure is the post-test in percent of the highest score (level 2) or the score of 1 to 4 (level 3), gain the
    normalised gain; both cut down to two decimals, so that a figure below a mark never shows as the mark.
    """

    verdict: Verdict
    figure: Decimal | None
    gain: Decimal | None
    rule: str
    rule_version: str
    signal: Signal | None = None

    @property
    def calls_for_follow_up(self) -> bool:
        """Whether something must follow: a low gain alone never does."""
        return self.signal is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is concluded on one activity; follow_up_id names the follow-up it is a reason of."""

    id: UUID
    activity: Activity
    level: int
    conclusion: Conclusion
    plans: tuple[FollowUpPlan, ...] = ()
    follow_up_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An evaluation as it stood before, to compare with."""

    evaluation_id: UUID
    conclusion: Conclusion
    follow_up_id: UUID | None


def cut(exact: Fraction) -> Decimal:
    """A figure to show: two decimals, never above what it is."""
    return Decimal(exact.numerator * 100 // exact.denominator).scaleb(-2)
