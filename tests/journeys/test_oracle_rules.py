"""The oracle against the worked examples of domain.md, and its inputs against ten mutations of the rules."""

import importlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from .oracle import (
    behaviour,
    citizen_surveys,
    evidence,
    gaps,
    learning_hours,
    made_cases,
    made_lines,
    mutations,
    need_status,
    reaction_and_learning,
    sessions,
    targets,
)
from .oracle.behaviour import Form
from .oracle.comparison import Facts, differences
from .oracle.evidence import Evidence
from .oracle.learning_hours import Line
from .oracle.mutations import MUTATIONS, Mutation
from .oracle.need_status import Decision
from .oracle.numbers import band, cut, half_up

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


# §2.8


def survey(sums: Sequence[int], answers: int, **more: object) -> citizen_surveys.Survey:
    numbers = dict.fromkeys(citizen_surveys.ELEMENTS, answers)
    by_element = dict(zip(citizen_surveys.ELEMENTS, sums, strict=True))
    return citizen_surveys.Survey(key="1.02", unit="1.02", period="2026 TW1", sums=by_element, answers=numbers, **more)  # type: ignore[arg-type]


def test_weight_011_loses_a_hundredth_of_the_exact_index() -> None:
    """The document that has 90.56 with weight 0.11 has 91.48 exactly: sums of 29 answers that give about both."""
    found = survey([106] * 6 + [106, 106, 107], 29)

    assert citizen_surveys.index(found) * Fraction("0.99") == citizen_surveys.index(found, Fraction("0.11"))
    assert half_up(citizen_surveys.index(found)) == Decimal("91.48")
    assert half_up(citizen_surveys.index(found, Fraction("0.11"))) in (Decimal("90.56"), Decimal("90.57"))


@pytest.mark.parametrize(
    ("value", "rounded", "name"),
    [
        ("88.305", "88.31", "A"),
        ("88.3049", "88.30", "B"),
        ("76.605", "76.61", "B"),
        ("76.604", "76.60", "C"),
        ("64.995", "65.00", "C"),
        ("64.99", "64.99", "D"),
    ],
)
def test_the_band_is_that_of_the_rounded_index(value: str, rounded: str, name: str) -> None:
    shown = half_up(Fraction(value))

    assert shown == Decimal(rounded)
    assert band(shown, citizen_surveys.BANDS) == name


def test_agency_index_is_the_mean_of_the_units_with_the_pooled_one_beside_it() -> None:
    found = citizen_surveys.agency([survey([40] * 9, 10), survey([90] * 9, 30)])

    assert (found["mean"], found["pooled"]) == (Decimal("87.50"), Decimal("81.25"))


def test_a_unit_plan_opens_when_a_band_is_lost_or_the_figure_is_low() -> None:
    before, fallen, low = survey([36] * 9, 10), survey([36] * 5 + [35] + [36] * 3, 10), survey([30] * 9, 10)

    assert citizen_surveys.signals(before, before) == []
    assert citizen_surveys.signals(before, fallen) == ["U6"]
    assert citizen_surveys.signals(None, low) == ["exact", "U6", "U7"]


# §3.3, §3.4


def test_normalised_gain_and_its_edges() -> None:
    assert reaction_and_learning.gain(Decimal(40), Decimal(82)) == Fraction(7, 10)
    assert reaction_and_learning.gain(Decimal(60), Decimal(50)) == Fraction(-1, 4)
    assert reaction_and_learning.gain(Decimal(100), Decimal(90)) is None
    assert reaction_and_learning.gain(None, Decimal(90)) is None


def test_small_gain_alone_is_no_failure_of_a_person() -> None:
    assert reaction_and_learning.person(Decimal(90), Decimal(92))["verdict"] == "EFFECTIVE"
    assert reaction_and_learning.person(None, Decimal("69.99"))["verdict"] == "NOT_EFFECTIVE"
    assert reaction_and_learning.person(Decimal(90), None)["verdict"] == "NOT_ENOUGH_DATA"


def test_class_gain_is_that_of_the_means_and_not_the_mean_of_gains() -> None:
    found = reaction_and_learning.class_gain([(Decimal(0), Decimal(50)), (Decimal(80), Decimal(100))])

    assert found["gain_of_means"] == Fraction(35, 60)
    assert found["mean_of_gains"] == Fraction(3, 4)


@pytest.mark.parametrize(
    ("pairs", "pre", "post", "review"),
    [(10, 60, 71, True), (9, 60, 71, False), (10, 60, 72, False), (10, 80, 81, False)],
)
def test_a_class_is_reviewed_when_ten_pairs_gained_little(pairs: int, pre: int, post: int, *, review: bool) -> None:
    found = reaction_and_learning.class_gain([(Decimal(pre), Decimal(post))] * pairs)

    assert found["review"] is review


@pytest.mark.parametrize(("low", "total", "redesign"), [(3, 10, True), (2, 10, False), (9, 9, False)])
def test_reactions_count_from_ten_answers(low: int, total: int, *, redesign: bool) -> None:
    answers = [{"benefit": 2, "material": 4}] * low + [{"benefit": 4, "material": 4}] * (total - low)

    assert reaction_and_learning.reaction(answers, "benefit")["redesign"] is redesign


def form(role: str, *values: int, **more: object) -> Form:
    behaviours = {f"behaviour {number}": value for number, value in enumerate(values)}
    return Form(role=role, behaviours=behaviours, **more)  # type: ignore[arg-type]


def test_score_halves_superior_and_others_from_three_others_on_and_leaves_self_out() -> None:
    superior, own = form("superior", 2, 3), form("self", 1, 1)
    others = [form("peer", 4, 4), form("peer", 3, 3), form("subordinate", 2, 2)]

    assert behaviour.score([superior, own, *others[:2]]) == Fraction(5, 2)
    assert behaviour.score([superior, own, *others]) == Fraction(11, 4)
    assert behaviour.score([own, *others]) is None


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((3, 3, 3, 2, 2), "PARTLY"),
        ((3, 3, 2, 2, 2), "NOT_EFFECTIVE"),
        ((4, 4, 4, 1), "NOT_EFFECTIVE"),
        ((4, 3, 3), "PARTLY"),
        ((4,) * 7 + (3,) * 13, "EFFECTIVE"),
        ((4,) * 6 + (3,) * 13, "PARTLY"),
    ],
)
def test_behaviour_is_judged_at_its_edges(values: tuple[int, ...], word: str) -> None:
    assert behaviour.verdict([form("superior", *values)])["verdict"] == word


def test_level_is_the_lower_median_with_the_superior_and_without_self() -> None:
    named = {"superior": 2, "peer": 3, "self": 5}
    forms = [form(role, 3, levels={"Komunikasi": level}) for role, level in named.items()]

    assert behaviour.remeasured_level(forms, "Komunikasi") == 2
    assert behaviour.remeasured_level([*forms, form("peer", 3, levels={"Komunikasi": 4})], "Komunikasi") == 3
    assert behaviour.remeasured_level(forms[1:], "Komunikasi") is None


WRITTEN_OUTCOMES: Mapping[str, tuple[str, list[tuple[str, int, str]]]] = {
    "closed-at-once": ("CLOSED", []),
    "passed-narrowly": ("CLOSED", []),
    "remedial": ("CLOSED", [("REMEDIAL", 1, "CLOSED")]),
    "coached-then-closed": ("CLOSED", [("COACHING", 1, "CLOSED")]),
    "escalated": ("PLANNED", [("MENTORING", 1, "RE_EVALUATED"), ("RETRAINING", 2, "ESCALATED")]),
    "environment-before-gap": ("PLANNED", [("SUPERIOR_TASK", 1, "OPENED")]),
    "gap-after-both": ("PLANNED", [("RETRAINING", 1, "OPENED")]),
    "two-others-do-not-count": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "three-others-count": ("PLANNED", []),
    "worst-of-superior": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "exactly-weak-edge": ("CLOSED", []),
    "rerouted": ("PLANNED", [("COACHING", 1, "OPENED")]),
    "retested-in-vain": ("PLANNED", [("REMEDIAL", 1, "RE_EVALUATED"), ("REMEDIAL", 2, "ESCALATED")]),
    "task-of-superior": ("CLOSED", [("SUPERIOR_TASK", 1, "CLOSED")]),
    "unanswered": ("PLANNED", []),
}


def test_each_made_case_ends_as_the_rules_say() -> None:
    found = made_cases.all_expected("Asia/Jakarta")
    ends = {
        key: (
            need["status"],
            [
                (one["kind"], one["round"], one["outcome"])
                for name, one in found["follow_ups"].items()
                if name.startswith(f"{key} ")
            ],
        )
        for key, need in found["need"].items()
    }

    assert ends == WRITTEN_OUTCOMES


def test_every_step_but_the_first_has_an_earlier_cause() -> None:
    for key, step in made_cases.all_expected("Asia/Jakarta")["steps"].items():
        number, cause = int(key.rsplit(" ", 1)[1]), step["cause"]

        assert cause is None if number == 1 else isinstance(cause, int) and cause < number


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
        evidence=Evidence(kind=kind, level=level, on=date(2026, 6, 1)),
    )

    assert (need_status.status(3, [*fixed, measured])["status"] == "CLOSED") is closed


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
