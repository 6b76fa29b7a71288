"""The employees topic: the only place where names, NIP and e-mail addresses travel."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.contract import Code, Event


class Acting(BaseModel):
    """A unit this person leads for a time, as PLT (vacant post) or PLH (head away)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit_id: UUID
    capacity: Literal["PLT", "PLH"]
    from_date: date
    to_date: date


class EmployeeRecorded(Event):
    """The present state of one employee.

    Published by needs whenever a master record is created or changes; consumed by every service's directory.
    A record without value (tombstone) removes the person.
    """

    type: ClassVar[str] = "bangkom.needs.employee_recorded.v1"
    topic: ClassVar[str] = "bangkom.employees"
    subject_field: ClassVar[str] = "employee_id"
    is_state: ClassVar[bool] = True
    example: ClassVar[dict[str, object]] = {
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "name": "Dra. Contoh Rekaan, M.Si.",
        "employee_number": "198001012005012000",
        "email": "contoh@contoh.example",
        "employment_type": "PNS",
        "legal_status": "01",
        "unit_id": "01920000-0000-7000-8000-000000000002",
        "position_id": "01920000-0000-7000-8000-000000000003",
        "superior_id": None,
        "heads_unit_ids": [],
        "acting": [],
        "valid_from": "2005-01-01",
    }

    employee_id: UUID
    name: str
    employee_number: str
    email: str | None = None
    employment_type: Code
    legal_status: Code
    unit_id: UUID
    position_id: UUID
    superior_id: UUID | None = None
    heads_unit_ids: tuple[UUID, ...] = ()
    acting: tuple[Acting, ...] = ()
    valid_from: date
