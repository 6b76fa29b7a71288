"""Which level counts: a plain second computation sorts what may decide and takes the last."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mentoring.domain.levels import Evidence, deciding_level
from services.mentoring.domain.people import in_force_on
from services.mentoring.rules import EVIDENCE
from shared.ids import new_id

TODAY = date(2026, 3, 2)
RULE = in_force_on(EVIDENCE, TODAY)
SOURCES = ["CENTRE", "CENTRE_UNACCREDITED", "TEST", "CHALLENGE_TEST", "POST_TRAINING", "SUPERIOR", "OBSERVATION"]


def shown(source: str, level: int, on: date, until: date | None = None) -> Evidence:
    return Evidence(assessment_id=new_id(), source=source, assessed_on=on, valid_until=until, level=level)


@pytest.mark.parametrize(
    ("evidence", "core", "level"),
    [
        ([], True, None),
        ([shown("SELF", 5, date(2026, 1, 1))], True, None),
        ([shown("CENTRE", 2, date(2024, 1, 1)), shown("SUPERIOR", 4, date(2026, 1, 1))], True, 2),
        ([shown("CENTRE", 2, date(2024, 1, 1)), shown("SUPERIOR", 4, date(2026, 1, 1))], False, 4),
        ([shown("CENTRE", 2, date(2022, 1, 1), date(2025, 1, 1)), shown("SUPERIOR", 4, date(2026, 1, 1))], True, 4),
        ([shown("SUPERIOR", 4, date(2026, 1, 1)), shown("TEST", 3, date(2026, 1, 1))], False, 3),
        ([shown("TEST", 3, date(2026, 1, 1)), shown("TEST", 2, date(2026, 1, 1))], False, 2),
        ([shown("TEST", 3, TODAY)], False, 3),
        ([shown("TEST", 3, date(2026, 3, 3))], False, None),
        ([shown("TEST", 3, date(2023, 3, 2), TODAY)], False, None),
        ([shown("LAIN", 1, date(2026, 1, 1)), shown("OBSERVATION", 4, date(2026, 1, 1))], False, 4),
    ],
)
def test_level_that_counts(evidence: list[Evidence], core: bool, level: int | None) -> None:
    assert deciding_level(evidence, TODAY, RULE, core=core) == level


pieces = st.builds(
    shown,
    st.sampled_from([*SOURCES, "SELF"]),
    st.integers(0, 5),
    st.dates(date(2025, 12, 1), date(2026, 3, 5)),
    st.none() | st.dates(date(2026, 2, 1), date(2026, 4, 1)),
)


@given(evidence=st.lists(pieces, max_size=8), core=st.booleans())
def test_level_that_counts_equals_the_second_computation(evidence: list[Evidence], core: bool) -> None:
    valid = [e for e in evidence if e.source != "SELF" and e.assessed_on <= TODAY]
    valid = [e for e in valid if e.valid_until is None or e.valid_until > TODAY]
    if core and any(e.source == "CENTRE" for e in valid):
        valid = [e for e in valid if e.source == "CENTRE"]
    newest = [e for e in valid if e.assessed_on == max(each.assessed_on for each in valid)]
    for source in SOURCES:
        if levels := [e.level for e in newest if e.source == source]:
            assert deciding_level(evidence, TODAY, RULE, core=core) == min(levels)
            return
    assert deciding_level(evidence, TODAY, RULE, core=core) is None
