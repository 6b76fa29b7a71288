"""The oracle over a year written down by hand: nothing differs, and every conclusion that is changed does."""

from typing import Any

import pytest

from . import year_analyses, year_gaps, year_hours, year_needs, year_surveys
from .comparison import differences
from .written_year import AFTER, ANI, BUDI, CENTRE, NEED, Written, answers

READERS = (year_gaps, year_analyses, year_needs, year_hours, year_surveys)
CHANGES: list[tuple[str, str, str, tuple[str | int, ...], object]] = [
    ("gaps", "needs", f"gaps/{ANI}", ("gaps", 0, "level"), 2),
    ("gaps", "needs", f"gaps/{ANI}", ("gaps", 0, "met_by"), None),
    ("gaps", "needs", f"gaps/{ANI}", ("gaps", 1, "standard"), 4),
    ("gaps", "needs", f"gaps/{BUDI}", ("gaps", 3, "level"), 0),
    ("matches", "needs", f"gaps/{ANI}", ("match", "capped"), "92.60"),
    ("matches", "needs", f"gaps/{ANI}", ("match", "mapping_band", "code"), "CO"),
    ("terms of evidence", "needs", "assessments", (0, "valid_until"), "2028-01-02"),
    ("needs found", "needs", f"needs/{NEED}", ("current_level",), 2),
    ("needs found", "needs", f"needs/{NEED}", ("assessment_id",), AFTER),
    ("analyses", "needs", "analyses", (0, "needs_identified"), 2),
    ("need stages", "needs", f"needs/{NEED}", ("status",), "PLANNED"),
    ("need stages", "needs", f"needs/{NEED}", ("closing_assessment_id",), CENTRE),
    ("need stages", "needs", f"needs/{NEED}", ("standard_level",), 2),
    ("need stages", "needs", "decrees", (0, "concluded_by"), "one"),
    ("re-measured levels", "evaluation", "reviews/review", ("level",), 2),
    ("needs to review", "needs", f"needs/{NEED}", ("review_follow_up_id",), "some"),
    ("plan items", "needs", "plan-items", (0, "status"), "APPROVED"),
    ("plan items", "mentoring", "requests", (0, "form"), 14),
    ("completions", "training", "classes/class/enrolments", (0, "certificate_number"), None),
    ("completions", "training", "classes/class/enrolments", (0, "presence", "2"), False),
    ("learning hours", "training", f"learning-hours/{BUDI}", ("activities", 0, "credited_hours"), 8),
    ("learning hours", "training", f"learning-hours/{ANI}", ("activities", 1, "limit"), None),
    ("learning hours", "mentoring", "pair-sessions", (0, "starts_at"), "16:00:00"),
    ("statements", "training", f"learning-hours/{ANI}", ("by_form",), {"C2": 6}),
    ("statements", "training", f"learning-hours/{BUDI}", ("target",), 19),
    ("citizen surveys", "evaluation", "citizen-surveys", ("surveys", 0, "exact_index"), "74.25"),
    ("citizen surveys", "evaluation", "citizen-surveys", ("surveys", 0, "signals"), []),
    ("agency indices", "evaluation", "citizen-surveys", ("agency", 0, "pooled_index"), "75.01"),
]


def differing(shown: dict[tuple[str, str], Any]) -> dict[str, list[str]]:
    product = Written(shown)
    return {
        subject: differences(expected, seen)
        for reader in READERS
        for subject, expected, seen in reader.compared(product)
    }


def test_a_year_that_follows_the_rules_differs_in_nothing() -> None:
    assert {subject: lines for subject, lines in differing(answers()).items() if lines} == {}


@pytest.mark.parametrize(("subject", "service", "path", "place", "value"), CHANGES)
def test_a_changed_conclusion_differs_in_its_subject(
    subject: str, service: str, path: str, place: tuple[str | int, ...], value: object
) -> None:
    shown = answers()
    found = shown[(service, path)]
    for step in place[:-1]:
        found = found[step]
    assert found[place[-1]] != value
    found[place[-1]] = value

    assert differing(shown)[subject]


@pytest.mark.parametrize(
    ("subject", "service", "path", "entries"),
    [
        ("needs found", "needs", "needs", ()),
        ("need stages", "needs", "decrees", ()),
        ("plan items", "mentoring", "requests", ()),
        ("learning hours", "mentoring", "pair-sessions", ()),
        ("statements", "training", "classes", ()),
        ("re-measured levels", "evaluation", "reviews", ()),
    ],
)
def test_what_is_missing_differs(subject: str, service: str, path: str, entries: tuple[object, ...]) -> None:
    shown = answers()
    shown[(service, path)] = list(entries)

    assert differing(shown)[subject]
