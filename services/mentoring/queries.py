"""Reads of mentoring: locked ones for what is about to change, and those of people, who see what they may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, false, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain import Request, RequestStatus
from services.mentoring.tables import RequestRow
from shared.directory import DirectoryEmployee
from shared.errors import NotFound
from shared.identity.actor import Actor, Role

SEES_ALL = frozenset({Role.ANALYST, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, newest first: what follows the row with the id before, or the beginning."""

    before: UUID | None = None
    limit: int = 50


async def requests_of_follow_ups(session: AsyncSession, follow_up_ids: Collection[UUID]) -> dict[UUID, Request]:
    """The requests that these follow-ups opened, locked, by follow-up."""
    found = await session.scalars(
        select(RequestRow)
        .where(RequestRow.follow_up_id == any_(literal(sorted(follow_up_ids), ARRAY(Uuid))))
        .order_by(RequestRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.follow_up_id: row.to_domain() for row in found if row.follow_up_id}


async def is_employee(session: AsyncSession, employee_id: UUID) -> bool:
    """Whether the directory knows the person; locks the entry, so that requests for one person follow each other."""
    entry = select(DirectoryEmployee.id).where(DirectoryEmployee.id == employee_id).with_for_update()
    return await session.scalar(entry) is not None


async def has_open_request(session: AsyncSession, employee_id: UUID, competency: str) -> bool:
    """Whether the person already waits for mentoring in the competency, whoever asked."""
    found = select(RequestRow.id).where(
        RequestRow.employee_id == employee_id,
        RequestRow.competency == competency,
        RequestRow.status == RequestStatus.OPEN,
    )
    return await session.scalar(found.limit(1)) is not None


async def requests(
    session: AsyncSession, actor: Actor, page: Page, *, employee_id: UUID | None, status: RequestStatus | None
) -> Sequence[RequestRow]:
    """The newest requests the actor may see."""
    statement = select(RequestRow).where(_seen_by(actor)).order_by(RequestRow.id.desc()).limit(page.limit)
    if page.before is not None:
        statement = statement.where(RequestRow.id < page.before)
    if employee_id is not None:
        statement = statement.where(RequestRow.employee_id == employee_id)
    if status is not None:
        statement = statement.where(RequestRow.status == status)
    return (await session.scalars(statement)).all()


async def request(session: AsyncSession, actor: Actor, request_id: UUID, *, for_update: bool = False) -> RequestRow:
    """One request; raises NotFound, also when it is not the actor's to see."""
    # Read anew even when this session has the row already: commands write past its identity map.
    statement = select(RequestRow).where(RequestRow.id == request_id, _seen_by(actor))
    statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement.with_for_update() if for_update else statement)
    if row is None:
        raise NotFound("Permintaan mentoring ini tidak ada.")
    return row


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    if actor.roles & SEES_ALL:
        return true()
    return false() if actor.employee_id is None else RequestRow.employee_id == actor.employee_id
