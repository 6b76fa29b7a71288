"""Ten mutations of the rules: planted in the product's rule files, each must make the oracle differ.

`place` is where the oracle keeps the same number, so that its own tests can show that the inputs reach the rule.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from . import citizen_surveys, gaps, learning_hours, made_cases, made_lines, reaction_and_learning, sessions
from .comparison import Facts
from .learning_hours import TABLE, statements

ZONE = "Asia/Jakarta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A rule with its paragraph, where both keep it, what to change, and which difference shows it."""

    rule: str
    paragraph: str
    place: str
    value: object
    shown_by: str
    file: str
    old: str
    new: str
    told: str

    def is_told_by(self, lines: Iterable[str]) -> bool:
        """Whether one of the differences, each led by its subject, can come from this rule alone."""
        return any(re.match(self.told, line) for line in lines)


def _changed(code: str, **fields: int) -> dict[str, learning_hours.Form]:
    return {**TABLE, code: replace(TABLE[code], **fields)}  # type: ignore[arg-type]


MUTATIONS = (
    Mutation(
        rule="mapping band CO: lower bound 77",
        paragraph="§2.5",
        place="gaps.MAPPING_BANDS",
        value=(("90", "O"), ("77", "CO"), ("0", "KO")),
        shown_by="gaps",
        file="needs/rules/job_person_match.toml",
        old="from_percent = 78",
        new="from_percent = 77",
        told=r"people: .* band expected KO, seen CO$",
    ),
    Mutation(
        rule="JP of a workshop: 4 a day",
        paragraph="§2.4 B7",
        place="learning_hours.TABLE",
        value=_changed("B7", home=4),
        shown_by="learning_hours",
        file="training/rules/learning_hours.toml",
        old='B7 = { counting = "DAY", national = 5',
        new='B7 = { counting = "DAY", national = 4',
        told=r"hours by form: .* B7: jp ",
    ),
    Mutation(
        rule="coaching: 3 times a month",
        paragraph="§2.4 C1",
        place="learning_hours.TABLE",
        value=_changed("C1", times_a_month=3),
        shown_by="sessions",
        file="training/rules/learning_hours.toml",
        old='C1 = { counting = "TIME", national = 2, international = 4, times_per_month = 2',
        new='C1 = { counting = "TIME", national = 2, international = 4, times_per_month = 3',
        told=r"hours by form: .* C1: jp expected 4, seen 6$",
    ),
    Mutation(
        rule="surcharge abroad: 25 %",
        paragraph="§2.4",
        place="learning_hours.ABROAD",
        value=Fraction("1.25"),
        shown_by="made_lines",
        file="training/rules/learning_hours.toml",
        old='B10 = { counting = "PROGRAM", percent_international = 120',
        new='B10 = { counting = "PROGRAM", percent_international = 125',
        told=r"learning hours: .* jp expected 24, seen 25$",
    ),
    Mutation(
        rule="band B of citizens' answers: lower bound 82",
        paragraph="§2.8",
        place="citizen_surveys.BANDS",
        value=(("88.31", "A"), ("82.00", "B"), ("65.00", "C"), ("25.00", "D")),
        shown_by="citizen_surveys",
        file="evaluation/rules/l4_unit.toml",
        old='name = "B"\nbegins_at = 76.61',
        new='name = "B"\nbegins_at = 82.00',
        told=r"[^:]*: .*_band expected B, seen C$",
    ),
    Mutation(
        rule="pass mark: 75",
        paragraph="§3.4 L2 person",
        place="reaction_and_learning.PASS_MARK",
        value=75,
        shown_by="cases",
        file="evaluation/rules/l2_person.toml",
        old="default_pass_mark = 70",
        new="default_pass_mark = 75",
        told=r"level 2: .* verdict expected EFFECTIVE, seen NOT_EFFECTIVE$",
    ),
    Mutation(
        rule="weak behaviour: below 2.80",
        paragraph="§3.4 L3",
        place="behaviour.WEAK",
        value=Fraction("2.80"),
        shown_by="cases",
        file="evaluation/rules/l3_person.toml",
        old="weak_below = 2.60",
        new="weak_below = 2.80",
        told=r"level 3: .* verdict expected PARTLY, seen NOT_EFFECTIVE$",
    ),
    Mutation(
        rule="least number of others: 2",
        paragraph="§3.4 L3 score",
        place="behaviour.LEAST_OTHERS",
        value=2,
        shown_by="cases",
        file="evaluation/rules/l3_person.toml",
        old="minimum_others = 3",
        new="minimum_others = 2",
        told=r"level 3 answers: .* others expected None, seen 2$",
    ),
    Mutation(
        rule="rounds before escalation: 1",
        paragraph="§3.4, last paragraph",
        place="follow_ups.ROUNDS",
        value=1,
        shown_by="cases",
        file="evaluation/rules/follow_ups.toml",
        old="rounds = 2",
        new="rounds = 1",
        told=r"follow-ups: .* status expected CLOSED, seen ESCALATED$",
    ),
    Mutation(
        rule="learning hours that call for level 3: 30",
        paragraph="§3.4",
        place="reaction_and_learning.LONG_PROGRAM_JP",
        value=30,
        shown_by="programs",
        file="evaluation/rules/l3_selection.toml",
        old="minimum_learning_hours = 20",
        new="minimum_learning_hours = 30",
        told=r"reviews: .* ground expected LEARNING_HOURS, seen (NOT_IN_SAMPLE|SAMPLE)$",
    ),
)


def plant(services: Path, mutations: Iterable[Mutation] = MUTATIONS) -> None:
    """Change the rules in a copy of the services; each text must stand there once."""
    for mutation in mutations:
        file = services / mutation.file
        text = file.read_text()
        if text.count(mutation.old) != 1:
            raise ValueError(f"{mutation.rule}: not once in {mutation.file}")
        file.write_text(text.replace(mutation.old, mutation.new))


def _called_for(jp: int) -> dict[str, object]:
    program = reaction_and_learning.Program(form="B5", jp=jp)
    return {"review": reaction_and_learning.behaviour_called_for(program, set_cost=0)}


def inputs(samples: Path) -> dict[str, Callable[[], Facts]]:
    """What the oracle says of each input, flat: the same inputs must go through the product to show the mutations."""
    employees = samples / "pegawai.xlsx"
    standard, assessment = samples / "standar-kompetensi.xlsx", samples / "rekap-asesmen.xlsx"
    activities, survey = samples / "kegiatan-20jp.xlsx", samples / "skm-triwulan.xlsx"
    return {
        "gaps": lambda: flat(gaps.expected(employees=employees, standard=standard, assessment=assessment)),
        "learning_hours": lambda: flat(learning_hours.expected(employees=employees, activities=activities)),
        "made_lines": lambda: flat(statements(made_lines.lines(seed=1), ZoneInfo(ZONE))),
        "sessions": lambda: flat(sessions.expected(made_lines.sessions(seed=1), ZONE)),
        "citizen_surveys": lambda: flat(citizen_surveys.expected(survey)),
        "programs": lambda: {f"{jp} JP": _called_for(jp) for jp in (19, 20, 30)},
        "cases": lambda: flat(made_cases.all_expected(ZONE)),
    }


def flat(subjects: Mapping[str, Facts]) -> Facts:
    return {f"{subject} {key}": fields for subject, facts in subjects.items() for key, fields in facts.items()}
