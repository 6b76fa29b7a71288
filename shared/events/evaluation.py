"""What evaluation publishes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.contract import Code, Event, Figure


class EvaluationConcluded(Event):
    """A verdict on what one activity brought one person, with the figure and the rule version that decided.

    Published by evaluation when a result is concluded or concluded anew; consumed by agencies' own reports. Level 2
    judges a seat in a class (enrolment_id): figure is the post-test in percent of the highest score, gain the
    normalised gain (Hake 1998). Level 3 judges behaviour at work after a class, a mentoring or coaching (pair_id) or a
    task of the superior (follow_up_id): figure is the score of 1 to 4. A figure that is not defined is absent.
    """

    type: ClassVar[str] = "bangkom.evaluation.evaluation_concluded.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "evaluation_id"
    example: ClassVar[dict[str, object]] = {
        "evaluation_id": "01920000-0000-7000-8000-000000000020",
        "enrolment_id": "01920000-0000-7000-8000-000000000011",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "pair_id": None,
        "follow_up_id": None,
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "level": 2,
        "verdict": "NOT_EFFECTIVE",
        "figure": "64.00",
        "gain": "0.20",
        "rule": "L2_PERSON",
        "rule_version": "2026-01-01",
    }

    evaluation_id: UUID
    enrolment_id: UUID | None = None
    class_id: UUID | None = None
    program_id: UUID | None = None
    pair_id: UUID | None = None
    follow_up_id: UUID | None = None
    employee_id: UUID
    competency: Code
    level: int = Field(ge=1, le=4)
    verdict: Code
    figure: Figure | None = None
    gain: Figure | None = None
    rule: Code
    rule_version: Code


class FollowUpOpened(Event):
    """A follow-up plan was opened because a rule fired.

    Published by evaluation; consumed by the service the target names. due_date is a local date of the agency.
    """

    type: ClassVar[str] = "bangkom.evaluation.follow_up_opened.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "follow_up_id"
    example: ClassVar[dict[str, object]] = {
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "evaluation_id": "01920000-0000-7000-8000-000000000020",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "round": 1,
        "kind": "REMEDIAL",
        "cause": "NOT_MASTERED",
        "target": "MENTORING",
        "due_date": "2026-04-03",
        "rule": "L2_PERSON",
        "rule_version": "2026-01-01",
        "need_ids": [],
    }

    follow_up_id: UUID
    evaluation_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    round: int = Field(ge=1)
    kind: Code
    cause: Code
    target: Code
    due_date: date
    rule: Code
    rule_version: Code
    need_ids: tuple[UUID, ...] = ()


class FollowUpClosed(Event):
    """A follow-up plan needs no more work; reason says why.

    Published by evaluation; consumed by the service that took the follow-up up, which lets go of what has not begun.
    RESOLVED: what it ordered helped; NOT_RESOLVED: it did not, and another round follows; REROUTED: a stronger signal
    opened another follow-up in the same round; STOPPED: the receiver could not carry it out, another follow-up asks
    anew; CORRECTED: no evaluation calls for it any more; DECLINED, NOT_EVALUABLE: a person ended it; EMPLOYEE_AWAY.
    """

    type: ClassVar[str] = "bangkom.evaluation.follow_up_closed.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "follow_up_id"
    example: ClassVar[dict[str, object]] = {
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "round": 1,
        "reason": "CORRECTED",
    }

    follow_up_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    round: int = Field(ge=1)
    reason: Code


class FollowUpConfirmed(Event):
    """A person of the agency confirmed a follow-up plan, so that it may begin (UU 27/2022: no plan by a machine alone).

    Published by evaluation; consumed by the service the target names: TRAINING opens a demand, MENTORING a request for
    a mentor, COACHING one for coaching by guide_id, the superior; targets SUPERIOR and PROGRAM are tasks within
    evaluation.
    """

    type: ClassVar[str] = "bangkom.evaluation.follow_up_confirmed.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "follow_up_id"
    example: ClassVar[dict[str, object]] = {
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "round": 1,
        "kind": "COACHING",
        "cause": "NOT_APPLIED",
        "target": "COACHING",
        "guide_id": "01920000-0000-7000-8000-000000000003",
        "due_date": "2026-04-03",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    follow_up_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    round: int = Field(ge=1)
    kind: Code
    cause: Code
    target: Code
    guide_id: UUID | None = None
    due_date: date
    need_ids: tuple[UUID, ...] = ()


class FollowUpDone(Event):
    """What a follow-up ordered was carried out; its effect is still to be evaluated.

    Published by evaluation when the class or mentoring was completed or the superior's task reported done; consumed by
    agencies' own reports. done_on is a local date of the agency, evaluate_from the local day its effect is asked for.
    """

    type: ClassVar[str] = "bangkom.evaluation.follow_up_done.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "follow_up_id"
    example: ClassVar[dict[str, object]] = {
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "round": 1,
        "done_on": "2026-04-20",
        "evaluate_from": "2026-07-19",
    }

    follow_up_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    round: int = Field(ge=1)
    done_on: date
    evaluate_from: date


class FollowUpEscalated(Event):
    """Two rounds did not help: the case goes to the head of the unit and the analysts.

    Published by evaluation; consumed by needs, which marks the need for a review of job and person.
    """

    type: ClassVar[str] = "bangkom.evaluation.follow_up_escalated.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "follow_up_id"
    example: ClassVar[dict[str, object]] = {
        "follow_up_id": "01920000-0000-7000-8000-000000000021",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "cycle": 2026,
        "round": 2,
        "reason": "STILL_BELOW_STANDARD",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    follow_up_id: UUID
    employee_id: UUID
    competency: Code
    cycle: int
    round: int = Field(ge=1)
    reason: Code
    need_ids: tuple[UUID, ...] = ()


class ProgramRevisionRequested(Event):
    """The results of a programme call for another method, content or provider.

    Published by evaluation when a rule on the figures of a class or programme fires; consumed by training, which lists
    it with the programme. figure is the value that decided.
    """

    type: ClassVar[str] = "bangkom.evaluation.program_revision_requested.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "program_id"
    example: ClassVar[dict[str, object]] = {
        "program_id": "01920000-0000-7000-8000-000000000010",
        "class_id": "01920000-0000-7000-8000-000000000012",
        "rule": "L1_CLASS",
        "rule_version": "2026-01-01",
        "figure": "70.50",
    }

    program_id: UUID
    class_id: UUID | None = None
    rule: Code
    rule_version: Code
    figure: Figure


class CompetencyRemeasured(Event):
    """The level a person shows at work, re-measured after a development activity.

    Published by evaluation when the forms about behaviour are closed with an answer of the superior; consumed by needs
    as evidence of the kind post_training, which may close a need.
    """

    type: ClassVar[str] = "bangkom.evaluation.competency_remeasured.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "employee_id"
    example: ClassVar[dict[str, object]] = {
        "evaluation_id": "01920000-0000-7000-8000-000000000020",
        "employee_id": "01920000-0000-7000-8000-000000000001",
        "competency": "PELAYANAN_PUBLIK",
        "level": 3,
        "measured_on": "2026-07-01",
        "need_ids": ["01920000-0000-7000-8000-000000000040"],
    }

    evaluation_id: UUID
    employee_id: UUID
    competency: Code
    level: int = Field(ge=0, le=5)
    measured_on: date
    need_ids: tuple[UUID, ...] = ()


class FeedbackSubmitted(Event):
    """Answers to a form on a class came in; no event names who answered.

    Published by evaluation; consumed by agencies' own reports. answers is the number so far.
    """

    type: ClassVar[str] = "bangkom.evaluation.feedback_submitted.v1"
    topic: ClassVar[str] = "bangkom.evaluation"
    subject_field: ClassVar[str] = "class_id"
    example: ClassVar[dict[str, object]] = {
        "class_id": "01920000-0000-7000-8000-000000000012",
        "program_id": "01920000-0000-7000-8000-000000000010",
        "level": 1,
        "answers": 12,
    }

    class_id: UUID
    program_id: UUID
    level: int = Field(ge=1, le=3)
    answers: int = Field(ge=0)
