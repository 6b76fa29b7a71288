"""Requests for mentoring: who may ask, where a request stands and what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum
from uuid import UUID

from shared.errors import Conflict


class Origin(StrEnum):
    """Who asked for mentoring."""

    FOLLOW_UP = "FOLLOW_UP"
    PLAN_ITEM = "PLAN_ITEM"
    ONBOARDING = "ONBOARDING"
    OWN = "OWN"
    ANALYST = "ANALYST"


class Form(IntEnum):
    """The two forms of development that are ours, by their codes in SIASN (Peraturan LAN 10/2018)."""

    COACHING = 14
    MENTORING = 15


class UnitWish(StrEnum):
    """Where the guide should come from: onboarding wants the own unit, a delicate matter another one."""

    ANY = "ANY"
    SAME = "SAME"
    OTHER = "OTHER"


class RequestStatus(StrEnum):
    """Where a request stands; PROPOSED waits until a person confirms the follow-up behind it."""

    PROPOSED = "PROPOSED"
    OPEN = "OPEN"
    MATCHED = "MATCHED"
    DONE = "DONE"
    STOPPED = "STOPPED"
    WITHDRAWN = "WITHDRAWN"


class Action(StrEnum):
    """What may be done to a request."""

    CONFIRM = "CONFIRM"
    WITHDRAW = "WITHDRAW"
    MATCH = "MATCH"
    REOPEN = "REOPEN"
    FINISH = "FINISH"
    STOP = "STOP"


class WithdrawalReason(StrEnum):
    """Why a request was withdrawn before anybody was matched to it."""

    MISTAKE = "MISTAKE"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    OTHER_PATH = "OTHER_PATH"
    FOLLOW_UP_CLOSED = "FOLLOW_UP_CLOSED"
    REROUTED = "REROUTED"
    PLAN_ITEM_WITHDRAWN = "PLAN_ITEM_WITHDRAWN"
    EMPLOYEE_LEFT = "EMPLOYEE_LEFT"


ALLOWED: Mapping[tuple[RequestStatus, Action], RequestStatus] = {
    (RequestStatus.PROPOSED, Action.CONFIRM): RequestStatus.OPEN,
    (RequestStatus.PROPOSED, Action.WITHDRAW): RequestStatus.WITHDRAWN,
    (RequestStatus.OPEN, Action.WITHDRAW): RequestStatus.WITHDRAWN,
    (RequestStatus.OPEN, Action.MATCH): RequestStatus.MATCHED,
    (RequestStatus.MATCHED, Action.REOPEN): RequestStatus.OPEN,
    (RequestStatus.MATCHED, Action.FINISH): RequestStatus.DONE,
    (RequestStatus.MATCHED, Action.STOP): RequestStatus.STOPPED,
}

REFUSALS: Mapping[Action, str] = {
    Action.CONFIRM: "Permintaan ini tidak sedang menunggu konfirmasi.",
    Action.WITHDRAW: "Permintaan ini hanya dapat ditarik selama masih terbuka.",
    Action.MATCH: "Permintaan ini tidak sedang terbuka.",
    Action.REOPEN: "Permintaan ini tidak sedang didampingi.",
    Action.FINISH: "Permintaan ini tidak sedang didampingi.",
    Action.STOP: "Permintaan ini tidak sedang didampingi.",
}

WAITING = frozenset({RequestStatus.PROPOSED, RequestStatus.OPEN})
"""Where nobody has begun, so that letting go costs nobody anything."""

UNFINISHED = WAITING | {RequestStatus.MATCHED}
"""Where the person still gets, or waits for, what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One person to be mentored or coached in one competency.

    guide_id names who is to guide, where somebody was named; the levels are those of the plan item that asks; due_date
    is a local date of the agency.
    """

    id: UUID
    employee_id: UUID
    competency: str
    origin: Origin
    form: Form = Form.MENTORING
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()
    guide_id: UUID | None = None
    required_level: int | None = None
    current_level: int | None = None
    unit_wish: UnitWish = UnitWish.ANY
    due_date: date | None = None
    status: RequestStatus = RequestStatus.OPEN
    withdrawal_reason: WithdrawalReason | None = None

    @property
    def only_need(self) -> UUID | None:
        """The need whose story the request belongs to, if it is one."""
        return self.need_ids[0] if len(self.need_ids) == 1 else None

    @property
    def correlation(self) -> UUID:
        """The story that what becomes of the request belongs to: the need's if there is one, else its own."""
        return self.only_need or self.id

    @property
    def has_not_begun(self) -> bool:
        """Whether letting go of it costs nobody anything."""
        return self.status in WAITING

    def confirm(self) -> Request:
        """The request, now that a person confirmed the follow-up behind it; raises Conflict like all that follow."""
        return self._after(Action.CONFIRM)

    def withdraw(self, reason: WithdrawalReason) -> Request:
        """The request, withdrawn."""
        return replace(self._after(Action.WITHDRAW), withdrawal_reason=reason)

    def match(self) -> Request:
        """The request, with somebody who guides."""
        return self._after(Action.MATCH)

    def reopen(self) -> Request:
        """The request, waiting for another guide, whoever that will be."""
        return replace(self._after(Action.REOPEN), guide_id=None)

    def finish(self) -> Request:
        """The request, fulfilled."""
        return self._after(Action.FINISH)

    def stop(self) -> Request:
        """The request, given up with its pair."""
        return self._after(Action.STOP)

    def _after(self, action: Action) -> Request:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSALS[action])
        return replace(self, status=status)
