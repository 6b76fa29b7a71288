"""The reference topic: units and positions, public titles only."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event, Level, Title


class UnitRecorded(Event):
    """The present state of one work unit.

    Published by needs when a unit is created or changes; consumed by every service's directory.
    """

    type: ClassVar[str] = "bangkom.needs.unit_recorded.v1"
    topic: ClassVar[str] = "bangkom.reference"
    subject_field: ClassVar[str] = "unit_id"
    is_state: ClassVar[bool] = True
    example: ClassVar[dict[str, object]] = {
        "unit_id": "01920000-0000-7000-8000-000000000002",
        "code": "1.04",
        "name": "Dinas Kesehatan",
        "parent_id": "01920000-0000-7000-8000-000000000009",
        "unit_type": "Dinas",
    }

    unit_id: UUID
    code: Code
    name: Title
    parent_id: UUID | None = None
    unit_type: Title | None = None


class PositionRecorded(Event):
    """The present state of one position with the levels its competency standard asks (1 to 5 by competency code).

    Published by needs when a position or its standard changes; consumed by every service's directory.
    """

    type: ClassVar[str] = "bangkom.needs.position_recorded.v1"
    topic: ClassVar[str] = "bangkom.reference"
    subject_field: ClassVar[str] = "position_id"
    is_state: ClassVar[bool] = True
    example: ClassVar[dict[str, object]] = {
        "position_id": "01920000-0000-7000-8000-000000000003",
        "title": "Perawat Terampil",
        "job_kind": "FUNCTIONAL",
        "position_class": "JF_TERAMPIL",
        "standard_levels": {"INTEGRITAS": 2},
    }

    position_id: UUID
    title: Title
    job_kind: Code
    position_class: Code
    standard_levels: dict[Code, Level] = Field(default_factory=dict)


class CompetencyRecorded(Event):
    """The present state of one competency of the agency's dictionary.

    Published by needs when a competency is entered or changes; consumed by every service's directory. kind is
    MANAGERIAL, SOCIO_CULTURAL, TECHNICAL or GOVERNMENT.
    """

    type: ClassVar[str] = "bangkom.needs.competency_recorded.v1"
    topic: ClassVar[str] = "bangkom.reference"
    subject_field: ClassVar[str] = "competency_id"
    is_state: ClassVar[bool] = True
    example: ClassVar[dict[str, object]] = {
        "competency_id": "01920000-0000-7000-8000-000000000043",
        "code": "PELAYANAN_PUBLIK",
        "title": "Pelayanan Publik",
        "kind": "MANAGERIAL",
    }

    competency_id: UUID
    code: Code
    title: Title
    kind: Code
