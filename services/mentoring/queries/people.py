"""Reads of the directory: who is at work, who leads whom, what matching looks at in a person."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.mentoring.domain.people import ON_DUTY, Person, job_family, service_begins
from shared.directory import DirectoryEmployee, DirectoryPosition, DirectoryRemoval, DirectoryUnit
from shared.lists import among


async def locked_people_on_duty(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those who stand in the directory and are at work, locked, so that requests for one person follow each other."""
    entries = select(DirectoryEmployee.id).where(
        among(DirectoryEmployee.id, employee_ids), DirectoryEmployee.legal_status == ON_DUTY
    )
    return set(await session.scalars(entries.order_by(DirectoryEmployee.id).with_for_update()))


async def people_on_duty(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those who stand in the directory and are at work."""
    entry = DirectoryEmployee
    statement = select(entry.id).where(among(entry.id, employee_ids), entry.legal_status == ON_DUTY)
    return set(await session.scalars(statement))


async def people_away(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those of whom the directory knows that they are not at work: other legal statuses, and people removed."""
    entry = DirectoryEmployee
    away = select(entry.id).where(among(entry.id, employee_ids), entry.legal_status != ON_DUTY)
    there = select(entry.id).where(entry.id == DirectoryRemoval.id).exists()
    removed = select(DirectoryRemoval.id).where(among(DirectoryRemoval.id, employee_ids), ~there)
    return set(await session.scalars(away.union_all(removed)))


async def superiors_on_duty(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By person at work, the superior, where that one is at work too."""
    person, superior = aliased(DirectoryEmployee), aliased(DirectoryEmployee)
    statement = (
        select(person.id, superior.id)
        .join(superior, superior.id == person.superior_id)
        .where(among(person.id, employee_ids), person.legal_status == ON_DUTY, superior.legal_status == ON_DUTY)
    )
    return dict((await session.execute(statement)).all())


async def people_led_by(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """The people whose superior one of these is."""
    statement = select(DirectoryEmployee.id).where(among(DirectoryEmployee.superior_id, employee_ids))
    return set(await session.scalars(statement))


async def person_with_number(session: AsyncSession, employee_number: str) -> UUID | None:
    """Who has this employee number, as far as the directory knows."""
    entry = DirectoryEmployee
    found: UUID | None = await session.scalar(select(entry.id).where(entry.employee_number == employee_number))
    return found


async def persons_on_duty(session: AsyncSession, employee_ids: Collection[UUID] | None) -> dict[UUID, Person]:
    """Everybody at work, or those of the ids, as matching sees them."""
    return await persons(session, employee_ids, DirectoryEmployee.legal_status == ON_DUTY)


async def persons(
    session: AsyncSession, employee_ids: Collection[UUID] | None, *conditions: ColumnElement[bool]
) -> dict[UUID, Person]:
    """Everybody, or those of the ids, as matching sees them, by id, as far as the directory knows them."""
    person, position, unit = DirectoryEmployee, DirectoryPosition, DirectoryUnit
    statement = (
        select(person, position.title, unit.unit_type)
        .outerjoin(position, position.id == person.position_id)
        .outerjoin(unit, unit.id == person.unit_id)
        .where(true() if employee_ids is None else among(person.id, employee_ids), *conditions)
    )
    return {
        row.id: Person(
            id=row.id,
            unit_id=row.unit_id,
            superior_id=row.superior_id,
            service_begins=service_begins(row.employee_number, row.valid_from),
            job_family=job_family(title) if title else None,
            unit_type=unit_type,
        )
        for row, title, unit_type in await session.execute(statement)
    }
