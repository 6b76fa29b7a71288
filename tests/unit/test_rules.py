"""Rule files: the shipped one says what it should, a bad one says where it is wrong."""

from datetime import date
from pathlib import Path

import pytest

from services.evaluation.domain.rules import FollowUpPlan, Target
from services.evaluation.rules import LEARNING_OF_PERSON, RuleFileError, load_learning_rule

VERSION = """
[[versions]]
effective_from = {effective_from}
source = "aturan rekaan"
default_pass_mark = {default_pass_mark}
[versions.follow_up]
kind = "REMEDIAL"
cause = "NOT_MASTERED"
target = "{target}"
due_in_days = {due_in_days}
"""


def version(
    effective_from: str = "2026-01-01", default_pass_mark: str = "70", target: str = "MENTORING", days: str = "30"
) -> str:
    return VERSION.format(
        effective_from=effective_from, default_pass_mark=default_pass_mark, target=target, due_in_days=days
    )


def write(folder: Path, text: str) -> Path:
    path = folder / "rule.toml"
    path.write_text(text, "utf-8")
    return path


def test_shipped_rule_asks_70_percent_and_a_remedial_within_30_days() -> None:
    remedial = FollowUpPlan(kind="REMEDIAL", cause="NOT_MASTERED", target=Target.MENTORING, due_in_days=30)

    in_force = LEARNING_OF_PERSON.in_force_on(date(2026, 3, 4))

    assert LEARNING_OF_PERSON.name == "L2_PERSON"
    assert (in_force.default_pass_mark, in_force.follow_up) == (70, remedial)


def test_versions_take_over_from_each_other(tmp_path: Path) -> None:
    rule = load_learning_rule(write(tmp_path, 'name = "X"' + version("2026-01-01", "70") + version("2027-01-01", "75")))

    assert [rule.in_force_on(date(year, 12, 31)).default_pass_mark for year in (2025, 2026, 2027)] == [70, 70, 75]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name = ", "tidak terbaca"),
        ('name = "X"', "versions"),
        ('name = "X"\nversions = []', "versions"),
        (version(), "name"),
        ('name = "dua kata"' + version(), "name"),
        ('name = "X"' + version(default_pass_mark="101"), "versions.0.default_pass_mark"),
        ('name = "X"' + version(default_pass_mark='"70"'), "versions.0.default_pass_mark"),
        ('name = "X"' + version(days="0"), "versions.0.follow_up.due_in_days"),
        ('name = "X"' + version(target="MENTORNG"), "versions.0.follow_up.target"),
        ('name = "X"' + version(effective_from='"kemarin"'), "versions.0.effective_from"),
        ('name = "X"' + version() + "colour = 1", "versions.0.follow_up.colour"),
        ('name = "X"' + version("2027-01-01") + version("2026-01-01"), "versions"),
        ('name = "X"' + version() + version(), "versions"),
    ],
)
def test_bad_rule_file_is_refused_with_the_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(RuleFileError, match=r"rule\.toml") as refusal:
        load_learning_rule(write(tmp_path, text))

    assert place in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_missing_or_binary_rule_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")

    for name in ("absent.toml", "binary.toml"):
        with pytest.raises(RuleFileError, match=name):
            load_learning_rule(tmp_path / name)
