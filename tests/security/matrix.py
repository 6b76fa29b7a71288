"""Who may use which route, written down from how the work is divided and not from the code."""

from __future__ import annotations

from shared.identity.actor import Role
from shared.web.guards import PUBLIC, Public

EVERYBODY = frozenset(Role)
ANALYST, ORGANISER, FACILITATOR = Role.ANALYST, Role.ORGANISER, Role.FACILITATOR
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
    }


MATRIX: dict[str, dict[str, Allowed]] = {
    "needs": {
        **shell("needs"),
        "GET /needs/units": EVERYBODY,
        "GET /needs/employees": only(ANALYST, AUDITOR),
        "GET /needs/employees/{employee_id}": EVERYBODY,
        "GET /needs/imports": only(ANALYST, AUDITOR, OPERATOR),
        "GET /needs/imports/{import_id}": only(ANALYST, AUDITOR, OPERATOR),
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
    },
    "mentoring": {
        **shell("mentoring"),
        "GET /mentoring/requests": EVERYBODY,
        "GET /mentoring/requests/{request_id}": EVERYBODY,
        "POST /mentoring/requests": only(ANALYST),
        "POST /mentoring/requests/{request_id}/withdraw": only(ANALYST),
    },
    "evaluation": {
        **shell("evaluation"),
        "GET /evaluation/evaluations": EVERYBODY,
        "GET /evaluation/evaluations/{evaluation_id}": EVERYBODY,
        "GET /evaluation/follow-ups": EVERYBODY,
        "GET /evaluation/follow-ups/{follow_up_id}": EVERYBODY,
    },
}

SEES_OTHERS: dict[str, frozenset[Role]] = {
    "GET /needs/employees": only(ANALYST, AUDITOR),
    "GET /needs/employees/{employee_id}": only(ANALYST, AUDITOR),
    "GET /training/classes/{class_id}/enrolments": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /mentoring/requests": only(ANALYST, AUDITOR),
    "GET /mentoring/requests/{request_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations/{evaluation_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups/{follow_up_id}": only(ANALYST, AUDITOR),
}
"""Of the routes that answer with records of people: the roles that see those of others. Everybody sees their own.

Operators, partners and programs without one of these roles see nobody.
"""

NOT_ABOUT_PEOPLE = frozenset(
    {
        "GET /",
        "GET /needs/units",
        "GET /needs/imports",
        "GET /needs/imports/{import_id}",
        "GET /training/programs",
        "GET /training/programs/{program_id}",
        "GET /training/classes",
        "GET /training/classes/{class_id}",
    }
)
"""Routes whose answers name nobody but, by id, the head of a unit and who brought a file in."""
