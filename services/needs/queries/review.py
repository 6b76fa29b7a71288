"""Needs that wait for somebody's decision."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from services.needs.domain.needs import OPEN, NeedStatus
from services.needs.queries.scope import in_charge_of, seen_by
from services.needs.tables import NeedRow
from shared.identity.actor import Actor


async def needs_to_verify(
    session: AsyncSession, actor: Actor, *, after: UUID | None = None, limit: int = 50
) -> Sequence[NeedRow]:
    """What the unit has not confirmed yet, of people for whom the actor may speak, person by person."""
    waits = NeedRow.status.in_([NeedStatus.IDENTIFIED, NeedStatus.RETURNED])
    return await _waiting(session, actor, (waits, in_charge_of(actor, NeedRow.employee_id)), after, limit)


async def needs_to_validate(
    session: AsyncSession, actor: Actor, *, after: UUID | None = None, limit: int = 50
) -> Sequence[NeedRow]:
    """What the agency has not confirmed yet, person by person."""
    waits = NeedRow.status == NeedStatus.VERIFIED
    return await _waiting(session, actor, (waits, seen_by(actor, NeedRow.employee_id)), after, limit)


async def needs_to_look_at(session: AsyncSession, actor: Actor, limit: int = 50) -> Sequence[NeedRow]:
    """Open needs that two follow-ups did not help: job and person are to be looked at again. The oldest first."""
    statement = select(NeedRow).where(
        NeedRow.review_since.is_not(None), NeedRow.status.in_(sorted(OPEN)), seen_by(actor, NeedRow.employee_id)
    )
    return (await session.scalars(statement.order_by(NeedRow.review_since, NeedRow.id).limit(limit))).all()


async def _waiting(
    session: AsyncSession, actor: Actor, conditions: tuple[ColumnElement[bool], ...], after: UUID | None, limit: int
) -> Sequence[NeedRow]:
    statement = select(NeedRow).where(*conditions).order_by(NeedRow.employee_id, NeedRow.id).limit(limit)
    if actor.employee_id is not None:
        # Nobody decides on their own.
        statement = statement.where(NeedRow.employee_id != actor.employee_id)
    if after is not None:
        place = select(NeedRow.employee_id, NeedRow.id).where(NeedRow.id == after).scalar_subquery()
        statement = statement.where(tuple_(NeedRow.employee_id, NeedRow.id) > place)
    return (await session.scalars(statement)).all()
