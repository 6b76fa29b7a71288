"""Requests for mentoring: who may ask, where a request stands and what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict


class Origin(StrEnum):
    """Who asked for mentoring."""

    FOLLOW_UP = "FOLLOW_UP"
    ANALYST = "ANALYST"


class RequestStatus(StrEnum):
    """Where a request stands."""

    OPEN = "OPEN"
    WITHDRAWN = "WITHDRAWN"


class Action(StrEnum):
    """What may be done to a request."""

    WITHDRAW = "WITHDRAW"


class WithdrawalReason(StrEnum):
    """Why a request was withdrawn before anybody was matched to it."""

    MISTAKE = "MISTAKE"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    OTHER_PATH = "OTHER_PATH"
    FOLLOW_UP_CLOSED = "FOLLOW_UP_CLOSED"


ALLOWED: Mapping[tuple[RequestStatus, Action], RequestStatus] = {
    (RequestStatus.OPEN, Action.WITHDRAW): RequestStatus.WITHDRAWN,
}

REFUSALS: Mapping[Action, str] = {
    Action.WITHDRAW: "Permintaan ini hanya dapat ditarik selama masih terbuka.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One person to be mentored or coached in one competency."""

    id: UUID
    employee_id: UUID
    competency: str
    origin: Origin
    follow_up_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()
    status: RequestStatus = RequestStatus.OPEN

    @property
    def only_need(self) -> UUID | None:
        """The need whose story the request belongs to, if it is one."""
        return self.need_ids[0] if len(self.need_ids) == 1 else None

    @property
    def has_not_begun(self) -> bool:
        """Whether letting go of it costs nobody anything."""
        return self.status is RequestStatus.OPEN

    def withdraw(self) -> Request:
        """The request, withdrawn; raises Conflict when it no longer can be."""
        return replace(self, status=self._after(Action.WITHDRAW))

    def _after(self, action: Action) -> RequestStatus:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSALS[action])
        return status
