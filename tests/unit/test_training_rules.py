"""The rule files of training: what ships is read, and a file that cannot be followed says where it is wrong."""

from pathlib import Path

import pytest

from services.training.rules import FOLDER, RuleFileError, load_learning_hours, load_target

SHIPPED = (FOLDER / "learning_hours.toml").read_text("utf-8")
TARGET = (FOLDER / "learning_hours_target.toml").read_text("utf-8")


def written(folder: Path, text: str) -> Path:
    file = folder / "aturan.toml"
    file.write_text(text, "utf-8")
    return file


def test_shipped_rules_name_their_sources() -> None:
    for text in (SHIPPED, TARGET):
        assert text.count("[[versions]]") == text.count("\nsource = ") == text.count("\neffective_from = ")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('A1 = { counting = "SEMESTER", national = 20, ', "A1 = { ", "rates.A1"),
        ('B1 = { counting = "PROGRAM" }', 'B1 = { counting = "PROGRAM", national = 3 }', "rates.B1"),
        ("national = 4, international = 6 }", 'national = "4", international = 6 }', "rates.B6.national"),
        ("international = 4, times_per_month = 2 }", "times_per_month = 2 }", "rates.C1"),
        ("C11 = { counting", "D1 = { counting", "rates.D1"),
        ("times_per_month = 2 }", "times_per_month = 0 }", "rates.C1.times_per_month"),
        ("percent_international = 120", "percent_international = 80", "percent_international"),
        ('25 = "C13"\n', "", "versions.0.codes|setiap bentuk"),
        ('source = "Per', 'origin = "Per', "source|origin"),
        ("effective_from = 2019-02-01", 'effective_from = "segera"', "effective_from"),
    ],
)
def test_faulty_table_is_refused_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in SHIPPED

    with pytest.raises(RuleFileError, match=place):
        load_learning_hours(written(tmp_path, SHIPPED.replace(old, new, 1)))


def test_versions_out_of_order_are_refused(tmp_path: Path) -> None:
    again = TARGET + TARGET[TARGET.index("[[versions]]") :]

    with pytest.raises(RuleFileError, match="setiap versi harus mulai sesudah versi sebelumnya"):
        load_target(written(tmp_path, again))


@pytest.mark.parametrize("text", ["name = ", "", 'name = "X"\nversions = []'])
def test_file_that_is_no_rule_is_refused(tmp_path: Path, text: str) -> None:
    for load in (load_learning_hours, load_target):
        with pytest.raises(RuleFileError, match=r"aturan\.toml"):
            load(written(tmp_path, text))


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match="tidak terbaca"):
        load_target(tmp_path / "tidak-ada.toml")
