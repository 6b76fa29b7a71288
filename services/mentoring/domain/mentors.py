"""Mentors: who offers what, how many at a time, and when nobody new comes to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, Invalid


class MentorStatus(StrEnum):
    """Whether somebody takes new mentees."""

    READY = "READY"
    PAUSED = "PAUSED"


class PauseReason(StrEnum):
    """Why a mentor takes nobody new; DISCIPLINE is a sanction in force (hukuman disiplin)."""

    OWN_WISH = "OWN_WISH"
    WORKLOAD = "WORKLOAD"
    DISCIPLINE = "DISCIPLINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRule:
    """How many mentees one mentor has at a time where nothing else is agreed, and never more than."""

    default: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentor:
    """A person who is ready to mentor in some competencies, so many people at a time."""

    id: UUID
    competencies: tuple[str, ...]
    capacity: int
    online: bool
    status: MentorStatus = MentorStatus.READY
    pause_reason: PauseReason | None = None

    @property
    def open_capacity(self) -> int:
        """How many mentees others may count on."""
        return self.capacity if self.status is MentorStatus.READY else 0

    def with_offer(self, offered: Mentor) -> Mentor:
        """The mentor with a new offer, ready or paused as before."""
        return replace(offered, status=self.status, pause_reason=self.pause_reason)

    def pause(self, reason: PauseReason) -> Mentor:
        """The mentor, taking nobody new; those there are stay."""
        if self.status is MentorStatus.PAUSED:
            raise Conflict("Mentor ini sudah sedang jeda.")
        return replace(self, status=MentorStatus.PAUSED, pause_reason=reason)

    def resume(self) -> Mentor:
        """The mentor, ready again."""
        if self.status is MentorStatus.READY:
            raise Conflict("Mentor ini tidak sedang jeda.")
        return replace(self, status=MentorStatus.READY, pause_reason=None)


def offer(
    mentor_id: UUID, competencies: tuple[str, ...], capacity: int | None, rule: CapacityRule, *, online: bool
) -> Mentor:
    """What a mentor offers, with the agency's usual capacity where none is given."""
    asked = rule.default if capacity is None else capacity
    if not 1 <= asked <= rule.at_most:
        raise Invalid(f"Seorang mentor mendampingi 1 sampai {rule.at_most} orang sekaligus.")
    return Mentor(id=mentor_id, competencies=tuple(sorted(set(competencies))), capacity=asked, online=online)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingRule:
    """One version of the rule on who is new, and the code under which a newcomer's first months run."""

    effective_from: date
    newcomer_months: int
    competency: str
