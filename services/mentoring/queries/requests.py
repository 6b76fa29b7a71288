"""Reads of requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.pairs import LIVING
from services.mentoring.domain.requests import UNFINISHED, Form, Origin, Request, RequestStatus
from services.mentoring.queries.access import seen_by
from services.mentoring.tables import REQUEST_COLUMNS, PairRow, RequestRow, request_of
from shared.directory import DirectoryEmployee
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, among_codes, names_contain, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests a list shows."""

    employee_id: UUID | None = None
    status: RequestStatus | None = None
    origin: Origin | None = None
    name: str | None = None


async def requests_of_follow_ups(session: AsyncSession, follow_up_ids: Collection[UUID]) -> dict[UUID, Request]:
    """The requests that these follow-ups opened, locked, by follow-up."""
    found = await _locked(session, among(RequestRow.follow_up_id, follow_up_ids))
    return {request.follow_up_id: request for request in found if request.follow_up_id}


async def requests_of_plan_items(session: AsyncSession, plan_item_ids: Collection[UUID]) -> dict[UUID, Request]:
    """The requests that these plan items opened, locked, by plan item."""
    found = await _locked(session, among(RequestRow.plan_item_id, plan_item_ids))
    return {request.plan_item_id: request for request in found if request.plan_item_id}


async def requests_touched_by(session: AsyncSession, employee_ids: Collection[UUID]) -> list[Request]:
    """Unfinished requests that a change in these people may concern, locked.

    They ask, they guide, they are named as guide, or they lead somebody who is coached.
    """
    unfinished = among_codes(RequestRow.status, UNFINISHED)
    led = select(DirectoryEmployee.id).where(among(DirectoryEmployee.superior_id, employee_ids))
    by_pair = select(PairRow.request_id).where(
        among(PairRow.mentor_id, employee_ids), among_codes(PairRow.status, LIVING)
    )
    coached = and_(RequestRow.form == Form.COACHING, RequestRow.employee_id.in_(led))
    concerned = [among(RequestRow.employee_id, employee_ids), among(RequestRow.guide_id, employee_ids), coached]
    statement = select(RequestRow.id).where(unfinished, or_(*concerned)).union(by_pair)
    found = set(await session.scalars(statement))
    return list((await locked_requests(session, found, unfinished)).values()) if found else []


async def locked_requests(
    session: AsyncSession, request_ids: Collection[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, Request]:
    """These requests, locked, by id, as far as they are there."""
    found = await _locked(session, among(RequestRow.id, request_ids), *conditions)
    return {request.id: request for request in found}


async def requests_for_update(
    session: AsyncSession, actor: Actor, request_ids: Collection[UUID]
) -> dict[UUID, Request]:
    """All of these requests, locked, by id; raises NotFound when one is not there or not the actor's to see."""
    found = await locked_requests(session, request_ids, seen_by(actor, RequestRow.employee_id))
    if len(found) < len(set(request_ids)):
        raise NotFound("Permintaan mentoring ini tidak ada.")
    return found


async def unfinished_cases(session: AsyncSession, employee_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Person and competency of whatever these people wait for already, whoever asked."""
    found = await session.execute(
        select(RequestRow.employee_id, RequestRow.competency).where(
            among(RequestRow.employee_id, employee_ids), among_codes(RequestRow.status, UNFINISHED)
        )
    )
    return {(employee_id, competency) for employee_id, competency in found}


async def onboarded(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those for whom a newcomer's guidance was asked before and not withdrawn."""
    found = await session.scalars(
        select(RequestRow.employee_id).where(
            among(RequestRow.employee_id, employee_ids),
            RequestRow.origin == Origin.ONBOARDING,
            RequestRow.status != RequestStatus.WITHDRAWN,
        )
    )
    return set(found)


async def requests(session: AsyncSession, actor: Actor, page: Page, wanted: RequestFilter) -> Sequence[RequestRow]:
    """The newest requests the actor may see."""
    statement = page_of(select(RequestRow).where(seen_by(actor, RequestRow.employee_id)), RequestRow.id, page)
    if wanted.employee_id is not None:
        statement = statement.where(RequestRow.employee_id == wanted.employee_id)
    if wanted.status is not None:
        statement = statement.where(RequestRow.status == wanted.status)
    if wanted.origin is not None:
        statement = statement.where(RequestRow.origin == wanted.origin)
    if wanted.name is not None:
        statement = statement.where(names_contain(wanted.name, RequestRow.employee_id))
    return (await session.scalars(statement)).all()


async def still_open(
    session: AsyncSession, actor: Actor, request_ids: Collection[UUID], limit: int
) -> Sequence[RequestRow]:
    """Those of these requests that wait for somebody and that the actor may see, the oldest first."""
    waits = RequestRow.status == RequestStatus.OPEN
    seen = seen_by(actor, RequestRow.employee_id)
    statement = select(RequestRow).where(among(RequestRow.id, request_ids), waits, seen)
    return (await session.scalars(statement.order_by(RequestRow.id).limit(limit))).all()


async def request(session: AsyncSession, actor: Actor, request_id: UUID) -> RequestRow:
    """One request; raises NotFound, also when it is not the actor's to see."""
    return (await requests_by_id(session, actor, [request_id]))[request_id]


async def requests_by_id(
    session: AsyncSession, actor: Actor, request_ids: Collection[UUID]
) -> Mapping[UUID, RequestRow]:
    """All of these requests by id; raises NotFound when one is not there or not the actor's to see."""
    statement = select(RequestRow).where(among(RequestRow.id, request_ids), seen_by(actor, RequestRow.employee_id))
    # Read anew even when this session has the rows already: commands write past its identity map.
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    found = {row.id: row for row in rows}
    if len(found) < len(set(request_ids)):
        raise NotFound("Permintaan mentoring ini tidak ada.")
    return found


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Request]:
    # Ascending ids: two workers that hold the same requests never wait for each other in a circle. Plain columns: many
    # rows are read here, and none is changed through the session.
    statement = select(*REQUEST_COLUMNS).where(*conditions).order_by(RequestRow.id).with_for_update()
    return [request_of(row) for row in await session.execute(statement)]
