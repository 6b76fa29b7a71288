"""What training publishes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event, Title


class ProgramRecorded(Event):
    """The present state of one programme of the catalogue.

    Published by training when a programme is created or changes; consumed by evaluation. learning_hours in JP of 45
    minutes; pass_mark on the scale of the programme's test, 0 to 100.
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

    Published by training when a seat is confirmed; consumed by evaluation. need_ids are the needs the class is to meet;
    plan_item_id and follow_up_id are present when the seat was asked for by the plan or by a follow-up.
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
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "follow_up_id": None,
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None


class EnrolmentCancelled(Event):
    """A seat was given up before its class began for this person; reason says why.

    Published by training when the person or the organiser gives it up, what asked for it was withdrawn, or the person
    is away; consumed by evaluation for the journey. What asked for the seat waits for another class, unless withdrawn.
    """

    type: ClassVar[str] = "bangkom.training.enrolment_cancelled.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "reason": "NO_TIME",
        "need_ids": [],
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "follow_up_id": None,
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    reason: Code
    need_ids: tuple[UUID, ...] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None


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
    attendance in percent of the class's JP; plan_item_id and follow_up_id as in EnrolmentConfirmed.
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
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "follow_up_id": None,
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
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None


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


class ClassScheduled(Event):
    """A class was planned.

    Published by training; consumed by evaluation, which asks its participants later. cost_level says whether the class
    is paid by the agency (PAID) or free of cost (FREE); its days are local dates of the agency.
    """

    type: ClassVar[str] = "bangkom.training.class_scheduled.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "class_id"
    example: ClassVar[dict[str, object]] = {
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "start_date": "2026-03-02",
        "end_date": "2026-03-04",
        "cost_level": "FREE",
    }

    class_id: UUID
    program_id: UUID
    start_date: date
    end_date: date
    cost_level: Code


class TrainingCompletionCorrected(Event):
    """What a closed class had found of a participant was corrected.

    Published by training; consumed by evaluation, which judges anew or takes its verdict back. completed says what
    holds now; the other fields are those of TrainingCompleted.
    """

    type: ClassVar[str] = "bangkom.training.training_completion_corrected.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "enrolment_id"
    example: ClassVar[dict[str, object]] = {
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "completed": False,
        "learning_hours": 0,
        "attendance_percent": 60,
        "pass_mark": 70,
        "start_date": "2026-03-02",
        "end_date": "2026-03-04",
        "reason": "ATTENDANCE",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
        "plan_item_id": "01920000-0000-7000-8000-000000000041",
        "follow_up_id": None,
    }

    enrolment_id: UUID
    class_id: UUID
    program_id: UUID
    employee_id: UUID
    competency: Code
    completed: bool
    learning_hours: int = Field(ge=0)
    attendance_percent: int = Field(ge=0, le=100)
    pass_mark: int | None = Field(default=None, ge=0, le=100)
    start_date: date
    end_date: date
    reason: Code
    need_ids: tuple[UUID, ...] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None


class CertificateIssued(Event):
    """A participant got a certificate.

    Published by training when a class is closed; consumed by agencies' own reports. The certificate's serial stays with
    training.
    """

    type: ClassVar[str] = "bangkom.training.certificate_issued.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "certificate_id"
    example: ClassVar[dict[str, object]] = {
        "certificate_id": "01920000-0000-7000-8000-000000000050",
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "issued_on": "2026-03-05",
    }

    certificate_id: UUID
    enrolment_id: UUID
    employee_id: UUID
    program_id: UUID
    issued_on: date


class CertificateRevoked(Event):
    """A certificate does not hold any more.

    Published by training when the completion it attests was corrected; consumed by agencies' own reports.
    """

    type: ClassVar[str] = "bangkom.training.certificate_revoked.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "certificate_id"
    example: ClassVar[dict[str, object]] = {
        "certificate_id": "01920000-0000-7000-8000-000000000050",
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "reason": "COMPLETION_CORRECTED",
    }

    certificate_id: UUID
    enrolment_id: UUID
    employee_id: UUID
    reason: Code


class LearningHoursCredited(Event):
    """Learning hours (JP of 45 minutes) were credited to a person for an activity.

    Published by training by its dated rule table; consumed by agencies' own reports. form_code is the code of the table
    (A1 to C13), year the year the hours count for; origin names the kind of activity (ENROLMENT, SESSION, IMPORT) and
    source_id the enrolment, the session or the imported line.
    """

    type: ClassVar[str] = "bangkom.training.learning_hours_credited.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "credit_id"
    example: ClassVar[dict[str, object]] = {
        "credit_id": "01920000-0000-7000-8000-000000000051",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "form_code": "B10",
        "hours": 20,
        "year": 2026,
        "ends_on": "2026-03-04",
        "origin": "ENROLMENT",
        "source_id": "01920000-0000-7000-8000-000000000011",
        "rule_version": "2019-02-01",
    }

    credit_id: UUID
    employee_id: UUID
    form_code: Code
    hours: int = Field(ge=0)
    year: int
    ends_on: date
    origin: Code
    source_id: UUID
    rule_version: Code


class LearningHoursReversed(Event):
    """Learning hours credited before do not count any more, or count less; the rest is credited anew.

    Published by training when an activity was corrected (CORRECTED), or an earlier one came to be known that takes up
    the limit of a day or month (LIMIT); consumed by agencies' own reports.
    """

    type: ClassVar[str] = "bangkom.training.learning_hours_reversed.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "credit_id"
    example: ClassVar[dict[str, object]] = {
        "credit_id": "01920000-0000-7000-8000-000000000051",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "form_code": "B10",
        "hours": 20,
        "year": 2026,
        "reason": "CORRECTED",
    }

    credit_id: UUID
    employee_id: UUID
    form_code: Code
    hours: int = Field(ge=0)
    year: int
    reason: Code
