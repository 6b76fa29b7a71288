"""Job person match, gap index and bands: worked examples, and a second computation in whole numbers."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.needs import rules
from services.needs.domain.competencies import Basis, Standards
from services.needs.domain.gaps import band_of, gap, gap_band_of, job_person_match, rounds_to, shown
from services.needs.domain.positions import PositionClass
from shared.ids import new_id

DAY = date(2026, 6, 1)
BANDS = rules.JOB_PERSON_MATCH.on(DAY)
CORE = [each.code for each in rules.CORE_COMPETENCIES.on(DAY)]

levels = st.lists(st.integers(0, 5), min_size=9, max_size=9)
standards = st.lists(st.integers(1, 5), min_size=9, max_size=9)


def named(values: list[int]) -> dict[str, int]:
    return dict(zip(CORE, values, strict=True))


@given(levels, standards)
def test_match_is_that_of_a_second_computation(reached: list[int], asked: list[int]) -> None:
    match = job_person_match(named(reached), named(asked) | {"TEKNIS-1": 3}, frozenset(CORE))

    total = asked[0] + sum(asked[1:])
    within = sum(reached) - sum(mine - wanted for mine, wanted in zip(reached, asked, strict=True) if mine > wanted)
    assert match is not None
    assert match.capped * total == within * 100
    assert match.uncapped * total == sum(reached) * 100
    assert match.gap_index == Fraction(100 * (total - within), total)
    # In whole hundredths, cut and never rounded.
    assert shown(match.capped) == Decimal(within * 10_000 // total) / 100
    assert shown(match.gap_index) == Decimal((total - within) * 10_000 // total) / 100


@given(levels, standards)
def test_band_is_found_by_comparing_whole_numbers(reached: list[int], asked: list[int]) -> None:
    match = job_person_match(named(reached), named(asked), frozenset(CORE))
    assert match is not None

    total = sum(asked)
    within = sum(min(pair) for pair in zip(reached, asked, strict=True))
    appointment = "MS" if within * 100 >= 80 * total else "MMS" if within * 100 >= 68 * total else "KMS"
    mapping = "O" if within * 100 >= 90 * total else "CO" if within * 100 >= 78 * total else "KO"
    lack = total - within
    index = "TINGGI" if lack * 100 >= 50 * total else "SEDANG" if lack * 100 >= 25 * total else "RENDAH"
    found = gap_band_of(match.gap_index, BANDS.gap_index)
    assert band_of(match.capped, BANDS.appointment).code == appointment
    assert band_of(match.capped, BANDS.mapping).code == mapping
    assert (found.code if found else None) == (index if lack else None)


@pytest.mark.parametrize(
    ("percent", "appointment", "mapping"),
    [
        ("100", "MS", "O"), ("90", "MS", "O"), ("89.999", "MS", "CO"), ("80", "MS", "CO"), ("79.999", "MMS", "CO"),
        ("78", "MMS", "CO"), ("77.999", "MMS", "KO"), ("68", "MMS", "KO"), ("67.999", "KMS", "KO"), ("0", "KMS", "KO"),
    ],
)  # fmt: skip
def test_edges_of_bands_belong_to_the_upper_one(percent: str, appointment: str, mapping: str) -> None:
    exact = Fraction(percent)

    assert (band_of(exact, BANDS.appointment).code, band_of(exact, BANDS.mapping).code) == (appointment, mapping)


@pytest.mark.parametrize(
    ("index", "band"), [("50", "TINGGI"), ("49.99", "SEDANG"), ("25", "SEDANG"), ("24.99", "RENDAH"), ("0", None)]
)
def test_gap_index_of_nothing_is_no_gap(index: str, band: str | None) -> None:
    found = gap_band_of(Fraction(index), BANDS.gap_index)

    assert (found.code if found else None) == band


def test_worked_example_of_a_recap() -> None:
    """35 of 36 levels with some above the standard 4: 97.22 as senders write it, 91.66 when each counts at most 4."""
    match = job_person_match(named([3, 3, 4, 5, 4, 5, 3, 4, 4]), named([4] * 9), frozenset(CORE))

    assert match is not None
    assert (shown(match.uncapped), shown(match.capped), shown(match.gap_index)) == (
        Decimal("97.22"), Decimal("91.66"), Decimal("8.33"),
    )  # fmt: skip


def test_competency_that_was_not_assessed_makes_a_report_incomplete_and_not_lower() -> None:
    reached = named([4] * 9)
    del reached["KOMUNIKASI"]

    assert job_person_match(reached, named([4] * 9), frozenset(CORE)) is None
    assert job_person_match(reached, {}, frozenset(CORE)) is None


def test_figure_of_senders_agrees_when_ours_rounds_to_it() -> None:
    exact = Fraction(800, 9)

    assert [rounds_to(exact, Decimal(each)) for each in ("88.89", "88.88", "88.90")] == [True, False, False]
    assert shown(Fraction("-1.239")) == Decimal("-1.23")


@given(st.integers(0, 5), st.integers(1, 5))
def test_gap_is_negative_for_a_deficit(level: int, standard: int) -> None:
    assert (gap(level, standard) < 0) == (level < standard)


def test_position_asks_by_its_duties_then_its_class_then_the_default() -> None:
    position = new_id()
    known = Standards(
        defaults=rules.CLASS_LEVELS.on(DAY),
        core=frozenset(CORE),
        classes={PositionClass.PENGAWAS: {"INTEGRITAS": 3, "KOMUNIKASI": 4}},
        positions={position: {"INTEGRITAS": 5, "TEKNIS-1": 2}},
    )

    asked = known.of(position, PositionClass.PENGAWAS)

    assert {code: (each.level, each.basis) for code, each in asked.items() if each.basis is not Basis.DEFAULT} == {
        "INTEGRITAS": (5, Basis.POSITION), "KOMUNIKASI": (4, Basis.CLASS), "TEKNIS-1": (2, Basis.POSITION),
    }  # fmt: skip
    assert {each.level for each in asked.values() if each.basis is Basis.DEFAULT} == {2}
    assert len(asked) == 10
    assert known.levels(None, PositionClass.PENGAWAS)["INTEGRITAS"] == 3


@pytest.mark.parametrize(
    ("position_class", "level"),
    [
        ("PELAKSANA", 1), ("PENGAWAS", 2), ("ADMINISTRATOR", 3), ("JPT_PRATAMA", 4), ("JPT_MADYA", 5), ("JPT_UTAMA", 5),
        ("JF_PEMULA", 1), ("JF_TERAMPIL", 2), ("JF_MAHIR", 2), ("JF_PENYELIA", 3), ("JF_AHLI_PERTAMA", 2),
        ("JF_AHLI_MUDA", 3), ("JF_AHLI_MADYA", 4), ("JF_AHLI_UTAMA", 5),
    ],
)  # fmt: skip
def test_default_level_of_each_class(position_class: str, level: int) -> None:
    assert rules.CLASS_LEVELS.on(DAY)[PositionClass(position_class)] == level
