"""Which evidence decides, how long it counts, and which needs a person has; held against a plain second computation."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.needs import rules
from services.needs.domain.analysis import Analysed, Analysis, find_needs
from services.needs.domain.evidence import Decision, Evidence, EvidenceKind, decide, valid_until
from shared.ids import new_id

DAY = date(2026, 6, 1)
RULES = rules.EVIDENCE.on(DAY)
CORE = frozenset(each.code for each in rules.CORE_COMPETENCIES.on(DAY))
_numbers = itertools.count(1)


def evidence(kind: str, level: int, assessed_on: date) -> Evidence:
    known = EvidenceKind(kind)
    return Evidence(
        assessment_id=UUID(int=next(_numbers)),
        kind=known,
        assessed_on=assessed_on,
        valid_until=valid_until(known, assessed_on, RULES),
        level=level,
    )


@dataclass(frozen=True)
class Plain:
    """What the second computation finds: the level that decides, its kind and day, and whether it is contradicted."""

    level: int
    kind: str
    on: date
    contradicted: bool


MONTHS = {
    "CENTRE": 36, "TEST": 36, "CHALLENGE_TEST": 36, "CENTRE_UNACCREDITED": 24, "POST_TRAINING": 24, "SUPERIOR": 24,
    "OBSERVATION": 24,
}  # fmt: skip
BEFORE_RATINGS = ["CENTRE", "CENTRE_UNACCREDITED", "TEST", "CHALLENGE_TEST"]


def counts(each: Evidence, day: date) -> bool:
    """By walking the calendar: from its day to the same day of the month so many months later, or the month's end."""
    if each.kind == "SELF" or day < each.assessed_on:
        return False
    years, months = divmod(each.assessed_on.month - 1 + MONTHS[each.kind], 12)
    end = date(each.assessed_on.year + years, months + 1, 1)
    for _ in range(each.assessed_on.day - 1):
        if (end + timedelta(days=1)).month == end.month:
            end += timedelta(days=1)
    return day < end


def plainly(known: Sequence[Evidence], day: date, core: bool) -> Plain | None:
    """Sort by hand: oldest first, on one day the weaker kind first, the higher level first; the last one decides."""
    order = [*reversed(BEFORE_RATINGS), *[k for k in MONTHS if k not in BEFORE_RATINGS]]
    rank = {kind: place for place, kind in enumerate(["OBSERVATION", "SUPERIOR", "POST_TRAINING", *order[:4]])}
    valid = [each for each in known if counts(each, day)]
    valid.sort(key=lambda each: (each.assessed_on, rank[each.kind], -each.level))
    centres = [each for each in valid if each.kind == "CENTRE"]
    chosen = centres if core and centres else valid
    if not chosen:
        return None
    last = chosen[-1]
    against = [each for each in valid if each.assessed_on > last.assessed_on and each.level < last.level]
    return Plain(last.level, last.kind, last.assessed_on, bool(core and centres and against))


kinds = st.sampled_from([kind.value for kind in EvidenceKind])
days = st.dates(date(2022, 1, 1), date(2026, 12, 31)) | st.sampled_from([date(2023, 6, 1), date(2024, 6, 1), DAY])
pieces = st.builds(evidence, kinds, st.integers(0, 5), days)


@given(st.lists(pieces, max_size=8), st.booleans(), st.sampled_from([DAY, date(2028, 2, 29), date(2023, 6, 1)]))
def test_deciding_evidence_is_that_of_the_second_computation(known: list[Evidence], core: bool, day: date) -> None:
    decision = decide(known, day, RULES, core=core)
    expected = plainly(known, day, core)

    found = decision and Plain(
        decision.level, decision.evidence.kind, decision.evidence.assessed_on, decision.contradicted_by is not None
    )
    assert found == expected


@given(st.permutations([evidence("CENTRE", 3, DAY), evidence("TEST", 2, DAY), evidence("SUPERIOR", 5, DAY)]))
def test_order_in_which_evidence_is_known_does_not_matter(known: Sequence[Evidence]) -> None:
    decision = decide(known, DAY, RULES, core=False)

    assert decision is not None
    assert decision.level == 3


@pytest.mark.parametrize(
    ("kind", "assessed_on", "until"),
    [
        ("CENTRE", date(2026, 3, 16), date(2029, 3, 16)),
        ("CENTRE", date(2024, 2, 29), date(2027, 2, 28)),
        ("POST_TRAINING", date(2026, 3, 31), date(2028, 3, 31)),
        ("POST_TRAINING", date(2026, 12, 31), date(2028, 12, 31)),
        ("SELF", date(2024, 2, 29), date(2025, 2, 28)),
    ],
)
def test_evidence_counts_from_its_day_to_the_same_day_months_later(kind: str, assessed_on: date, until: date) -> None:
    each = evidence(kind, 3, assessed_on)

    assert each.valid_until == until
    assert [each.holds_on(day) for day in (assessed_on - timedelta(days=1), assessed_on, until)] == [False, True, False]
    assert each.holds_on(until - timedelta(days=1))


def test_accredited_assessment_stands_against_newer_ratings_but_says_so() -> None:
    centre = evidence("CENTRE", 3, date(2025, 1, 10))
    lower, higher = evidence("SUPERIOR", 2, date(2026, 1, 10)), evidence("POST_TRAINING", 4, date(2026, 2, 10))

    core = decide([lower, centre, higher], DAY, RULES, core=True)
    technical = decide([lower, centre, higher], DAY, RULES, core=False)

    assert core == Decision(evidence=centre, contradicted_by=lower)
    assert technical == Decision(evidence=higher)


def test_own_rating_never_decides() -> None:
    assert decide([evidence("SELF", 5, DAY)], DAY, RULES, core=False) is None


def analysed(standard: Mapping[str, int], known: Mapping[str, Sequence[Evidence]]) -> Analysed:
    return Analysed(employee_id=new_id(), unit_id=new_id(), position_id=new_id(), standard=standard, evidence=known)


ANALYSIS = Analysis(cycle=2026, day=DAY, rules=RULES, core=CORE, new_id=new_id)
codes = st.sampled_from(["INTEGRITAS", "KOMUNIKASI", "TEKNIS-1", "TEKNIS-2"])


@given(
    st.dictionaries(codes, st.integers(1, 5)),
    st.dictionaries(codes, st.lists(pieces, min_size=1, max_size=5)),
)
def test_needs_are_the_deficits_that_nothing_newer_has_met(
    standard: dict[str, int], known: dict[str, list[Evidence]]
) -> None:
    found = find_needs(analysed(standard, known), ANALYSIS)

    expected = {}
    for code, level in standard.items():
        decides = plainly(known.get(code, []), DAY, code in CORE)
        if decides is None or decides.level >= level:
            continue
        met = [
            each
            for each in known[code]
            if each.kind in {"CENTRE", "POST_TRAINING", "CHALLENGE_TEST"}
            and counts(each, DAY)
            and each.assessed_on > decides.on
            and each.level >= level
        ]
        if not met:
            expected[code] = (level, decides.level, decides.contradicted)
    seen = {
        each.need.competency: (each.need.standard_level, each.need.current_level, each.contradicted) for each in found
    }
    assert seen == expected
    assert all(each.need.current_level < each.need.standard_level for each in found)
