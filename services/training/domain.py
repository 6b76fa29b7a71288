"""What training decides: programmes and their terms, classes, enrolments, attendance, scores and completion."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, Invalid, NotFound

DEFAULT_MINIMUM_ATTENDANCE_PERCENT = 80
"""What a new programme asks unless its owner says otherwise: usual practice, no regulation fixes it."""

WHOLE = 100
"""Percent."""

FORMS: Mapping[int, str] = {
    1: "Diklat Struktural",
    2: "Diklat Fungsional",
    3: "Diklat Teknis",
    4: "Workshop",
    5: "Pelatihan Manajerial",
    6: "Pelatihan Sosial Kultural",
    7: "Sosialisasi",
    8: "Bimbingan Teknis",
    9: "Seminar",
    10: "Magang",
    11: "Kursus",
    12: "Penataran",
    13: "Klasikal lainnya",
    14: "Coaching",
    15: "Mentoring",
    16: "E-Learning",
    17: "Pelatihan Jarak Jauh",
    18: "Detasering (Secondment)",
    19: "Pembelajaran Alam Terbuka (Outbond)",
    20: "Patok Banding (Benchmarking)",
    21: "Pertukaran PNS–swasta/BUMN/BUMD",
    22: "Belajar Mandiri",
    23: "Komunitas Belajar (CoP)",
    24: "Bimbingan Di Tempat Kerja",
    25: "Nonklasikal lainnya",
}
"""Forms of development by the codes of BKN's SIASN ("jenis diklat"), after Peraturan LAN 10/2018."""


class ClassStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    CLOSED = "CLOSED"


class Action(StrEnum):
    ENROL = "ENROL"
    RECORD_ATTENDANCE = "RECORD_ATTENDANCE"
    RECORD_SCORES = "RECORD_SCORES"
    CLOSE = "CLOSE"


class EnrolmentStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    NOT_COMPLETED = "NOT_COMPLETED"


class Requirement(StrEnum):
    """A part of the rule of completion; the one that was missed is the reason of not completing."""

    ATTENDANCE = "ATTENDANCE"
    POST_TEST = "POST_TEST"


ALLOWED: Mapping[tuple[ClassStatus, Action], ClassStatus] = {
    (ClassStatus.SCHEDULED, Action.ENROL): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.RECORD_ATTENDANCE): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.RECORD_SCORES): ClassStatus.SCHEDULED,
    (ClassStatus.SCHEDULED, Action.CLOSE): ClassStatus.CLOSED,
    # A remedial test comes after the class: what was learned is measured anew, who completed stays.
    (ClassStatus.CLOSED, Action.RECORD_SCORES): ClassStatus.CLOSED,
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
}


def status_after(status: ClassStatus, action: Action) -> ClassStatus:
    """The status an action leads to; Conflict where the action has no place."""
    if (status, action) not in ALLOWED:
        raise Conflict(f"{ACTION_IN_WORDS[action]}: kelas {STATUS_IN_WORDS[status]}.")
    return ALLOWED[status, action]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One person's seat in one class."""

    id: UUID
    class_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    scores: Scores | None = None
    judgement: Judgement | None = None

    @property
    def status(self) -> EnrolmentStatus:
        return self.judgement.status if self.judgement else EnrolmentStatus.CONFIRMED

    @property
    def correlation_id(self) -> UUID:
        """The journey the seat belongs to: the need's when it serves exactly one, else its own."""
        return self.need_ids[0] if len(self.need_ids) == 1 else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When, where and for how many. session_hours: JP of each session in order; sessions are numbered from 1."""

    start_date: date
    end_date: date
    place: str
    capacity: int
    session_hours: tuple[int, ...]

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
    terms: Terms
    schedule: Schedule
    status: ClassStatus = ClassStatus.SCHEDULED

    def __post_init__(self) -> None:
        hours = sum(self.schedule.session_hours)
        if hours != self.terms.learning_hours:
            raise Invalid(f"Jumlah JP sesi ({hours}) harus sama dengan JP program ({self.terms.learning_hours}).")

    def admit(self, newcomers: Sequence[Enrolment], *, seated: Collection[UUID], known: Collection[UUID]) -> None:
        """Accept all newcomers or refuse all; seated and known are employee ids."""
        status_after(self.status, Action.ENROL)
        taken = set(seated)
        for number, newcomer in enumerate(newcomers, start=1):
            if newcomer.employee_id not in known:
                raise Invalid(f"Peserta ke-{number}: pegawai tidak dikenal.")
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
