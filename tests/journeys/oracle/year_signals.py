"""What the conclusions of a year call for: signals of levels 2 and 3 with the plan of each (§3.4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .follow_ups import DEFICIT, ENVIRONMENT, GAP, LEARNING, PRECEDENCE
from .product import Entry, Product
from .year_behaviour import Answers, closed_reviews
from .year_learning import COMPLETED, Training, of_person

WEAK, UNKNOWN = "NOT_EFFECTIVE", "NOT_ENOUGH_DATA"
L2, L3 = "L2_PERSON", "L3_PERSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a signal calls for; §3.4 gives kinds and, for the remedial, its 30 days; other days are settings."""

    kind: str
    cause: str
    target: str
    days: int
    rule: str = L3


NO_OPPORTUNITY = Plan(kind="ASSIGNMENT", cause="NO_OPPORTUNITY", target="SUPERIOR", days=60)
NO_SUPPORT = Plan(kind="SUPPORT", cause="NO_SUPPORT", target="SUPERIOR", days=60)
AGAIN_IN_ANOTHER_FORM = Plan(kind="RETRAINING", cause="NOT_MASTERED", target="TRAINING", days=90)
MENTORING = Plan(kind="MENTORING", cause="NOT_MASTERED", target="MENTORING", days=90)
COACHING = Plan(kind="COACHING", cause="NOT_APPLIED", target="COACHING", days=60)
REMEDIAL = Plan(kind="REMEDIAL", cause="NOT_MASTERED", target="MENTORING", days=30, rule=L2)
# §3.4 has one row for the post-test; a second round in the same way would be no other way.
SECOND_AFTER_TEST = Plan(kind="RETRAINING", cause="NOT_MASTERED", target="TRAINING", days=60, rule=L2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A conclusion about one activity, weak or not; `ordered_by` is the follow-up that asked for the activity."""

    evaluation: str
    level: int
    at: datetime
    end: date
    person: str
    competency: str
    needs: tuple[str, ...]
    verdict: str
    kinds: tuple[str, ...]
    causes: tuple[str, ...] = ()
    ordered_by: str | None = None

    def plan(self, round_: int) -> Plan:
        strongest = self.kinds[0]
        if strongest == ENVIRONMENT:
            return NO_OPPORTUNITY if "NO_OPPORTUNITY" in self.causes else NO_SUPPORT
        if strongest == GAP:
            return AGAIN_IN_ANOTHER_FORM
        if strongest == DEFICIT:
            return MENTORING if "NOT_MASTERED" in self.causes else COACHING
        return REMEDIAL if round_ == 1 else SECOND_AFTER_TEST

    @property
    def strength(self) -> int:
        return PRECEDENCE.index(self.kinds[0])


class History:
    """What was tried for a person in a competency before a day, and which level is asked."""

    def __init__(
        self,
        reviews: Iterable[Entry],
        cycles: Mapping[str, int],
        required: Mapping[tuple[str, str], int],
        found: Mapping[str, int | None],
    ) -> None:
        self._tried: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._cycles = cycles
        self._required = required
        self._found = found
        for review in reviews:
            person = (review["employee_id"], review["competency"])
            self._tried.setdefault(person, []).append((review["end_date"], review["activity_kind"]))

    def required(self, review: Entry) -> int | None:
        """The level asked: as found for the need that the activity was for, else what is asked of the person."""
        levels = [level for need in review["need_ids"] if (level := self._found.get(need)) is not None]
        return max(levels) if levels else self._required.get((review["employee_id"], review["competency"]))

    def is_trained_and_mentored(self, review: Entry) -> bool:
        """Whether both had been tried when people were asked, whichever came first (§3.4 L3 gap)."""
        # §3.4 does not say how far back: since the cycle began, which is that of the order, else the activity's year.
        year = date.fromisoformat(review["end_date"]).year
        since = date(self._cycles.get(review["follow_up_id"] or "", year), 1, 1).isoformat()
        tried = self._tried[review["employee_id"], review["competency"]]
        return {"TRAINING", "MENTORING"} <= {kind for end, kind in tried if since <= end <= review["due_date"]}


def behaviour_kinds(review: Entry, answers: Answers, history: History) -> tuple[str, ...]:
    """Signals of a closed review, the strongest first."""
    if answers.verdict == UNKNOWN:
        # §3.4: a least number of respondents before any trigger.
        return ()
    found = []
    if {"NO_OPPORTUNITY", "NO_SUPPORT"} & set(answers.causes):
        found.append(ENVIRONMENT)
    required, level = history.required(review), answers.level
    short = required is not None and level is not None and level < required
    if short and history.is_trained_and_mentored(review):
        found.append(GAP)
    if answers.is_deficit:
        found.append(DEFICIT)
    return tuple(found)


def signals(product: Product, history: History, follow_ups: Iterable[Entry]) -> Iterator[Signal]:
    """Every conclusion of levels 2 and 3, judged by us; when it was drawn, the product tells."""
    drawn = {(one["activity_id"], one["level"]): one for one in product.all("evaluation", "evaluations")}
    reviews = {one["activity_id"]: one for one in product.all("evaluation", "reviews")}
    training = Training.read(product)
    corrected = {one["evaluation_id"]: one["opened_at"] for one in follow_ups if one["closing_reason"] == "CORRECTED"}
    for seat, held in [*training.completed(), *training.taken_back([id_ for id_, _ in drawn])]:
        evaluation = drawn.get((seat["id"], 2))
        if evaluation is None:
            continue
        if seat["status"] != COMPLETED:
            if evaluation["id"] not in corrected:
                continue
            # Drawn anew by the correction; the first time it was when it opened the follow-up.
            evaluation = {**evaluation, "concluded_at": corrected[evaluation["id"]]}
        found = of_person(seat, held)
        weak = found["verdict"] == WEAK
        yield _signal(evaluation, reviews[seat["id"]], str(found["verdict"]), (LEARNING,) if weak else ())
    for review in closed_reviews(product):
        if (review["activity_id"], 3) not in drawn:
            continue
        answers = Answers.of(review)
        kinds = behaviour_kinds(review, answers, history)
        evaluation = drawn[review["activity_id"], 3]
        yield _signal(evaluation, review, answers.verdict, kinds, tuple(answers.causes))


def _signal(
    evaluation: Entry, review: Entry, verdict: str, kinds: tuple[str, ...], causes: tuple[str, ...] = ()
) -> Signal:
    return Signal(
        evaluation=evaluation["id"],
        level=evaluation["level"],
        at=datetime.fromisoformat(evaluation["concluded_at"]),
        end=date.fromisoformat(review["end_date"]),
        person=review["employee_id"],
        competency=review["competency"],
        needs=tuple(sorted(review["need_ids"])),
        verdict=verdict,
        kinds=kinds,
        causes=causes,
        ordered_by=review["follow_up_id"],
    )


def required_levels(product: Product) -> dict[tuple[str, str], int]:
    """The level asked of each person and competency: as measured for a need, else of today's position."""
    people = [employee["id"] for employee in product.employees()]
    found = {
        (entry["employee_id"], gap["competency"]): gap["standard"]
        for entry in product.each("needs", [f"gaps/{id_}" for id_ in people])
        for gap in entry["gaps"]
    }
    needs = sorted(product.all("needs", "needs"), key=lambda need: str(need["identified_on"]))
    return found | {(need["employee_id"], need["competency"]): need["standard_level"] for need in needs}
