"""One need travels the whole loop: found, planned, trained for, mentored, re-measured, met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.journeys import one_case
from tests.journeys.installations import Installation

CREDITED = "learning_hours_credited"
COMMAND = "command"
STEPS = [
    ("need_identified", COMMAND),
    ("need_verified", COMMAND),
    ("need_validated", COMMAND),
    ("plan_item_approved", COMMAND),
    ("class_scheduled", COMMAND),
    ("enrolment_confirmed", COMMAND),
    ("learning_measured", COMMAND),
    ("training_completed", COMMAND),
    ("certificate_issued", COMMAND),
    ("evaluation_concluded", "training_completed"),
    ("follow_up_opened", "training_completed"),
    ("mentoring_requested", "follow_up_opened"),
    ("follow_up_confirmed", COMMAND),
    ("mentor_matched", COMMAND),
    ("mentoring_started", COMMAND),
    ("session_confirmed", COMMAND),
    ("session_confirmed", COMMAND),
    ("mentoring_completed", COMMAND),
    ("follow_up_done", "mentoring_completed"),
    ("evaluation_concluded", COMMAND),
    ("follow_up_closed", COMMAND),
    ("competency_remeasured", COMMAND),
    ("competency_assessed", "competency_remeasured"),
    ("need_closed", "competency_remeasured"),
]


async def test_need_is_met_by_the_follow_up_of_a_training_that_did_not_help(installation: Installation) -> None:
    await installation.start()
    case = await one_case.found_need(installation)
    employee, standard = case.employee_id, case.need["standard_level"]

    item_id = await one_case.planned(case)
    demands = f"/training/demands?employee_id={employee}"
    await case.becomes(demands, id=item_id, status="OPEN", need_ids=[case.need_id])
    await case.becomes(f"/needs/needs/{case.need_id}", status="PLANNED")

    enrolment_id = await one_case.trained(case, item_id)
    await case.becomes(demands, id=item_id, status="MET", enrolment_id=enrolment_id)
    await case.becomes("/evaluation/evaluations", enrolment_id=enrolment_id, level=2, verdict="NOT_EFFECTIVE")
    follow_ups = f"/evaluation/follow-ups?employee_id={employee}"
    opened = await case.becomes(follow_ups, status="OPEN", target="MENTORING", need_ids=[case.need_id])
    requests = f"/mentoring/requests?employee_id={employee}"
    await case.becomes(requests, follow_up_id=opened["id"], status="PROPOSED")

    confirmed = {"follow_ups": [{"follow_up_id": opened["id"]}]}
    await case.call("POST", "/evaluation/follow-ups/confirmations", confirmed)
    request = await case.becomes(requests, follow_up_id=opened["id"], status="OPEN", need_ids=[case.need_id])

    pair = await one_case.matched(case, request["id"])
    follow_up = f"/evaluation/follow-ups/{opened['id']}"
    await case.becomes(follow_up, status="ACCEPTED")
    days = await one_case.mentored(case, pair, sessions=2)
    await case.becomes(follow_up, status="DONE")
    await case.becomes("/evaluation/reviews", activity_id=pair["id"], status="PLANNED")
    await one_case.sessions_credited(case, days, hours_each=2)

    await one_case.pass_days(case, 91)
    review = await case.becomes("/evaluation/reviews", activity_id=pair["id"], status="OPEN")
    forms = await case.call("GET", "/evaluation/forms?status=OPEN&limit=200")
    asked = [form for form in forms if form["review_id"] == review["id"]]
    assert {form["role"] for form in asked} >= {"SELF", "SUPERIOR", "PEER"}
    await one_case.answered_well(case, asked)

    await case.becomes(f"/evaluation/reviews/{review['id']}", status="CLOSED", verdict="EFFECTIVE", level=standard)
    await case.becomes(follow_up, status="CLOSED", closing_reason="RESOLVED")
    await case.becomes(f"/needs/needs/{case.need_id}", status="CLOSED", closing_level=standard)
    check_journey(await one_case.journey(case), standard)


def check_journey(steps: Sequence[Mapping[str, Any]], standard: int) -> None:
    """Every step stands where its cause puts it, with the figures and the versions of the rules that decided."""
    told = one_case.told(steps)
    # Hours are credited beside the story, while others go on.
    assert [step for step in told if step[0] != CREDITED] == STEPS
    hours = [cause for name, cause in told if name == CREDITED]
    assert sorted(hours) == [COMMAND, "session_confirmed", "session_confirmed"]
    assert all(each["caused_by"] < each["number"] for each in steps if each["caused_by"])
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(steps))
    learned, behaved = (each["facts"] for each in steps if each["type"].endswith(".evaluation_concluded.v1"))
    assert (learned["level"], learned["figure"], learned["verdict"]) == (2, "40.00", "NOT_EFFECTIVE")
    assert (behaved["level"], behaved["figure"], behaved["verdict"]) == (3, "4.00", "EFFECTIVE")
    assert {(each["rule"], each["rule_version"]) for each in (learned, behaved)} == {
        ("L2_PERSON", "2019-01-01"),
        ("L3_PERSON", "2019-01-01"),
    }
    assert steps[-1]["facts"]["level"] == standard
    assert all(facts["rule_version"] for facts in (each["facts"] for each in steps if CREDITED in each["type"]))
