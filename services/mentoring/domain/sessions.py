"""Sessions of a pair: told by one side, confirmed or disputed by the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from services.mentoring.domain.pairs import Pair, Side
from shared.errors import Conflict, Invalid, NotAllowed


class SessionStatus(StrEnum):
    """Where a session stands."""

    LOGGED = "LOGGED"
    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"


class SessionAction(StrEnum):
    """What the other side may do to a session."""

    CONFIRM = "CONFIRM"
    DISPUTE = "DISPUTE"


class Mode(StrEnum):
    """Where a session was held: in one room (luring) or online (daring)."""

    ONSITE = "ONSITE"
    ONLINE = "ONLINE"


ALLOWED: Mapping[tuple[SessionStatus, SessionAction], SessionStatus] = {
    (SessionStatus.LOGGED, SessionAction.CONFIRM): SessionStatus.CONFIRMED,
    (SessionStatus.LOGGED, SessionAction.DISPUTE): SessionStatus.DISPUTED,
}

REFUSAL = "Sesi ini tidak lagi menunggu konfirmasi."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One meeting of a pair, at local times of the agency; logged_by is the side that told of it."""

    id: UUID
    pair_id: UUID
    held_on: date
    starts_at: time
    minutes: int
    logged_by: Side
    status: SessionStatus = SessionStatus.LOGGED

    @property
    def begins(self) -> datetime:
        """When it began, by the agency's clocks."""
        return datetime.combine(self.held_on, self.starts_at)

    @property
    def ends(self) -> datetime:
        """When it ended."""
        return self.begins + timedelta(minutes=self.minutes)

    def overlaps(self, other: Session) -> bool:
        """Whether two meetings claim the same minute."""
        return self.begins < other.ends and other.begins < self.ends

    def confirm(self, by: Side) -> Session:
        """Confirmed by the side that did not tell of it."""
        return self._answered(SessionAction.CONFIRM, by)

    def dispute(self, by: Side) -> Session:
        """Denied by the side that did not tell of it."""
        return self._answered(SessionAction.DISPUTE, by)

    def _answered(self, action: SessionAction, by: Side) -> Session:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSAL)
        if by is not self.logged_by.other:
            raise NotAllowed("Sesi dikonfirmasi oleh pihak yang lain, bukan oleh yang mencatat.")
        return replace(self, status=status)


def log_session(pair: Pair, session: Session, before: Iterable[Session], now: datetime) -> Session:
    """A session, told of: it lies in the agreed period and the past, and at no time at which the pair met already.

    now is the moment by the agency's clocks.
    """
    agreed = pair.require_meeting()
    if not agreed.start_date <= session.held_on <= agreed.end_date:
        raise Invalid(f"Sesi {session.held_on} di luar jangka waktu yang disepakati.")
    if session.ends > now:
        raise Invalid(f"Sesi {session.held_on} belum selesai.")
    others = (each for each in before if each.status is not SessionStatus.DISPUTED)
    if any(session.overlaps(each) for each in others):
        raise Conflict(f"Sudah ada sesi lain pada waktu itu ({session.held_on}).")
    return session
