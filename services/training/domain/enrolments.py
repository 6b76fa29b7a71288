"""One person's seat in a class: what was measured, what closing the class found, whether it was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Invalid

WHOLE = 100
"""Percent."""


class EnrolmentStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    NOT_COMPLETED = "NOT_COMPLETED"
    CANCELLED = "CANCELLED"


class CancellationReason(StrEnum):
    """Why a seat was given up: the first four are what people say themselves, the others follow from elsewhere."""

    TOO_COMPETENT = "TOO_COMPETENT"
    NO_TIME = "NO_TIME"
    NOT_RELEVANT = "NOT_RELEVANT"
    NO_ACCESS = "NO_ACCESS"
    ORGANISER = "ORGANISER"
    PLAN_ITEM_WITHDRAWN = "PLAN_ITEM_WITHDRAWN"
    FOLLOW_UP_CLOSED = "FOLLOW_UP_CLOSED"
    EMPLOYEE_AWAY = "EMPLOYEE_AWAY"


DECLINES = frozenset(
    {
        CancellationReason.TOO_COMPETENT,
        CancellationReason.NO_TIME,
        CancellationReason.NOT_RELEVANT,
        CancellationReason.NO_ACCESS,
    }
)
"""What a person may say who gives up the own seat; counted, and fed back to the analysis of needs."""


class Requirement(StrEnum):
    """A part of the rule of completion; the one that was missed is the reason of not completing."""

    ATTENDANCE = "ATTENDANCE"
    POST_TEST = "POST_TEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Pre and post test on a scale from 0 to max_score; a test not taken has no score."""

    pre_score: int | None
    post_score: int | None
    max_score: int

    def __post_init__(self) -> None:
        for name, score in (("pra-tes", self.pre_score), ("pasca-tes", self.post_score)):
            if score is not None and not 0 <= score <= self.max_score:
                raise Invalid(f"Nilai {name} {score} di luar skala 0 sampai {self.max_score}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What closing a class found of one participant; nothing missed means completed."""

    attendance_percent: int
    missed: Requirement | None

    @property
    def status(self) -> EnrolmentStatus:
        return EnrolmentStatus.NOT_COMPLETED if self.missed else EnrolmentStatus.COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What the participant promises to do at work with what will be learned, and since when."""

    application: str
    promised_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One person's seat in one class. plan_item_id and follow_up_id are the demands it is to meet."""

    id: UUID
    class_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None
    commitment: Commitment | None = None
    scores: Scores | None = None
    judgement: Judgement | None = None
    cancellation: CancellationReason | None = None

    @property
    def status(self) -> EnrolmentStatus:
        if self.cancellation:
            return EnrolmentStatus.CANCELLED
        return self.judgement.status if self.judgement else EnrolmentStatus.CONFIRMED

    @property
    def demand_ids(self) -> tuple[UUID, ...]:
        """The demands the seat is to meet."""
        return tuple(each for each in (self.plan_item_id, self.follow_up_id) if each is not None)

    @property
    def correlation_id(self) -> UUID:
        """The journey the seat belongs to: the need's when it serves exactly one, else its own."""
        return self.need_ids[0] if len(self.need_ids) == 1 else self.id
