"""Follow-ups: what may happen to one, and what each evaluation means for the case it belongs to.

A case has one follow-up at a time. What it orders is evaluated again by the same rules: a round that did not help is
followed by a second, and when that does not help either the case is escalated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.evaluation.domain.evaluations import LEARNING, Case, Evaluation, Signal, Verdict
from services.evaluation.domain.rules import FollowUpPlan, Target, Version
from shared.errors import Conflict, Invalid

FIRST_ROUND = 1


class FollowUpStatus(StrEnum):
    """Where a follow-up stands."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    ACCEPTED = "ACCEPTED"
    DONE = "DONE"
    CLOSED = "CLOSED"
    ESCALATED = "ESCALATED"


ENDED = frozenset({FollowUpStatus.CLOSED, FollowUpStatus.ESCALATED})


class ClosingReason(StrEnum):
    """Why a follow-up needs no more work."""

    CORRECTED = "CORRECTED"
    RESOLVED = "RESOLVED"
    NOT_RESOLVED = "NOT_RESOLVED"
    REROUTED = "REROUTED"
    STOPPED = "STOPPED"
    DECLINED = "DECLINED"
    NOT_EVALUABLE = "NOT_EVALUABLE"
    EMPLOYEE_AWAY = "EMPLOYEE_AWAY"


class Action(StrEnum):
    """What may be done to a follow-up."""

    CONFIRM = "CONFIRM"
    ACCEPT = "ACCEPT"
    RETURN = "RETURN"
    FINISH = "FINISH"
    REOPEN = "REOPEN"
    DECLINE = "DECLINE"
    GIVE_UP = "GIVE_UP"


ALLOWED: Mapping[tuple[FollowUpStatus, Action], FollowUpStatus] = {
    (FollowUpStatus.OPEN, Action.CONFIRM): FollowUpStatus.CONFIRMED,
    (FollowUpStatus.OPEN, Action.DECLINE): FollowUpStatus.CLOSED,
    (FollowUpStatus.CONFIRMED, Action.ACCEPT): FollowUpStatus.ACCEPTED,
    (FollowUpStatus.CONFIRMED, Action.FINISH): FollowUpStatus.DONE,
    (FollowUpStatus.ACCEPTED, Action.FINISH): FollowUpStatus.DONE,
    (FollowUpStatus.ACCEPTED, Action.RETURN): FollowUpStatus.CONFIRMED,
    (FollowUpStatus.DONE, Action.REOPEN): FollowUpStatus.CONFIRMED,
    (FollowUpStatus.CONFIRMED, Action.GIVE_UP): FollowUpStatus.CLOSED,
    (FollowUpStatus.ACCEPTED, Action.GIVE_UP): FollowUpStatus.CLOSED,
    (FollowUpStatus.DONE, Action.GIVE_UP): FollowUpStatus.CLOSED,
}

REFUSALS: Mapping[Action, str] = {
    Action.CONFIRM: "Hanya tindak lanjut yang baru dibuka dapat dikonfirmasi.",
    Action.FINISH: "Hanya tindak lanjut yang sudah dikonfirmasi dapat dilaporkan selesai.",
    Action.DECLINE: "Hanya tindak lanjut yang baru dibuka dapat ditolak.",
    Action.GIVE_UP: "Hanya tindak lanjut yang sudah dikonfirmasi dan belum berakhir dapat ditutup.",
}

EXCHANGEABLE = frozenset({Target.TRAINING, Target.MENTORING})
"""What was not mastered can be learned in a class or from a mentor: who confirms may choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsVersion(Version):
    """How often a follow-up is tried before the case is escalated."""

    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What is to be done about a case, and by when (local date of the agency)."""

    id: UUID
    evaluation_id: UUID
    case: Case
    round: int
    signal: Signal
    plan: FollowUpPlan
    due_date: date
    rule: str
    rule_version: str
    need_ids: tuple[UUID, ...]
    status: FollowUpStatus = FollowUpStatus.OPEN
    guide_id: UUID | None = None
    closing_reason: ClosingReason | None = None

    @property
    def is_active(self) -> bool:
        """Whether it stands in the way of another for its case."""
        return self.status not in ENDED

    @property
    def only_need(self) -> UUID | None:
        """The need whose story it belongs to, if it is one."""
        return self.need_ids[0] if len(self.need_ids) == 1 else None

    def may(self, action: Action) -> bool:
        """Whether the action is possible as it stands."""
        return (self.status, action) in ALLOWED

    def after(self, action: Action) -> FollowUp:
        """The follow-up after an action; raises Conflict when it is not possible as it stands."""
        if not self.may(action):
            raise Conflict(REFUSALS.get(action, "Tindak lanjut ini tidak dapat diubah lagi."))
        return replace(self, status=ALLOWED[self.status, action])

    def confirmed(self, target: Target | None, guide_id: UUID | None) -> FollowUp:
        """Confirmed by a person, who may choose between class and mentor where something was not mastered."""
        chosen = target or self.plan.target
        if chosen is not self.plan.target and not {chosen, self.plan.target} <= EXCHANGEABLE:
            raise Invalid("Sasaran tindak lanjut ini hanya dapat ditukar antara pelatihan dan mentoring.")
        if chosen in {Target.COACHING, Target.SUPERIOR} and guide_id is None:
            raise Conflict("Pegawai ini belum mempunyai atasan aktif yang dapat menjalankan tindak lanjut.")
        return replace(self.after(Action.CONFIRM), plan=replace(self.plan, target=chosen), guide_id=guide_id)

    def closed(self, reason: ClosingReason) -> FollowUp:
        """Ended without another round."""
        return replace(self, status=FollowUpStatus.CLOSED, closing_reason=reason)

    def reopened(self, new_id: UUID, today: date) -> FollowUp:
        """A new follow-up for the same round, after the receiver could not carry it out: a person decides anew."""
        due = today + timedelta(days=self.plan.due_in_days)
        return replace(self, id=new_id, status=FollowUpStatus.OPEN, guide_id=None, due_date=due)


class Turn(StrEnum):
    """What became of a follow-up, for others to hear."""

    OPENED = "OPENED"
    CLOSED = "CLOSED"
    ESCALATED = "ESCALATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn of one follow-up, and the activity whose evaluation (or end) brought it about."""

    turn: Turn
    follow_up: FollowUp
    activity_id: UUID


@dataclass(slots=True, kw_only=True)
class CaseFile:
    """All that is known of one case while its evaluations are settled; the caller holds the case's lock.

    changed holds every follow-up in its newest state, moved where the reasons of a re-routed one go, let_go those that
    lost a reason, steps what to tell, in order.
    """

    case: Case
    rounds: int
    today: date
    new_id: Callable[[], UUID]
    active: FollowUp | None = None
    known: dict[UUID, FollowUp] = field(default_factory=dict)
    is_escalated: bool = False
    changed: dict[UUID, FollowUp] = field(default_factory=dict)
    moved: dict[UUID, UUID] = field(default_factory=dict)
    let_go: dict[UUID, UUID] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def take_in(self, follow_up: FollowUp) -> None:
        """Make a follow-up of the case known as it stands."""
        self.known[follow_up.id] = follow_up
        self.is_escalated |= follow_up.status is FollowUpStatus.ESCALATED
        if follow_up.is_active:
            self.active = follow_up

    def settle(self, evaluation: Evaluation) -> Evaluation:
        """Take in one evaluation: it opens, joins, re-routes, resolves or ends follow-ups; returns it with its own."""
        ordering = self._now(evaluation.activity.follow_up_id)
        if evaluation.conclusion.signal is None:
            if evaluation.follow_up_id is not None:
                self.let_go[evaluation.follow_up_id] = evaluation.activity.id
            if ordering is not None and ordering.is_active and _resolves(evaluation, ordering):
                self._close(ordering, ClosingReason.RESOLVED, evaluation)
            return replace(evaluation, follow_up_id=None)
        return replace(evaluation, follow_up_id=self._taken_up(evaluation, evaluation.conclusion.signal, ordering))

    def _taken_up(self, evaluation: Evaluation, signal: Signal, ordering: FollowUp | None) -> UUID | None:
        attached = self._now(evaluation.follow_up_id)
        if attached is not None and not attached.is_active and attached.closing_reason is not ClosingReason.REROUTED:
            return attached.id
        if ordering is not None and attached is None and _was_tried(ordering):
            return self._next_round(evaluation, signal, ordering)
        if self.active is not None:
            return self._joined(evaluation, signal, self.active)
        if self.is_escalated:
            return None
        return self._open(evaluation, signal, FIRST_ROUND, evaluation.activity.need_ids)

    def _next_round(self, evaluation: Evaluation, signal: Signal, tried: FollowUp) -> UUID | None:
        if tried.round >= self.rounds:
            escalated = replace(tried, status=FollowUpStatus.ESCALATED, closing_reason=None)
            self._put(escalated, Turn.ESCALATED, evaluation.activity.id)
            self.is_escalated = True
            return escalated.id
        if tried.is_active:
            self._close(tried, ClosingReason.NOT_RESOLVED, evaluation)
        if self.active is not None:
            return self._joined(evaluation, signal, self.active)
        return self._open(evaluation, signal, tried.round + 1, tried.need_ids)

    def _joined(self, evaluation: Evaluation, signal: Signal, active: FollowUp) -> UUID:
        """The evaluation becomes one more reason; a stronger signal takes the plan another way, in the same round."""
        if signal <= active.signal:
            return active.id
        plan = evaluation.plans[min(active.round, len(evaluation.plans)) - 1]
        if plan.target is active.plan.target or active.status is FollowUpStatus.DONE:
            self._remember(replace(active, signal=signal))
            return active.id
        self._close(active, ClosingReason.REROUTED, evaluation)
        opened = self._open(evaluation, signal, active.round, active.need_ids)
        self.moved[active.id] = opened
        return opened

    def _open(self, evaluation: Evaluation, signal: Signal, number: int, need_ids: Iterable[UUID]) -> UUID:
        plan = evaluation.plans[min(number, len(evaluation.plans)) - 1]
        follow_up = FollowUp(
            id=self.new_id(),
            evaluation_id=evaluation.id,
            case=self.case,
            round=number,
            signal=signal,
            plan=plan,
            due_date=self.today + timedelta(days=plan.due_in_days),
            rule=evaluation.conclusion.rule,
            rule_version=evaluation.conclusion.rule_version,
            need_ids=tuple(dict.fromkeys((*need_ids, *evaluation.activity.need_ids))),
        )
        self._put(follow_up, Turn.OPENED, evaluation.activity.id)
        return follow_up.id

    def _close(self, follow_up: FollowUp, reason: ClosingReason, evaluation: Evaluation) -> None:
        self._put(follow_up.closed(reason), Turn.CLOSED, evaluation.activity.id)

    def _put(self, follow_up: FollowUp, turn: Turn, activity_id: UUID) -> None:
        self._remember(follow_up)
        self.steps.append(Step(turn=turn, follow_up=follow_up, activity_id=activity_id))

    def _remember(self, follow_up: FollowUp) -> None:
        self.known[follow_up.id] = self.changed[follow_up.id] = follow_up
        if follow_up.is_active:
            self.active = follow_up
        elif self.active is not None and self.active.id == follow_up.id:
            self.active = None

    def _now(self, follow_up_id: UUID | None) -> FollowUp | None:
        return None if follow_up_id is None else self.known.get(follow_up_id)


def _was_tried(ordering: FollowUp) -> bool:
    """Whether the evaluation of what it ordered can end the round: it is active, or was held to be resolved."""
    return ordering.is_active or ordering.closing_reason is ClosingReason.RESOLVED


def _resolves(evaluation: Evaluation, ordering: FollowUp) -> bool:
    """Whether a good result ends the follow-up: a test does where a test had called for it, else behaviour must."""
    if evaluation.conclusion.verdict is Verdict.NOT_ENOUGH_DATA:
        return False
    return evaluation.level != LEARNING or ordering.signal is Signal.LEARNING_FAILED
