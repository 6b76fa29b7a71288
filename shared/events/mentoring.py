"""What mentoring publishes."""

from __future__ import annotations

from datetime import date, time
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event


class MentoringRequested(Event):
    """A person is to be mentored or coached in one competency.

    Published by mentoring when a request is written down; consumed by agencies' own reports. origin says who asked
    (FOLLOW_UP, PLAN_ITEM, ONBOARDING, OWN, ANALYST), form is 14 (coaching) or 15 (mentoring). What a follow-up asks
    waits until a person confirms the follow-up.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_requested.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "request_id"
    example: ClassVar[dict[str, object]] = {
        "request_id": "01920000-0000-7000-8000-000000000030",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "origin": "FOLLOW_UP",
        "form": 15,
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "plan_item_id": None,
        "need_ids": [],
    }

    request_id: UUID
    employee_id: UUID
    competency: Code
    origin: Code
    form: int = Field(default=15, ge=14, le=15)
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()


class MentoringRequestWithdrawn(Event):
    """A request ended before anybody was matched to it; reason says why.

    Published by mentoring when a person withdraws a request, the follow-up or plan item behind it ends or takes another
    path, or the employee left; consumed by agencies' own reports.
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
        "plan_item_id": None,
        "need_ids": [],
    }

    request_id: UUID
    employee_id: UUID
    competency: Code
    reason: Code
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()


class MentorEnlisted(Event):
    """A person is ready to mentor in competencies, with so many at a time.

    Published by mentoring when a mentor is enlisted or changes what is offered; consumed by agencies' own reports. A
    capacity of 0 takes nobody new.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentor_enlisted.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "mentor_id"
    example: ClassVar[dict[str, object]] = {
        "mentor_id": "01920000-0000-7000-8000-000000000003",
        "competencies": ["PELAYANAN_PUBLIK"],
        "capacity": 3,
    }

    mentor_id: UUID
    competencies: tuple[Code, ...]
    capacity: int = Field(ge=0)


class MentorMatched(Event):
    """A request found the person who will guide.

    Published by mentoring when a person confirmed a proposed match or named the guide, when a confirmed coaching goes
    to the superior, and again with another mentor_id when a new superior takes a coaching over; consumed by evaluation
    for the journey. form is 14 (coaching) or 15 (mentoring).
    """

    type: ClassVar[str] = "bangkom.mentoring.mentor_matched.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "pair_id"
    example: ClassVar[dict[str, object]] = {
        "pair_id": "01920000-0000-7000-8000-000000000031",
        "request_id": "01920000-0000-7000-8000-000000000030",
        "mentor_id": "01920000-0000-7000-8000-000000000003",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "form": 15,
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    pair_id: UUID
    request_id: UUID
    mentor_id: UUID
    employee_id: UUID
    competency: Code
    form: int = Field(ge=14, le=15)
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()


class MentoringStarted(Event):
    """Both have agreed on goals and period.

    Published by mentoring; consumed by evaluation for the journey.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_started.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "pair_id"
    example: ClassVar[dict[str, object]] = {
        "pair_id": "01920000-0000-7000-8000-000000000031",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "start_date": "2026-04-01",
        "end_date": "2026-07-01",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    pair_id: UUID
    employee_id: UUID
    start_date: date
    end_date: date
    need_ids: tuple[UUID, ...] = ()


class SessionConfirmed(Event):
    """A session took place: both sides confirmed it.

    Published by mentoring; consumed by training, which credits learning hours to the mentee. held_on and starts_at are
    the local date and time, minutes its length; form is 14 (coaching) or 15 (mentoring).
    """

    type: ClassVar[str] = "bangkom.mentoring.session_confirmed.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "pair_id"
    example: ClassVar[dict[str, object]] = {
        "session_id": "01920000-0000-7000-8000-000000000032",
        "pair_id": "01920000-0000-7000-8000-000000000031",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "form": 15,
        "held_on": "2026-04-10",
        "starts_at": "09:00:00",
        "minutes": 90,
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    session_id: UUID
    pair_id: UUID
    employee_id: UUID
    competency: Code
    form: int = Field(ge=14, le=15)
    held_on: date
    starts_at: time
    minutes: int = Field(ge=1)
    need_ids: tuple[UUID, ...] = ()


class MentoringCompleted(Event):
    """A mentoring or coaching came to its agreed end.

    Published by mentoring when it is closed; consumed by evaluation, which evaluates it. attainment is the reach of the
    goals in percent; sessions the number both sides confirmed.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_completed.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "pair_id"
    example: ClassVar[dict[str, object]] = {
        "pair_id": "01920000-0000-7000-8000-000000000031",
        "request_id": "01920000-0000-7000-8000-000000000030",
        "mentor_id": "01920000-0000-7000-8000-000000000003",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "form": 15,
        "start_date": "2026-04-01",
        "end_date": "2026-07-01",
        "sessions": 6,
        "attainment": 80,
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    pair_id: UUID
    request_id: UUID
    mentor_id: UUID
    employee_id: UUID
    competency: Code
    form: int = Field(ge=14, le=15)
    start_date: date
    end_date: date
    sessions: int = Field(ge=0)
    attainment: int = Field(ge=0, le=100)
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()


class MentoringStopped(Event):
    """A mentoring or coaching ended before its time; reason says why.

    Published by mentoring; consumed by evaluation, which closes or re-opens what depended on it. request_reopened: the
    request waits for another guide, and another pair will carry its follow-up or plan item on.
    """

    type: ClassVar[str] = "bangkom.mentoring.mentoring_stopped.v1"
    topic: ClassVar[str] = "bangkom.mentoring"
    subject_field: ClassVar[str] = "pair_id"
    example: ClassVar[dict[str, object]] = {
        "pair_id": "01920000-0000-7000-8000-000000000031",
        "request_id": "01920000-0000-7000-8000-000000000030",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "reason": "EMPLOYEE_LEFT",
        "request_reopened": False,
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    pair_id: UUID
    request_id: UUID
    employee_id: UUID
    competency: Code
    reason: Code
    request_reopened: bool = False
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()
