"""Follow-ups of a person: which signal opens what, precedence, re-routing, rounds and outcome (§3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import behaviour, reaction_and_learning
from .behaviour import Form

ENVIRONMENT, GAP, DEFICIT, LEARNING = "l3_environment", "l3_gap", "l3_deficit", "l2"
# Strongest first.
PRECEDENCE = (ENVIRONMENT, GAP, DEFICIT, LEARNING)
ROUNDS = 2
# §3.4 names no receiver for the job-fit review: it goes back to where standards and needs are kept.
TARGETS = {
    "SUPERIOR_TASK": "superior",
    "RETRAINING": "training",
    "JOB_FIT_REVIEW": "needs",
    "COACHING": "mentoring",
    "MENTORING": "mentoring",
    "REMEDIAL": "training",
}
# §3.4 "after training and mentoring": coaching is taken as mentoring here, else a coached person's gap had no way on.
MENTORING_KINDS = ("COACHING", "MENTORING")
OPEN = ("OPENED", "CONFIRMED", "ACCEPTED", "DONE")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What has been tried for this person and competency so far."""

    trained: bool = False
    mentored: bool = False
    retrained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    kind: str
    round: int = 1
    status: str = "OPENED"
    reasons: tuple[str, ...] = ()
    goals: tuple[str, ...] = field(default=())

    @property
    def target(self) -> str:
        return TARGETS[self.kind]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def learning_signals(pre_post: tuple[object, object], pass_mark: object = None) -> list[str]:
    """Level 2 of one person: the post-test below the pass mark."""
    pre, post = (reaction_and_learning.mark(value) for value in pre_post)
    found = reaction_and_learning.person(pre, post, reaction_and_learning.mark(pass_mark))
    return [LEARNING] if found["verdict"] == "NOT_EFFECTIVE" else []


def behaviour_signals(forms: Sequence[Form], required: Mapping[str, int], history: History) -> list[str]:
    """Level 3, strongest first; each row of the table speaks for itself, whatever the score."""
    found = []
    if behaviour.cause(forms) in behaviour.ENVIRONMENT:
        found.append(ENVIRONMENT)
    levels = {name: behaviour.remeasured_level(forms, name) for name in required}
    short = any(level is not None and level <= required[name] - 1 for name, level in levels.items())
    if short and history.trained and history.mentored:
        found.append(GAP)
    if behaviour.is_deficit(forms):
        found.append(DEFICIT)
    return found


def kind_for(signal: str, history: History, cause: str | None) -> str:
    if signal == ENVIRONMENT:
        return "SUPERIOR_TASK"
    if signal == GAP:
        return "JOB_FIT_REVIEW" if history.retrained else "RETRAINING"
    if signal == DEFICIT:
        return "MENTORING" if cause == "not_mastered" else "COACHING"
    return "REMEDIAL"


def after_signals(
    current: FollowUp | None, signals: Sequence[str], history: History, cause: str | None = None
) -> FollowUp | None:
    """Open one, or add reasons to the open one and re-route it when a stronger signal came (same round)."""
    if not signals or (current is not None and current.status == "ESCALATED"):
        # After escalation people decide: no signal of this cycle opens another by itself.
        return current
    if current is None or not current.is_open:
        # §3.4: one open at a time; after a closed one the rounds begin anew.
        return _opened(signals, history, cause, number=1)
    merged = tuple(sorted({*current.reasons, *signals}, key=PRECEDENCE.index))
    if merged[0] != current.reasons[0]:
        return replace(current, reasons=merged, kind=kind_for(merged[0], history, cause), status="OPENED")
    return replace(current, reasons=merged)


def after_reevaluation(
    current: FollowUp, signals: Sequence[str], history: History, cause: str | None = None
) -> tuple[FollowUp, FollowUp | None]:
    """The round that ends and the one that opens next: no signal closes; a second round may open, then escalation."""
    if not signals:
        return replace(current, status="CLOSED"), None
    if current.round >= ROUNDS:
        return replace(current, status="ESCALATED"), None
    following = _opened(signals, history, cause, number=current.round + 1)
    return replace(current, status="RE_EVALUATED"), following


def _opened(signals: Sequence[str], history: History, cause: str | None, *, number: int) -> FollowUp:
    ordered = tuple(sorted(set(signals), key=PRECEDENCE.index))
    return FollowUp(kind=kind_for(ordered[0], history, cause), round=number, reasons=ordered)


def tried(history: History, done: FollowUp) -> History:
    """What a done follow-up adds to what has been tried."""
    return History(
        trained=history.trained or done.kind == "RETRAINING",
        mentored=history.mentored or done.kind in MENTORING_KINDS,
        retrained=history.retrained or done.kind == "RETRAINING",
    )


def plain(found: FollowUp) -> dict[str, object]:
    return {
        "kind": found.kind,
        "target": found.target,
        "round": found.round,
        "outcome": found.status,
        "reasons": list(found.reasons),
    }
