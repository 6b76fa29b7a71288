"""Programmes of the catalogue and the terms they set: what they give, what they ask, who has completed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.training.domain.enrolments import WHOLE, Judgement, Requirement, Scores
from services.training.domain.forms import FORMS
from shared.errors import Invalid

DEFAULT_MINIMUM_ATTENDANCE_PERCENT = 80
"""What a new programme asks unless its owner says otherwise: usual practice, no regulation fixes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a programme gives and asks. A class keeps the terms it was scheduled under, so that none change midway.

    learning_hours in JP of 45 minutes, pass_mark in percent of the highest score. The pass mark does not decide
    completion: whether enough was learned is evaluated afterwards.
    """

    competency: str
    learning_hours: int
    pass_mark: int | None = None
    minimum_attendance_percent: int = DEFAULT_MINIMUM_ATTENDANCE_PERCENT
    post_test_required: bool = False

    def __post_init__(self) -> None:
        if self.learning_hours < 1:
            raise Invalid("JP program paling sedikit 1.")
        if self.pass_mark is not None and not 0 <= self.pass_mark <= WHOLE:
            raise Invalid("Nilai kelulusan harus antara 0 dan 100.")
        if not 0 <= self.minimum_attendance_percent <= WHOLE:
            raise Invalid("Kehadiran minimum harus antara 0 dan 100 persen.")

    def judge(self, attended_hours: int, class_hours: int, scores: Scores | None) -> Judgement:
        """Judge one participant. Attendance counts in JP, so that a long session weighs more; cut, never rounded up."""
        percent = attended_hours * WHOLE // class_hours
        missed = None
        if percent < self.minimum_attendance_percent:
            missed = Requirement.ATTENDANCE
        elif self.post_test_required and (scores is None or scores.post_score is None):
            missed = Requirement.POST_TEST
        return Judgement(attendance_percent=percent, missed=missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One programme of the catalogue. Its code is how other systems know it, and never changes."""

    id: UUID
    code: str
    title: str
    form: int
    terms: Terms

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise Invalid(f"Jenis diklat {self.form} tidak dikenal: gunakan kode 1 sampai {max(FORMS)}.")
