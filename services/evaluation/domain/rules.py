"""Rules with versions that hold from a date on, and what a rule orders when it fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar


class Target(StrEnum):
    """Who can take up a follow-up; one addressed to anybody else would be done by nobody."""

    TRAINING = "TRAINING"
    MENTORING = "MENTORING"
    COACHING = "COACHING"
    SUPERIOR = "SUPERIOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPlan:
    """What a rule orders when it fires."""

    kind: str
    cause: str
    target: Target
    due_in_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The numbers of a rule from a date on."""

    effective_from: date

    @property
    def name(self) -> str:
        """How verdicts cite the version."""
        return self.effective_from.isoformat()


VersionT = TypeVar("VersionT", bound=Version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[VersionT]):
    """A rule with all its versions, oldest first and at least one."""

    name: str
    versions: tuple[VersionT, ...]

    def in_force_on(self, day: date) -> VersionT:
        """The newest version that had begun by the day; what is older than every version is judged by the first."""
        for version in reversed(self.versions):
            if version.effective_from <= day:
                return version
        return self.versions[0]
