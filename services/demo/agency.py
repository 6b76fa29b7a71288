"""A made-up city government: its units, the positions in them, and who works there. All of it is drawn by dice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from services.demo.dice import Dice
from services.needs.domain.people import Employee, EmploymentType
from services.needs.domain.positions import Position, PositionClass
from services.needs.domain.units import Unit

Class = PositionClass
TOP = Unit(code="PEMKOT", name="Pemerintah Kota Rekaan", unit_type="PEMDA")
PEOPLE_PER_UNIT = 12
OLDEST, YOUNGEST = 58, 24
"""Years of age: PNS in most positions retire at 58 (UU 20/2023 Pasal 55)."""

OFFICES = (
    ("Kepegawaian dan Pengembangan SDM", "BADAN"), ("Pendidikan", "DINAS"), ("Kesehatan", "DINAS"),
    ("Perencanaan Pembangunan", "BADAN"), ("Kependudukan dan Pencatatan Sipil", "DINAS"),
    ("Pendapatan Daerah", "BADAN"), ("Pekerjaan Umum", "DINAS"), ("Sosial", "DINAS"), ("Perhubungan", "DINAS"),
    ("Lingkungan Hidup", "DINAS"), ("Komunikasi dan Informatika", "DINAS"), ("Penanaman Modal", "DINAS"),
    ("Koperasi dan Usaha Mikro", "DINAS"), ("Pariwisata", "DINAS"), ("Perpustakaan dan Arsip", "DINAS"),
    ("Ketahanan Pangan", "DINAS"), ("Pemuda dan Olahraga", "DINAS"), ("Keuangan dan Aset", "BADAN"),
    ("Penanggulangan Bencana", "BADAN"), ("Tenaga Kerja", "DINAS"),
)  # fmt: skip
DIVISIONS = ("Sekretariat", "Bidang Pelayanan", "Bidang Program", "Bidang Pengawasan", "Bidang Data")
PLACES = (
    "Mekar", "Sari", "Jaya", "Makmur", "Indah", "Sejahtera", "Baru", "Timur", "Barat", "Utara", "Selatan", "Tengah",
    "Permai", "Lestari", "Asri", "Maju", "Damai", "Rukun", "Subur", "Harapan", "Bahari",
)  # fmt: skip
HEADS = {
    "PEMDA": Position(title="Sekretaris Daerah", position_class=Class.JPT_MADYA),
    "DINAS": Position(title="Kepala Dinas", position_class=Class.JPT_PRATAMA),
    "BADAN": Position(title="Kepala Badan", position_class=Class.JPT_PRATAMA),
    "BIDANG": Position(title="Kepala Bidang", position_class=Class.ADMINISTRATOR),
    "KECAMATAN": Position(title="Camat", position_class=Class.ADMINISTRATOR),
    "KELURAHAN": Position(title="Lurah", position_class=Class.PENGAWAS),
    "UPT": Position(title="Kepala UPT", position_class=Class.PENGAWAS),
}
ANALYST, ARCHIVIST, COMPUTING = "Analis Kebijakan", "Arsiparis", "Pranata Komputer"
STAFF: Sequence[tuple[str, Class]] = (
    ("Pengadministrasi Perkantoran", Class.PELAKSANA), ("Pengelola Layanan Operasional", Class.PELAKSANA),
    ("Penata Layanan Operasional", Class.PELAKSANA), (ANALYST, Class.JF_AHLI_PERTAMA), (ANALYST, Class.JF_AHLI_MUDA),
    (ANALYST, Class.JF_AHLI_MADYA), (ARCHIVIST, Class.JF_TERAMPIL), (ARCHIVIST, Class.JF_MAHIR),
    (ARCHIVIST, Class.JF_PENYELIA), (COMPUTING, Class.JF_TERAMPIL), (COMPUTING, Class.JF_AHLI_PERTAMA),
    ("Perencana", Class.JF_AHLI_MUDA), ("Auditor", Class.JF_AHLI_PERTAMA), ("Auditor", Class.JF_AHLI_MADYA),
    ("Asisten Perpustakaan", Class.JF_PEMULA), ("Widyaiswara", Class.JF_AHLI_UTAMA),
)  # fmt: skip
FIELD_STAFF: Sequence[tuple[str, Class]] = (
    ("Perawat", Class.JF_TERAMPIL), ("Perawat", Class.JF_AHLI_PERTAMA), ("Bidan", Class.JF_MAHIR),
    ("Guru", Class.JF_AHLI_PERTAMA), ("Guru", Class.JF_AHLI_MUDA), ("Pengadministrasi Perkantoran", Class.PELAKSANA),
)  # fmt: skip
WOMEN = (
    "Ayu", "Citra", "Dewi", "Endang", "Fitri", "Gita", "Hesti", "Indah", "Kartika", "Laras", "Maya", "Nirmala",
    "Puspita", "Ratna", "Sekar", "Tari", "Utami", "Wulan", "Yanti", "Zahra", "Melati", "Intan", "Rosmaida", "Tiurma",
)  # fmt: skip
MEN = (
    "Agus", "Bayu", "Cahyo", "Dimas", "Eko", "Fajar", "Gilang", "Hadi", "Iwan", "Joko", "Krisna", "Lukman", "Mahendra",
    "Nanda", "Pandu", "Rizal", "Satria", "Taufik", "Umar", "Wahyu", "Yoga", "Zulkifli", "Binsar", "Togar",
)  # fmt: skip
FAMILY = (
    "Rekaan", "Contoh", "Permadi", "Kurniawan", "Lesmana", "Saputra", "Hartono", "Wibawa", "Nugraha", "Santika",
    "Pratama", "Mulyani", "Setiadi", "Gunawan", "Siregar", "Nasution", "Tanjung", "Harahap", "Lubis", "Simatupang",
    "Ginting", "Sembiring", "Pohan", "Rangkuti", "Daulay", "Hasibuan", "Purba", "Damanik", "Saragih", "Batubara",
)  # fmt: skip


def units(people: int) -> list[Unit]:
    """A tree of as many units as so many people fill, each after the one above it."""
    wanted = max(6, people // PEOPLE_PER_UNIT)
    found = [TOP]
    for unit, _ in zip(_all_units(), range(wanted - 1), strict=False):
        found.append(unit)
    return found


def _all_units() -> Iterator[Unit]:
    for office, district in zip(_offices(), _districts(), strict=False):
        yield from office
        yield from district
    for number in count(1):
        parent = "D02" if number % 3 else "D03"
        name = f"UPT Sekolah {number}" if number % 3 else f"UPT Puskesmas {number}"
        yield Unit(code=f"U{number:04}", name=name, parent_code=parent, unit_type="UPT")


def _offices() -> Iterator[list[Unit]]:
    for number, (name, kind) in enumerate(OFFICES, start=1):
        code = f"D{number:02}"
        office = Unit(code=code, name=f"{kind.title()} {name}", parent_code=TOP.code, unit_type=kind)
        below = [
            Unit(code=f"{code}{part}", name=f"{division} {name}", parent_code=code, unit_type="BIDANG")
            for part, division in enumerate(DIVISIONS, start=1)
        ]
        yield [office, *below]


def _districts() -> Iterator[list[Unit]]:
    for number, place in enumerate(PLACES, start=1):
        code = f"K{number:02}"
        district = Unit(code=code, name=f"Kecamatan {place}", parent_code=TOP.code, unit_type="KECAMATAN")
        below = [
            Unit(code=f"{code}{part}", name=f"Kelurahan {place} {part}", parent_code=code, unit_type="KELURAHAN")
            for part in range(1, 8)
        ]
        yield [district, *below]


@dataclass(slots=True)
class Register:
    """Draws people on a day, no two with the same number."""

    dice: Dice
    today: date
    taken: set[str]

    def person(self, index: int, unit_code: str, position: Position, superior: str | None) -> Employee:
        """The index-th person, at work in a position."""
        dice = self.dice
        employment = self._employment(index, position)
        woman = dice.chance(0.55, "woman", index)
        number = self._number(index, employment, woman=woman)
        given = dice.pick(WOMEN if woman else MEN, "given", index)
        return Employee(
            employee_number=number,
            name=f"{given} {dice.pick(FAMILY, 'family', index)}",
            title_after=dice.pick(("S.AP", "S.Sos", "S.Kom", "S.E", None, None), "title", index),
            employment_type=employment,
            position=position,
            unit_code=unit_code,
            superior_number=superior,
            valid_from=self.today - timedelta(days=dice.between(60, 2_000, "since", index)),
        )

    def _employment(self, index: int, position: Position) -> EmploymentType:
        if position in HEADS.values():
            return EmploymentType.PNS
        if position.position_class is Class.PELAKSANA and self.dice.chance(0.1, "part time", index):
            return EmploymentType.PPPK_PARUH_WAKTU
        if self.dice.chance(0.25, "agreement", index):
            return EmploymentType.PPPK
        return EmploymentType.CPNS if self.dice.chance(0.04, "new", index) else EmploymentType.PNS

    def _number(self, index: int, employment: EmploymentType, *, woman: bool) -> str:
        """18 digits that nobody bears: real serials begin at 001."""
        oldest = date(self.today.year - OLDEST, self.today.month, 1)
        days = (date(self.today.year - YOUNGEST, self.today.month, 1) - oldest).days
        born = oldest + timedelta(days=self.dice.between(0, days, "born", index))
        year = min(born.year + self.dice.between(22, 30, "appointed", index), self.today.year)
        month = 21 if employment.by_agreement else self.dice.between(1, 12, "month", index)
        while True:
            number = f"{born:%Y%m%d}{year}{month:02}{2 if woman else 1}000"
            if number not in self.taken:
                self.taken.add(number)
                return number
            born += timedelta(days=1)


def staff(people: int, tree: Sequence[Unit], register: Register) -> list[Employee]:
    """So many people: a head for each unit, everybody else below the head of theirs."""
    heads: dict[str, str] = {}
    found: list[Employee] = []
    for index, unit in enumerate(tree):
        above = heads[unit.parent_code] if unit.parent_code else None
        head = register.person(index, unit.code, HEADS[unit.unit_type or "UPT"], above)
        heads[unit.code] = head.employee_number
        found.append(head)
    for index in range(len(tree), people):
        unit = tree[index % len(tree)]
        kinds = FIELD_STAFF if unit.unit_type == "UPT" else STAFF
        title, position_class = register.dice.pick(kinds, "job", index)
        position = Position(title=title, position_class=position_class)
        found.append(register.person(index, unit.code, position, heads[unit.code]))
    return found[:people]
