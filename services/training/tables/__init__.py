"""Training's tables, and how their rows become what the domain works with."""

from services.training.tables.base import TrainingBase
from services.training.tables.classes import (
    AttendanceRow,
    CertificateRow,
    CertificateSerialRow,
    ClassRow,
    EnrolmentRow,
    NominationRow,
    ProgramRow,
    RevisionRequestRow,
    enrolment_of,
    enrolment_values,
)
from services.training.tables.demands import DemandRow, demand_of, demand_values
from services.training.tables.learning_hours import (
    AccountRow,
    ActivityRow,
    CreditRow,
    EmploymentPeriodRow,
    activity_of,
    activity_values,
)

__all__ = [
    "AccountRow",
    "ActivityRow",
    "AttendanceRow",
    "CertificateRow",
    "CertificateSerialRow",
    "ClassRow",
    "CreditRow",
    "DemandRow",
    "EmploymentPeriodRow",
    "EnrolmentRow",
    "NominationRow",
    "ProgramRow",
    "RevisionRequestRow",
    "TrainingBase",
    "activity_of",
    "activity_values",
    "demand_of",
    "demand_values",
    "enrolment_of",
    "enrolment_values",
]
