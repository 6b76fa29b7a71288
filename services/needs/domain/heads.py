"""Who heads which unit, read from the order of superiors."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.needs.domain.positions import STRUCTURAL_CLASSES, PositionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one employee stands."""

    employee_id: UUID
    unit_id: UUID
    position_class: PositionClass
    superior_id: UUID | None
    on_duty: bool


def heads_of_units(placements: Iterable[Placement]) -> dict[UUID, UUID]:
    """Unit → its head: of those on duty in structural positions whose superior works in another unit, or who have none,
    the one of the highest class. A unit where two share that class has no known head: better none than a wrong one.
    """
    people = {placement.employee_id: placement for placement in placements}
    ranked: dict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    for person in people.values():
        if person.on_duty and person.position_class in STRUCTURAL_CLASSES and _reports_outside(person, people):
            ranked[person.unit_id].append((STRUCTURAL_CLASSES.index(person.position_class), person.employee_id))
    heads = {}
    for unit_id, candidates in ranked.items():
        best = min(rank for rank, _ in candidates)
        leaders = [employee_id for rank, employee_id in candidates if rank == best]
        if len(leaders) == 1:
            heads[unit_id] = leaders[0]
    return heads


def _reports_outside(person: Placement, people: Mapping[UUID, Placement]) -> bool:
    superior = people.get(person.superior_id) if person.superior_id else None
    return superior is None or superior.unit_id != person.unit_id
