"""Who is asked about a person's behaviour: found in the directory on the day the forms go out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from services.evaluation.domain.behaviour import Role
from services.evaluation.domain.selection import SelectionVersion

ACTIVE = "01"
"""The legal status of somebody at work; all others are away (leave, study, retirement)."""

LONGEST_CHAIN = 20
"""Superiors of superiors that are looked through: a circle in the directory ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """Somebody who leads a unit for a time (PLT or PLH)."""

    employee_id: UUID
    unit_id: UUID
    from_date: date
    to_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as the directory has them now."""

    id: UUID
    legal_status: str
    superior_id: UUID | None
    unit_id: UUID | None = None
    heads_unit_ids: tuple[UUID, ...] = ()

    @property
    def led_units(self) -> frozenset[UUID]:
        """The units whose deputy stands for this person; who is away heads none any more, and worked in one."""
        return frozenset({*self.heads_unit_ids} if self.unit_id is None else {*self.heads_unit_ids, self.unit_id})

    @property
    def is_active(self) -> bool:
        """Whether the person is at work."""
        return self.legal_status == ACTIVE


def superior_of(
    employee_id: UUID, people: Mapping[UUID, Person], deputies: Sequence[Deputy], today: date
) -> UUID | None:
    """The direct superior; one who is away is stood for by a deputy, else by the next superior up the line."""
    person = people.get(employee_id)
    for _ in range(LONGEST_CHAIN):
        superior = people.get(person.superior_id) if person and person.superior_id else None
        if superior is None:
            return None
        if superior.is_active and superior.id != employee_id:
            return superior.id
        deputy = _deputy_for(superior, people, deputies, today)
        if deputy is not None and deputy != employee_id:
            return deputy
        person = superior
    return None


def respondents_of(
    activity_id: UUID,
    employee_id: UUID,
    superior_id: UUID | None,
    colleagues: tuple[Iterable[UUID], Iterable[UUID]],
    version: SelectionVersion,
) -> list[tuple[Role, UUID]]:
    """Self, the superior, and so many peers and subordinates, drawn by the hash of activity and person."""
    peers, subordinates = ([each for each in group if each not in {employee_id, superior_id}] for group in colleagues)
    asked = [(Role.SELF, employee_id)]
    if superior_id is not None:
        asked.append((Role.SUPERIOR, superior_id))
    asked += [(Role.PEER, each) for each in drawn(activity_id, peers, version.peers)]
    return asked + [(Role.SUBORDINATE, each) for each in drawn(activity_id, subordinates, version.subordinates)]


def drawn(activity_id: UUID, people: Iterable[UUID], count: int) -> list[UUID]:
    """A draw that comes out the same whenever it is made."""
    return sorted(people, key=lambda each: sha256(f"{activity_id}{each}".encode()).digest())[:count]


def _deputy_for(
    superior: Person, people: Mapping[UUID, Person], deputies: Iterable[Deputy], today: date
) -> UUID | None:
    standing = [
        deputy.employee_id
        for deputy in deputies
        if deputy.unit_id in superior.led_units and deputy.from_date <= today <= deputy.to_date
    ]
    return min((each for each in standing if each in people and people[each].is_active), default=None)
