"""The employee number: NIP of a PNS and NI PPPK, both of 18 digits; it shows birth date and sex, so pages mask it."""

import re
from datetime import date

from services.needs.domain.people import EmploymentType

_DIGITS = re.compile(r"[0-9]{18}")
_MONTHS = range(1, 13)
_FIRST_AGREEMENT = 21
_SEXES = "12"


def is_employee_number(text: str) -> bool:
    """18 digits: birth date, then six of the appointment, one of sex, three of the serial."""
    return _DIGITS.fullmatch(text) is not None


def birth_date(number: str) -> date | None:
    """The birth date in the number; None when no such day exists."""
    try:
        return date(int(number[:4]), int(number[4:6]), int(number[6:8]))
    except ValueError:
        return None


def oddities(number: str, employment_type: EmploymentType) -> list[str]:
    """What does not look right in a number of 18 digits. Old records hold such numbers for good: warn, never refuse.

    Digits 13 and 14 are the month of appointment for CPNS and PNS, and for PPPK the count of the agreement, from 21 on.
    """
    found = []
    if birth_date(number) is None:
        found.append("delapan angka pertama NIP bukan tanggal lahir")
    agreement = int(number[12:14])
    if employment_type.by_agreement and agreement < _FIRST_AGREEMENT:
        found.append("angka ke-13 dan 14 bukan urutan perjanjian kerja PPPK (21 ke atas)")
    if not employment_type.by_agreement and agreement not in _MONTHS:
        found.append("angka ke-13 dan 14 NIP bukan bulan pengangkatan (01 sampai 12)")
    if number[14] not in _SEXES:
        found.append("angka ke-15 NIP bukan 1 atau 2")
    return found
