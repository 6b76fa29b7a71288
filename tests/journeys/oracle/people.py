"""Who is who: people by their row in the employee workbook, so that no result carries a person's number."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .workbooks import rows

EMPLOYMENT = {"PNS": "PNS", "CPNS": "CPNS", "PPPK": "PPPK", "PPPK Paruh Waktu": "PPPK_PARUH_WAKTU"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    key: str
    position_class: str
    employment: str
    unit: str
    since: date


def people(employees: Path) -> dict[str, Person]:
    """Everyone in the workbook by NIP; the key to be printed is the row."""
    found = {}
    for row in rows(employees, "NIP", "Kelas Jabatan", "Status Kepegawaian", "Kode Unit", "TMT"):
        found[row.text("NIP")] = Person(
            key=f"row {row.number}",
            position_class=row.text("Kelas Jabatan"),
            employment=EMPLOYMENT[row.text("Status Kepegawaian")],
            unit=row.text("Kode Unit"),
            since=row.day("TMT"),
        )
    return found


def units(path: Path) -> dict[str, str]:
    """Code of each unit with the code of the unit above it."""
    return {row.text("Kode"): row.text("Kode Induk") for row in rows(path, "Kode", "Nama Unit", "Kode Induk")}
