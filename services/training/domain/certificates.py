"""Certificates: one per completed seat, numbered within the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What attests that a class was completed; its number is never used again, also when it is revoked."""

    id: UUID
    enrolment_id: UUID
    employee_id: UUID
    program_id: UUID
    number: str
    issued_on: date


def certificate_number(serial: int, program_code: str, issued_on: date) -> str:
    """Such as 00042/BIMTEK-LAYANAN/2026: unique in the agency, since serials are within the year."""
    return f"{serial:05d}/{program_code}/{issued_on.year}"
