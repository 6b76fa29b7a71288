"""Who may use which route, written down from how the work is divided and not from the code."""

from __future__ import annotations

from shared.identity.actor import Role
from shared.web.guards import PUBLIC, Public

EVERYBODY = frozenset(Role)
ANALYST, ORGANISER, FACILITATOR = Role.ANALYST, Role.ORGANISER, Role.FACILITATOR
ASSESSOR = Role.ASSESSOR
AUDITOR, OPERATOR = Role.AUDITOR, Role.OPERATOR

Allowed = frozenset[Role] | Public


def only(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


def shell(service: str) -> dict[str, Allowed]:
    """What every service has: a home page of figures, files of the pages, signing in and out."""
    return {
        "GET /": PUBLIC,
        "MOUNT /static": PUBLIC,
        f"POST /{service}/sessions": PUBLIC,
        f"DELETE /{service}/sessions": EVERYBODY,
        f"GET /{service}/pages/sign-in": PUBLIC,
        f"POST /{service}/pages/sign-in": PUBLIC,
        f"POST /{service}/pages/sign-out": EVERYBODY,
    }


MATRIX: dict[str, dict[str, Allowed]] = {
    "needs": {
        **shell("needs"),
        "GET /needs/units": EVERYBODY,
        "GET /needs/employees": only(ANALYST, AUDITOR),
        "GET /needs/employees/{employee_id}": EVERYBODY,
        "GET /needs/imports": only(ANALYST, AUDITOR, OPERATOR),
        "GET /needs/imports/{import_id}": only(ANALYST, AUDITOR, OPERATOR),
        "GET /needs/competencies": EVERYBODY,
        "POST /needs/competencies": only(ANALYST),
        "GET /needs/standards": EVERYBODY,
        "GET /needs/positions": EVERYBODY,
        "PUT /needs/positions/{position_id}/standard": only(ANALYST),
        "GET /needs/assessments": EVERYBODY,
        "GET /needs/assessments/{assessment_id}": EVERYBODY,
        "POST /needs/assessments": EVERYBODY,
        "GET /needs/performance": EVERYBODY,
        "GET /needs/gaps/{employee_id}": EVERYBODY,
        "GET /needs/analyses": only(ANALYST, AUDITOR),
        "POST /needs/analyses": only(ANALYST),
        "GET /needs/needs": EVERYBODY,
        "GET /needs/needs/{need_id}": EVERYBODY,
        "POST /needs/needs/verify": EVERYBODY,
        "POST /needs/needs/validate": only(ANALYST),
        "POST /needs/needs/return": only(ANALYST),
        "POST /needs/needs/reject": EVERYBODY,
        "GET /needs/forms": EVERYBODY,
        "GET /needs/plan-items": EVERYBODY,
        "GET /needs/plan-items/{plan_item_id}": EVERYBODY,
        "POST /needs/plan-items": only(ANALYST),
        "POST /needs/plan-items/withdraw": only(ANALYST),
        "GET /needs/decrees": only(ANALYST, AUDITOR),
        "GET /needs/decrees/{decree_id}": only(ANALYST, AUDITOR),
        "POST /needs/decrees": only(ANALYST),
        "POST /needs/decrees/{decree_id}/confirm": only(ANALYST),
        "POST /needs/decrees/{decree_id}/cancel": only(ANALYST),
    },
    "training": {
        **shell("training"),
        "GET /training/programs": EVERYBODY,
        "GET /training/programs/{program_id}": EVERYBODY,
        "POST /training/programs": only(ANALYST, ORGANISER),
        "PUT /training/programs/{program_id}": only(ANALYST, ORGANISER),
        "GET /training/classes": EVERYBODY,
        "GET /training/classes/{class_id}": EVERYBODY,
        "GET /training/classes/{class_id}/enrolments": EVERYBODY,
        "POST /training/classes": only(ORGANISER),
        "POST /training/classes/{class_id}/enrolments": only(ORGANISER),
        "PUT /training/classes/{class_id}/sessions/{session_number}/attendance": only(ORGANISER, FACILITATOR),
        "PUT /training/classes/{class_id}/scores": only(ORGANISER, FACILITATOR),
        "POST /training/classes/{class_id}/close": only(ORGANISER),
        "POST /training/classes/{class_id}/corrections": only(ORGANISER),
        "POST /training/classes/{class_id}/cancellations": only(ORGANISER),
        "GET /training/classes/{class_id}/nominations": EVERYBODY,
        "POST /training/classes/{class_id}/nominations": EVERYBODY,
        "POST /training/classes/{class_id}/nominations/decisions": only(ORGANISER),
        "GET /training/enrolments": EVERYBODY,
        "PUT /training/enrolments/{enrolment_id}/commitment": EVERYBODY,
        "POST /training/enrolments/{enrolment_id}/decline": EVERYBODY,
        "GET /training/demands": EVERYBODY,
        "GET /training/demands/{demand_id}": EVERYBODY,
        "GET /training/learning-hours": EVERYBODY,
        "GET /training/learning-hours/{employee_id}": EVERYBODY,
        "POST /training/activities/{activity_id}/revoke": only(ANALYST),
    },
    "mentoring": {
        **shell("mentoring"),
        "GET /mentoring/requests": EVERYBODY,
        "GET /mentoring/requests/{request_id}": EVERYBODY,
        "POST /mentoring/requests": only(ANALYST),
        "POST /mentoring/requests/{request_id}/withdraw": EVERYBODY,
        "POST /mentoring/own-requests": EVERYBODY,
        "POST /mentoring/onboarding": only(ANALYST),
        "GET /mentoring/mentors": EVERYBODY,
        "POST /mentoring/mentors": only(ANALYST),
        "PUT /mentoring/own-offer": EVERYBODY,
        "POST /mentoring/mentors/{mentor_id}/pause": EVERYBODY,
        "POST /mentoring/mentors/{mentor_id}/resume": EVERYBODY,
        "POST /mentoring/conflicts": EVERYBODY,
        "POST /mentoring/matching-runs": only(ANALYST),
        "GET /mentoring/matching-runs/{run_id}": only(ANALYST, AUDITOR),
        "GET /mentoring/proposals": only(ANALYST, AUDITOR),
        "POST /mentoring/proposals/confirm": only(ANALYST),
        "POST /mentoring/proposals/decline": only(ANALYST),
        "POST /mentoring/guides": only(ANALYST),
        "GET /mentoring/pairs": EVERYBODY,
        "GET /mentoring/pairs/{pair_id}": EVERYBODY,
        "POST /mentoring/pairs/start": only(ANALYST),
        "POST /mentoring/pairs/close": EVERYBODY,
        "PUT /mentoring/pairs/{pair_id}/agreement": EVERYBODY,
        "POST /mentoring/pairs/{pair_id}/agreement/sign": EVERYBODY,
        "POST /mentoring/pairs/{pair_id}/extend": EVERYBODY,
        "POST /mentoring/pairs/{pair_id}/stop": EVERYBODY,
        "PUT /mentoring/pairs/{pair_id}/reaction": EVERYBODY,
        "GET /mentoring/pair-sessions": EVERYBODY,
        "POST /mentoring/pair-sessions": EVERYBODY,
        "POST /mentoring/pair-sessions/confirm": EVERYBODY,
        "POST /mentoring/pair-sessions/dispute": EVERYBODY,
    },
    "evaluation": {
        **shell("evaluation"),
        "GET /evaluation/evaluations": EVERYBODY,
        "GET /evaluation/evaluations/{evaluation_id}": EVERYBODY,
        "GET /evaluation/follow-ups": EVERYBODY,
        "GET /evaluation/follow-ups/{follow_up_id}": EVERYBODY,
        "POST /evaluation/follow-ups/confirmations": only(ANALYST),
        "POST /evaluation/follow-ups/{follow_up_id}/decline": only(ANALYST),
        "POST /evaluation/follow-ups/{follow_up_id}/done": EVERYBODY,
        "POST /evaluation/follow-ups/{follow_up_id}/close": only(ANALYST),
        "GET /evaluation/class-findings": only(ANALYST, AUDITOR, ORGANISER, FACILITATOR),
        "GET /evaluation/reviews": EVERYBODY,
        "GET /evaluation/reviews/{review_id}": EVERYBODY,
        "GET /evaluation/forms": EVERYBODY,
        "POST /evaluation/answers": EVERYBODY,
        "GET /evaluation/journeys": EVERYBODY,
        "GET /evaluation/journeys/{need_id}": EVERYBODY,
        "GET /evaluation/citizen-surveys": EVERYBODY,
        "GET /evaluation/rules": EVERYBODY,
    },
}

SEES_OTHERS: dict[str, frozenset[Role]] = {
    "GET /needs/employees": only(ANALYST, AUDITOR),
    "GET /needs/employees/{employee_id}": only(ANALYST, AUDITOR),
    "GET /needs/assessments": only(ANALYST, ASSESSOR, AUDITOR),
    "GET /needs/assessments/{assessment_id}": only(ANALYST, ASSESSOR, AUDITOR),
    "GET /needs/performance": only(ANALYST, AUDITOR),
    "GET /needs/gaps/{employee_id}": only(ANALYST, AUDITOR),
    "GET /needs/needs": only(ANALYST, AUDITOR),
    "GET /needs/needs/{need_id}": only(ANALYST, AUDITOR),
    "GET /needs/plan-items": only(ANALYST, AUDITOR),
    "GET /needs/plan-items/{plan_item_id}": only(ANALYST, AUDITOR),
    "GET /training/classes/{class_id}/enrolments": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/classes/{class_id}/nominations": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/enrolments": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/demands": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/demands/{demand_id}": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/learning-hours": only(ANALYST, AUDITOR),
    "GET /training/learning-hours/{employee_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/requests": only(ANALYST, AUDITOR),
    "GET /mentoring/requests/{request_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/mentors": only(ANALYST, AUDITOR),
    "GET /mentoring/proposals": only(ANALYST, AUDITOR),
    "GET /mentoring/pairs": only(ANALYST, AUDITOR),
    "GET /mentoring/pairs/{pair_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/pair-sessions": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations/{evaluation_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups/{follow_up_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/reviews": only(ANALYST, AUDITOR),
    "GET /evaluation/reviews/{review_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/forms": only(ANALYST, AUDITOR),
    "GET /evaluation/journeys": only(ANALYST, AUDITOR),
    "GET /evaluation/journeys/{need_id}": only(ANALYST, AUDITOR),
}
"""Of the routes that answer with records of people: the roles that see those of others. Everybody sees their own.

Operators, partners and programs without one of these roles see nobody.
"""

SEES_OWN_UNIT: dict[str, frozenset[Role]] = {
    route: only(Role.UNIT_STAFF)
    for route in (
        "GET /needs/assessments",
        "GET /needs/assessments/{assessment_id}",
        "GET /needs/performance",
        "GET /needs/gaps/{employee_id}",
        "GET /needs/needs",
        "GET /needs/needs/{need_id}",
        "GET /needs/plan-items",
        "GET /needs/plan-items/{plan_item_id}",
        "GET /evaluation/forms",
        "GET /mentoring/requests",
        "GET /mentoring/requests/{request_id}",
        "GET /mentoring/pairs",
        "GET /mentoring/pairs/{pair_id}",
        "GET /mentoring/mentors",
        "GET /mentoring/pair-sessions",
    )
}
"""Beside them, roles that see the records of their own unit: people, since a program belongs to none."""

NOT_ABOUT_PEOPLE = frozenset(
    {
        "GET /",
        "GET /needs/pages/sign-in",
        "GET /training/pages/sign-in",
        "GET /mentoring/pages/sign-in",
        "GET /evaluation/pages/sign-in",
        "GET /needs/units",
        "GET /needs/imports",
        "GET /needs/imports/{import_id}",
        "GET /needs/competencies",
        "GET /needs/standards",
        "GET /needs/positions",
        "GET /needs/analyses",
        "GET /needs/forms",
        "GET /needs/decrees",
        "GET /needs/decrees/{decree_id}",
        "GET /training/programs",
        "GET /training/programs/{program_id}",
        "GET /training/classes",
        "GET /training/classes/{class_id}",
        "GET /mentoring/matching-runs/{run_id}",
        "GET /evaluation/class-findings",
        "GET /evaluation/citizen-surveys",
        "GET /evaluation/rules",
    }
)
"""Routes whose answers name nobody but, by id, the head of a unit and who brought a file in."""
