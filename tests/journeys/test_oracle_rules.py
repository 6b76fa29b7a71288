"""The oracle against the worked examples of domain.md, and its inputs against ten mutations of the rules."""

import importlib
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from .oracle import (
    completions,
    evidence,
    gaps,
    learning_hours,
    made_lines,
    mutations,
    need_status,
    sessions,
    targets,
    year_analyses,
    year_gaps,
)
from .oracle.comparison import Facts, differences
from .oracle.evidence import Evidence
from .oracle.learning_hours import Line
from .oracle.mutations import MUTATIONS, Mutation
from .oracle.need_status import Decision
from .oracle.numbers import band, cut

SAMPLES = Path(__file__).parents[1] / "samples"
JAKARTA = ZoneInfo("Asia/Jakarta")


def line(form: str, start: str, end: str | None = None, **more: object) -> Line:
    first, last = date.fromisoformat(start), date.fromisoformat(end or start)
    defaults: dict[str, object] = {"key": f"line {start}", "person": "row 1", "claimed": Decimal(30)}
    return Line(form=form, start=first, end=last, **(defaults | more))  # type: ignore[arg-type]


def jp(*lines: Line) -> list[int]:
    found = learning_hours.ledger(lines, JAKARTA)
    return [found[one.key].jp for one in lines]


# §2.5


def levels(*values: int | None) -> dict[str, int | None]:
    return dict(zip(gaps.CORE, values, strict=True))


def standard(level: int) -> dict[str, int]:
    return dict.fromkeys(gaps.CORE, level)


def test_over_achievement_counts_in_the_uncapped_jpm_only() -> None:
    found = gaps.match(standard(2), levels(5, 5, 5, 1, 2, 2, 2, 1, 2))

    assert (found["jpm"], found["jpm_uncapped"]) == (Decimal("88.88"), Decimal("138.88"))


def test_shown_values_are_cut_and_bands_see_the_exact_value() -> None:
    assert cut(Fraction(250, 9)) == Decimal("27.77")
    assert cut(Fraction(77999, 1000)) == Decimal("77.99")
    assert band(Fraction(77999, 1000), gaps.MAPPING_BANDS) == "KO"


@pytest.mark.parametrize(
    ("value", "mapping", "appointment"),
    [("90", "O", "MS"), ("89.999", "CO", "MS"), ("79.999", "CO", "MMS"), ("78", "CO", "MMS"), ("67.999", "KO", "KMS")],
)
def test_bands_begin_at_their_lower_bound(value: str, mapping: str, appointment: str) -> None:
    assert band(Fraction(value), gaps.MAPPING_BANDS) == mapping
    assert band(Fraction(value), gaps.APPOINTMENT_BANDS) == appointment


@pytest.mark.parametrize(
    ("capped", "category"), [(50, "Tinggi"), (51, "Sedang"), (75, "Sedang"), (76, "Rendah"), (100, gaps.NO_GAP)]
)
def test_gap_index_falls_into_its_category(capped: int, category: str) -> None:
    assert gaps.gap_index(Fraction(capped)) == (Fraction(100 - capped), category)


def test_a_competency_not_assessed_leaves_the_report_incomplete_but_keeps_the_other_gaps() -> None:
    reached = levels(1, None, 2, 2, 2, 2, 2, 2, 2)

    assert gaps.match(standard(2), reached)["jpm"] is None
    assert gaps.gaps(standard(2), reached)["Kerja Sama"] is None
    assert list(gaps.needs(standard(2), reached)) == ["Integritas"]


def test_newer_lower_evidence_contradicts_a_valid_assessment_and_does_not_decide() -> None:
    centre = Evidence(kind="assessment_center", level=3, on=date(2024, 3, 16), accredited=True)
    newer = Evidence(kind="superior", level=2, on=date(2026, 1, 1))

    assert evidence.deciding([centre, newer], date(2027, 3, 15), core=True) == (centre, True)
    assert evidence.deciding([centre, newer], date(2027, 3, 16), core=True) == (newer, False)
    assert evidence.deciding([centre, newer], date(2027, 3, 15), core=False) == (newer, False)


def test_on_one_day_a_test_goes_before_a_rating_and_self_rating_never_decides() -> None:
    tested, rated, own = (
        Evidence(kind=kind, level=level, on=date(2026, 1, 1))
        for kind, level in (("test", 2), ("superior", 4), ("self", 5))
    )

    assert evidence.deciding([own, rated, tested], date(2026, 6, 1), core=False) == (tested, False)
    assert evidence.deciding([own], date(2026, 6, 1), core=False) == (None, False)


def test_of_equal_evidence_on_one_day_the_lower_level_decides() -> None:
    low, high = (
        Evidence(kind="assessment_center", level=level, on=date(2026, 1, 1), accredited=True) for level in (2, 4)
    )

    assert evidence.deciding([low, high], date(2026, 6, 1), core=True) == (low, False)
    assert evidence.deciding([high, low], date(2026, 6, 1), core=True) == (low, False)


def test_newer_evidence_that_closes_meets_a_deficit_and_a_rating_does_not() -> None:
    centre = Evidence(kind="assessment_center", level=2, on=date(2025, 3, 1), accredited=True)
    tested, rated = (Evidence(kind=kind, level=3, on=date(2026, 1, 1)) for kind in ("challenge_test", "superior"))
    today = date(2026, 6, 1)

    assert year_gaps.met_by([centre, rated, tested], centre, 3, today) == tested
    assert year_gaps.met_by([centre, rated], centre, 3, today) is None
    assert year_analyses.deficit([centre, tested], 3, today, core=True) is None
    assert year_analyses.deficit([centre, rated], 3, today, core=True) is not None


# §2.4


@pytest.mark.parametrize(
    ("form", "days", "home", "abroad"),
    [
        ("A1", 1, 20, 20),
        ("B1", 1, 31, 31),
        ("B5", 3, 31, 37),
        ("B6", 2, 8, 12),
        ("B7", 2, 10, 14),
        ("B11", 3, 12, 18),
        ("C1", 1, 2, 4),
        ("C2", 1, 2, 4),
        ("C3", 3, 9, 12),
        ("C5", 5, 20, 24),
        ("C7", 2, 10, 20),
        ("C8", 2, 20, 24),
        ("C9", 3, 6, 7),
        ("C10", 1, 2, 2),
        ("C11", 9, 20, 24),
    ],
)
def test_each_form_earns_what_the_table_says(form: str, days: int, home: int, abroad: int) -> None:
    claimed = {"claimed": Decimal("31.9"), "end": f"2026-03-{days:02}"}

    assert jp(line(form, "2026-03-01", **claimed)) == [home]  # type: ignore[arg-type]
    assert jp(line(form, "2026-03-01", abroad=True, **claimed)) == [abroad]  # type: ignore[arg-type]


def test_minutes_make_whole_learning_hours() -> None:
    assert jp(line("B1", "2026-03-01", minutes=44), line("B1", "2026-04-01", minutes=134)) == [0, 2]


def test_e_learning_is_a_ceiling_and_a_seminar_is_not() -> None:
    assert jp(line("C3", "2026-03-01", "2026-03-03", claimed=Decimal(6))) == [6]
    assert jp(line("B6", "2026-03-01", "2026-03-03", claimed=Decimal(2))) == [12]


def test_days_that_overlap_in_one_form_count_once_for_the_earlier_start() -> None:
    late, early = line("B6", "2026-03-02", "2026-03-04"), line("B6", "2026-03-01", "2026-03-03")

    assert jp(late, early) == [4, 12]
    assert jp(early, line("B7", "2026-03-02")) == [12, 5]


def test_coaching_and_mentoring_have_a_cap_each_and_mentoring_alone_gives_48_a_year() -> None:
    coached = [line("C1", f"2026-03-{day:02}") for day in (1, 2, 3)]
    mentored = [
        line("C2", f"2026-{month:02}-{day:02}", key=f"line {month}{day}") for month in range(1, 13) for day in (5, 6, 7)
    ]

    assert jp(*coached, *mentored)[:3] == [2, 2, 0]
    assert sum(jp(*mentored)) == 2 * 2 * 12


def test_the_year_and_the_month_are_those_of_the_local_end_day() -> None:
    end = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    session = Line(key="line 1", person="row 1", form="C1", start=end, end=end)

    assert learning_hours.ledger([session], JAKARTA)["line 1"].year == 2027
    assert learning_hours.ledger([session], ZoneInfo("UTC"))["line 1"].year == 2026


def test_a_line_written_twice_counts_once() -> None:
    twice = [line("B5", "2026-03-01", key=key) for key in ("line 1", "line 2")]

    assert jp(*twice) == [30, 0]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_never_matters(seed: int) -> None:
    lines = made_lines.lines(seed)
    shuffled = Random(seed).sample(lines, len(lines))

    assert learning_hours.ledger(lines, JAKARTA) == learning_hours.ledger(shuffled, JAKARTA)


@pytest.mark.parametrize(
    ("there", "post", "missed"),
    [
        ((True, True, True, False), 60, None),
        ((False, True, True, True), 100, completions.ATTENDANCE),
        ((True, True, True, True), None, completions.POST_TEST),
        ((True, True, True, True), 0, None),
    ],
)
def test_a_class_is_completed_by_hours_attended_and_the_test_taken(
    there: tuple[bool, ...], post: int | None, missed: str | None
) -> None:
    rule = completions.Rule(session_hours=(8, 8, 8, 6), minimum_percent=80, post_test_required=True)
    presence = {str(number): present for number, present in enumerate(there, start=1)}

    assert completions.missed(rule, presence, post) == missed


def test_of_sessions_in_one_month_those_that_began_first_count() -> None:
    begun = [datetime(2026, 1, 16, hour, tzinfo=JAKARTA) for hour in (14, 9, 11)]
    held = [Line(key=str(at.hour), person="row 1", form="C2", start=at, end=at, title=str(at.hour)) for at in begun]

    assert jp(*held) == [0, 2, 2]


def test_target_follows_the_months_active() -> None:
    absent = [
        targets.Absence(status="02", start=date(2026, 3, 1), end=date(2026, 6, 1)),
        targets.Absence(status="01", start=date(2026, 7, 1), end=date(2026, 8, 1)),
    ]

    assert targets.months_active(2026, date(2010, 1, 1), None, absent) == 9
    assert targets.months_active(2026, date(2010, 1, 1), date(2026, 5, 1)) == 4
    assert [targets.target("PNS", months) for months in (12, 9, 7)] == [20, 15, 12]
    assert targets.target("PPPK", 12) is None


def test_reminders_come_on_their_three_days() -> None:
    assert targets.reminder_due(9, date(2026, 6, 30))
    assert not targets.reminder_due(10, date(2026, 6, 30))
    assert targets.reminder_due(14, date(2026, 9, 30))
    assert targets.reminder_due(19, date(2026, 11, 30))
    assert not targets.reminder_due(0, date(2026, 12, 1))


def test_contract_years_hold_24_learning_hours_of_the_agency() -> None:
    start = date(2025, 8, 1)
    planned = [(date(2026, 7, 31), 20)]

    assert targets.fixation_allowed("PPPK", start, planned, (date(2026, 7, 1), 4))
    assert not targets.fixation_allowed("PPPK", start, planned, (date(2026, 7, 1), 5))
    assert targets.fixation_allowed("PPPK", start, planned, (date(2026, 8, 1), 24))
    assert targets.fixation_allowed("PNS", start, planned, (date(2026, 7, 1), 40))


# §2.6 and the sessions of §2.4


def decisions(*kinds: tuple[str, str]) -> list[Decision]:
    return [
        Decision(id=str(n), kind=kind, by=by, at=datetime(2026, 1, n, tzinfo=UTC))
        for n, (kind, by) in enumerate(kinds, start=1)
    ]


def test_a_decree_is_confirmed_by_a_second_person() -> None:
    steps = [("verify", "a"), ("validate", "b"), ("upload_decree", "c")]

    assert need_status.status(3, decisions(*steps, ("confirm_decree", "c")))["status"] == "VALIDATED"
    assert need_status.status(3, decisions(*steps, ("confirm_decree", "d")))["status"] == "PLANNED"


def test_a_stage_is_never_skipped_and_a_returned_need_begins_again() -> None:
    assert need_status.status(3, decisions(("validate", "a"))) == {"status": "IDENTIFIED", "refused": ["1"]}
    again = decisions(("verify", "a"), ("return", "b"), ("submit", "c"), ("verify", "a"))
    assert need_status.status(3, [*reversed(again), *again])["status"] == "VERIFIED"


@pytest.mark.parametrize(
    ("kind", "level", "closed"),
    [("post_training", 3, True), ("post_training", 2, False), ("superior", 4, False), ("assessment_center", 3, True)],
)
def test_only_a_measured_level_that_reaches_the_standard_closes_a_need(kind: str, level: int, *, closed: bool) -> None:
    fixed = decisions(("verify", "a"), ("validate", "b"), ("upload_decree", "c"), ("confirm_decree", "d"))
    measured = Decision(
        id="5",
        kind="measure",
        at=datetime(2026, 6, 1, tzinfo=UTC),
        evidence=Evidence(kind=kind, level=level, on=date(2026, 6, 1), accredited=kind == "assessment_center"),
    )

    assert (need_status.status(3, [*fixed, measured])["status"] == "CLOSED") is closed


@pytest.mark.parametrize("stage", range(4))
def test_a_need_is_closed_at_any_open_stage_by_what_was_measured_since_it_was_found(stage: int) -> None:
    before = decisions(("verify", "a"), ("validate", "b"), ("return", "b"))[:stage]
    old, new = (
        Decision(
            id=f"measure {on}",
            kind="measure",
            at=datetime(2026, 2, 1, tzinfo=UTC),
            evidence=Evidence(kind="challenge_test", level=3, on=on),
        )
        for on in (date(2025, 12, 30), date(2026, 1, 31))
    )
    need = need_status.Need(3, date(2026, 1, 1))

    assert need_status.stages(need, [*before, old])[-1] != "CLOSED"
    assert need_status.stages(need_status.Need(3, date(2026, 1, 1)), [*before, new])[-1] == "CLOSED"


@pytest.mark.parametrize(
    ("change", "ends"),
    [("changed", "PLANNED"), ("not_asked", "REJECTED"), ("away", "RETURNED"), ("left", "REJECTED")],
)
def test_what_becomes_of_a_person_decides_what_becomes_of_a_planned_need(change: str, ends: str) -> None:
    steps = [("verify", "a"), ("validate", "b"), ("upload_decree", "c"), ("confirm_decree", "d"), (change, "")]

    assert need_status.status(3, decisions(*steps))["status"] == ends


def test_only_coaching_and_mentoring_go_to_mentoring() -> None:
    assert [number for number in range(1, 26) if need_status.receiver(number) == "mentoring"] == [14, 15]


def test_confirmed_sessions_share_the_month_and_one_taken_back_leaves_its_place() -> None:
    made = [
        sessions.Session(
            key=f"session {day}",
            kind="mentoring",
            person="row 1",
            start=datetime(2026, 1, day, 2, tzinfo=UTC),
            end=datetime(2026, 1, day, 3, tzinfo=UTC),
            confirmed_by=sessions.BOTH if day != 2 else frozenset({"mentor"}),
            taken_back=day == 3,
        )
        for day in (1, 2, 3, 4, 5)
    ]

    found = sessions.expected(made, "Asia/Jakarta")["sessions"]

    assert [found[session.key]["jp"] for session in made] == [2, 0, 0, 2, 0]


# The comparison and the mutations


def test_a_difference_names_row_and_field_and_never_a_person() -> None:
    expected: Facts = {"row 5": {"jpm": Decimal("94.40"), "band": "O"}, "row 6": {"jpm": None}}
    seen: Facts = {"row 5": {"jpm": "94.4", "band": "CO", "more": 1}, "row 7": {"jpm": None}}

    assert differences(expected, seen) == [
        "row 6: missing",
        "row 7: not expected",
        "row 5: band expected O, seen CO",
    ]
    with pytest.raises(ValueError, match="person's number"):
        differences({"199901012020011000": {}}, {})


def test_the_sender_is_compared_and_not_trusted() -> None:
    found = mutations.flat(
        gaps.expected(
            employees=SAMPLES / "pegawai.xlsx",
            standard=SAMPLES / "standar-kompetensi.xlsx",
            assessment=SAMPLES / "rekap-asesmen.xlsx",
        )
    )
    disagreeing = [fields["complete"] for fields in found.values() if fields.get("senders_jpm_agrees") is False]

    assert disagreeing == [False] * 6


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_inputs_show_each_mutation(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = mutations.inputs(SAMPLES)[mutation.shown_by]
    before = expected()
    module, name = mutation.place.split(".")

    monkeypatch.setattr(importlib.import_module(f".oracle.{module}", __package__), name, mutation.value)

    assert differences(before, before) == []
    assert differences(before, expected()) != []
