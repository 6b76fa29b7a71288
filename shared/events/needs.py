"""What needs publishes about persons: what they can, what they lack, and what is planned for them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event, Level


class CompetencyAssessed(Event):
    """The levels one person showed, in one assessment with all its competencies.

    Published by needs when an assessment, a test or a rating is recorded; consumed by mentoring, which asks a mentor to
    stand above the mentee. source says what kind of evidence it is; levels 0 to 5 by competency code, 0 = level 1 not
    met; valid_until is exclusive, absent when the evidence does not expire.
    """

    type: ClassVar[str] = "bangkom.needs.competency_assessed.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "employee_id"
    example: ClassVar[dict[str, object]] = {
        "assessment_id": "01920000-0000-7000-8000-000000000042",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "source": "CENTRE",
        "assessed_on": "2026-03-16",
        "valid_until": "2029-03-16",
        "levels": {"PELAYANAN_PUBLIK": 2},
    }

    assessment_id: UUID
    employee_id: UUID
    source: Code
    assessed_on: date
    valid_until: date | None = None
    levels: dict[Code, int]


class NeedIdentified(Event):
    """A person stands below the standard of a competency.

    Published by needs when the analysis of a plan year finds the gap; consumed by evaluation, which keeps the journey
    of the need. gap = current_level - standard_level, negative; cycle is the plan year.
    """

    type: ClassVar[str] = "bangkom.needs.need_identified.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "standard_level": 3,
        "current_level": 2,
        "gap": -1,
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    standard_level: Level
    current_level: int = Field(ge=0, le=5)
    gap: int = Field(ge=-5, le=-1)


class NeedStandardChanged(Event):
    """Another position asks another level of the person, before the plan has fixed how the need is met.

    Published by needs when the person moves; consumed by evaluation, which judges what follows by the new standard.
    """

    type: ClassVar[str] = "bangkom.needs.need_standard_changed.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "standard_level": 4,
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    standard_level: Level


class NeedVerified(Event):
    """A need was confirmed by the unit of the person (AKPK, second stage).

    Published by needs; consumed by evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.needs.need_verified.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int


class NeedReturned(Event):
    """A need goes back to the unit, which looks at it again; reason says why.

    Published by needs when analysts give it back or the person changed unit, position or legal status; consumed by
    evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.needs.need_returned.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "reason": "LEVEL_DISPUTED",
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    reason: Code


class NeedValidated(Event):
    """A need was confirmed by the agency's analysts (AKPK, third stage).

    Published by needs; consumed by evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.needs.need_validated.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int


class NeedRejected(Event):
    """A need will not be met; reason says why.

    Published by needs when the unit or the analysts reject it; consumed by evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.needs.need_rejected.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "reason": "NOT_RELEVANT",
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    reason: Code


class PlanItemApproved(Event):
    """An item of the annual plan was fixed by the personnel authority (PP 11/2017 art. 207).

    Published by needs when the signed decree was confirmed by a second person; consumed by the service its form belongs
    to: coaching (14) and mentoring (15) by mentoring, all others by training. form is one of the 25 forms of
    development; program is the code of a programme of the catalogue, absent when it is still to be chosen.
    """

    type: ClassVar[str] = "bangkom.needs.plan_item_approved.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "plan_item_id"
    example: ClassVar[dict[str, object]] = {
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "form": 8,
        "program": "BIMTEK-LAYANAN",
        "standard_level": 3,
        "current_level": 2,
    }

    plan_item_id: UUID
    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    form: int = Field(ge=1, le=25)
    program: Code | None = None
    standard_level: Level
    current_level: int = Field(ge=0, le=5)


class PlanItemWithdrawn(Event):
    """An item of the plan will not be carried out; reason says why.

    Published by needs; consumed by the service its form belongs to, which lets go of what has not begun, and by
    evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.needs.plan_item_withdrawn.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "plan_item_id"
    example: ClassVar[dict[str, object]] = {
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "reason": "EMPLOYEE_LEFT",
    }

    plan_item_id: UUID
    need_id: UUID
    employee_id: UUID
    reason: Code


class NeedClosed(Event):
    """A need was met: a re-measured level reaches the standard.

    Published by needs; consumed by evaluation, which ends the journey. assessment_id is the evidence that decided.
    """

    type: ClassVar[str] = "bangkom.needs.need_closed.v1"
    topic: ClassVar[str] = "bangkom.needs"
    subject_field: ClassVar[str] = "need_id"
    example: ClassVar[dict[str, object]] = {
        "need_id": "01920000-0000-7000-8000-000000000040",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "level": 3,
        "assessment_id": "01920000-0000-7000-8000-000000000042",
    }

    need_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    level: Level
    assessment_id: UUID
