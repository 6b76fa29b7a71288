"""What training publishes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event, Title


class ProgramRecorded(Event):
    """The present state of one programme of the catalogue.

    Published by training when a programme is created or changes; consumed by evaluation. learning_hours in JP of
    45 minutes; pass_mark on the scale of the programme's test, 0 to 100.
    """

    type: ClassVar[str] = "bangkom.training.program_recorded.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "program_id"
    is_state: ClassVar[bool] = True
    example: ClassVar[dict[str, object]] = {
        "program_id": "01920000-0000-7000-8000-000000000010",
        "code": "BIMTEK-LAYANAN",
        "title": "Bimbingan Teknis Pelayanan Publik",
        "form": 8,
        "competency": "PELAYANAN_PUBLIK",
        "learning_hours": 20,
        "pass_mark": 70,
    }

    program_id: UUID
    code: Code
    title: Title
    form: int = Field(ge=1, le=25)
    competency: Code
    learning_hours: int = Field(ge=1)
    pass_mark: int | None = Field(default=None, ge=0, le=100)


class EnrolmentConfirmed(Event):
    """A person has a seat in a class.

    Published by training when a seat is confirmed; consumed by evaluation. need_ids are the needs the class is to meet.
    """

    type: ClassVar[str] = "bangkom.training.enrolment_confirmed.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "need_ids": [],
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()


class LearningMeasured(Event):
    """Pre and post test of one participant, on a scale from 0 to max_score.

    Published by training when a score is entered or corrected; consumed by evaluation. A score that was not taken is
    absent.
    """

    type: ClassVar[str] = "bangkom.training.learning_measured.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "pre_score": 55,
        "post_score": 64,
        "max_score": 100,
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    pre_score: int | None = Field(default=None, ge=0)
    post_score: int | None = Field(default=None, ge=0)
    max_score: int = Field(ge=1)


class TrainingCompleted(Event):
    """A participant has met the rule of completion of a class.

    Published by training when the class is closed; consumed by evaluation. learning_hours in JP of 45 minutes;
    attendance in percent of the class's JP.
    """

    type: ClassVar[str] = "bangkom.training.training_completed.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "learning_hours": 20,
        "attendance_percent": 100,
        "pass_mark": 70,
        "start_date": "2026-03-02",
        "end_date": "2026-03-04",
        "need_ids": [],
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    competency: Code
    learning_hours: int = Field(ge=0)
    attendance_percent: int = Field(ge=0, le=100)
    pass_mark: int | None = Field(default=None, ge=0, le=100)
    start_date: date
    end_date: date
    need_ids: tuple[UUID, ...] = ()


class TrainingNotCompleted(Event):
    """A participant has not met the rule of completion; reason says which part of it.

    Published by training when the class is closed; consumed by evaluation.
    """

    type: ClassVar[str] = "bangkom.training.training_not_completed.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "reason": "ATTENDANCE",
        "attendance_percent": 40,
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    reason: Code
    attendance_percent: int = Field(ge=0, le=100)
