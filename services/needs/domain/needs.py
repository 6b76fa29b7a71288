"""A need of one person in one competency: IDENTIFIED → VERIFIED → VALIDATED → PLANNED → CLOSED; REJECTED, RETURNED.

The stages are those of the needs analysis (AKPK): inventory, verification by the unit, validation by the agency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.needs.domain.evidence import Evidence, EvidenceRules
from shared.errors import Conflict, NotAllowed


class NeedStatus(StrEnum):
    """Where a need stands."""

    IDENTIFIED = "IDENTIFIED"
    VERIFIED = "VERIFIED"
    VALIDATED = "VALIDATED"
    PLANNED = "PLANNED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"


class Action(StrEnum):
    """What may be done to a need; PLAN is the decree's doing, RELEASE undoes it, DROP is a change of the person."""

    VERIFY = "VERIFY"
    RETURN = "RETURN"
    REJECT = "REJECT"
    VALIDATE = "VALIDATE"
    PLAN = "PLAN"
    RELEASE = "RELEASE"
    SEND_BACK = "SEND_BACK"
    DROP = "DROP"
    CLOSE = "CLOSE"


class Reason(StrEnum):
    """Why a need was returned or rejected; the last four are changes of the person and not given by people."""

    INCOMPLETE = "INCOMPLETE"
    LEVEL_DISPUTED = "LEVEL_DISPUTED"
    WRONG_COMPETENCY = "WRONG_COMPETENCY"
    NOT_RELEVANT = "NOT_RELEVANT"
    ALREADY_MASTERED = "ALREADY_MASTERED"
    OTHER_PATH = "OTHER_PATH"
    POSITION_CHANGED = "POSITION_CHANGED"
    UNIT_CHANGED = "UNIT_CHANGED"
    EMPLOYEE_AWAY = "EMPLOYEE_AWAY"
    EMPLOYEE_LEFT = "EMPLOYEE_LEFT"


_S, _A = NeedStatus, Action
OPEN = frozenset({_S.IDENTIFIED, _S.VERIFIED, _S.VALIDATED, _S.PLANNED, _S.RETURNED})
"""The states of a need that is neither met nor refused."""

ALLOWED: Mapping[tuple[NeedStatus, Action], NeedStatus] = {
    (_S.IDENTIFIED, _A.VERIFY): _S.VERIFIED,
    (_S.RETURNED, _A.VERIFY): _S.VERIFIED,
    (_S.VERIFIED, _A.RETURN): _S.RETURNED,
    (_S.VALIDATED, _A.RETURN): _S.RETURNED,
    (_S.IDENTIFIED, _A.REJECT): _S.REJECTED,
    (_S.RETURNED, _A.REJECT): _S.REJECTED,
    (_S.VERIFIED, _A.REJECT): _S.REJECTED,
    (_S.VALIDATED, _A.REJECT): _S.REJECTED,
    (_S.VERIFIED, _A.VALIDATE): _S.VALIDATED,
    (_S.VALIDATED, _A.PLAN): _S.PLANNED,
    (_S.PLANNED, _A.RELEASE): _S.VALIDATED,
    (_S.VERIFIED, _A.SEND_BACK): _S.RETURNED,
    (_S.VALIDATED, _A.SEND_BACK): _S.RETURNED,
    (_S.PLANNED, _A.SEND_BACK): _S.RETURNED,
    **{(status, _A.DROP): _S.REJECTED for status in OPEN},
    **{(status, _A.CLOSE): _S.CLOSED for status in OPEN},
}

REFUSALS: Mapping[Action, str] = {
    _A.VERIFY: "Hanya kebutuhan yang teridentifikasi atau dikembalikan yang dapat diverifikasi.",
    _A.RETURN: "Hanya kebutuhan yang sudah diverifikasi dan belum direncanakan yang dapat dikembalikan.",
    _A.REJECT: "Kebutuhan yang sudah direncanakan, ditutup atau ditolak tidak dapat ditolak.",
    _A.VALIDATE: "Hanya kebutuhan yang sudah diverifikasi yang dapat divalidasi.",
    _A.PLAN: "Hanya kebutuhan yang sudah divalidasi yang dapat direncanakan.",
    _A.RELEASE: "Kebutuhan ini tidak sedang direncanakan.",
    _A.SEND_BACK: "Kebutuhan ini belum diverifikasi atau sudah selesai.",
    _A.DROP: "Kebutuhan ini sudah selesai.",
    _A.CLOSE: "Kebutuhan ini sudah selesai.",
}
OWN_NEED = "Tidak ada yang boleh memutuskan kebutuhannya sendiri."


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One need with the figures that made it; unit and position are those for which it was last looked at."""

    id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    standard_level: int
    current_level: int
    unit_id: UUID
    position_id: UUID
    identified_on: date
    status: NeedStatus = NeedStatus.IDENTIFIED
    reason: Reason | None = None
    assessment_id: UUID | None = None
    closing_assessment_id: UUID | None = None
    closing_level: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither met nor refused."""
        return self.status in OPEN

    def verify(self, by: UUID | None) -> Need:
        """Confirmed by the unit; by is the employee who decides. Raises Conflict, or NotAllowed for one's own need."""
        return self._decided(Action.VERIFY, by)

    def validate(self, by: UUID | None) -> Need:
        """Confirmed by the agency's analysts; raises as verify does."""
        return self._decided(Action.VALIDATE, by)

    def reject(self, by: UUID | None, reason: Reason) -> Need:
        """Refused for a reason; raises as verify does."""
        return self._decided(Action.REJECT, by, reason)

    def give_back(self, by: UUID | None, reason: Reason) -> Need:
        """Given back to the unit for a reason; raises as verify does."""
        return self._decided(Action.RETURN, by, reason)

    def plan(self) -> Need:
        """Fixed by the decree."""
        return self._after(Action.PLAN)

    def release(self) -> Need:
        """Its item of the plan was withdrawn: it may be planned anew."""
        return self._after(Action.RELEASE)

    def send_back(self, reason: Reason) -> Need:
        """The person changed: the unit has to look again."""
        return self._after(Action.SEND_BACK, reason)

    def drop(self, reason: Reason) -> Need:
        """The person changed: there is no need any more."""
        return self._after(Action.DROP, reason)

    def is_met_by(self, evidence: Evidence, rules: EvidenceRules, *, meant: bool) -> bool:
        """Whether evidence closes the need: of a kind that may, at the standard, and not older than the need.

        Evidence that was meant for this need counts even when it is dated before the need was found.
        """
        reaches = evidence.kind in rules.closes_needs and evidence.level >= self.standard_level
        return self.is_open and reaches and (meant or evidence.assessed_on >= self.identified_on)

    def close(self, evidence: Evidence) -> Need:
        """Met by this evidence."""
        status = self._status_after(Action.CLOSE)
        proof = evidence.assessment_id
        return replace(self, status=status, reason=None, closing_assessment_id=proof, closing_level=evidence.level)

    def _decided(self, action: Action, by: UUID | None, reason: Reason | None = None) -> Need:
        if by == self.employee_id:
            raise NotAllowed(OWN_NEED)
        return self._after(action, reason)

    def _after(self, action: Action, reason: Reason | None = None) -> Need:
        return replace(self, status=self._status_after(action), reason=reason)

    def _status_after(self, action: Action) -> NeedStatus:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSALS[action])
        return status
