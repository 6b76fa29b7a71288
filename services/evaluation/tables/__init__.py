"""The tables of evaluation."""

from services.evaluation.tables.activities import (
    ClassRow,
    EnrolmentRow,
    ProgramRow,
    enrolment_of,
    enrolment_values,
    scores_of,
)
from services.evaluation.tables.base import EvaluationBase
from services.evaluation.tables.citizens import CitizenSurveyRow, survey_values
from services.evaluation.tables.evaluations import (
    CaseRow,
    EvaluationRow,
    FollowUpRow,
    evaluation_values,
    follow_up_values,
    standing_of,
)
from services.evaluation.tables.forms import (
    BehaviourAnswerRow,
    ClassFindingRow,
    FormRow,
    FormStatus,
    ReactionAnswerRow,
    ReviewRow,
)
from services.evaluation.tables.journeys import JourneyEventRow, JourneyLinkRow, NeedRow

__all__ = [
    "BehaviourAnswerRow",
    "CaseRow",
    "CitizenSurveyRow",
    "ClassFindingRow",
    "ClassRow",
    "EnrolmentRow",
    "EvaluationBase",
    "EvaluationRow",
    "FollowUpRow",
    "FormRow",
    "FormStatus",
    "JourneyEventRow",
    "JourneyLinkRow",
    "NeedRow",
    "ProgramRow",
    "ReactionAnswerRow",
    "ReviewRow",
    "enrolment_of",
    "enrolment_values",
    "evaluation_values",
    "follow_up_values",
    "scores_of",
    "standing_of",
    "survey_values",
]
