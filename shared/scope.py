"""Who is led by whom, as the directory has it now: by superiors on every step, and by deputies on their days."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared import clock
from shared.directory import DirectoryEmployee, DirectoryUnit
from shared.identity.actor import Actor
from shared.lists import among

Person = InstrumentedAttribute[UUID]


async def with_duties(session: AsyncSession, actor: Actor) -> Actor:
    """The actor with the units that they lead as a deputy today."""
    if actor.employee_id is None:
        return actor
    entry = DirectoryEmployee
    duties = select(entry.acting).where(entry.id == actor.employee_id, func.jsonb_array_length(entry.acting) > 0)
    acting = await session.scalar(duties)
    if not acting:
        return actor
    return replace(actor, acting_units=units_led_on(acting, await clock.today(session)))


def units_led_on(acting: Iterable[dict[str, Any]], day: date) -> frozenset[UUID]:
    """The units of those duties that hold on a day, the last one included."""
    return frozenset(
        UUID(duty["unit_id"])
        for duty in acting
        if date.fromisoformat(duty["from_date"]) <= day <= date.fromisoformat(duty["to_date"])
    )


def led_by(actor: Actor, person: Person) -> ColumnElement[bool]:
    """People below the actor in the order of superiors; for a deputy also everybody of the unit and those below it.

    Nobody is led by themselves, and no head by their deputy: their own cases go one level up.
    """
    if actor.employee_id is None:
        return false()
    below = person.in_(_subordinates_of(actor.employee_id))
    if not actor.acting_units:
        return below
    first = select(DirectoryUnit.id).where(among(DirectoryUnit.id, actor.acting_units))
    led = DirectoryEmployee.unit_id.in_(_and_below(first, "acting_units"))
    return or_(below, person.in_(_deputised(actor, led)))


def reports_to(actor: Actor, person: Person) -> ColumnElement[bool]:
    """People whose direct superior the actor is; for a deputy also those of the unit, and those its head leads."""
    if actor.employee_id is None:
        return false()
    direct = person.in_(select(DirectoryEmployee.id).where(DirectoryEmployee.superior_id == actor.employee_id))
    if not actor.acting_units:
        return direct
    of_unit = among(DirectoryEmployee.unit_id, actor.acting_units)
    of_head = DirectoryEmployee.superior_id.in_(_heads_of(actor.acting_units))
    return or_(direct, person.in_(_deputised(actor, or_(of_unit, of_head))))


def of_unit_of(actor: Actor, person: Person) -> ColumnElement[bool]:
    """People of the actor's own unit and of the units below it: whom a unit's staff speak for."""
    if actor.employee_id is None:
        return false()
    own = select(DirectoryEmployee.unit_id.label("id")).where(DirectoryEmployee.id == actor.employee_id)
    units = _and_below(own, "own_units")
    return person.in_(select(DirectoryEmployee.id).where(DirectoryEmployee.unit_id.in_(units)))


def stands_for(actor: Actor, leader: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
    """Whether the column names the actor, or a head whose deputy the actor is today."""
    if actor.employee_id is None:
        return false()
    themselves = leader == actor.employee_id
    if not actor.acting_units:
        return themselves
    return or_(themselves, leader.in_(_heads_of(actor.acting_units)))


def _subordinates_of(employee_id: UUID) -> Select[UUID]:
    entry = DirectoryEmployee
    below = select(entry.id).where(entry.superior_id == employee_id).cte("subordinates", recursive=True)
    return select(below.union(select(entry.id).join(below, entry.superior_id == below.c.id)).c.id)


def _heads_of(unit_ids: Collection[UUID]) -> Select[UUID]:
    return select(DirectoryEmployee.id).where(_heads_one(unit_ids))


def _heads_one(unit_ids: Collection[UUID]) -> ColumnElement[bool]:
    written = literal(sorted(str(unit_id) for unit_id in unit_ids), ARRAY(Text))
    heads: ColumnElement[bool] = DirectoryEmployee.heads_unit_ids.has_any(written)
    return heads


def _and_below(first: Select[UUID], name: str) -> Select[UUID]:
    """These units and all below them."""
    units = first.cte(name, recursive=True)
    units = units.union(select(DirectoryUnit.id).join(units, DirectoryUnit.parent_id == units.c.id))
    return select(units.c.id)


def _deputised(actor: Actor, led: ColumnElement[bool]) -> Select[UUID]:
    """Of the people of a deputised unit all but the deputy, and the head, who stands above."""
    entry = DirectoryEmployee
    return select(entry.id).where(led, entry.id != actor.employee_id, ~_heads_one(actor.acting_units))
