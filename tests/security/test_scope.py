"""No route or page reads records of people by a query that does not ask who reads."""

from __future__ import annotations

import pytest

from services.embedded import SERVICES
from tests.security.scope import queries_of_doors, takes_actor

NOT_PERSONAL = {
    "needs": {
        "competencies.competencies",
        "competencies.position",
        "competencies.position_classes",
        "competencies.positions",
        "competencies.standards",
        "master.import_of",
        "master.page_of_imports",
        "master.recorded_units",
        "needs.analyses",
        "plan.decree",
        "plan.decrees",
    },
    "training": set[str](),
    "mentoring": {"matching.competency_codes", "matching.matching_run", "matching.newest_run"},
    "evaluation": {"citizens.surveys", "evaluations.class_findings", "reviews.program_titles"},
}
"""Reference data, figures, and ids of records that are asked for apart."""

OF_RECORDS_SHOWN = {
    "needs": {"competencies.levels_of"},
    "training": set[str](),
    "mentoring": {"matching.loads", "people.person_with_number"},
    "evaluation": {
        "follow_ups.of_case",
        "follow_ups.reasons_of",
        "journeys.need_of",
        "journeys.newest_facts",
        "reviews.answers",
    },
}
"""What belongs to records that the same route has got from a query that takes the actor; and ids by a number."""


@pytest.mark.parametrize("service", SERVICES)
def test_queries_of_routes_and_pages_cannot_be_called_without_the_actor(service: str) -> None:
    named = {query for _, query in queries_of_doors(service)}

    without = {query for query in named if not takes_actor(service, query)}

    assert named - without
    assert without == NOT_PERSONAL[service] | OF_RECORDS_SHOWN[service]


def test_query_that_does_not_ask_who_reads_is_found() -> None:
    named = {query for _, query in queries_of_doors("needs")}

    assert {"people.people_of", "master.employee", "master.recorded_units"} <= named
    assert [takes_actor("needs", f"master.{name}") for name in ("employee", "recorded_units")] == [True, False]
