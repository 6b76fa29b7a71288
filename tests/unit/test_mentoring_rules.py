"""Rule files of mentoring: the shipped ones say what they should, bad ones where they are wrong, new ones from when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.mentoring.domain.people import in_force_on
from services.mentoring.domain.requests import Form, Origin
from services.mentoring.rules import (
    AGREEMENT,
    FOLDER,
    MATCHING,
    ONBOARDING,
    AgreementVersion,
    EvidenceVersion,
    MatchingVersion,
    OnboardingVersion,
    RuleFileError,
    VersionPart,
    load,
)

KINDS: dict[str, type[VersionPart]] = {
    "matching": MatchingVersion,
    "agreement": AgreementVersion,
    "onboarding": OnboardingVersion,
    "evidence": EvidenceVersion,
}
ONBOARDING_VERSION = (
    '[[versions]]\neffective_from = {since}\nsource = "x"\nnewcomer_months = {months}\ncompetency = "A"\n'
)


def test_shipped_rules_are_those_of_the_domain() -> None:
    matching, agreement = in_force_on(MATCHING, date(2026, 3, 2)), in_force_on(AGREEMENT, date(2026, 3, 2))

    points = (matching.gap, matching.seniority, matching.kinship, matching.nearness, matching.balance)
    assert points == (50, 15, 15, 10, 10)
    assert (matching.capacity.default, matching.capacity.at_most, matching.steps_above) == (3, 5, 1)
    mentoring = agreement.period_of(Form.MENTORING, Origin.OWN)
    assert (mentoring.at_least, mentoring.at_most, agreement.achieved_from) == (3, 6, 70)
    assert in_force_on(ONBOARDING, date(2026, 3, 2)).newcomer_months == 12


@pytest.mark.parametrize("name", KINDS)
def test_every_version_names_its_source(name: str) -> None:
    assert all(version.source for version in load(FOLDER / f"{name}.toml", KINDS[name]))


def test_new_version_changes_outcomes_from_its_date_on(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(
        ONBOARDING_VERSION.format(since="2019-01-01", months=12)
        + ONBOARDING_VERSION.format(since="2027-01-01", months=6)
    )

    versions = [version.to_domain() for version in load(path, OnboardingVersion)]

    days = [date(2018, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [in_force_on(versions, day).newcomer_months for day in days] == [12, 12, 6]


@pytest.mark.parametrize(
    ("name", "found", "wrong", "place"),
    [
        ("matching", "gap = 50", "gap = 51", "versions.0.points"),
        ("matching", "default = 3", "default = 6", "versions.0.capacity"),
        ("matching", "steps_above = 1", 'steps_above = "1"', "versions.0.hard.steps_above"),
        ("matching", "years = 10", "years = 0", "versions.0.full.years"),
        ("matching", "[versions.hard]", "[versions.soft]", "versions.0.hard"),
        ("agreement", "achieved_from = 70", "achieved_from = 101", "versions.0.achieved_from"),
        ("agreement", "at_most = 6", "at_most = 2", "versions.0.mentoring"),
        ("onboarding", "newcomer_months = 12", "newcomer_months = -1", "versions.0.newcomer_months"),
        ("onboarding", 'competency = "ORIENTASI_KERJA"', 'competency = "dua kata"', "versions.0.competency"),
        ("evidence", "effective_from = 2019-01-01", 'effective_from = "kemarin"', "versions.0.effective_from"),
        ("evidence", "[[versions]]", "[versions]", "versions"),
        ("evidence", "[[versions]]", "versions = ", "tidak terbaca"),
    ],
)
def test_bad_rule_file_is_refused_with_the_place(tmp_path: Path, name: str, found: str, wrong: str, place: str) -> None:
    shipped = (FOLDER / f"{name}.toml").read_text("utf-8")
    assert found in shipped
    path = tmp_path / "rule.toml"
    path.write_text(shipped.replace(found, wrong, 1), "utf-8")

    with pytest.raises(RuleFileError, match=r"rule\.toml") as refusal:
        load(path, KINDS[name])

    assert place in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_versions_out_of_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(ONBOARDING_VERSION.format(since="2027-01-01", months=1) * 2)

    with pytest.raises(RuleFileError, match="versions"):
        load(path, OnboardingVersion)
