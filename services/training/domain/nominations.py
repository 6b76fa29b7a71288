"""Nominations: a superior or the unit's staff proposes somebody for a class, the organiser decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict


class NominationStatus(StrEnum):
    NOMINATED = "NOMINATED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


class NominationAction(StrEnum):
    ACCEPT = "ACCEPT"
    REFUSE = "REFUSE"


ALLOWED_OF_NOMINATION: Mapping[tuple[NominationStatus, NominationAction], NominationStatus] = {
    (NominationStatus.NOMINATED, NominationAction.ACCEPT): NominationStatus.ACCEPTED,
    (NominationStatus.NOMINATED, NominationAction.REFUSE): NominationStatus.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomination:
    """One person proposed for one class, with the demands the seat would meet."""

    id: UUID
    class_id: UUID
    employee_id: UUID
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None
    status: NominationStatus = NominationStatus.NOMINATED

    def after(self, action: NominationAction) -> Nomination:
        """The nomination after the organiser's decision, which falls once."""
        if (self.status, action) not in ALLOWED_OF_NOMINATION:
            raise Conflict("Usulan ini sudah diputuskan.")
        return replace(self, status=ALLOWED_OF_NOMINATION[self.status, action])
