"""Ten mutations of the rules: planted in the product's rule files, each must make the oracle differ.

`place` is where the oracle keeps the same number, so that its own tests can show that the inputs reach the rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from . import citizen_surveys, gaps, learning_hours, made_cases, made_lines, sessions
from .comparison import Facts
from .learning_hours import TABLE, statements

ZONE = "Asia/Jakarta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A rule with its paragraph, what to change, and which inputs show it."""

    rule: str
    paragraph: str
    change: str
    place: str
    value: object
    shown_by: str


def _changed(code: str, **fields: int) -> dict[str, learning_hours.Form]:
    return {**TABLE, code: replace(TABLE[code], **fields)}  # type: ignore[arg-type]


MUTATIONS = (
    Mutation(
        rule="mapping band CO",
        paragraph="§2.5",
        change="lower bound 78 becomes 77 (no sample lies between 78 and 80)",
        place="gaps.MAPPING_BANDS",
        value=(("90", "O"), ("77", "CO"), ("0", "KO")),
        shown_by="gaps",
    ),
    Mutation(
        rule="JP of a workshop",
        paragraph="§2.4 B7",
        change="5 JP a day at home becomes 4",
        place="learning_hours.TABLE",
        value=_changed("B7", home=4),
        shown_by="learning_hours",
    ),
    Mutation(
        rule="coaching times a month",
        paragraph="§2.4 C1",
        change="2 times become 3",
        place="learning_hours.TABLE",
        value=_changed("C1", times_a_month=3),
        shown_by="sessions",
    ),
    Mutation(
        rule="surcharge abroad",
        paragraph="§2.4",
        change="20 % becomes 25 %",
        place="learning_hours.ABROAD",
        value=Fraction("1.25"),
        shown_by="made_lines",
    ),
    Mutation(
        rule="weight of an element",
        paragraph="§2.8",
        change="1/9 becomes 0.11",
        place="citizen_surveys.WEIGHT",
        value=Fraction("0.11"),
        shown_by="citizen_surveys",
    ),
    Mutation(
        rule="pass mark",
        paragraph="§3.4 L2 person",
        change="70 becomes 75",
        place="reaction_and_learning.PASS_MARK",
        value=75,
        shown_by="cases",
    ),
    Mutation(
        rule="weak behaviour",
        paragraph="§3.4 L3",
        change="score below 2.60 becomes below 2.50",
        place="behaviour.WEAK",
        value=Fraction("2.50"),
        shown_by="cases",
    ),
    Mutation(
        rule="least number of others",
        paragraph="§3.4 L3 score",
        change="3 become 2",
        place="behaviour.LEAST_OTHERS",
        value=2,
        shown_by="cases",
    ),
    Mutation(
        rule="rounds before escalation",
        paragraph="§3.4, last paragraph",
        change="2 become 3",
        place="follow_ups.ROUNDS",
        value=3,
        shown_by="cases",
    ),
    Mutation(
        rule="precedence",
        paragraph="§3.4",
        change="L3 gap goes before no opportunity or support",
        place="follow_ups.PRECEDENCE",
        value=("l3_gap", "l3_environment", "l3_deficit", "l2"),
        shown_by="cases",
    ),
)


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
        "cases": lambda: flat(made_cases.all_expected(ZONE)),
    }


def flat(subjects: Mapping[str, Facts]) -> Facts:
    return {f"{subject} {key}": fields for subject, facts in subjects.items() for key, fields in facts.items()}
