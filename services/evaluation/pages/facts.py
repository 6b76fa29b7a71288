"""What a step of a journey says, in words: its name, its figures and whether it is good or bad news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.evaluation.pages import words
from shared.web import figures
from shared.web.language import _, translated
from shared.web.shapes import plain

Show = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One field of an event: what it is called and how it is written."""

    field: str
    label: str
    show: Show = str


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of step; tone is the colour of its mark."""

    title: str
    tone: str = "plain"
    figures: tuple[Figure, ...] = ()
    people: Mapping[str, str] | None = None


def _code(meanings: Mapping[str, str]) -> Show:
    return lambda code: words.said(meanings, code)


def _day(value: str) -> str:
    return figures.day(date.fromisoformat(value))


def _number(value: object) -> str:
    return figures.number(Decimal(str(value)))


def _unit(unit: str) -> Show:
    return lambda value: f"{_number(value)} {translated(unit)}"


def _percent(value: object) -> str:
    return f"{_number(value)}%"


def _form(value: int) -> str:
    guided = {14: "coaching (14)", 15: "mentoring (15)"}
    return guided.get(value) or _("jalur pelatihan (bentuk {form})").format(form=value)


def _level_of_kirkpatrick(value: int) -> str:
    return f"{value} ({translated(words.LEVEL[value])})"


REASON = Figure("reason", "Alasan", _code(words.REASON))
STANDARD = Figure("standard_level", "Standar jabatan")
CURRENT = Figure("current_level", "Tingkat saat itu")
ROUND = Figure("round", "Putaran")
DAYS = (Figure("start_date", "Mulai", _day), Figure("end_date", "Berakhir", _day))
HOURS = Figure("learning_hours", "Jam pelajaran", _unit("JP"))
ATTENDANCE = Figure("attendance_percent", "Kehadiran", _percent)
PASS_MARK = Figure("pass_mark", "Batas lulus")
TARGET = Figure("target", "Dijalankan melalui", _code(words.TARGET))
KIND = Figure("kind", "Bentuk", _code(words.KIND))
CAUSE = Figure("cause", "Sebab", _code(words.CAUSE))
COMPLETION = (HOURS, ATTENDANCE, PASS_MARK, *DAYS)

FACTS: Mapping[str, Fact] = {
    "need_identified": Fact(
        "Kebutuhan ditemukan", "warn", (STANDARD, CURRENT, Figure("gap", "Kesenjangan"), Figure("cycle", "Siklus"))
    ),
    "need_verified": Fact("Diverifikasi oleh unit", "good"),
    "need_returned": Fact("Dikembalikan ke unit", "warn", (REASON,)),
    "need_standard_changed": Fact("Standarnya berubah karena jabatan baru", figures=(STANDARD,)),
    "need_validated": Fact("Divalidasi oleh analis", "good"),
    "need_rejected": Fact("Kebutuhan ditolak", "plain", (REASON,)),
    "need_closed": Fact("Kebutuhan terpenuhi dan ditutup", "good", (Figure("level", "Tingkat yang dicapai"),)),
    "plan_item_approved": Fact(
        "Ditetapkan dalam rencana tahunan", "good", (Figure("form", "Bentuk", _form), STANDARD, CURRENT)
    ),
    "plan_item_withdrawn": Fact("Butir rencana ditarik", "plain", (REASON,)),
    "competency_assessed": Fact(
        "Kompetensi dinilai",
        figures=(Figure("source", "Sumber", _code(words.SOURCE)), Figure("assessed_on", "Tanggal", _day)),
    ),
    "class_scheduled": Fact("Kelas dijadwalkan", figures=(*DAYS, Figure("cost_level", "Biaya", _code(words.COST)))),
    "enrolment_confirmed": Fact("Mendapat tempat di kelas"),
    "enrolment_cancelled": Fact("Tempat di kelas dilepas", "warn", (REASON,)),
    "learning_measured": Fact(
        "Hasil tes dicatat",
        figures=(
            Figure("pre_score", "Tes awal"),
            Figure("post_score", "Tes akhir"),
            Figure("max_score", "Nilai tertinggi"),
        ),
    ),
    "training_completed": Fact("Pelatihan selesai", "good", COMPLETION),
    "training_not_completed": Fact("Pelatihan tidak selesai", "bad", (REASON, ATTENDANCE)),
    "training_completion_corrected": Fact("Hasil pelatihan dikoreksi", "warn", (REASON, *COMPLETION)),
    "certificate_issued": Fact("Sertifikat terbit", figures=(Figure("issued_on", "Tanggal", _day),)),
    "certificate_revoked": Fact("Sertifikat dicabut", "bad", (REASON,)),
    "learning_hours_credited": Fact(
        "Jam pelajaran dicatat",
        figures=(Figure("hours", "Jumlah", _unit("JP")), Figure("form_code", "Kode"), Figure("year", "Tahun")),
    ),
    "learning_hours_reversed": Fact(
        "Jam pelajaran dibatalkan", "warn", (Figure("hours", "Jumlah", _unit("JP")), REASON)
    ),
    "mentoring_requested": Fact(
        "Pendamping diminta",
        "warn",
        (Figure("form", "Bentuk", _form), Figure("origin", "Asal", _code(words.ORIGIN))),
    ),
    "mentoring_request_withdrawn": Fact("Permintaan pendamping ditarik", "plain", (REASON,)),
    "mentor_matched": Fact(
        "Pendamping didapat", "good", (Figure("form", "Bentuk", _form),), {"mentor_id": "Pendamping"}
    ),
    "mentoring_started": Fact("Pendampingan dimulai", "good", DAYS),
    "session_confirmed": Fact(
        "Sesi dikonfirmasi kedua pihak",
        figures=(Figure("held_on", "Tanggal", _day), Figure("minutes", "Lama", _unit("menit"))),
    ),
    "mentoring_completed": Fact(
        "Pendampingan selesai",
        "good",
        (Figure("sessions", "Sesi"), Figure("attainment", "Capaian sasaran", _percent), *DAYS),
    ),
    "mentoring_stopped": Fact("Pendampingan dihentikan", "bad", (REASON,)),
    "evaluation_concluded": Fact(
        "Hasil dievaluasi",
        figures=(
            Figure("level", "Jenjang", _level_of_kirkpatrick),
            Figure("verdict", "Kesimpulan", _code(words.VERDICT)),
            Figure("figure", "Nilai", _number),
            Figure("gain", "Kenaikan (N-gain)", _number),
        ),
    ),
    "competency_remeasured": Fact(
        "Tingkat kompetensi diukur ulang",
        figures=(Figure("level", "Tingkat"), Figure("measured_on", "Tanggal", _day)),
    ),
    "follow_up_opened": Fact(
        "Tindak lanjut dibuka",
        "warn",
        (ROUND, KIND, CAUSE, TARGET, Figure("due_date", "Tenggat", _day)),
    ),
    "follow_up_confirmed": Fact(
        "Tindak lanjut dikonfirmasi",
        "good",
        (ROUND, TARGET, Figure("due_date", "Tenggat", _day)),
        {"guide_id": "Atasan yang menjalankan"},
    ),
    "follow_up_done": Fact(
        "Tindak lanjut selesai dijalankan",
        "good",
        (ROUND, Figure("done_on", "Tanggal", _day), Figure("evaluate_from", "Ditinjau mulai", _day)),
    ),
    "follow_up_closed": Fact("Tindak lanjut ditutup", "plain", (ROUND, REASON)),
    "follow_up_escalated": Fact("Diangkat ke pimpinan unit dan analis", "bad", (ROUND, REASON)),
    "program_revision_requested": Fact("Perbaikan program diminta", "warn", (Figure("figure", "Nilai", _number),)),
}
VERDICT_TONE: Mapping[str, str] = words.TONE


def fact_of(name: str) -> Fact:
    """What a kind of step is called; one that a later version brought stands for itself."""
    return FACTS.get(name) or Fact(plain(name))


def figures_of(name: str, data: Mapping[str, Any], competency: str) -> list[tuple[str, str]]:
    """Label and text of each figure that a step tells."""
    shown = [
        (figure.label, figure.show(data[figure.field]))
        for figure in fact_of(name).figures
        if data.get(figure.field) is not None
    ]
    levels = data.get("levels")
    if isinstance(levels, dict) and competency in levels:
        shown.append((_("Tingkat"), str(levels[competency])))
    return shown


def people_of(name: str, data: Mapping[str, Any]) -> list[tuple[str, UUID]]:
    """Label and id of each person whom a step names beside the one it is about."""
    named = fact_of(name).people or {}
    return [(label, UUID(data[field])) for field, label in named.items() if data.get(field)]


def tone_of(name: str, data: Mapping[str, Any]) -> str:
    """The colour of a step: a verdict's own, else that of its kind."""
    verdict = data.get("verdict")
    if verdict is not None:
        return VERDICT_TONE.get(verdict, "plain")
    if data.get("reason") == "RESOLVED":
        return "good"
    return fact_of(name).tone
