"""Levels 1 and 2 of a year: completions by their post-tests, classes by reactions and gain (§3.3, §3.4)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from . import reaction_and_learning
from .comparison import Facts
from .evidence import months_later
from .numbers import cut, half_up
from .product import Entry, Product
from .reaction_and_learning import HIGHEST_MARK, LEAST_ANSWERS, LEAST_PAIRS

COMPLETED = "COMPLETED"
CLOSED = "CLOSED"
BENEFIT = "BENEFIT"
POOL_MONTHS = 12
REACTION, LEARNING = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Classes, and the seats taken in each."""

    classes: Mapping[str, Entry]
    seats: Mapping[str, Entry]

    @classmethod
    def read(cls, product: Product) -> "Training":
        return cls(
            classes={one["id"]: one for one in product.all("training", "classes")},
            seats={one["id"]: one for one in product.all("training", "enrolments")},
        )

    def completed(self) -> Iterator[tuple[Entry, Entry]]:
        """Seats that were completed, with their classes: who missed too much has nothing to be evaluated (§3.4)."""
        for seat in self.seats.values():
            if seat["status"] == COMPLETED:
                yield seat, self.classes[seat["class_id"]]

    def taken_back(self, known: Collection[str]) -> Iterator[tuple[Entry, Entry]]:
        """Seats that evaluation once knew as completed, until their attendance was corrected."""
        for seat in self.seats.values():
            if seat["status"] != COMPLETED and seat["id"] in known:
                yield seat, self.classes[seat["class_id"]]


def percent(seat: Entry, score: str) -> Decimal | None:
    """A score out of a hundred: the pass mark is one (§3.4)."""
    value = seat[score]
    return None if value is None else Decimal(value) * HIGHEST_MARK / Decimal(seat["max_score"])


def tests(seat: Entry) -> tuple[Decimal | None, Decimal | None]:
    return percent(seat, "pre_score"), percent(seat, "post_score")


def _shown(gain: Fraction) -> Decimal:
    """Two decimals that never show more than was gained: §3.3 keeps a loss, and a small one shows as one."""
    return Decimal(floor(gain * 100)).scaleb(-2)


def of_person(seat: Entry, held: Entry) -> dict[str, object]:
    pre, post = tests(seat)
    mark = reaction_and_learning.mark(held["pass_mark"])
    found = reaction_and_learning.person(pre, post, mark)
    gain = found["gain"]
    return {
        "verdict": found["verdict"],
        # Figures are shown as all values of §2.5: cut to two decimals.
        "figure": None if post is None else cut(Fraction(post)),
        "gain": _shown(gain) if isinstance(gain, Fraction) else None,
        "employee": seat["employee_id"],
        "competency": held["competency"],
    }


def person_facts(training: Training, evaluations: Iterable[Entry]) -> tuple[Facts, Facts]:
    """One conclusion for each completion, whatever became of the follow-up (§3.5: none missing, none twice)."""
    seen = {
        one["enrolment_id"]: {
            "verdict": one["verdict"],
            "figure": one["figure"],
            "gain": one["gain"],
            "employee": one["employee_id"],
            "competency": one["competency"],
        }
        for one in evaluations
        if one["level"] == LEARNING
    }
    expected = {seat["id"]: of_person(seat, held) for seat, held in training.completed()}
    for seat, held in training.taken_back(seen):
        # What was not completed leaves nothing to conclude.
        person = {"employee": seat["employee_id"], "competency": held["competency"]}
        expected[seat["id"]] = {"verdict": "NOT_ENOUGH_DATA", "figure": None, "gain": None, **person}
    return expected, seen


def class_gain(seats: Sequence[Entry]) -> dict[str, object]:
    found = reaction_and_learning.class_gain([tests(seat) for seat in seats])
    # Below ten pairs there is no rule, hence no figure that would decide (§3.4).
    enough = isinstance(found["pairs"], int) and found["pairs"] >= LEAST_PAIRS
    gain = found["gain_of_means"]
    return {
        "count": found["pairs"],
        "verdict": found["verdict"],
        "figure": _shown(gain) if enough and isinstance(gain, Fraction) else None,
    }


def reaction(items: Mapping[str, Mapping[str, int]] | None, count: int) -> dict[str, object]:
    """Level 1 from the sums of each item; under ten answers no rule fires (§3.4)."""
    if items is None or count < LEAST_ANSWERS:
        return {"verdict": "NOT_ENOUGH_DATA", "figure": None}
    means = [Fraction(item["total"], item["count"]) for item in items.values()]
    index = half_up(sum(means, Fraction(0)) / len(means) * 25)
    low = Fraction(items[BENEFIT]["low"], items[BENEFIT]["count"])
    redesign = low >= reaction_and_learning.LOW_SHARE or index < reaction_and_learning.LOWEST_GOOD_INDEX
    return {"verdict": "NOT_EFFECTIVE" if redesign else "EFFECTIVE", "figure": index, "low_share": cut(low * 100)}


def class_facts(
    training: Training, asked: Sequence[Entry], told: Mapping[str, str], found: Iterable[Entry], today: date
) -> tuple[Facts, Facts]:
    """Findings of both levels for every class that somebody completed, once its forms have run out."""
    findings = {(one["class_id"], one["level"]): one for one in found}
    by_class: dict[str, list[Entry]] = {}
    for seat, held in [*training.completed(), *training.taken_back(told)]:
        by_class.setdefault(held["id"], []).append(seat)
    answers, waiting = _answers(asked, today)
    expected: dict[str, dict[str, object]] = {}
    for class_id, seats in by_class.items():
        if class_id in waiting:
            continue
        own = answers.get(class_id, 0)
        pooled = own < LEAST_ANSWERS
        cohorts = _cohorts(training, class_id, by_class) if pooled else [class_id]
        finding = findings.get((class_id, REACTION))
        count = sum(answers.get(cohort, 0) for cohort in cohorts)
        items = finding and finding["items"]
        expected[f"{class_id} {REACTION}"] = {"count": count, "pooled": pooled} | reaction(items, count)
        # §3.4 leaves open what a completion found afterwards does to a class: its finding stands.
        in_time = [seat for seat in seats if finding is None or _counted(seat, told, finding)]
        expected[f"{class_id} {LEARNING}"] = {"pooled": False} | class_gain(in_time)
    seen = {f"{class_id} {level}": _seen(one) for (class_id, level), one in findings.items()}
    return expected, seen


def _counted(seat: Entry, told: Mapping[str, str], finding: Entry) -> bool:
    """Whether the class was concluded with this seat: known as completed then, whatever a correction made of it."""
    before = told[seat["id"]] < str(finding["concluded_at"])
    completed: bool = seat["status"] == COMPLETED
    return before == completed


def _seen(finding: Entry) -> dict[str, object]:
    names = ("count", "pooled", "verdict", "figure", "low_share")
    return {name: finding[name] for name in names}


def _answers(asked: Iterable[Entry], today: date) -> tuple[dict[str, int], set[str]]:
    """Answers by class, and the classes whose day of the last answer has not passed."""
    counts: dict[str, int] = {}
    waiting = set()
    for form in asked:
        if form["role"] == "PARTICIPANT":
            counts[form["class_id"]] = counts.get(form["class_id"], 0) + (form["status"] == "ANSWERED")
            if date.fromisoformat(form["answer_by"]) >= today:
                waiting.add(form["class_id"])
    return counts, waiting


def _cohorts(training: Training, class_id: str, held: Iterable[str]) -> list[str]:
    """Classes of the same programme in the twelve months up to the end of this one."""
    here = training.classes[class_id]
    last = date.fromisoformat(here["end_date"])
    first = months_later(last, -POOL_MONTHS)
    return [
        other
        for other in held
        if training.classes[other]["program_id"] == here["program_id"]
        and first < date.fromisoformat(training.classes[other]["end_date"]) <= last
    ]


def revision_facts(product: Product, expected: Facts) -> tuple[Facts, Facts]:
    """A weak class asks for a revision of its programme, once for each level."""
    paths = [f"programs/{program['id']}" for program in product.all("training", "programs")]
    seen = {
        f"{request['class_id']} {request['rule']}": {"figure": request["figure"]}
        for program in product.each("training", paths)
        for request in program["revision_requests"]
    }
    rules = {"1": "L1_CLASS", "2": "L2_CLASS"}
    weak = {
        f"{key.split()[0]} {rules[key.split()[1]]}": {"figure": fields["figure"]}
        for key, fields in expected.items()
        if fields["verdict"] == "NOT_EFFECTIVE"
    }
    return weak, seen


def form_facts(
    training: Training, asked: Iterable[Entry], told: Mapping[str, str], findings: Iterable[Entry]
) -> tuple[Facts, Facts]:
    """Everybody who completed is asked once what they thought of the class."""
    ended = {one["class_id"]: one["concluded_at"] for one in findings if one["level"] == REACTION}
    # Level 1 is taken at once (§3.1): who is found to have completed after the class was concluded is not asked.
    expected = {
        f"{seat['class_id']} {seat['employee_id']}": {"times": 1}
        for seat, held in training.completed()
        if held["id"] not in ended or told.get(seat["id"], "") < ended[held["id"]]
    }
    seen: dict[str, dict[str, object]] = {}
    for form in asked:
        if form["role"] == "PARTICIPANT":
            key = f"{form['class_id']} {form['respondent_id']}"
            seen[key] = {"times": int(str(seen.get(key, {}).get("times", 0))) + 1}
    asked_before = {f"{seat['class_id']} {seat['employee_id']}" for seat, _ in training.taken_back(told)}
    return expected | {key: {"times": 1} for key in asked_before if key in seen}, seen


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    training = Training.read(product)
    asked, evaluations = product.all("evaluation", "forms"), product.all("evaluation", "evaluations")
    findings = product.all("evaluation", "class-findings", cursor="class_id")
    # When evaluation learned of each completion: at once when its class closed, or later by a correction.
    told = {one["enrolment_id"]: one["concluded_at"] for one in evaluations if one["level"] == LEARNING}
    yield "level 2", *person_facts(training, evaluations)
    yield "level 1 forms", *form_facts(training, asked, told, findings)
    expected, seen = class_facts(training, asked, told, findings, product.today())
    yield "class findings", expected, seen
    yield "revisions", *revision_facts(product, expected)
