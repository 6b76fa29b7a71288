"""How pages call what the code calls otherwise; the tone of a status repeats its words in colour."""

from __future__ import annotations

from collections.abc import Mapping

from services.needs.domain.competencies import Basis
from services.needs.domain.deputies import Capacity
from services.needs.domain.evidence import EvidenceKind
from services.needs.domain.needs import NeedStatus, Reason
from services.needs.domain.plan import ItemStatus

CAPACITY: Mapping[Capacity, str] = {
    Capacity.PLT: "PLT: jabatannya kosong",
    Capacity.PLH: "PLH: pimpinannya berhalangan",
}
NEED: Mapping[str, tuple[str, str]] = {
    NeedStatus.IDENTIFIED: ("Menunggu verifikasi atasan", "warn"),
    NeedStatus.VERIFIED: ("Menunggu validasi", "warn"),
    NeedStatus.VALIDATED: ("Tervalidasi, belum direncanakan", "busy"),
    NeedStatus.PLANNED: ("Direncanakan", "busy"),
    NeedStatus.CLOSED: ("Terpenuhi", "good"),
    NeedStatus.REJECTED: ("Ditolak", "plain"),
    NeedStatus.RETURNED: ("Dikembalikan ke unit", "bad"),
}
STEP: Mapping[str, str] = {
    NeedStatus.IDENTIFIED: "Teridentifikasi",
    NeedStatus.VERIFIED: "Diverifikasi unit",
    NeedStatus.VALIDATED: "Divalidasi",
    NeedStatus.PLANNED: "Masuk rencana",
    NeedStatus.CLOSED: "Terpenuhi",
    NeedStatus.REJECTED: "Ditolak",
    NeedStatus.RETURNED: "Dikembalikan ke unit",
}
REASON: Mapping[str, str] = {
    Reason.INCOMPLETE: "berkas belum lengkap",
    Reason.LEVEL_DISPUTED: "level diragukan",
    Reason.WRONG_COMPETENCY: "kompetensinya keliru",
    Reason.NOT_RELEVANT: "tidak relevan dengan tugas",
    Reason.ALREADY_MASTERED: "sudah dikuasai",
    Reason.OTHER_PATH: "dipenuhi lewat jalan lain",
    Reason.POSITION_CHANGED: "jabatan berubah",
    Reason.UNIT_CHANGED: "unit kerja berubah",
    Reason.EMPLOYEE_AWAY: "pegawai sedang tidak bertugas",
    Reason.EMPLOYEE_LEFT: "pegawai sudah berhenti",
}
RETURNS = (Reason.INCOMPLETE, Reason.LEVEL_DISPUTED, Reason.WRONG_COMPETENCY)
REJECTIONS = (Reason.NOT_RELEVANT, Reason.ALREADY_MASTERED, Reason.OTHER_PATH, Reason.WRONG_COMPETENCY)
EVIDENCE: Mapping[str, str] = {
    EvidenceKind.CENTRE: "asesmen pusat penilaian",
    EvidenceKind.CENTRE_UNACCREDITED: "asesmen lembaga belum terakreditasi",
    EvidenceKind.TEST: "uji kompetensi",
    EvidenceKind.CHALLENGE_TEST: "uji tantang",
    EvidenceKind.POST_TRAINING: "diukur ulang sesudah belajar",
    EvidenceKind.SUPERIOR: "penilaian atasan",
    EvidenceKind.OBSERVATION: "pengamatan kerja",
    EvidenceKind.SELF: "penilaian diri",
}
BASIS: Mapping[str, str] = {
    Basis.DEFAULT: "standar bawaan jenjang",
    Basis.CLASS: "standar jenjang",
    Basis.POSITION: "standar jabatan",
}
ITEM: Mapping[str, tuple[str, str]] = {
    ItemStatus.PROPOSED: ("Usulan", "plain"),
    ItemStatus.SUBMITTED: ("Menunggu penetapan", "warn"),
    ItemStatus.APPROVED: ("Ditetapkan", "busy"),
    ItemStatus.WITHDRAWN: ("Ditarik", "plain"),
    ItemStatus.DONE: ("Selesai", "good"),
}
LEGAL_STATUS: Mapping[str, str] = {
    "01": "Aktif",
    "02": "Cuti di luar tanggungan negara",
    "03": "Tugas belajar",
    "99": "Pensiun",
}
WORDS: Mapping[str, object] = {
    "NEED": NEED,
    "STEP": STEP,
    "REASON": REASON,
    "EVIDENCE": EVIDENCE,
    "BASIS": BASIS,
    "ITEM": ITEM,
    "LEGAL_STATUS": LEGAL_STATUS,
}
"""What templates are given to name things with."""
