"""The annual plan: items with a form of development, fixed by a decree that a second person confirms (PP 11/2017)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One of the 25 forms of development (Peraturan LAN 10/2018) and the service that carries it out."""

    id: int
    name: str
    service: str


class ItemStatus(StrEnum):
    """Where an item stands: PROPOSED may change, SUBMITTED awaits its decree, APPROVED is fixed, DONE is over."""

    PROPOSED = "PROPOSED"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    WITHDRAWN = "WITHDRAWN"
    DONE = "DONE"


class ItemAction(StrEnum):
    """What may be done to an item."""

    CHANGE = "CHANGE"
    SUBMIT = "SUBMIT"
    RECALL = "RECALL"
    APPROVE = "APPROVE"
    WITHDRAW = "WITHDRAW"
    FULFIL = "FULFIL"


class WithdrawalReason(StrEnum):
    """Why an item will not be carried out; the last five come from events, not from people."""

    MISTAKE = "MISTAKE"
    NO_BUDGET = "NO_BUDGET"
    OTHER_FORM = "OTHER_FORM"
    NOT_RELEVANT = "NOT_RELEVANT"
    NEED_MET = "NEED_MET"
    NEED_RETURNED = "NEED_RETURNED"
    POSITION_CHANGED = "POSITION_CHANGED"
    EMPLOYEE_AWAY = "EMPLOYEE_AWAY"
    EMPLOYEE_LEFT = "EMPLOYEE_LEFT"


_S, _A = ItemStatus, ItemAction
ALLOWED: Mapping[tuple[ItemStatus, ItemAction], ItemStatus] = {
    (_S.PROPOSED, _A.CHANGE): _S.PROPOSED,
    (_S.PROPOSED, _A.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _A.RECALL): _S.PROPOSED,
    (_S.SUBMITTED, _A.APPROVE): _S.APPROVED,
    **{(status, _A.WITHDRAW): _S.WITHDRAWN for status in (_S.PROPOSED, _S.SUBMITTED, _S.APPROVED)},
    (_S.APPROVED, _A.FULFIL): _S.DONE,
}
ACTIVE = frozenset({_S.PROPOSED, _S.SUBMITTED, _S.APPROVED})
"""The states of an item that is still to be carried out: a need has at most one such item."""

REFUSALS: Mapping[ItemAction, str] = {
    _A.CHANGE: "Butir rencana ini sudah diajukan; tarik penetapannya lebih dahulu.",
    _A.SUBMIT: "Hanya butir rencana yang masih usulan yang dapat diajukan untuk ditetapkan.",
    _A.RECALL: "Butir rencana ini tidak sedang menunggu penetapan.",
    _A.APPROVE: "Hanya butir rencana yang sudah diajukan yang dapat ditetapkan.",
    _A.WITHDRAW: "Butir rencana ini sudah selesai atau ditarik.",
    _A.FULFIL: "Hanya butir rencana yang sudah ditetapkan yang dapat selesai.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is planned: the columns of the annual plan (PP 11/2017 Pasal 207). cost is in whole rupiah."""

    form: int
    program: str | None = None
    provider: str | None = None
    scheduled_from: date | None = None
    scheduled_to: date | None = None
    learning_hours: int | None = None
    fits_curriculum: bool | None = None
    cost: int | None = None
    funding_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One item of the plan of a cycle for one need."""

    id: UUID
    need_id: UUID
    employee_id: UUID
    competency: str
    cycle: int
    particulars: Particulars
    status: ItemStatus = ItemStatus.PROPOSED
    decree_id: UUID | None = None
    reason: WithdrawalReason | None = None

    def change(self, particulars: Particulars) -> PlanItem:
        """With other particulars; raises Conflict once it was submitted."""
        return replace(self._after(ItemAction.CHANGE), particulars=particulars)

    def submit(self, decree_id: UUID) -> PlanItem:
        """Under a decree that waits for its second person."""
        return replace(self._after(ItemAction.SUBMIT), decree_id=decree_id)

    def recall(self) -> PlanItem:
        """A proposal again: the decree was cancelled."""
        return replace(self._after(ItemAction.RECALL), decree_id=None)

    def approve(self) -> PlanItem:
        """Fixed."""
        return self._after(ItemAction.APPROVE)

    def withdraw(self, reason: WithdrawalReason) -> PlanItem:
        """Not to be carried out."""
        return replace(self._after(ItemAction.WITHDRAW), reason=reason)

    def fulfil(self) -> PlanItem:
        """Its need was met by what came of it."""
        return self._after(ItemAction.FULFIL)

    def _after(self, action: ItemAction) -> PlanItem:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSALS[action])
        return replace(self, status=status)


class DecreeStatus(StrEnum):
    """Where a decree stands."""

    ENTERED = "ENTERED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decree:
    """The signed document that fixes the plan of a cycle; who signs it does not sign in, two analysts vouch for it."""

    id: UUID
    cycle: int
    number: str
    decreed_on: date
    signatory: str
    entered_by: UUID
    status: DecreeStatus = DecreeStatus.ENTERED

    def confirm(self, by: UUID) -> Decree:
        """Compared with the document by a second person; raises NotAllowed for the first, Conflict when it is over."""
        self._must_wait()
        if by == self.entered_by:
            raise NotAllowed("Penetapan harus dikonfirmasi oleh orang kedua, bukan oleh yang memasukkannya.")
        return replace(self, status=DecreeStatus.CONFIRMED)

    def cancel(self) -> Decree:
        """Entered by mistake; its items are proposals again."""
        self._must_wait()
        return replace(self, status=DecreeStatus.CANCELLED)

    def _must_wait(self) -> None:
        if self.status is not DecreeStatus.ENTERED:
            raise Conflict("Penetapan ini sudah dikonfirmasi atau dibatalkan.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHours:
    """Hours that an agency plans for a person under an agreement, by the day on which the activity begins."""

    employee_id: UUID
    agreement_from: date
    starts_on: date
    hours: int


def over_agreement_hours(planned: Iterable[PlannedHours], allowed: int) -> set[UUID]:
    """The people with more planned hours in one year of their agreement than it allows (PP 49/2018 Pasal 40)."""
    sums: dict[tuple[UUID, int], int] = {}
    for each in planned:
        year = _year_of_agreement(each.agreement_from, each.starts_on)
        sums[each.employee_id, year] = sums.get((each.employee_id, year), 0) + each.hours
    return {employee_id for (employee_id, _), hours in sums.items() if hours > allowed}


def _year_of_agreement(first_day: date, day: date) -> int:
    begun = (day.month, day.day) >= (first_day.month, first_day.day)
    return day.year - first_day.year - (0 if begun else 1)
