"""The 25 forms of development, and where and at whose cost a class is held."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

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

GUIDED_FORMS = frozenset({14, 15})
"""Coaching and mentoring: carried out by the service mentoring, never as a class demanded here."""


class Scope(StrEnum):
    """Where an activity is held; the table of learning hours has a column for each."""

    NATIONAL = "NATIONAL"
    INTERNATIONAL = "INTERNATIONAL"


class CostLevel(StrEnum):
    """Whether the agency pays for a class."""

    FREE = "FREE"
    PAID = "PAID"
