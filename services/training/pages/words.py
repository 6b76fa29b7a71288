"""How pages call what the code calls otherwise, and how the rule behind a figure is said."""

from __future__ import annotations

from collections.abc import Mapping

from services.training.domain import (
    FORMS,
    ActivityOrigin,
    CancellationReason,
    ClassStatus,
    CostLevel,
    Counting,
    DemandOrigin,
    EnrolmentStatus,
    Limit,
    Rate,
    Requirement,
    Scope,
)
from services.training.domain.enrolments import WHOLE
from services.training.rules import LEARNING_HOURS
from services.training.tables import ActivityRow
from shared.web.language import _, translated

CLASS: Mapping[str, tuple[str, str]] = {
    ClassStatus.SCHEDULED: ("Terjadwal", "busy"),
    ClassStatus.CLOSED: ("Ditutup", "plain"),
}
SEAT: Mapping[str, tuple[str, str]] = {
    EnrolmentStatus.CONFIRMED: ("Terdaftar", "busy"),
    EnrolmentStatus.COMPLETED: ("Selesai", "good"),
    EnrolmentStatus.NOT_COMPLETED: ("Tidak selesai", "bad"),
    EnrolmentStatus.CANCELLED: ("Dilepas", "plain"),
}
MISSED: Mapping[str, str] = {
    Requirement.ATTENDANCE: "kehadiran kurang dari batas",
    Requirement.POST_TEST: "pasca-tes tidak diikuti",
}
CANCELLED: Mapping[str, str] = {
    CancellationReason.TOO_COMPETENT: "sudah menguasai materinya",
    CancellationReason.NO_TIME: "tidak ada waktu",
    CancellationReason.NOT_RELEVANT: "tidak relevan dengan tugas",
    CancellationReason.NO_ACCESS: "tempat atau sarana tidak terjangkau",
    CancellationReason.ORGANISER: "dilepas oleh penyelenggara",
    CancellationReason.PLAN_ITEM_WITHDRAWN: "butir rencananya ditarik",
    CancellationReason.FOLLOW_UP_CLOSED: "tindak lanjutnya sudah ditutup",
    CancellationReason.EMPLOYEE_AWAY: "pegawai sedang tidak bertugas",
}
DEMAND: Mapping[str, str] = {DemandOrigin.PLAN_ITEM: "rencana tahunan", DemandOrigin.FOLLOW_UP: "tindak lanjut"}
ORIGIN: Mapping[str, str] = {
    ActivityOrigin.ENROLMENT: "kelas",
    ActivityOrigin.SESSION: "sesi pendampingan",
    ActivityOrigin.IMPORT: "riwayat yang diimpor",
}
LIMIT: Mapping[str, str] = {
    Limit.DAY: "hari yang sama sudah dihitung, atau melebihi batas per hari",
    Limit.MONTH: "melebihi batas kali per bulan",
    Limit.NO_RULE: "bentuk ini belum ada dalam tabel, jadi tidak dihitung",
    Limit.REVOKED: "dicabut, tidak lagi dihitung",
}
SCOPE: Mapping[str, str] = {Scope.NATIONAL: "Dalam negeri", Scope.INTERNATIONAL: "Luar negeri"}
COST: Mapping[str, str] = {CostLevel.FREE: "tanpa biaya instansi", CostLevel.PAID: "berbiaya"}
_EACH: Mapping[Counting, str] = {
    Counting.DAY: "{hours} JP untuk tiap hari",
    Counting.UP_TO_DAY: "JP yang tertulis, paling banyak {hours} JP tiap hari",
    Counting.TIME: "{hours} JP tiap kali",
    Counting.SEMESTER: "{hours} JP tiap semester",
}
_OTHERWISE = "JP program atau sertifikat"
_EDUCATION = "Pendidikan formal"
WORDS: Mapping[str, object] = {
    "CLASS": CLASS,
    "SEAT": SEAT,
    "MISSED": MISSED,
    "CANCELLED": CANCELLED,
    "DEMAND": DEMAND,
    "ORIGIN": ORIGIN,
    "LIMIT": LIMIT,
    "SCOPE": SCOPE,
    "COST": COST,
    "FORMS": FORMS,
}
"""What templates are given to name things with."""


def form_name(row: ActivityRow) -> str:
    """The form of development that the table's code stands for."""
    table = LEARNING_HOURS.in_force(row.ends_on)
    forms = {code: FORMS[form] for form, code in table.codes.items()} if table else {}
    return forms.get(row.form_code, translated(_EDUCATION) if row.form_code.startswith("A") else row.form_code)


def rule_of(row: ActivityRow) -> str:
    """How the table counts an activity, in a sentence."""
    table = LEARNING_HOURS.in_force(row.ends_on)
    rate = table.rates.get(row.form_code) if table else None
    return _said(rate, Scope(row.scope)) if rate else _("Tabel tidak memuat bentuk ini")


def _said(rate: Rate, scope: Scope) -> str:
    said = translated(_EACH.get(rate.counting, _OTHERWISE)).format(hours=rate.hours[scope])
    if rate.times_per_month is not None:
        said += _(", paling banyak {times} kali sebulan").format(times=rate.times_per_month)
    if rate.percent[scope] != WHOLE:
        said += _(", dikali {percent} % karena di luar negeri").format(percent=rate.percent[scope])
    return said
