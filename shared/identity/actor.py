"""Who acts, and in which roles: made once per request, taken by every query and command."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Role(StrEnum):
    """What an account or a token may be; heads, superiors and deputies follow from the directory instead."""

    EMPLOYEE = "pegawai"
    UNIT_STAFF = "pengelola"
    ANALYST = "analis"
    ASSESSOR = "asesor"
    MENTOR = "mentor"
    COACH = "coach"
    ORGANISER = "penyelenggara"
    FACILITATOR = "fasilitator"
    PARTNER = "mitra"
    AUDITOR = "auditor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody signed in, a machine with a token, or the system.

    Who must change their password first may do nothing else. acting_units are the units that the person leads today as
    a deputy (PLT or PLH), as the service's directory says.
    """

    id: UUID
    kind: Literal["ACCOUNT", "TOKEN", "SYSTEM"]
    roles: frozenset[Role]
    employee_id: UUID | None = None
    must_change_password: bool = False
    acting_units: frozenset[UUID] = frozenset()


SYSTEM = Actor(id=UUID(int=0), kind="SYSTEM", roles=frozenset())
"""Handlers, timers and the operator's command line; routes may not act in its name."""
