"""What mentoring publishes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.events.contract import Code, Event


class MentoringRequested(Event):
    """A person is to be mentored or coached in one competency.

    Published by mentoring when a request is opened, whoever asked; consumed by agencies' own reports. origin says who
    asked; follow_up_id is present when a follow-up did.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_requested.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "request_id"
    example: ClassVar[dict[str, object]] = {
        "request_id": "01920000-0000-7000-8000-000000000030",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "origin": "FOLLOW_UP",
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "need_ids": [],
    }

    request_id: UUID
    employee_id: UUID
    competency: Code
    origin: Code
    follow_up_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()


class MentoringRequestWithdrawn(Event):
    """A request ended before anybody was matched to it; reason says why.

    Published by mentoring when an analyst withdraws a request or the follow-up behind it is closed; consumed by
    agencies' own reports. follow_up_id is present when a follow-up had asked.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_request_withdrawn.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "request_id"
    example: ClassVar[dict[str, object]] = {
        "request_id": "01920000-0000-7000-8000-000000000030",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "reason": "FOLLOW_UP_CLOSED",
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
    }

    request_id: UUID
    employee_id: UUID
    competency: Code
    reason: Code
    follow_up_id: UUID | None = None
