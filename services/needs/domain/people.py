"""Employees as the agency records them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.needs.domain.positions import Position

ACTIVE = "01"
"""The legal status (kedudukan hukum, BKN's list) of who is on duty; 02 unpaid leave, 03 study, 99 retired."""


class EmploymentType(StrEnum):
    """How a civil servant is employed (UU 20/2023; part-time PPPK: KepmenPANRB 16/2025)."""

    CPNS = "CPNS"
    PNS = "PNS"
    PPPK = "PPPK"
    PPPK_PARUH_WAKTU = "PPPK_PARUH_WAKTU"

    @property
    def by_agreement(self) -> bool:
        """Employed by a work agreement, so with an NI PPPK."""
        return self in {EmploymentType.PPPK, EmploymentType.PPPK_PARUH_WAKTU}


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """One employee by natural keys: superior by number, unit by code. `valid_from` is the TMT."""

    employee_number: str
    name: str
    title_before: str | None = None
    title_after: str | None = None
    email: str | None = None
    employment_type: EmploymentType
    legal_status: str = ACTIVE
    position: Position
    unit_code: str
    superior_number: str | None = None
    valid_from: date

    @property
    def full_name(self) -> str:
        """The name with its titles, as written in letters: Dra. Contoh Rekaan, M.Si."""
        name = f"{self.title_before} {self.name}" if self.title_before else self.name
        return f"{name}, {self.title_after}" if self.title_after else name
