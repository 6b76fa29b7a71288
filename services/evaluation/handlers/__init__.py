"""What happens in evaluation on events: the whole wiring."""

from __future__ import annotations

from services.evaluation.handlers.journey import THREADS, with_journey
from services.evaluation.handlers.mentoring import (
    on_mentor_matched,
    on_mentoring_completed,
    on_mentoring_request_withdrawn,
    on_mentoring_stopped,
)
from services.evaluation.handlers.people import on_employee_recorded
from services.evaluation.handlers.training import (
    on_class_scheduled,
    on_enrolment_cancelled,
    on_enrolment_confirmed,
    on_learning_measured,
    on_program_recorded,
    on_training_completed,
    on_training_completion_corrected,
    on_training_not_completed,
)
from shared.delivery.consumer import Handler, Handlers
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.mentoring import MentoringCompleted, MentoringRequestWithdrawn, MentoringStopped, MentorMatched
from shared.events.training import (
    ClassScheduled,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    LearningMeasured,
    ProgramRecorded,
    TrainingCompleted,
    TrainingCompletionCorrected,
    TrainingNotCompleted,
)

EFFECTS: dict[type[Event], Handler] = {
    EmployeeRecorded: on_employee_recorded,
    ProgramRecorded: on_program_recorded,
    ClassScheduled: on_class_scheduled,
    EnrolmentConfirmed: on_enrolment_confirmed,
    EnrolmentCancelled: on_enrolment_cancelled,
    LearningMeasured: on_learning_measured,
    TrainingCompleted: on_training_completed,
    TrainingNotCompleted: on_training_not_completed,
    TrainingCompletionCorrected: on_training_completion_corrected,
    MentorMatched: on_mentor_matched,
    MentoringCompleted: on_mentoring_completed,
    MentoringStopped: on_mentoring_stopped,
    MentoringRequestWithdrawn: on_mentoring_request_withdrawn,
}

HANDLERS: Handlers = {
    contract: with_journey(contract, EFFECTS.get(contract)) if contract in THREADS else EFFECTS[contract]
    for contract in {**EFFECTS, **THREADS}
}
