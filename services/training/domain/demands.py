"""Demands: what the plan or a follow-up asks of training for one person, until a class has met it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict


class DemandOrigin(StrEnum):
    PLAN_ITEM = "PLAN_ITEM"
    FOLLOW_UP = "FOLLOW_UP"


class DemandStatus(StrEnum):
    OPEN = "OPEN"
    ENROLLED = "ENROLLED"
    MET = "MET"
    WITHDRAWN = "WITHDRAWN"


class DemandAction(StrEnum):
    ENROL = "ENROL"
    RELEASE = "RELEASE"
    MEET = "MEET"
    WITHDRAW = "WITHDRAW"
    RENEW = "RENEW"


ALLOWED_OF_DEMAND: Mapping[tuple[DemandStatus, DemandAction], DemandStatus] = {
    (DemandStatus.OPEN, DemandAction.ENROL): DemandStatus.ENROLLED,
    (DemandStatus.ENROLLED, DemandAction.RELEASE): DemandStatus.OPEN,
    (DemandStatus.ENROLLED, DemandAction.MEET): DemandStatus.MET,
    # A correction finds that the class was completed after all, or that it was not.
    (DemandStatus.OPEN, DemandAction.MEET): DemandStatus.MET,
    (DemandStatus.MET, DemandAction.RELEASE): DemandStatus.OPEN,
    (DemandStatus.OPEN, DemandAction.WITHDRAW): DemandStatus.WITHDRAWN,
    (DemandStatus.ENROLLED, DemandAction.WITHDRAW): DemandStatus.WITHDRAWN,
    # Approved or confirmed again after it was withdrawn.
    (DemandStatus.WITHDRAWN, DemandAction.RENEW): DemandStatus.OPEN,
}

STATUS_OF_DEMAND_IN_WORDS: Mapping[DemandStatus, str] = {
    DemandStatus.OPEN: "masih terbuka",
    DemandStatus.ENROLLED: "sudah mendapat kelas",
    DemandStatus.MET: "sudah terpenuhi",
    DemandStatus.WITHDRAWN: "sudah ditarik",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Bears the id of the plan item or follow-up that asks. form and program are what the plan names, if it does."""

    id: UUID
    origin: DemandOrigin
    employee_id: UUID
    competency: str
    cycle: int
    form: int | None = None
    program: str | None = None
    due_date: date | None = None
    need_ids: tuple[UUID, ...] = ()
    status: DemandStatus = DemandStatus.OPEN
    enrolment_id: UUID | None = None

    def after(self, action: DemandAction, enrolment_id: UUID | None = None) -> Demand:
        """The demand after an action; Conflict where it has no place."""
        if (self.status, action) not in ALLOWED_OF_DEMAND:
            raise Conflict(f"Permintaan pelatihan ini {STATUS_OF_DEMAND_IN_WORDS[self.status]}.")
        return replace(self, status=ALLOWED_OF_DEMAND[self.status, action], enrolment_id=enrolment_id)

    def takes(self, action: DemandAction) -> bool:
        """Whether an action has a place now."""
        return (self.status, action) in ALLOWED_OF_DEMAND

    def settled_by(self, enrolment_id: UUID, *, completed: bool) -> Demand:
        """What a finding on a seat makes of its demand; unchanged where the demand waits for something else by now."""
        if completed:
            waits = self.status is DemandStatus.OPEN or self.enrolment_id == enrolment_id
            return self.after(DemandAction.MEET, enrolment_id) if waits and self.takes(DemandAction.MEET) else self
        held = self.enrolment_id == enrolment_id and self.takes(DemandAction.RELEASE)
        return self.after(DemandAction.RELEASE) if held else self


def require_served(demand: Demand | None, employee_id: UUID, competency: str, number: int) -> Demand:
    """The demand, if a seat of this person in a class for this competency meets it; number is the line's."""
    if demand is None or demand.employee_id != employee_id:
        raise Conflict(f"Peserta ke-{number}: permintaan pelatihan ini bukan milik pegawai tersebut.")
    if demand.competency != competency:
        raise Conflict(f"Peserta ke-{number}: permintaan ini untuk kompetensi {demand.competency}.")
    if demand.status is not DemandStatus.OPEN:
        raise Conflict(f"Peserta ke-{number}: permintaan ini {STATUS_OF_DEMAND_IN_WORDS[demand.status]}.")
    return demand
