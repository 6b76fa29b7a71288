"""A journey as a timeline: every step with its cause, and how long it waited for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.evaluation.domain.evaluations import BEHAVIOUR
from services.evaluation.domain.selection import ReviewStatus
from services.evaluation.pages import facts, words
from services.evaluation.tables import JourneyEventRow, ReviewRow

SHOWN_FROM = timedelta(days=7)
"""Waiting of less is no gap worth a line."""

REVIEW = "hasilnya ditinjau di tempat kerja"
SEAT = "tempat di kelas"
MEASURED = "pengukuran yang mencapai standar"
CLASS = "kelas berlangsung dan ditutup"
GUIDE = "pendamping"
MEETINGS = "sesi dan akhir pendampingan"
ESCALATED = "keputusan pimpinan unit dan analis"

WAITS: Mapping[str, str] = {
    "need_identified": "verifikasi oleh unit",
    "need_returned": "ditinjau kembali oleh unit",
    "need_verified": "validasi oleh analis",
    "need_validated": "penetapan rencana tahunan",
    "plan_item_withdrawn": "rencana yang baru",
    "enrolment_confirmed": CLASS,
    "enrolment_cancelled": "kelas lain",
    "training_completed": REVIEW,
    "training_not_completed": "keputusan tentang jalan lain",
    "mentor_matched": "kesepakatan kedua pihak",
    "mentoring_started": MEETINGS,
    "session_confirmed": MEETINGS,
    "mentoring_completed": REVIEW,
    "mentoring_stopped": "jalan lain atau pendamping lain",
    "follow_up_opened": "konfirmasi tindak lanjut oleh analis",
    "follow_up_done": REVIEW,
    "follow_up_escalated": ESCALATED,
}
"""What is waited for after a step; steps that are not here leave it as it was."""

NOTHING_COMES = "pengukuran berikutnya (hasil ini tidak ditinjau di tempat kerja)"
BY_FORM = {14: "coaching dimulai", 15: GUIDE}
BY_TARGET = {
    "TRAINING": SEAT,
    "MENTORING": GUIDE,
    "COACHING": "coaching oleh atasan",
    "SUPERIOR": "tugas atasan dilaporkan selesai",
}
ENDS = frozenset({"need_closed", "need_rejected"})
BEGINS = frozenset({"need_identified", "need_returned"})
COMING = frozenset({ReviewStatus.PLANNED, ReviewStatus.OPEN})
OUTSIDE = "kejadian di luar perjalanan ini"
CAUSES = {"command": "tindakan seseorang", "timer": "waktunya tiba", "": "tidak tercatat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """For what the case waits, since when, and how many days by now or until the next step."""

    for_what: str
    since: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step to be shown; caused_by is the number of another step, cause the words where it is none of them."""

    number: int
    service: str
    title: str
    tone: str
    at: datetime | None
    caused_by: int | None
    cause: str
    figures: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, UUID]]
    rule: str | None
    rule_version: str | None
    waited: Wait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All steps, what the case waits for now, and whether it has ended."""

    steps: Sequence[StepLine]
    waits: Wait | None
    outcome: str | None

    @property
    def people(self) -> set[UUID]:
        """Everybody whom a step names."""
        return {person for step in self.steps for _, person in step.people}


@dataclass(slots=True)
class _Case:
    """How a case stands after the steps so far: what it waits for, since when, and how it ended, if it did."""

    awaited: str | None = None
    since: datetime | None = None
    outcome: str | None = None
    last: datetime | None = None

    def gap_until(self, moment: datetime | None) -> Wait | None:
        """The waiting between the last step and one at the moment, if it is worth a line."""
        if self.awaited is None or self.last is None or moment is None or moment - self.last < SHOWN_FROM:
            return None
        return Wait(for_what=self.awaited, since=self.last, days=(moment - self.last).days)

    def take(self, name: str, data: Mapping[str, Any], at: datetime | None) -> None:
        """One more step."""
        self.last = at or self.last
        if name in ENDS:
            self.awaited, self.outcome = None, name
            return
        if name in BEGINS:
            self.outcome = None
        awaited = None if self.outcome else self._awaited_after(name, data)
        if awaited not in {None, self.awaited}:
            self.awaited, self.since = awaited, self.last

    def _awaited_after(self, name: str, data: Mapping[str, Any]) -> str | None:
        """What is waited for after a step; None where it leaves that as it was."""
        if name == "plan_item_approved":
            return BY_FORM.get(data["form"], SEAT)
        if name == "follow_up_confirmed":
            return BY_TARGET.get(data["target"])
        if name == "evaluation_concluded":
            # A late verdict on something earlier ends no waiting for what has begun since.
            return MEASURED if data["level"] == BEHAVIOUR and self.awaited == REVIEW else None
        # What a follow-up asks waits for a person's word before it waits for a guide.
        if name == "mentoring_requested" and data.get("origin") != "FOLLOW_UP":
            return GUIDE
        return WAITS.get(name)

    def waits(self, reviews: Sequence[ReviewRow], now: datetime) -> Wait | None:
        """What the case waits for now: no review, where none will be held."""
        if self.awaited is None or self.since is None:
            return None
        awaited = self.awaited
        if awaited == REVIEW and reviews and not any(review.status in COMING for review in reviews):
            awaited = NOTHING_COMES
        return Wait(for_what=awaited, since=self.since, days=(now - self.since).days)


def timeline_of(
    events: Sequence[JourneyEventRow], reviews: Sequence[ReviewRow], competency: str, now: datetime
) -> Timeline:
    """The timeline of a need's events, which stand in the order of time."""
    numbers = {str(event.event_id): number for number, event in enumerate(events, start=1)}
    case = _Case()
    lines: list[StepLine] = []
    for event in events:
        waited = case.gap_until(event.happened_at)
        lines.append(_line(event, numbers, competency, waited))
        case.take(name_of(event), event.data, event.happened_at)
    return Timeline(steps=lines, waits=case.waits(reviews, now), outcome=case.outcome)


def name_of(event: JourneyEventRow) -> str:
    """The fact that an event tells, such as need_identified."""
    return event.type.split(".")[2]


def _line(event: JourneyEventRow, numbers: Mapping[str, int], competency: str, waited: Wait | None) -> StepLine:
    name = name_of(event)
    return StepLine(
        number=numbers[str(event.event_id)],
        service=words.said(words.SERVICE, event.service),
        title=facts.fact_of(name).title,
        tone=facts.tone_of(name, event.data),
        at=event.happened_at,
        caused_by=numbers.get(event.causation or ""),
        cause=_cause(event.causation),
        figures=facts.figures_of(name, event.data, competency),
        people=facts.people_of(name, event.data),
        rule=event.data.get("rule"),
        rule_version=event.data.get("rule_version"),
        waited=waited,
    )


def _cause(causation: str | None) -> str:
    kind = (causation or "").partition(":")[0]
    return CAUSES.get(kind, OUTSIDE)
