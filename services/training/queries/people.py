"""Whom an actor sees, and what the directory says of people."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared import scope
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor, Role
from shared.lists import among

SEES_PARTICIPANTS = frozenset({Role.ORGANISER, Role.FACILITATOR, Role.ANALYST, Role.AUDITOR})
SEES_STATEMENTS = frozenset({Role.ANALYST, Role.AUDITOR})

NUMBERED = text(
    "SELECT employee_number, id FROM directory_employees WHERE employee_number = ANY(CAST(:numbers AS text[]))"
)

NEWEST_PERIODS = text(
    "SELECT DISTINCT ON (employee_id) * FROM employment_periods WHERE employee_id = ANY(CAST(:ids AS uuid[]))"
    " ORDER BY employee_id, starts_on DESC"
)


def visible_to(actor: Actor, employee_id: InstrumentedAttribute[UUID], roles: frozenset[Role]) -> ColumnElement[bool]:
    """Records of everybody for actors with one of the roles, else the own."""
    if actor.roles & roles:
        return true()
    return employee_id == actor.employee_id if actor.employee_id is not None else false()


def reports_to(actor: Actor) -> ColumnElement[bool]:
    """People in the directory whose statements the actor may see: the own, those of direct reports, or all."""
    if actor.roles & SEES_STATEMENTS:
        return true()
    if actor.employee_id is None:
        return false()
    return or_(DirectoryEmployee.id == actor.employee_id, scope.reports_to(actor, DirectoryEmployee.id))


async def at_work(session: AsyncSession, employee_ids: Collection[UUID], active: frozenset[str]) -> dict[UUID, bool]:
    """Whether each known employee is at work, by the legal statuses that mean it."""
    person = DirectoryEmployee
    rows = await session.execute(select(person.id, person.legal_status).where(among(person.id, employee_ids)))
    return {employee_id: legal_status in active for employee_id, legal_status in rows}


async def nominable_by(session: AsyncSession, actor: Actor, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those of the employees whom the actor may propose: direct reports, or as staff those of the unit and below."""
    person = DirectoryEmployee.id
    led = scope.reports_to(actor, person)
    charge = or_(led, scope.of_unit_of(actor, person)) if Role.UNIT_STAFF in actor.roles else led
    found = select(person).where(among(person, employee_ids), person != actor.employee_id, charge)
    return set(await session.scalars(found))


async def numbered_employees(session: AsyncSession, numbers: Collection[str]) -> dict[str, UUID]:
    """Employee number → id, of those in the directory."""
    rows = await session.execute(NUMBERED, {"numbers": list(numbers)})
    return {row.employee_number: row.id for row in rows}


async def newest_periods(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """What was last told of each person, as rows of employment periods."""
    rows = await session.execute(NEWEST_PERIODS, {"ids": list(employee_ids)})
    return {row.employee_id: row for row in rows}
