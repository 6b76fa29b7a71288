"""Which events are steps of a need's journey, and where each belongs; evaluation hears its own events as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import journeys
from services.evaluation.commands.journeys import Thread
from shared.delivery.consumer import Handler
from shared.delivery.envelope import Received
from shared.events.contract import Event
from shared.events.evaluation import (
    CompetencyRemeasured,
    EvaluationConcluded,
    FollowUpClosed,
    FollowUpConfirmed,
    FollowUpDone,
    FollowUpEscalated,
    FollowUpOpened,
    ProgramRevisionRequested,
)
from shared.events.mentoring import (
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
from shared.events.training import (
    CertificateIssued,
    CertificateRevoked,
    ClassScheduled,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    LearningHoursCredited,
    LearningHoursReversed,
    LearningMeasured,
    TrainingCompleted,
    TrainingCompletionCorrected,
    TrainingNotCompleted,
)

NEEDS = frozenset(
    {
        NeedIdentified,
        NeedStandardChanged,
        NeedVerified,
        NeedReturned,
        NeedValidated,
        NeedRejected,
        PlanItemApproved,
        NeedClosed,
    }
)
"""Events that say whose need it is."""


def _of_need(data: Any) -> Thread:
    return Thread(subject_id=data.need_id, need_ids=(data.need_id,))


def _of_seat(data: Any) -> Thread:
    return Thread(subject_id=data.enrolment_id, need_ids=getattr(data, "need_ids", ()), leads_to=(data.class_id,))


def _by(field: str, *leads_to: str) -> Callable[[Any], Thread]:
    def thread(data: Any) -> Thread:
        further = tuple(found for name in leads_to if (found := getattr(data, name)) is not None)
        return Thread(subject_id=getattr(data, field), need_ids=getattr(data, "need_ids", ()), leads_to=further)

    return thread


def _of_plan_item(data: PlanItemApproved) -> Thread:
    return Thread(subject_id=data.plan_item_id, need_ids=(data.need_id,))


def _of_closing(data: NeedClosed) -> Thread:
    return Thread(subject_id=data.need_id, need_ids=(data.need_id,), leads_to=(data.assessment_id,))


def _of_conclusion(data: EvaluationConcluded) -> Thread:
    judged: UUID | None = data.enrolment_id or data.pair_id or data.follow_up_id
    return Thread(subject_id=judged or data.evaluation_id)


def _of_revision(data: ProgramRevisionRequested) -> Thread:
    return Thread(subject_id=data.class_id or data.program_id)


THREADS: dict[type[Event], Callable[[Any], Thread]] = {
    NeedIdentified: _of_need,
    NeedVerified: _of_need,
    NeedReturned: _of_need,
    NeedStandardChanged: _of_need,
    NeedValidated: _of_need,
    NeedRejected: _of_need,
    NeedClosed: _of_closing,
    CompetencyAssessed: _by("assessment_id"),
    PlanItemApproved: _of_plan_item,
    PlanItemWithdrawn: _by("plan_item_id"),
    ClassScheduled: _by("class_id"),
    EnrolmentConfirmed: _of_seat,
    EnrolmentCancelled: _of_seat,
    LearningMeasured: _of_seat,
    TrainingCompleted: _of_seat,
    TrainingNotCompleted: _of_seat,
    TrainingCompletionCorrected: _of_seat,
    CertificateIssued: _by("enrolment_id"),
    CertificateRevoked: _by("enrolment_id"),
    LearningHoursCredited: _by("source_id"),
    LearningHoursReversed: _by("credit_id"),
    MentoringRequested: _by("request_id"),
    MentoringRequestWithdrawn: _by("request_id"),
    MentorMatched: _by("pair_id", "request_id"),
    MentoringStarted: _by("pair_id"),
    SessionConfirmed: _by("pair_id", "session_id"),
    MentoringCompleted: _by("pair_id", "request_id"),
    MentoringStopped: _by("pair_id", "request_id"),
    EvaluationConcluded: _of_conclusion,
    FollowUpOpened: _by("follow_up_id"),
    FollowUpConfirmed: _by("follow_up_id"),
    FollowUpDone: _by("follow_up_id"),
    FollowUpClosed: _by("follow_up_id"),
    FollowUpEscalated: _by("follow_up_id"),
    CompetencyRemeasured: _by("evaluation_id"),
    ProgramRevisionRequested: _of_revision,
}


def with_journey(contract: type[Event], effect: Handler | None) -> Handler:
    """The handler of a type that also keeps its events as steps."""
    thread_of = THREADS[contract]

    async def handle(session: AsyncSession, events: list[Received[Any]]) -> None:
        if contract in NEEDS:
            await journeys.keep_needs(session, events)
        await journeys.keep_steps(session, ((event, thread_of(event.data)) for event in events))
        if effect is not None:
            await effect(session, events)

    return handle
