"""The steps of one case, from what people did and answered: who did what next, for which cause, with which figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from . import behaviour, follow_ups, reaction_and_learning
from .behaviour import Form
from .evidence import Evidence
from .follow_ups import FollowUp, History
from .need_status import Decision, Need

NEED_STEPS = {
    "verify": "need_verified",
    "validate": "need_validated",
    "confirm_decree": "need_planned",
    "reject": "need_rejected",
    "return": "need_returned",
    "submit": "need_identified",
}
# The latest earlier step of one of these names caused the step.
CAUSES = {
    "need_verified": ("need_identified",),
    "need_validated": ("need_verified",),
    "need_planned": ("need_validated",),
    "need_rejected": ("need_identified", "need_verified"),
    "need_returned": ("need_identified", "need_verified"),
    "need_closed": ("level_remeasured",),
    "training_completed": ("need_planned", "follow_up_accepted"),
    "mentoring_closed": ("need_planned", "follow_up_accepted"),
    "learning_evaluated": ("training_completed",),
    "behaviour_evaluated": ("training_completed", "mentoring_closed", "follow_up_done"),
    "level_remeasured": ("behaviour_evaluated",),
    "follow_up_opened": ("learning_evaluated", "behaviour_evaluated"),
    "follow_up_rerouted": ("learning_evaluated", "behaviour_evaluated"),
    "follow_up_confirmed": ("follow_up_opened", "follow_up_rerouted"),
    "follow_up_accepted": ("follow_up_confirmed",),
    "follow_up_done": ("training_completed", "mentoring_closed", "follow_up_accepted"),
    "follow_up_closed": ("learning_evaluated", "behaviour_evaluated"),
    "follow_up_escalated": ("learning_evaluated", "behaviour_evaluated"),
}
STAGES = {"follow_up_confirmed": "CONFIRMED", "follow_up_accepted": "ACCEPTED", "follow_up_done": "DONE"}
BEFORE = {"CONFIRMED": "OPENED", "ACCEPTED": "CONFIRMED", "DONE": "ACCEPTED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something people did: a decision, a completion with its tests, forms answered, a stage of a follow-up."""

    kind: str
    at: datetime
    by: str = ""
    pre: Decimal | None = None
    post: Decimal | None = None
    forms: tuple[Form, ...] = ()


@dataclass(slots=True)
class Case:
    """One need of one person in one competency, with what grew out of it."""

    competency: str
    required: int
    zone: ZoneInfo
    need: Need
    steps: list[dict[str, object]] = field(default_factory=list)
    rounds: list[FollowUp] = field(default_factory=list)
    history: History = field(default_factory=History)

    @property
    def current(self) -> FollowUp | None:
        return self.rounds[-1] if self.rounds else None

    def step(self, name: str, service: str, at: datetime, **more: object) -> None:
        causes = CAUSES.get(name, ())
        earlier = [index for index, step in enumerate(self.steps, start=1) if step["step"] in causes]
        day = at.astimezone(self.zone).date().isoformat()
        self.steps.append({"step": name, "service": service, "day": day, "cause": max(earlier, default=None), **more})

    def take(self, fact: Fact) -> None:
        handlers: dict[str, Callable[[Fact], None]] = {
            "completed": self._completed,
            "mentoring_closed": self._mentored,
            "answered": self._answered,
            **dict.fromkeys(STAGES, self._stage),
        }
        handlers.get(fact.kind, self._decided)(fact)

    def _decided(self, fact: Fact) -> None:
        decision = Decision(id=fact.kind, kind=fact.kind, at=fact.at, by=fact.by)
        if fact.kind in NEED_STEPS and self.need.take(decision):
            self.step(NEED_STEPS[fact.kind], "needs", fact.at)
        elif fact.kind == "upload_decree":
            self.need.take(decision)

    def _completed(self, fact: Fact) -> None:
        self.step("training_completed", "training", fact.at)
        self.history = replace(self.history, trained=True)
        self._carried_out("training", fact.at)
        found = reaction_and_learning.person(fact.pre, fact.post)
        if found["verdict"] == "NOT_ENOUGH_DATA":
            return
        self.step("learning_evaluated", "evaluation", fact.at, figure=fact.post, verdict=found["verdict"])
        signals = follow_ups.learning_signals((fact.pre, fact.post))
        # A re-test is both what a remedial follow-up asks for and its re-evaluation.
        current = self.current
        if current is not None and current.kind == "REMEDIAL" and current.status == "DONE":
            self._reevaluate(current, signals, None, fact.at)
        else:
            self._signal(signals, None, fact.at)

    def _mentored(self, fact: Fact) -> None:
        self.step("mentoring_closed", "mentoring", fact.at)
        self.history = replace(self.history, mentored=True)
        self._carried_out("mentoring", fact.at)

    def _carried_out(self, service: str, at: datetime) -> None:
        """The receiver's own work done, an accepted follow-up is done."""
        if self.current is not None and self.current.target == service:
            self._stage(Fact(kind="follow_up_done", at=at))

    def _stage(self, fact: Fact) -> None:
        """Confirmed by a person, accepted by the receiver, done; a stage out of turn changes nothing."""
        status = STAGES[fact.kind]
        if self.current is None or self.current.status != BEFORE[status]:
            return
        self.rounds[-1] = replace(self.current, status=status)
        service = "evaluation" if status == "CONFIRMED" else self.rounds[-1].target
        self.step(fact.kind, service, fact.at, round=self.rounds[-1].round)
        if status == "DONE":
            self.history = follow_ups.tried(self.history, self.rounds[-1])

    def _answered(self, fact: Fact) -> None:
        found = behaviour.verdict(fact.forms)
        if found["score"] is None:
            return
        figures = {"figure": found["score"], "verdict": found["verdict"]}
        self.step("behaviour_evaluated", "evaluation", fact.at, **figures)
        signals = follow_ups.behaviour_signals(fact.forms, {self.competency: self.required}, self.history)
        cause = behaviour.cause(fact.forms)
        current = self.current
        if current is not None and current.status == "DONE":
            self._reevaluate(current, signals, cause, fact.at)
        else:
            self._signal(signals, cause, fact.at)
        self._remeasure(behaviour.remeasured_level(fact.forms, self.competency), fact.at)

    def _remeasure(self, level: int | None, at: datetime) -> None:
        if level is None:
            return
        self.step("level_remeasured", "evaluation", at, figure=level)
        measured = Evidence(kind="post_training", level=level, on=at.astimezone(self.zone).date())
        if self.need.take(Decision(id="measure", kind="measure", at=at, evidence=measured)):
            self.step("need_closed", "needs", at, figure=level)

    def _signal(self, signals: Sequence[str], cause: str | None, at: datetime) -> None:
        before = self.current
        after = follow_ups.after_signals(before, signals, self.history, cause)
        if after is None or after == before:
            return
        if before is not None and before.is_open:
            self.rounds[-1] = after
            if after.kind != before.kind:
                self._told("follow_up_rerouted", after, at)
        else:
            self.rounds.append(after)
            self._told("follow_up_opened", after, at)

    def _reevaluate(self, current: FollowUp, signals: Sequence[str], cause: str | None, at: datetime) -> None:
        ended, following = follow_ups.after_reevaluation(current, signals, self.history, cause)
        self.rounds[-1] = ended
        if following is not None:
            self.rounds.append(following)
            self._told("follow_up_opened", following, at)
        else:
            self.step(f"follow_up_{ended.status.lower()}", "evaluation", at, round=ended.round)

    def _told(self, name: str, found: FollowUp, at: datetime) -> None:
        self.step(name, "evaluation", at, kind=found.kind, round=found.round)


def expected(
    *, key: str, competency: str, required: int, facts: Sequence[Fact], zone: str, identified: datetime
) -> dict[str, dict[str, dict[str, object]]]:
    """`need`, `follow_ups` and `steps` of one case; keys begin with the id that the caller gives the case."""
    case = Case(competency=competency, required=required, zone=ZoneInfo(zone), need=Need(required))
    case.step("need_identified", "needs", identified)
    for fact in sorted(facts, key=lambda fact: fact.at):
        case.take(fact)
    return {
        "need": {key: {"status": case.need.status}},
        "follow_ups": {f"{key} {n}": follow_ups.plain(found) for n, found in enumerate(case.rounds, start=1)},
        "steps": {f"{key} {n}": step for n, step in enumerate(case.steps, start=1)},
    }
