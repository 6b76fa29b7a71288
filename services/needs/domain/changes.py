"""What a change of the person means for the needs that are open: transfer, leave, retirement and return."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.needs.domain.needs import Need, NeedStatus, Reason

_JUDGED = frozenset({NeedStatus.VERIFIED, NeedStatus.VALIDATED})


class Presence(StrEnum):
    """Whether a person is on duty, away for a time (leave, study), or gone for good."""

    ON_DUTY = "ON_DUTY"
    AWAY = "AWAY"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRules:
    """One version: legal statuses of who is on duty and who has left, and the hours an agreement allows a year."""

    on_duty: AbstractSet[str]
    left: AbstractSet[str]
    agreement_hours: int

    def presence(self, legal_status: str) -> Presence:
        """What a legal status means; one that is neither on duty nor gone is away."""
        if legal_status in self.on_duty:
            return Presence.ON_DUTY
        return Presence.LEFT if legal_status in self.left else Presence.AWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNow:
    """A person as recorded now, what their position asks, and the levels that are proved; both by competency."""

    presence: Presence
    unit_id: UUID
    position_id: UUID
    standard: Mapping[str, int]
    levels: Mapping[str, int]


def after_change(need: Need, person: PersonNow | None) -> Need:
    """An open need after its person changed; the same need when nothing follows. None is a person who was removed.

    Who left needs nothing; the need of who is away is looked at again on return. A plan goes along to another unit or
    position, unless the new position does not ask for it.
    """
    if person is None or person.presence is Presence.LEFT:
        return need.drop(Reason.EMPLOYEE_LEFT)
    if person.presence is Presence.AWAY:
        return need.send_back(Reason.EMPLOYEE_AWAY) if need.status in _JUDGED | {NeedStatus.PLANNED} else need
    if person.position_id != need.position_id:
        return _in_position(need, person)
    moved = replace(need, unit_id=person.unit_id)
    if moved != need and need.status is NeedStatus.VERIFIED:
        return moved.send_back(Reason.UNIT_CHANGED)
    return moved


def _in_position(need: Need, person: PersonNow) -> Need:
    standard = person.standard.get(need.competency, 0)
    if standard <= person.levels.get(need.competency, need.current_level):
        return need.drop(Reason.POSITION_CHANGED)
    there = replace(need, unit_id=person.unit_id, position_id=person.position_id)
    if need.status is NeedStatus.PLANNED:
        return there
    there = replace(there, standard_level=standard)
    return there.send_back(Reason.POSITION_CHANGED) if need.status in _JUDGED else there
