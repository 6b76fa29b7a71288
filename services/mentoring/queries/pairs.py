"""Reads of pairs and their sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.pairs import LIVING, Pair, PairStatus, Side
from services.mentoring.domain.sessions import Session, SessionStatus
from services.mentoring.queries.access import seen_by
from services.mentoring.queries.requests import locked_requests
from services.mentoring.tables import PAIR_COLUMNS, PairRow, SessionRow, pair_of_row
from shared.directory import DirectoryEmployee
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, among_codes, names_contain, page_of
from shared.scope import reports_to


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFilter:
    """Which pairs a list shows; overdue: those at work after their agreed end; name: part of a name on either side."""

    employee_id: UUID | None = None
    mentor_id: UUID | None = None
    status: PairStatus | None = None
    overdue_on: date | None = None
    name: str | None = None


async def living_pairs_of(session: AsyncSession, request_ids: Collection[UUID]) -> dict[UUID, Pair]:
    """The pairs that live, by request; whoever asks has locked the requests."""
    living = among_codes(PairRow.status, LIVING)
    statement = select(*PAIR_COLUMNS).where(among(PairRow.request_id, request_ids), living).order_by(PairRow.id)
    return {row.request_id: pair_of_row(row) for row in await session.execute(statement)}


async def pairs_for_update(session: AsyncSession, actor: Actor, pair_ids: Collection[UUID]) -> dict[UUID, PairRow]:
    """All of these pairs by id, their requests locked; raises NotFound when one is not the actor's to see."""
    requests = set(await session.scalars(select(PairRow.request_id).where(among(PairRow.id, pair_ids))))
    if requests:
        await locked_requests(session, requests)
    return await pairs_by_id(session, actor, pair_ids)


async def pairs_by_id(session: AsyncSession, actor: Actor, pair_ids: Collection[UUID]) -> dict[UUID, PairRow]:
    """All of these pairs by id; raises NotFound when one is not there or not the actor's to see."""
    statement = select(PairRow).where(among(PairRow.id, pair_ids), _seen_by(actor)).order_by(PairRow.id)
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    found = {row.id: row for row in rows}
    if len(found) < len(set(pair_ids)):
        raise NotFound("Pendampingan ini tidak ada.")
    return found


async def pairs(session: AsyncSession, actor: Actor, page: Page, wanted: PairFilter) -> Sequence[PairRow]:
    """The newest pairs the actor may see."""
    statement = page_of(select(PairRow).where(_seen_by(actor)), PairRow.id, page)
    if wanted.employee_id is not None:
        statement = statement.where(PairRow.employee_id == wanted.employee_id)
    if wanted.mentor_id is not None:
        statement = statement.where(PairRow.mentor_id == wanted.mentor_id)
    if wanted.status is not None:
        statement = statement.where(PairRow.status == wanted.status)
    if wanted.overdue_on is not None:
        statement = statement.where(PairRow.status == PairStatus.ACTIVE, PairRow.end_date < wanted.overdue_on)
    if wanted.name is not None:
        statement = statement.where(names_contain(wanted.name, PairRow.employee_id, PairRow.mentor_id))
    return (await session.scalars(statement)).all()


async def side_of(session: AsyncSession, actor: Actor, pair: Pair) -> Side | None:
    """On which side of a pair the actor stands, if on one."""
    if actor.employee_id is None:
        return None
    if actor.employee_id == pair.mentor_id:
        return Side.MENTOR
    if actor.employee_id == pair.employee_id:
        return Side.EMPLOYEE
    led = select(DirectoryEmployee.id).where(
        DirectoryEmployee.id == pair.employee_id, reports_to(actor, DirectoryEmployee.id)
    )
    return Side.SUPERIOR if await session.scalar(led) is not None else None


async def sessions_of(session: AsyncSession, pair_ids: Collection[UUID]) -> Mapping[UUID, list[Session]]:
    """Everything told of the meetings of these pairs; whoever asks has locked their requests."""
    statement = select(SessionRow).where(among(SessionRow.pair_id, pair_ids)).order_by(SessionRow.id)
    found: dict[UUID, list[Session]] = defaultdict(list)
    for row in await session.scalars(statement.execution_options(populate_existing=True)):
        found[row.pair_id].append(row.to_domain())
    return found


async def sessions_for_update(
    session: AsyncSession, actor: Actor, session_ids: Collection[UUID]
) -> tuple[dict[UUID, SessionRow], dict[UUID, PairRow]]:
    """All of these sessions and their pairs by id, the requests locked; raises NotFound."""
    chosen = among(SessionRow.id, session_ids)
    pair_ids = set(await session.scalars(select(SessionRow.pair_id).where(chosen)))
    pairs = await pairs_for_update(session, actor, pair_ids)
    statement = select(SessionRow).where(chosen).order_by(SessionRow.id)
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    found = {row.id: row for row in rows}
    if len(found) < len(set(session_ids)):
        raise NotFound("Sesi ini tidak ada.")
    return found, pairs


async def listed_sessions(
    session: AsyncSession,
    actor: Actor,
    page: Page,
    *,
    pair_id: UUID | None = None,
    status: SessionStatus | None = None,
) -> Sequence[tuple[SessionRow, PairRow]]:
    """The newest sessions the actor may see, each with its pair."""
    statement = select(SessionRow, PairRow).join(PairRow, PairRow.id == SessionRow.pair_id).where(_seen_by(actor))
    statement = page_of(statement, SessionRow.id, page)
    if pair_id is not None:
        statement = statement.where(SessionRow.pair_id == pair_id)
    if status is not None:
        statement = statement.where(SessionRow.status == status)
    return [(row, pair) for row, pair in await session.execute(statement)]


async def sessions_to_answer(session: AsyncSession, actor: Actor, limit: int) -> Sequence[tuple[SessionRow, PairRow]]:
    """Meetings that the other side of the actor's own pairs told of and that nobody has answered, oldest first."""
    if actor.employee_id is None:
        return []
    as_mentor = and_(PairRow.mentor_id == actor.employee_id, SessionRow.logged_by == Side.EMPLOYEE)
    as_mentee = and_(PairRow.employee_id == actor.employee_id, SessionRow.logged_by == Side.MENTOR)
    statement = (
        select(SessionRow, PairRow)
        .join(PairRow, PairRow.id == SessionRow.pair_id)
        .where(SessionRow.status == SessionStatus.LOGGED, SessionRow.logged_by_actor != actor.id)
        .where(or_(as_mentor, as_mentee))
        .order_by(SessionRow.held_on, SessionRow.id)
        .limit(limit)
    )
    return [(row, pair) for row, pair in await session.execute(statement)]


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    return seen_by(actor, PairRow.employee_id, PairRow.mentor_id)
