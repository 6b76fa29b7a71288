"""Follow-ups of a year: which signal opened what, in which round, and how it ended (§3.4, its last paragraphs)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .comparison import Facts
from .follow_ups import ROUNDS
from .learning_hours import DEFAULT_ZONE
from .product import Entry, Product
from .year_reviews import Absences
from .year_signals import L2, UNKNOWN, History, Plan, Signal, required_levels, signals

FOLLOW_UP_DONE = "bangkom.evaluation.follow_up_done.v1"
OPEN = ("OPEN", "CONFIRMED", "ACCEPTED", "DONE")
# What people decide, or what becomes of them, ends a follow-up without an evaluation.
BY_DECISION = ("DECLINED", "NOT_EVALUABLE", "STOPPED", "EMPLOYEE_AWAY", "CORRECTED")
SWAPPED = {"TRAINING": "MENTORING", "MENTORING": "TRAINING"}


@dataclass(slots=True, kw_only=True)
class FollowUp:
    key: str
    opened_by: Signal
    round: int
    cycle: int
    plan: Plan
    needs: tuple[str, ...]
    status: str = "OPEN"
    closing_reason: str | None = None
    strength: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def end(self, status: str, reason: str | None) -> None:
        self.status, self.closing_reason = status, reason

    def hand_over(self) -> list[str]:
        """Its reasons, for the one that takes its place."""
        given, self.reasons = self.reasons, []
        return given


@dataclass(slots=True, kw_only=True)
class Case:
    """All follow-ups of one person and competency, as signals and decisions come in order of time."""

    zone: ZoneInfo
    seen: Mapping[str, Entry]
    # When the work that a follow-up asked for had been done.
    done: Mapping[str, datetime]
    found: dict[str, FollowUp] = field(default_factory=dict)

    def take(self, signal: Signal) -> None:
        ordered = self._by_seen_id(signal.ordered_by)
        if ordered is not None and self._reevaluated(ordered, signal):
            return
        if not signal.kinds:
            return
        cycle = signal.end.year if ordered is None else ordered.cycle
        # §3.4: after escalation people decide; no signal of this cycle opens another by itself.
        if any(one.status == "ESCALATED" and one.cycle == cycle for one in self.found.values()):
            return
        current = self._open(cycle)
        if current is None:
            self._begin(signal, 1, cycle)
        elif signal.strength < current.strength and self._would_move(current, signal):
            current.end("CLOSED", "REROUTED")
            self._begin(signal, current.round, current.cycle, current.needs, current.hand_over())
        else:
            current.reasons.append(signal.evaluation)

    def _would_move(self, current: FollowUp, signal: Signal) -> bool:
        """Whether a stronger signal asks somebody else, and the work has not been done yet."""
        one = self.seen.get(current.key)
        target = current.plan.target if one is None else one["target"]
        return signal.plan(current.round).target != target and not self._is_done(one, signal.at)

    def _is_done(self, one: Entry | None, at: datetime) -> bool:
        return one is not None and (done := self.done.get(one["id"])) is not None and done <= at

    def _reevaluated(self, ordered: FollowUp, signal: Signal) -> bool:
        """Whether the activity was what the follow-up asked for and decides it."""
        if signal.verdict == UNKNOWN:
            return True
        # What was ordered may go on after a test resolved it: behaviour, or a second class whose test came late.
        if not ordered.is_open and ordered.closing_reason != "RESOLVED":
            return False
        if not signal.kinds:
            # §3.4: what began with behaviour is judged by behaviour; a passed re-test ends what began with a test.
            if ordered.is_open and (signal.level == 3 or ordered.plan.rule == L2):
                ordered.end("CLOSED", "RESOLVED")
            return True
        if ordered.round >= ROUNDS:
            ordered.end("ESCALATED", None)
            ordered.reasons.append(signal.evaluation)
            return True
        if ordered.is_open:
            ordered.end("CLOSED", "NOT_RESOLVED")
        elif self._open(ordered.cycle) is not None:
            return False
        self._begin(signal, ordered.round + 1, ordered.cycle, ordered.needs)
        return True

    def end(self, id_: str, reason: str) -> None:
        """A decision ends a follow-up; a stopped mentoring gives the same round another try."""
        ended = self._by_seen_id(id_)
        if ended is None or not ended.is_open:
            return
        ended.end("CLOSED", reason)
        if reason == "CORRECTED":
            ended.reasons.clear()
        if reason == "STOPPED":
            again = self._begin(ended.opened_by, ended.round, ended.cycle, ended.needs, ended.hand_over())
            again.plan = ended.plan

    def _begin(
        self, signal: Signal, round_: int, cycle: int, needs: Iterable[str] = (), reasons: Iterable[str] = ()
    ) -> FollowUp:
        """Open one; what another leaves open, its needs and perhaps its reasons, goes on in it."""
        number = sum(one.opened_by.evaluation == signal.evaluation for one in self.found.values()) + 1
        key = f"{signal.evaluation} {number}"
        told = list(dict.fromkeys([*reasons, signal.evaluation]))
        self.found[key] = FollowUp(
            key=key,
            opened_by=signal,
            round=round_,
            cycle=cycle,
            plan=signal.plan(round_),
            needs=tuple(sorted({*needs, *signal.needs})),
            strength=signal.strength,
            reasons=told,
        )
        return self.found[key]

    def _open(self, cycle: int) -> FollowUp | None:
        return next((one for one in self.found.values() if one.is_open and one.cycle == cycle), None)

    def _by_seen_id(self, id_: str | None) -> FollowUp | None:
        return next((self.found[key] for key, one in self.seen.items() if one["id"] == id_ and key in self.found), None)


def numbered(follow_ups: Sequence[Entry]) -> dict[str, Entry]:
    """Follow-ups by the evaluation that opened them and their number among those it opened."""
    found: dict[str, Entry] = {}
    for one in sorted(follow_ups, key=lambda one: (one["opened_at"], one["id"])):
        number = sum(key.startswith(one["evaluation_id"]) for key in found) + 1
        found[f"{one['evaluation_id']} {number}"] = one
    return found


def decided(one: Entry, absences: Absences, zone: ZoneInfo) -> bool:
    """Whether the product's word for an end is a decision, and where it is none of people's, whether it is true."""
    if one["closing_reason"] not in BY_DECISION:
        return False
    day = datetime.fromisoformat(one["closed_at"]).astimezone(zone).date()
    return bool(one["closing_reason"] != "EMPLOYEE_AWAY" or absences.is_away(one["employee_id"], day))


def work_done(product: Product, follow_ups: Iterable[Entry], zone: ZoneInfo) -> dict[str, datetime]:
    """When the work each follow-up asked for was reported: journeys tell the moment, reviews only the day."""
    ends = {one["follow_up_id"]: one["end_date"] for one in product.all("evaluation", "reviews")}
    found = {id_: datetime.fromisoformat(end).replace(tzinfo=zone) for id_, end in ends.items() if id_}
    needs = sorted({need for one in follow_ups for need in one["need_ids"]})
    for journey in product.each("evaluation", [f"journeys/{need}" for need in needs]):
        for step in journey["steps"]:
            if step["type"] == FOLLOW_UP_DONE and step["at"]:
                found[step["facts"]["follow_up_id"]] = datetime.fromisoformat(step["at"])
    return found


def judged(product: Product, seen: Mapping[str, Entry], zone: ZoneInfo) -> dict[str, FollowUp]:
    """Every follow-up that had to be, case by case, signals and decisions in the order in which they came."""
    standards = {one["id"]: one["standard_level"] for one in product.all("evaluation", "journeys")}
    cycles = {one["id"]: one["cycle"] for one in seen.values()}
    history = History(product.all("evaluation", "reviews"), cycles, required_levels(product), standards)
    absences = Absences(product, [one["employee_id"] for one in seen.values()])
    done = work_done(product, seen.values(), zone)
    moments: dict[tuple[str, str], list[tuple[datetime, int, str, Signal | Entry]]] = {}
    for signal in signals(product, history, seen.values()):
        # A decision of the same moment answers a follow-up that a signal opened before.
        moment = (signal.at, 0, signal.evaluation, signal)
        moments.setdefault((signal.person, signal.competency), []).append(moment)
    for one in seen.values():
        if decided(one, absences, zone):
            ended = (datetime.fromisoformat(one["closed_at"]), 1, str(one["id"]), one)
            moments.setdefault((one["employee_id"], one["competency"]), []).append(ended)
    found: dict[str, FollowUp] = {}
    for happened in moments.values():
        case = Case(zone=zone, seen=seen, done=done)
        for _, _, _, what in sorted(happened, key=lambda moment: moment[:3]):
            if isinstance(what, Signal):
                case.take(what)
            else:
                case.end(what["id"], what["closing_reason"])
        found |= case.found
    return found


class Progress:
    """How far the work that a follow-up ordered has come."""

    def __init__(self, product: Product) -> None:
        self._steps: dict[str, set[str]] = {}
        for pair in product.all("mentoring", "pairs"):
            self._note(pair["follow_up_id"], "DONE" if pair["status"] == "COMPLETED" else "ACCEPTED")
        for seat in product.all("training", "enrolments"):
            if seat["status"] != "CANCELLED":
                self._note(seat["follow_up_id"], "DONE" if seat["status"] == "COMPLETED" else "ACCEPTED")

    def _note(self, follow_up: str | None, stage: str) -> None:
        if follow_up is not None:
            self._steps.setdefault(follow_up, set()).add(stage)

    def allowed(self, one: Entry) -> tuple[str, ...]:
        """Stages it can stand at; whether a person confirmed it, or a superior did a task, is for them to say."""
        steps = self._steps.get(one["id"], set())
        if steps:
            return ("DONE",) if "DONE" in steps else ("ACCEPTED",)
        return ("OPEN", "CONFIRMED", "DONE") if one["target"] == "SUPERIOR" else ("OPEN", "CONFIRMED")


def facts_of(expected: FollowUp, one: Entry | None, progress: Progress, zone: ZoneInfo) -> dict[str, object]:
    plan, opened = expected.plan, expected.opened_by
    facts: dict[str, object] = {
        "employee_id": opened.person,
        "competency": opened.competency,
        "cycle": expected.cycle,
        "round": expected.round,
        "kind": plan.kind,
        "cause": plan.cause,
        "rule": plan.rule,
        "target": plan.target,
        "need_ids": expected.needs,
        "status": expected.status,
        "closing_reason": expected.closing_reason,
    }
    if one is None:
        return facts
    at = datetime.fromisoformat(one["opened_at"]).astimezone(zone).date()
    facts |= {"due_date": at + timedelta(days=plan.days), "reasons": sorted(set(expected.reasons))}
    if expected.is_open and one["status"] in progress.allowed(one):
        facts["status"] = one["status"]
    # Who confirms may exchange training and mentoring.
    if one["status"] != "OPEN" and SWAPPED.get(plan.target) == one["target"]:
        facts["target"] = one["target"]
    return facts


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    zone = ZoneInfo(DEFAULT_ZONE)
    listed = [one["id"] for one in product.all("evaluation", "follow-ups")]
    seen = numbered(product.each("evaluation", [f"follow-ups/{id_}" for id_ in listed]))
    progress = Progress(product)
    expected = {key: facts_of(one, seen.get(key), progress, zone) for key, one in judged(product, seen, zone).items()}
    shown = {
        key: one | {"reasons": sorted(one["reasons"]), "need_ids": sorted(one["need_ids"])} for key, one in seen.items()
    }
    yield "follow-ups", expected, shown
