"""Every contract in one place: what may be published, on which topic, by whom."""

from __future__ import annotations

from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import (
    CompetencyRemeasured,
    EvaluationConcluded,
    FeedbackSubmitted,
    FollowUpClosed,
    FollowUpConfirmed,
    FollowUpDone,
    FollowUpEscalated,
    FollowUpOpened,
    ProgramRevisionRequested,
)
from shared.events.mentoring import (
    MentorEnlisted,
    MentoringCompleted,
    MentoringRequested,
    MentoringRequestWithdrawn,
    MentoringStarted,
    MentoringStopped,
    MentorMatched,
    SessionConfirmed,
)
from shared.events.needs import (
    CompetencyAssessed,
    NeedClosed,
    NeedIdentified,
    NeedRejected,
    NeedReturned,
    NeedStandardChanged,
    NeedValidated,
    NeedVerified,
    PlanItemApproved,
    PlanItemWithdrawn,
)
from shared.events.reference import CompetencyRecorded, PositionRecorded, UnitRecorded
from shared.events.training import (
    CertificateIssued,
    CertificateRevoked,
    ClassScheduled,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    LearningHoursCredited,
    LearningHoursReversed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingCompletionCorrected,
    TrainingNotCompleted,
)

CONTRACTS: tuple[type[Event], ...] = (
    EmployeeRecorded,
    UnitRecorded,
    PositionRecorded,
    CompetencyRecorded,
    CompetencyAssessed,
    NeedIdentified,
    NeedVerified,
    NeedReturned,
    NeedStandardChanged,
    NeedValidated,
    NeedRejected,
    PlanItemApproved,
    PlanItemWithdrawn,
    NeedClosed,
    ProgramRecorded,
    ClassScheduled,
    EnrolmentConfirmed,
    EnrolmentCancelled,
    LearningMeasured,
    TrainingCompleted,
    TrainingNotCompleted,
    TrainingCompletionCorrected,
    CertificateIssued,
    CertificateRevoked,
    LearningHoursCredited,
    LearningHoursReversed,
    MentorEnlisted,
    MentoringRequested,
    MentoringRequestWithdrawn,
    MentorMatched,
    MentoringStarted,
    SessionConfirmed,
    MentoringCompleted,
    MentoringStopped,
    FeedbackSubmitted,
    EvaluationConcluded,
    FollowUpOpened,
    FollowUpConfirmed,
    FollowUpDone,
    FollowUpClosed,
    FollowUpEscalated,
    ProgramRevisionRequested,
    CompetencyRemeasured,
)

BY_TYPE: dict[str, type[Event]] = {contract.type: contract for contract in CONTRACTS}

TOPIC_PUBLISHER: dict[str, str] = {
    "bangkom.employees": "needs",
    "bangkom.reference": "needs",
    "bangkom.needs": "needs",
    "bangkom.training": "training",
    "bangkom.mentoring": "mentoring",
    "bangkom.evaluation": "evaluation",
}

TOPICS: tuple[str, ...] = tuple(TOPIC_PUBLISHER)
