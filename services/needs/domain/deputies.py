"""Deputies: who leads a unit while its post is vacant (PLT) or its head is away (PLH), by decree and for some days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, Invalid


class Capacity(StrEnum):
    """Why somebody stands in: the post is vacant, or the head is away."""

    PLT = "PLT"
    PLH = "PLH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """One duty of a deputy; both days are its own."""

    id: UUID
    unit_id: UUID
    employee_id: UUID
    capacity: Capacity
    decree_number: str
    from_date: date
    to_date: date

    def holds_on(self, day: date) -> bool:
        """Whether the deputy leads the unit on that day."""
        return self.from_date <= day <= self.to_date

    def appointed(self, others: Iterable[Deputy], *, on_duty: bool, is_head: bool) -> Deputy:
        """This duty, if it may be: one deputy of a unit at a time, somebody at work, not the head.

        others are the duties of the same unit. Raises Invalid or Conflict.
        """
        if self.to_date < self.from_date:
            raise Invalid("Hari terakhir mendahului hari pertama.")
        if not on_duty:
            raise Conflict("Pegawai ini sedang tidak bertugas.")
        if is_head:
            raise Conflict("Pegawai ini pimpinan unit itu sendiri.")
        if any(each.from_date <= self.to_date and self.from_date <= each.to_date for each in others):
            raise Conflict("Pada sebagian hari itu unit ini sudah mempunyai PLT atau PLH.")
        return self

    def ended(self, last_day: date, today: date) -> Deputy:
        """The duty with an earlier last day, at least yesterday: what was decided meanwhile stands. Raises Invalid."""
        if not self.from_date <= last_day <= self.to_date:
            raise Invalid("Hari terakhir harus di antara hari pertama dan hari terakhir yang tercatat.")
        if last_day < today - timedelta(days=1):
            raise Invalid("Hari terakhir paling awal kemarin: yang sudah diputuskan sampai saat itu tetap berlaku.")
        return replace(self, to_date=last_day)


def decider_of(
    employee_id: UUID, superior_id: UUID | None, next_superior_id: UUID | None, deputy_id: UUID | None
) -> UUID | None:
    """Who decides for a person today: the deputy of the superior, else the superior; about a deputy the next one up."""
    if deputy_id is None:
        return superior_id
    return next_superior_id if deputy_id == employee_id else deputy_id
