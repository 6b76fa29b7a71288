"""The rule files of needs: complete, in order of dates, and a bad one says where it is wrong."""

from datetime import date
from pathlib import Path

import pytest

from services.needs import rules
from services.needs.domain.evidence import EvidenceKind
from services.needs.rules import (
    ClassLevelsVersion,
    CompetenciesVersion,
    Dated,
    EvidenceVersion,
    FormsVersion,
    MatchVersion,
    PeopleVersion,
    RuleFileError,
    StepsVersion,
    VersionPart,
    load,
)

DAY = date(2026, 6, 1)
FILES: dict[str, type[VersionPart]] = {
    "class_levels.toml": ClassLevelsVersion,
    "competencies.toml": CompetenciesVersion,
    "evidence.toml": EvidenceVersion,
    "forms.toml": FormsVersion,
    "job_person_match.toml": MatchVersion,
    "people.toml": PeopleVersion,
    "steps.toml": StepsVersion,
}


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """A shipped file with one thing changed."""
    text = (rules.FOLDER / name).read_text("utf-8")
    assert old in text
    path = folder / name
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_every_rule_file_is_read_and_names_its_source() -> None:
    assert {path.name for path in rules.FOLDER.iterdir()} == FILES.keys()
    for name, part in FILES.items():
        assert all(version.source for version in load(rules.FOLDER / name, part))


def test_nine_core_competencies_eight_of_them_managerial() -> None:
    core = rules.CORE_COMPETENCIES.on(DAY)

    assert len({each.code for each in core}) == len({each.title for each in core}) == 9
    assert [each.code for each in core if each.kind == "SOCIO_CULTURAL"] == ["PEREKAT_BANGSA"]
    assert sum(each.kind == "MANAGERIAL" for each in core) == 8


def test_of_25_forms_coaching_and_mentoring_alone_go_to_mentoring() -> None:
    forms = rules.FORMS.on(DAY)

    assert sorted(forms) == list(range(1, 26))
    assert {form.id: form.name for form in forms.values() if form.service == "mentoring"} == {
        14: "Coaching", 15: "Mentoring",
    }  # fmt: skip
    assert {form.service for form in forms.values()} == {"training", "mentoring"}


def test_version_holds_from_its_first_day() -> None:
    versions = Dated(((date(2019, 1, 1), "old"), (date(2027, 1, 1), "new")))

    days = (date(2018, 1, 1), date(2019, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2040, 1, 1))
    assert [versions.on(day) for day in days] == ["old", "old", "old", "new", "new"]


def test_new_version_changes_what_is_dated_from_its_day_on(tmp_path: Path) -> None:
    text = (rules.FOLDER / "evidence.toml").read_text("utf-8")
    later = (
        text[text.index("[[versions]]") :].replace("2019-01-01", "2027-01-01").replace("CENTRE = 36", "CENTRE = 24", 1)
    )
    path = tmp_path / "evidence.toml"
    path.write_text(text + later, "utf-8")

    dated = Dated(tuple((each.effective_from, each.table()) for each in load(path, EvidenceVersion)))

    assert [dated.on(date(year, 6, 1)).months[EvidenceKind.CENTRE] for year in (2026, 2027)] == [36, 24]


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("class_levels.toml", "PENGAWAS = 2\n", "", "versions.0"),
        ("class_levels.toml", "PENGAWAS = 2", "PENGAWAS = 6", "versions.0.levels.PENGAWAS"),
        ("evidence.toml", "CENTRE = 36\n", "", "versions.0"),
        ("evidence.toml", "CENTRE = 36", "CENTRE = 0", "versions.0.months.CENTRE"),
        ("evidence.toml", '"SELF"]', '"GUESS"]', "versions.0.never_decides"),
        ("forms.toml", 'service = "training"', 'service = "evaluation"', "versions.0.forms.0.service"),
        ("forms.toml", "id = 1\n", "id = 26\n", "versions.0.forms.0.id"),
        ("job_person_match.toml", "from_percent = 68", "from_percent = 81", "versions.0"),
        ("job_person_match.toml", "from_percent = 0", "from_percent = 1", "versions.0"),
        ("people.toml", "agreement_hours = 24", "agreement_hours = -1", "versions.0.agreement_hours"),
        ("people.toml", 'source = "', 'sauce = "', "versions.0.source"),
        ("steps.toml", "RETURNED = 30\n", "", "versions.0"),
        ("steps.toml", "RETURNED = 30", "CLOSED = 30", "versions.0"),
        ("steps.toml", "VERIFIED = 60", "VERIFIED = 0", "versions.0.days.VERIFIED"),
        ("competencies.toml", 'kind = "MANAGERIAL"', 'kind = "OTHER"', "versions.0.competencies.0.kind"),
        ("competencies.toml", "effective_from = 2017-09-01", "effective_from = 9", "versions.0.effective_from"),
        ("people.toml", "[[versions]]", "[[versions", "tidak terbaca"),
    ],
)
def test_bad_rule_file_is_refused_with_the_place(tmp_path: Path, name: str, old: str, new: str, place: str) -> None:
    with pytest.raises(RuleFileError, match=name) as refusal:
        load(changed(tmp_path, name, old, new), FILES[name])

    assert place in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_versions_out_of_order_and_missing_files_are_refused(tmp_path: Path) -> None:
    text = (rules.FOLDER / "people.toml").read_text("utf-8")
    (tmp_path / "people.toml").write_text(text + text[text.index("[[versions]]") :], "utf-8")

    for name in ("people.toml", "absent.toml"):
        with pytest.raises(RuleFileError, match=name):
            load(tmp_path / name, PeopleVersion)
