"""Who sees whose records, written down from how the work is divided: by role, and by how they stand to the person."""

from __future__ import annotations

from shared.identity.actor import Role
from tests.security.matrix import ANALYST, AUDITOR, FACILITATOR, ORGANISER, only
from tests.security.relations import Relation

SEES_OTHERS: dict[str, frozenset[Role]] = {
    "GET /needs/employees": only(ANALYST, AUDITOR),
    "GET /needs/employees/{employee_id}": only(ANALYST, AUDITOR),
    "GET /needs/deputies": only(ANALYST, AUDITOR),
    "GET /needs/pages/deputies": only(ANALYST, AUDITOR),
    "GET /needs/assessments": only(ANALYST, Role.ASSESSOR, AUDITOR),
    "GET /needs/assessments/{assessment_id}": only(ANALYST, Role.ASSESSOR, AUDITOR),
    "GET /needs/performance": only(ANALYST, AUDITOR),
    "GET /needs/gaps/{employee_id}": only(ANALYST, AUDITOR),
    "GET /needs/needs": only(ANALYST, AUDITOR),
    "GET /needs/needs/{need_id}": only(ANALYST, AUDITOR),
    "GET /needs/plan-items": only(ANALYST, AUDITOR),
    "GET /needs/plan-items/{plan_item_id}": only(ANALYST, AUDITOR),
    "GET /needs/pages/people": only(ANALYST, AUDITOR),
    "GET /needs/pages/people/{employee_id}": only(ANALYST, AUDITOR),
    "GET /needs/pages/me": only(),
    "GET /needs/pages/needs/{need_id}": only(ANALYST, AUDITOR),
    "GET /training/classes/{class_id}/enrolments": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/classes/{class_id}/nominations": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/enrolments": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/demands": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/demands/{demand_id}": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/learning-hours": only(ANALYST, AUDITOR),
    "GET /training/learning-hours/{employee_id}": only(ANALYST, AUDITOR),
    "GET /training/pages/classes/{class_id}": only(ORGANISER, FACILITATOR, ANALYST, AUDITOR),
    "GET /training/pages/me": only(),
    "GET /training/pages/people/{employee_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/requests": only(ANALYST, AUDITOR),
    "GET /mentoring/requests/{request_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/mentors": only(ANALYST, AUDITOR),
    "GET /mentoring/proposals": only(ANALYST, AUDITOR),
    "GET /mentoring/pairs": only(ANALYST, AUDITOR),
    "GET /mentoring/pairs/{pair_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/pair-sessions": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/pairs": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/pairs/{pair_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/requests": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/requests/{request_id}": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/proposals": only(ANALYST, AUDITOR),
    "GET /mentoring/pages/mentors": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations": only(ANALYST, AUDITOR),
    "GET /evaluation/evaluations/{evaluation_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups": only(ANALYST, AUDITOR),
    "GET /evaluation/follow-ups/{follow_up_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/reviews": only(ANALYST, AUDITOR),
    "GET /evaluation/reviews/{review_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/forms": only(ANALYST, AUDITOR),
    "GET /evaluation/journeys": only(ANALYST, AUDITOR),
    "GET /evaluation/journeys/{need_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/pages/forms": only(),
    "GET /evaluation/pages/forms/{form_id}": only(),
    "GET /evaluation/pages/reviews/{review_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/pages/follow-ups": only(ANALYST, AUDITOR),
    "GET /evaluation/pages/follow-ups/{follow_up_id}": only(ANALYST, AUDITOR),
    "GET /evaluation/pages/journeys": only(ANALYST, AUDITOR),
    "GET /evaluation/pages/journeys/{need_id}": only(ANALYST, AUDITOR),
}
"""Of the routes that answer with records of people: the roles that see those of others. Everybody sees their own.

Operators, partners and programs without one of these roles see nobody.
"""

UNIT_STAFF_SEES = frozenset({Relation.COLLEAGUE, Relation.SUPERIOR, Relation.UNIT_ABOVE, Relation.HIGHER})
"""Staff of a unit see the people of the unit and of those below it, so they themselves are in it or above it."""

SEES_OWN_UNIT = frozenset(
    {
        "GET /needs/deputies",
        "GET /needs/assessments",
        "GET /needs/assessments/{assessment_id}",
        "GET /needs/performance",
        "GET /needs/gaps/{employee_id}",
        "GET /needs/needs",
        "GET /needs/needs/{need_id}",
        "GET /needs/plan-items",
        "GET /needs/plan-items/{plan_item_id}",
        "GET /needs/pages/people",
        "GET /needs/pages/people/{employee_id}",
        "GET /needs/pages/needs/{need_id}",
        "GET /evaluation/forms",
        "GET /evaluation/pages/forms",
        "GET /evaluation/pages/forms/{form_id}",
        "GET /mentoring/requests",
        "GET /mentoring/requests/{request_id}",
        "GET /mentoring/pairs",
        "GET /mentoring/pairs/{pair_id}",
        "GET /mentoring/mentors",
        "GET /mentoring/pair-sessions",
        "GET /mentoring/pages/pairs",
        "GET /mentoring/pages/pairs/{pair_id}",
        "GET /mentoring/pages/requests",
        "GET /mentoring/pages/requests/{request_id}",
        "GET /mentoring/pages/mentors",
    }
)
"""Where they do: people only, since a program belongs to no unit."""

LINE = frozenset({Relation.SUPERIOR, Relation.HIGHER})
SEEN_FROM_ABOVE: dict[str, frozenset[Relation]] = {
    **{route: LINE for route in SEES_OWN_UNIT if not route.startswith("GET /evaluation")},
    "GET /training/learning-hours": frozenset({Relation.SUPERIOR}),
    "GET /training/learning-hours/{employee_id}": frozenset({Relation.SUPERIOR}),
    "GET /training/pages/people/{employee_id}": frozenset({Relation.SUPERIOR}),
    "GET /evaluation/reviews": frozenset({Relation.SUPERIOR}),
    "GET /evaluation/reviews/{review_id}": frozenset({Relation.SUPERIOR}),
    "GET /evaluation/pages/reviews/{review_id}": frozenset({Relation.SUPERIOR}),
}
"""Beside those roles, who sees the records of people they lead, whatever their role."""

SEARCHES: dict[str, tuple[str, str]] = {
    "POST /needs/pages/people": ("text", "GET /needs/pages/people"),
    "POST /mentoring/pages/pairs/search": ("name", "GET /mentoring/pages/pairs"),
    "POST /mentoring/pages/requests/search": ("name", "GET /mentoring/pages/requests"),
    "POST /evaluation/pages/follow-ups/search": ("name", "GET /evaluation/pages/follow-ups"),
    "POST /evaluation/pages/journeys/search": ("name", "GET /evaluation/pages/journeys"),
}
"""Searches by name, with their field and the list that holds the same."""

FILES = frozenset({"GET /needs/pages/people"})
"""Lists of people that can be taken away as a file: it holds who is on the page."""


def sees(route: str, role: Role, relation: Relation) -> bool:
    """Whether somebody with this role who stands so to a person is shown their record by the route or search."""
    listed = SEARCHES[route][1] if route in SEARCHES else route
    if relation is Relation.SELF or role in SEES_OTHERS[listed]:
        return True
    of_unit = role is Role.UNIT_STAFF and listed in SEES_OWN_UNIT and relation in UNIT_STAFF_SEES
    return of_unit or relation in SEEN_FROM_ABOVE.get(listed, ())
