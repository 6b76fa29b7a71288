"""What training decides: programmes, classes, seats, demands and learning hours. Standard library only."""

from services.training.domain.certificates import Certificate, certificate_number
from services.training.domain.classes import (
    ALLOWED,
    Action,
    ClassStatus,
    Presence,
    Schedule,
    TrainingClass,
    status_after,
)
from services.training.domain.demands import (
    ALLOWED_OF_DEMAND,
    Demand,
    DemandAction,
    DemandOrigin,
    DemandStatus,
    require_served,
)
from services.training.domain.enrolments import (
    DECLINES,
    CancellationReason,
    Commitment,
    Enrolment,
    EnrolmentStatus,
    Judgement,
    Requirement,
    Scores,
)
from services.training.domain.forms import FORMS, GUIDED_FORMS, CostLevel, Scope
from services.training.domain.learning_hours import (
    Activity,
    ActivityOrigin,
    Counting,
    Credit,
    LearningHourRule,
    Limit,
    Rate,
    RateTable,
    credits_of,
)
from services.training.domain.nominations import Nomination, NominationAction, NominationStatus
from services.training.domain.programs import DEFAULT_MINIMUM_ATTENDANCE_PERCENT, Program, Terms
from services.training.domain.targets import Period, TargetRule, TargetVersion, yearly_target

__all__ = [
    "ALLOWED",
    "ALLOWED_OF_DEMAND",
    "DECLINES",
    "DEFAULT_MINIMUM_ATTENDANCE_PERCENT",
    "FORMS",
    "GUIDED_FORMS",
    "Action",
    "Activity",
    "ActivityOrigin",
    "CancellationReason",
    "Certificate",
    "ClassStatus",
    "Commitment",
    "CostLevel",
    "Counting",
    "Credit",
    "Demand",
    "DemandAction",
    "DemandOrigin",
    "DemandStatus",
    "Enrolment",
    "EnrolmentStatus",
    "Judgement",
    "LearningHourRule",
    "Limit",
    "Nomination",
    "NominationAction",
    "NominationStatus",
    "Period",
    "Presence",
    "Program",
    "Rate",
    "RateTable",
    "Requirement",
    "Schedule",
    "Scope",
    "Scores",
    "TargetRule",
    "TargetVersion",
    "Terms",
    "TrainingClass",
    "certificate_number",
    "credits_of",
    "require_served",
    "status_after",
    "yearly_target",
]
