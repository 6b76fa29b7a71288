"""What pages call the codes of evaluation, and which colour a status has."""

from __future__ import annotations

from collections.abc import Mapping

from services.evaluation.domain.behaviour import Cause, Role
from services.evaluation.domain.evaluations import ActivityKind, Verdict
from services.evaluation.domain.follow_ups import ClosingReason, FollowUpStatus
from services.evaluation.domain.rules import Target
from services.evaluation.domain.selection import Ground, ReviewStatus
from services.evaluation.tables import FormStatus
from shared.web.language import translated
from shared.web.shapes import plain

SERVICE: Mapping[str, str] = {
    "needs": "Kebutuhan",
    "training": "Pelatihan",
    "mentoring": "Pendampingan",
    "evaluation": "Evaluasi",
}
FOLLOW_UP_STATUS: Mapping[str, str] = {
    FollowUpStatus.OPEN: "Menunggu konfirmasi",
    FollowUpStatus.CONFIRMED: "Menunggu dilaksanakan",
    FollowUpStatus.ACCEPTED: "Dilaksanakan",
    FollowUpStatus.DONE: "Menunggu ditinjau ulang",
    FollowUpStatus.CLOSED: "Selesai",
    FollowUpStatus.ESCALATED: "Diangkat ke pimpinan",
}
FORM_STATUS: Mapping[str, str] = {
    FormStatus.OPEN: "Menunggu jawaban",
    FormStatus.ANSWERED: "Sudah dijawab",
    FormStatus.EXPIRED: "Lewat waktu",
    FormStatus.DROPPED: "Tidak diperlukan lagi",
}
REVIEW_STATUS: Mapping[str, str] = {
    ReviewStatus.PLANNED: "Direncanakan",
    ReviewStatus.OPEN: "Formulir sedang diisi",
    ReviewStatus.CLOSED: "Selesai",
    ReviewStatus.NOT_SELECTED: "Tidak diadakan",
    ReviewStatus.CAPPED: "Tidak diadakan",
    ReviewStatus.DROPPED: "Dibatalkan",
}
TONE: Mapping[str, str] = {
    FollowUpStatus.OPEN: "warn",
    FollowUpStatus.CONFIRMED: "warn",
    FollowUpStatus.ACCEPTED: "busy",
    FollowUpStatus.DONE: "busy",
    FollowUpStatus.CLOSED: "plain",
    FollowUpStatus.ESCALATED: "bad",
    FormStatus.ANSWERED: "good",
    FormStatus.EXPIRED: "plain",
    FormStatus.DROPPED: "plain",
    ReviewStatus.PLANNED: "warn",
    ReviewStatus.NOT_SELECTED: "plain",
    ReviewStatus.CAPPED: "plain",
    Verdict.EFFECTIVE: "good",
    Verdict.PARTLY: "warn",
    Verdict.NOT_EFFECTIVE: "bad",
    Verdict.NOT_ENOUGH_DATA: "plain",
}
GROUND: Mapping[str, str] = {
    Ground.FOLLOW_UP: "diminta oleh tindak lanjut",
    Ground.MENTORING: "sesudah setiap pendampingan",
    Ground.LEARNING_HOURS: "pelatihan yang panjang",
    Ground.FORM: "pelatihan struktural atau fungsional",
    Ground.PAID: "pelatihan yang dibiayai instansi",
    Ground.SAMPLE: "terpilih sebagai contoh",
    Ground.NOT_IN_SAMPLE: "tidak terpilih sebagai contoh",
    Ground.CLASS_UNKNOWN: "keterangan kelasnya belum diterima",
    Ground.PERSON_YEAR_FULL: "pegawai sudah cukup ditinjau tahun itu",
    Ground.SUPERIOR_MONTH_FULL: "atasan sudah cukup diminta mengisi bulan itu",
    Ground.PERSON_AWAY: "pegawai tidak aktif",
    Ground.NOT_COMPLETED: "kegiatannya tidak selesai",
}
NEED: Mapping[str, str] = {
    "need_identified": "Ditemukan",
    "need_verified": "Diverifikasi",
    "need_returned": "Dikembalikan",
    "need_validated": "Divalidasi",
    "need_rejected": "Ditolak",
    "need_closed": "Terpenuhi",
}
VERDICT: Mapping[str, str] = {
    Verdict.EFFECTIVE: "Berhasil",
    Verdict.PARTLY: "Berhasil sebagian",
    Verdict.NOT_EFFECTIVE: "Belum berhasil",
    Verdict.NOT_ENOUGH_DATA: "Data belum cukup",
}
LEVEL: Mapping[int, str] = {
    1: "tanggapan peserta",
    2: "hasil belajar",
    3: "perilaku di tempat kerja",
    4: "hasil bagi yang dilayani",
}
ACTIVITY: Mapping[str, str] = {
    ActivityKind.TRAINING: "pelatihan",
    ActivityKind.MENTORING: "pendampingan",
    ActivityKind.TASK: "tugas atasan",
}
KIND: Mapping[str, str] = {
    "REMEDIAL": "Remedial",
    "RETRAINING": "Pelatihan ulang",
    "ASSIGNMENT": "Penugasan untuk menerapkan",
    "SUPPORT": "Dukungan di tempat kerja",
    "MENTORING": "Mentoring",
    "COACHING": "Coaching oleh atasan",
}
CAUSE: Mapping[str, str] = {
    Cause.NO_OPPORTUNITY: "Belum ada kesempatan menerapkan",
    Cause.NO_SUPPORT: "Belum ada dukungan di tempat kerja",
    Cause.NOT_MASTERED: "Belum cukup dikuasai",
    Cause.NOT_RELEVANT: "Tidak sesuai dengan pekerjaan",
    "NOT_APPLIED": "Dikuasai tetapi belum diterapkan",
}
TARGET: Mapping[str, str] = {
    Target.TRAINING: "Pelatihan",
    Target.MENTORING: "Mentor",
    Target.COACHING: "Coaching oleh atasan",
    Target.SUPERIOR: "Tugas atasan",
}
CLOSING: Mapping[str, str] = {
    ClosingReason.CORRECTED: "Hasilnya dikoreksi",
    ClosingReason.RESOLVED: "Berhasil",
    ClosingReason.NOT_RESOLVED: "Belum berhasil, dilanjutkan putaran berikutnya",
    ClosingReason.REROUTED: "Dialihkan karena sebab yang lebih kuat",
    ClosingReason.STOPPED: "Terhenti, dibuka kembali",
    ClosingReason.DECLINED: "Ditolak",
    ClosingReason.NOT_EVALUABLE: "Tidak dapat dievaluasi",
    ClosingReason.EMPLOYEE_AWAY: "Pegawai tidak aktif",
}
REASON: Mapping[str, str] = {
    **CLOSING,
    "STILL_BELOW_STANDARD": "Masih di bawah standar sesudah semua putaran",
    "INCOMPLETE": "Belum lengkap",
    "LEVEL_DISPUTED": "Tingkatnya dipertanyakan",
    "WRONG_COMPETENCY": "Kompetensinya keliru",
    "NOT_RELEVANT": "Tidak sesuai dengan pekerjaan",
    "ALREADY_MASTERED": "Sudah dikuasai",
    "OTHER_PATH": "Ditempuh dengan cara lain",
    "POSITION_CHANGED": "Jabatan berubah",
    "UNIT_CHANGED": "Unit berubah",
    "EMPLOYEE_LEFT": "Pegawai tidak aktif",
    "REVISED": "Rencana direvisi",
    "TOO_COMPETENT": "Sudah menguasai",
    "NO_TIME": "Tidak ada waktu",
    "NO_ACCESS": "Tidak dapat hadir",
    "ORGANISER": "Dibatalkan penyelenggara",
    "PLAN_ITEM_WITHDRAWN": "Butir rencana ditarik",
    "FOLLOW_UP_CLOSED": "Tindak lanjut ditutup",
    "ATTENDANCE": "Kehadiran kurang",
    "POST_TEST": "Tes akhir tidak diikuti atau tidak lulus",
    "COMPLETION_CORRECTED": "Kelulusan dikoreksi",
    "LIMIT": "Melebihi batas harian atau bulanan",
    "MISTAKE": "Salah catat",
    "NOT_AVAILABLE": "Belum dapat mengikuti",
    "GUIDE_LEFT": "Pendamping tidak aktif",
    "NOT_SUITABLE": "Tidak cocok",
    "NOT_WANTED": "Pegawai tidak melanjutkan",
}
RESPONDENT: Mapping[str, str] = {
    Role.PARTICIPANT: "peserta",
    Role.SELF: "diri sendiri",
    Role.SUPERIOR: "atasan",
    Role.PEER: "rekan kerja",
    Role.SUBORDINATE: "bawahan",
}
SOURCE: Mapping[str, str] = {
    "CENTRE": "pusat penilaian",
    "CENTRE_UNACCREDITED": "pusat penilaian belum terakreditasi",
    "TEST": "uji kompetensi",
    "CHALLENGE_TEST": "uji tantangan",
    "POST_TRAINING": "pengukuran sesudah pengembangan",
    "SUPERIOR": "penilaian atasan",
    "OBSERVATION": "pengamatan",
    "SELF": "penilaian diri",
}
ORIGIN: Mapping[str, str] = {
    "FOLLOW_UP": "tindak lanjut evaluasi",
    "PLAN_ITEM": "rencana tahunan",
    "ONBOARDING": "pegawai baru",
    "OWN": "permintaan sendiri",
    "ANALYST": "diminta analis",
}
COST: Mapping[str, str] = {"FREE": "tanpa biaya", "PAID": "dibiayai instansi"}
REACTION_ITEM: Mapping[str, str] = {
    "BENEFIT": "Kegiatan ini bermanfaat bagi pekerjaan saya",
    "RELEVANCE": "Isinya sesuai dengan tugas saya",
    "MATERIAL": "Bahannya jelas dan mutakhir",
    "FACILITATOR": "Pengajarnya menguasai bahan dan membantu saya belajar",
    "ORGANISATION": "Jadwal, tempat dan sarananya baik",
}
BEHAVIOUR_ITEM: Mapping[str, str] = {
    "USES_AT_WORK": "Memakai yang dipelajari dalam pekerjaan sehari-hari",
    "WORKS_ALONE": "Mengerjakannya tanpa bantuan",
    "QUALITY": "Menghasilkan pekerjaan yang lebih bermutu",
    "SHARES": "Membagikan yang dipelajari kepada rekan kerja",
    "IMPROVES": "Memperbaiki cara kerja dengan yang dipelajari",
}
AGREEMENT: Mapping[int, str] = {1: "Tidak setuju", 2: "Kurang setuju", 3: "Setuju", 4: "Sangat setuju"}
FREQUENCY: Mapping[int, str] = {1: "Belum tampak", 2: "Kadang-kadang", 3: "Sering", 4: "Selalu"}
COMPETENCY_LEVEL: Mapping[int, str] = {
    0: "Belum memenuhi tingkat 1",
    1: "Paham, masih dibimbing",
    2: "Dasar: mengerjakan tugas rutin sendiri",
    3: "Menengah: menganalisis dan memecahkan masalah",
    4: "Mumpuni: mengembangkan cara kerja dan membimbing orang lain",
    5: "Ahli: menjadi rujukan dan menyusun kebijakan",
}
ANSWER_CAUSE: Mapping[str, str] = {
    Cause.NO_OPPORTUNITY: "Belum ada kesempatan atau tugas untuk menerapkannya",
    Cause.NO_SUPPORT: "Belum ada dukungan: sarana, waktu, atasan atau rekan",
    Cause.NOT_MASTERED: "Belum cukup menguasainya",
    Cause.NOT_RELEVANT: "Tidak sesuai dengan pekerjaan",
}


def said(words: Mapping[str, str], code: str) -> str:
    """The words for a code; one that a later version brought stands for itself."""
    return translated(words[code]) if code in words else plain(code)
