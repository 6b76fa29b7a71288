"""What pages call the codes of mentoring, and which colour a status has."""

from __future__ import annotations

from collections.abc import Mapping

from services.mentoring.commands.matching import ProposalStatus
from services.mentoring.domain.matching import Obstacle
from services.mentoring.domain.mentors import MentorStatus, PauseReason
from services.mentoring.domain.pairs import Basis, Outcome, PairStatus, Side, StopReason
from services.mentoring.domain.requests import Form, Origin, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.domain.sessions import Mode, SessionStatus
from shared.web.language import _
from shared.web.shapes import plain

ORIENTATION = "ORIENTASI_KERJA"

FORM: Mapping[int, str] = {Form.COACHING: "Coaching", Form.MENTORING: "Mentoring"}
ORIGIN: Mapping[str, str] = {
    Origin.FOLLOW_UP: "Tindak lanjut evaluasi",
    Origin.PLAN_ITEM: "Rencana tahunan",
    Origin.ONBOARDING: "Pegawai baru",
    Origin.OWN: "Permintaan sendiri",
    Origin.ANALYST: "Diminta analis",
}
REQUEST_STATUS: Mapping[str, str] = {
    RequestStatus.PROPOSED: "Menunggu konfirmasi tindak lanjut",
    RequestStatus.OPEN: "Menunggu pendamping",
    RequestStatus.MATCHED: "Didampingi",
    RequestStatus.DONE: "Selesai",
    RequestStatus.STOPPED: "Dihentikan",
    RequestStatus.WITHDRAWN: "Ditarik",
}
PAIR_STATUS: Mapping[str, str] = {
    PairStatus.MATCHED: "Menunggu kesepakatan",
    PairStatus.ACTIVE: "Berjalan",
    PairStatus.COMPLETED: "Selesai",
    PairStatus.STOPPED: "Dihentikan",
}
SESSION_STATUS: Mapping[str, str] = {
    SessionStatus.LOGGED: "Menunggu konfirmasi",
    SessionStatus.CONFIRMED: "Dikonfirmasi",
    SessionStatus.DISPUTED: "Disanggah",
}
MENTOR_STATUS: Mapping[str, str] = {MentorStatus.READY: "Siap", MentorStatus.PAUSED: "Jeda"}
PROPOSAL_STATUS: Mapping[str, str] = {
    ProposalStatus.WAITING: "Menunggu keputusan",
    ProposalStatus.CONFIRMED: "Dikonfirmasi",
    ProposalStatus.DECLINED: "Ditolak",
    ProposalStatus.REPLACED: "Diganti pencocokan baru",
}
TONE: Mapping[str, str] = {
    RequestStatus.PROPOSED: "warn",
    RequestStatus.OPEN: "warn",
    RequestStatus.MATCHED: "busy",
    RequestStatus.DONE: "good",
    RequestStatus.STOPPED: "plain",
    RequestStatus.WITHDRAWN: "plain",
    SessionStatus.LOGGED: "warn",
    SessionStatus.CONFIRMED: "good",
    SessionStatus.DISPUTED: "bad",
    MentorStatus.READY: "good",
    MentorStatus.PAUSED: "warn",
}
PAIR_TONE: Mapping[str, str] = {
    PairStatus.MATCHED: "warn",
    PairStatus.ACTIVE: "busy",
    PairStatus.COMPLETED: "good",
    PairStatus.STOPPED: "plain",
}

BASIS: Mapping[str, str] = {
    Basis.MATCHING: "hasil pencocokan",
    Basis.SUPERIOR: "atasan langsung",
    Basis.NAMED: "ditunjuk",
}
SIDE: Mapping[str, str] = {Side.MENTOR: "pendamping", Side.EMPLOYEE: "pegawai", Side.SUPERIOR: "atasan"}
MODE: Mapping[str, str] = {Mode.ONSITE: "Tatap muka", Mode.ONLINE: "Daring"}
OUTCOME: Mapping[str, str] = {Outcome.ACHIEVED: "Sasaran tercapai", Outcome.NOT_ACHIEVED: "Sasaran belum tercapai"}
UNIT_WISH: Mapping[str, str] = {
    UnitWish.ANY: "Dari unit mana saja",
    UnitWish.SAME: "Dari unit sendiri",
    UnitWish.OTHER: "Dari unit lain",
}
WITHDRAWAL: Mapping[str, str] = {
    WithdrawalReason.MISTAKE: "Salah catat",
    WithdrawalReason.NOT_AVAILABLE: "Belum dapat mengikuti",
    WithdrawalReason.OTHER_PATH: "Ditempuh dengan cara lain",
    WithdrawalReason.FOLLOW_UP_CLOSED: "Tindak lanjutnya ditutup",
    WithdrawalReason.REROUTED: "Tindak lanjutnya dialihkan",
    WithdrawalReason.PLAN_ITEM_WITHDRAWN: "Butir rencananya ditarik",
    WithdrawalReason.EMPLOYEE_LEFT: "Pegawai tidak aktif",
}
STOP: Mapping[str, str] = {
    StopReason.NOT_SUITABLE: "Tidak cocok",
    StopReason.NO_TIME: "Pendamping tidak punya waktu",
    StopReason.NOT_WANTED: "Pegawai tidak melanjutkan",
    StopReason.OTHER_PATH: "Ditempuh dengan cara lain",
    StopReason.EMPLOYEE_LEFT: "Pegawai tidak aktif",
    StopReason.GUIDE_LEFT: "Pendamping tidak aktif",
    StopReason.FOLLOW_UP_CLOSED: "Tindak lanjutnya ditutup",
    StopReason.REROUTED: "Tindak lanjutnya dialihkan",
    StopReason.PLAN_ITEM_WITHDRAWN: "Butir rencananya ditarik",
}
PERSONS_STOP = (StopReason.NOT_SUITABLE, StopReason.NO_TIME, StopReason.NOT_WANTED, StopReason.OTHER_PATH)
PERSONS_WITHDRAWAL = (WithdrawalReason.MISTAKE, WithdrawalReason.NOT_AVAILABLE, WithdrawalReason.OTHER_PATH)
PAUSE: Mapping[str, str] = {
    PauseReason.OWN_WISH: "Permintaan sendiri",
    PauseReason.WORKLOAD: "Beban kerja",
    PauseReason.DISCIPLINE: "Hukuman disiplin",
}
OBSTACLE: Mapping[str, str] = {
    Obstacle.SAME_PERSON.name: "satu-satunya mentor adalah pegawai itu sendiri",
    Obstacle.NOT_OFFERED.name: "belum ada mentor yang siap untuk kompetensi ini",
    Obstacle.LEVEL.name: "level para mentor belum cukup di atas pegawai dan standarnya",
    Obstacle.EXPERIENCE.name: "masa kerja para mentor belum cukup",
    Obstacle.EXCLUDED.name: "ada benturan kepentingan, atau pendampingan sebelumnya tidak cocok",
    Obstacle.CAPACITY.name: "semua mentor yang cocok sudah penuh",
}
POINTS: Mapping[str, str] = {
    "gap": "Kesenjangan dan level mentor",
    "seniority": "Masa kerja",
    "kinship": "Bidang atau unit yang sama",
    "nearness": "Mudah bertemu",
    "balance": "Tempat yang masih kosong",
}
NOTES: Mapping[str, str] = {
    "goal": "Tujuan (goal)",
    "reality": "Keadaan sekarang (reality)",
    "options": "Pilihan (options)",
    "will": "Langkah berikutnya (will)",
}
REACTION: Mapping[int, str] = {
    1: "Tidak membantu",
    2: "Kurang membantu",
    3: "Membantu",
    4: "Sangat membantu",
}


def competency(code: str) -> str:
    """A competency's code as words: its title lives with the dictionary, in another service."""
    if code == ORIENTATION:
        return _("Orientasi kerja pegawai baru")
    return plain(code)
