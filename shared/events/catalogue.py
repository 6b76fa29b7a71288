"""Every contract in one place: what may be published, on which topic, by whom."""

from __future__ import annotations

from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import EvaluationConcluded, FollowUpClosed, FollowUpOpened
from shared.events.mentoring import MentoringRequested, MentoringRequestWithdrawn
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.events.training import (
    EnrolmentConfirmed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingNotCompleted,
)

CONTRACTS: tuple[type[Event], ...] = (
    EmployeeRecorded,
    UnitRecorded,
    PositionRecorded,
    ProgramRecorded,
    EnrolmentConfirmed,
    LearningMeasured,
    TrainingCompleted,
    TrainingNotCompleted,
    MentoringRequested,
    MentoringRequestWithdrawn,
    EvaluationConcluded,
    FollowUpOpened,
    FollowUpClosed,
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
