"""Classes: who may enter, what may be recorded when, and what closing finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.training.domain.enrolments import CancellationReason, Enrolment, Judgement, Scores
from services.training.domain.forms import CostLevel, Scope
from services.training.domain.programs import Terms
from shared.errors import Conflict, Invalid, NotFound


class ClassStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    CLOSED = "CLOSED"


class Action(StrEnum):
    ENROL = "ENROL"
    RECORD_ATTENDANCE = "RECORD_ATTENDANCE"
    RECORD_SCORES = "RECORD_SCORES"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"
    CORRECT = "CORRECT"


ALLOWED: Mapping[tuple[ClassStatus, Action], ClassStatus] = {
    (ClassStatus.SCHEDULED, Action.ENROL): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.RECORD_ATTENDANCE): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.RECORD_SCORES): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.CANCEL): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.CLOSE): ClassStatus.CLOSED,
    # A remedial test comes after the class: what was learned is measured anew, who completed stays.
    (ClassStatus.CLOSED, Action.RECORD_SCORES): ClassStatus.CLOSED,
    (ClassStatus.CLOSED, Action.CORRECT): ClassStatus.CLOSED,
}

STATUS_IN_WORDS: Mapping[ClassStatus, str] = {
    ClassStatus.SCHEDULED: "masih terjadwal",
    ClassStatus.CLOSED: "sudah ditutup",
}
ACTION_IN_WORDS: Mapping[Action, str] = {
    Action.ENROL: "Peserta tidak dapat didaftarkan",
    Action.RECORD_ATTENDANCE: "Kehadiran tidak dapat dicatat",
    Action.RECORD_SCORES: "Nilai tidak dapat dicatat",
    Action.CLOSE: "Kelas tidak dapat ditutup",
    Action.CANCEL: "Tempat tidak dapat dilepas",
    Action.CORRECT: "Hasil tidak dapat dikoreksi",
}


def status_after(status: ClassStatus, action: Action) -> ClassStatus:
    """The status an action leads to; Conflict where the action has no place."""
    if (status, action) not in ALLOWED:
        raise Conflict(f"{ACTION_IN_WORDS[action]}: kelas {STATUS_IN_WORDS[status]}.")
    return ALLOWED[status, action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When, where and for how many. session_hours: JP of each session in order; sessions are numbered from 1."""

    start_date: date
    end_date: date
    place: str
    capacity: int
    session_hours: tuple[int, ...]
    scope: Scope = Scope.NATIONAL
    cost_level: CostLevel = CostLevel.FREE

    def __post_init__(self) -> None:
        if self.end_date < self.start_date:
            raise Invalid("Tanggal selesai mendahului tanggal mulai.")
        if self.capacity < 1:
            raise Invalid("Kapasitas paling sedikit 1 peserta.")
        if not self.session_hours or min(self.session_hours) < 1:
            raise Invalid("Kelas memerlukan paling sedikit satu sesi, masing-masing paling sedikit 1 JP.")


Presence = Mapping[int, bool]
"""Whether one participant was present, by session number; a session not recorded yet is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingClass:
    """One class of a programme: guards who may enter, what may be recorded and when it may be closed."""

    id: UUID
    program_id: UUID
    form: int
    terms: Terms
    schedule: Schedule
    status: ClassStatus = ClassStatus.SCHEDULED

    def __post_init__(self) -> None:
        hours = sum(self.schedule.session_hours)
        if hours != self.terms.learning_hours:
            raise Invalid(f"Jumlah JP sesi ({hours}) harus sama dengan JP program ({self.terms.learning_hours}).")

    def admit(self, newcomers: Sequence[Enrolment], *, seated: Collection[UUID], known: Mapping[UUID, bool]) -> None:
        """Accept all newcomers or refuse all; seated are employee ids, known says of each whether they are at work."""
        status_after(self.status, Action.ENROL)
        taken = set(seated)
        for number, newcomer in enumerate(newcomers, start=1):
            if newcomer.employee_id not in known:
                raise Invalid(f"Peserta ke-{number}: pegawai tidak dikenal.")
            if not known[newcomer.employee_id]:
                raise Conflict(f"Peserta ke-{number}: pegawai sedang tidak aktif.")
            if newcomer.employee_id in taken:
                raise Conflict(f"Peserta ke-{number}: pegawai sudah terdaftar di kelas ini.")
            taken.add(newcomer.employee_id)
        free = self.schedule.capacity - len(seated)
        if len(newcomers) > free:
            raise Conflict(f"Kelas penuh: {len(newcomers)} peserta diminta, {free} tempat tersisa.")

    def accept_attendance(
        self, session_number: int, participants: Sequence[UUID], *, seated: Collection[UUID], today: date
    ) -> None:
        """Refuse attendance that cannot be true; participants and seated are enrolment ids."""
        status_after(self.status, Action.RECORD_ATTENDANCE)
        if not 1 <= session_number <= len(self.schedule.session_hours):
            raise NotFound(f"Kelas ini tidak memiliki sesi {session_number}.")
        if today < self.schedule.start_date:
            raise Conflict(f"Kelas baru dimulai pada {self.schedule.start_date:%d-%m-%Y}.")
        _require_each_seated_once(participants, seated)

    def measure(self, measured: Sequence[tuple[UUID, Scores]], enrolments: Mapping[UUID, Enrolment]) -> list[Enrolment]:
        """The enrolments whose scores change; what was measured names each by its id."""
        status_after(self.status, Action.RECORD_SCORES)
        _require_each_seated_once([enrolment_id for enrolment_id, _ in measured], enrolments)
        changed = [
            replace(enrolments[enrolment_id], scores=scores)
            for enrolment_id, scores in measured
            if enrolments[enrolment_id].scores != scores
        ]
        if self.status is ClassStatus.CLOSED:
            for enrolment in changed:
                _refuse_withdrawal(enrolments[enrolment.id].scores, enrolment.scores)
        return changed

    def close(
        self, enrolments: Sequence[Enrolment], presence: Mapping[UUID, Presence], today: date
    ) -> tuple[TrainingClass, list[Enrolment]]:
        """The closed class and its judged enrolments; presence is by enrolment id."""
        status = status_after(self.status, Action.CLOSE)
        if today < self.schedule.end_date:
            raise Conflict(f"Kelas baru dapat ditutup mulai {self.schedule.end_date:%d-%m-%Y}.")
        self._require_full_attendance_list(enrolments, presence)
        judged = [replace(enrolment, judgement=self._judge(enrolment, presence)) for enrolment in enrolments]
        return replace(self, status=status), judged

    def cancel(
        self,
        enrolment: Enrolment,
        reason: CancellationReason,
        presence: Mapping[UUID, Presence],
    ) -> Enrolment:
        """The seat given up; refused once attendance was recorded for it, since the class has begun for the person."""
        status_after(self.status, Action.CANCEL)
        if presence.get(enrolment.id):
            raise Conflict("Tempat tidak dapat dilepas: kehadiran peserta ini sudah dicatat.")
        return replace(enrolment, cancellation=reason)

    def accept_correction(self, corrected: Mapping[UUID, Presence], *, seated: Collection[UUID]) -> None:
        """Refuse corrections that cannot be true; corrected and seated are by enrolment id."""
        status_after(self.status, Action.CORRECT)
        _require_each_seated_once(list(corrected), seated)
        for number in sorted({number for presence in corrected.values() for number in presence}):
            if not 1 <= number <= len(self.schedule.session_hours):
                raise NotFound(f"Kelas ini tidak memiliki sesi {number}.")

    def correct(self, enrolments: Sequence[Enrolment], presence: Mapping[UUID, Presence]) -> list[Enrolment]:
        """Judge these anew by what is recorded now; gives those of whom another finding holds."""
        status_after(self.status, Action.CORRECT)
        judged = (replace(enrolment, judgement=self._judge(enrolment, presence)) for enrolment in enrolments)
        return [now for before, now in zip(enrolments, judged, strict=True) if now.judgement != before.judgement]

    def _judge(self, enrolment: Enrolment, presence: Mapping[UUID, Presence]) -> Judgement:
        hours = self.schedule.session_hours
        attended = sum(hours[number - 1] for number, present in presence[enrolment.id].items() if present)
        return self.terms.judge(attended, sum(hours), enrolment.scores)

    def _require_full_attendance_list(self, enrolments: Sequence[Enrolment], presence: Mapping[UUID, Presence]) -> None:
        """A forgotten list would turn a whole class into absentees, and closing cannot be taken back."""
        numbers = range(1, len(self.schedule.session_hours) + 1)
        gaps = [n for n in numbers if any(n not in presence.get(enrolment.id, {}) for enrolment in enrolments)]
        if gaps:
            raise Conflict(f"Kehadiran belum lengkap untuk sesi {', '.join(map(str, gaps))}.")


def _require_each_seated_once(named: Sequence[UUID], seated: Collection[UUID]) -> None:
    seen: set[UUID] = set()
    for number, enrolment_id in enumerate(named, start=1):
        if enrolment_id not in seated:
            raise Invalid(f"Peserta ke-{number}: tidak terdaftar di kelas ini.")
        if enrolment_id in seen:
            raise Invalid(f"Peserta ke-{number}: disebut lebih dari sekali.")
        seen.add(enrolment_id)


def _refuse_withdrawal(before: Scores | None, after: Scores | None) -> None:
    """Completion may rest on a post-test that was taken: once judged it can be corrected, not made undone."""
    if before and before.post_score is not None and (after is None or after.post_score is None):
        raise Conflict("Nilai pasca-tes dapat dikoreksi tetapi tidak dapat dihapus: kelas sudah ditutup.")
