"""Which activities are followed up to the workplace (level 3), and how many forms anybody is asked to fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from services.evaluation.domain.evaluations import Activity, ActivityKind
from services.evaluation.domain.rules import Version

PERCENT = 100
HASH_BYTES = 8


class ReviewStatus(StrEnum):
    """Where the review of behaviour after one activity stands."""

    PLANNED = "PLANNED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    NOT_SELECTED = "NOT_SELECTED"
    CAPPED = "CAPPED"
    DROPPED = "DROPPED"


class Ground(StrEnum):
    """Why a review is held, or is not."""

    FOLLOW_UP = "FOLLOW_UP"
    MENTORING = "MENTORING"
    LEARNING_HOURS = "LEARNING_HOURS"
    FORM = "FORM"
    PAID = "PAID"
    SAMPLE = "SAMPLE"
    NOT_IN_SAMPLE = "NOT_IN_SAMPLE"
    CLASS_UNKNOWN = "CLASS_UNKNOWN"
    PERSON_YEAR_FULL = "PERSON_YEAR_FULL"
    SUPERIOR_MONTH_FULL = "SUPERIOR_MONTH_FULL"
    PERSON_AWAY = "PERSON_AWAY"
    NOT_COMPLETED = "NOT_COMPLETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionVersion(Version):
    """Which activities are reviewed, when, by how many, and the limits of what people are asked."""

    opens_after_days: int
    answer_within_days: int
    minimum_learning_hours: int
    forms: tuple[int, ...]
    cost_levels: tuple[str, ...]
    sample_percent: int
    reviews_per_person_and_year: int
    forms_per_superior_and_month: int
    peers: int
    subordinates: int

    def due_date(self, activity: Activity) -> date:
        """The local day from which the behaviour of a person can be judged."""
        return activity.end_date + timedelta(days=self.opens_after_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFacts:
    """What is known of the class of a training: form of its programme, cost; None while it is not known."""

    form: int | None
    cost_level: str | None


def sampled(activity_id: UUID, percent: int) -> bool:
    """Whether an activity falls into the sample: the first 8 bytes of the SHA-256 of its id as text, modulo 100."""
    digest = sha256(str(activity_id).encode()).digest()
    return int.from_bytes(digest[:HASH_BYTES], "big") % PERCENT < percent


def ground_of(activity: Activity, facts: ClassFacts, version: SelectionVersion) -> tuple[Ground, bool]:
    """Why an activity is reviewed or not, and whether it is."""
    reasons = (
        (Ground.FOLLOW_UP, activity.follow_up_id is not None),
        (Ground.MENTORING, activity.kind is ActivityKind.MENTORING),
        (Ground.LEARNING_HOURS, activity.learning_hours >= version.minimum_learning_hours),
        (Ground.FORM, facts.form in version.forms),
        (Ground.PAID, facts.cost_level in version.cost_levels),
        (Ground.SAMPLE, sampled(activity.id, version.sample_percent)),
    )
    ground = next((ground for ground, holds in reasons if holds), None)
    if ground is not None:
        return ground, True
    unknown = facts.form is None or facts.cost_level is None
    return (Ground.CLASS_UNKNOWN if unknown else Ground.NOT_IN_SAMPLE), False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A review that was selected and is due; settled when people have begun to answer it."""

    id: UUID
    activity: Activity
    due_date: date
    superior_id: UUID | None
    version: SelectionVersion
    settled: bool = False

    @property
    def is_exempt(self) -> bool:
        """What a follow-up ordered is always reviewed: else the follow-up would never end."""
        return self.activity.follow_up_id is not None


def allot(candidates: Iterable[Candidate]) -> dict[UUID, Ground | None]:
    """Which reviews are held within the limits, earliest due first: None, or the limit that stands against it.

    A review counts in the year and month in which it falls due, whenever it is really opened, so that the outcome
    does not depend on when events arrive.
    """
    by_person: Counter[tuple[UUID, int]] = Counter()
    by_superior: Counter[tuple[UUID, int, int]] = Counter()
    found: dict[UUID, Ground | None] = {}
    for each in sorted(candidates, key=lambda c: (c.due_date, c.activity.id)):
        person = (each.activity.employee_id, each.due_date.year)
        superior = (each.superior_id, each.due_date.year, each.due_date.month) if each.superior_id else None
        limit = None
        if not (each.is_exempt or each.settled):
            if by_person[person] >= each.version.reviews_per_person_and_year:
                limit = Ground.PERSON_YEAR_FULL
            elif superior and by_superior[superior] >= each.version.forms_per_superior_and_month:
                limit = Ground.SUPERIOR_MONTH_FULL
        if limit is None:
            by_person[person] += 1
            by_superior.update([superior] if superior else [])
        found[each.id] = limit
    return found
