"""What people and events ask of mentoring. Nothing commits here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring import queries
from services.mentoring.domain import Origin, Request, WithdrawalReason
from services.mentoring.tables import RequestRow, request_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import Conflict, Invalid
from shared.events.mentoring import MentoringRequested, MentoringRequestWithdrawn
from shared.identity.actor import Actor
from shared.ids import new_id

WITHDRAW = text(
    "UPDATE requests SET status = w.status, withdrawal_reason = w.reason, withdrawn_at = :moment"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:reasons AS text[])) AS w(id, status, reason)"
    " WHERE requests.id = w.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A request about to be opened, and the event that asks for it, if one does."""

    request: Request
    due_date: date | None = None
    cause: Received[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A request that the domain withdrew, why, and the event that asked for it, if one did."""

    request: Request
    reason: WithdrawalReason
    cause: Received[Any] | None = None


async def request_mentoring(
    session: AsyncSession, actor: Actor, employee_id: UUID, competency: str, need_ids: tuple[UUID, ...]
) -> RequestRow:
    """Ask for mentoring of a person of this agency, who does not wait for it already."""
    if not await queries.is_employee(session, employee_id):
        raise Invalid("Pegawai ini tidak ada dalam direktori.")
    if await queries.has_open_request(session, employee_id, competency):
        raise Conflict("Sudah ada permintaan mentoring yang terbuka untuk pegawai dan kompetensi ini.")
    request = Request(
        id=new_id(), employee_id=employee_id, competency=competency, origin=Origin.ANALYST, need_ids=need_ids
    )
    await open_requests(session, [Opening(request=request)])
    audit.record(session, actor, "request_mentoring", "mentoring_request", request.id)
    return await queries.request(session, actor, request.id)


async def withdraw_request(
    session: AsyncSession, actor: Actor, request_id: UUID, reason: WithdrawalReason
) -> RequestRow:
    """Withdraw a request that has not begun."""
    row = await queries.request(session, actor, request_id, for_update=True)
    request = row.to_domain().withdraw()
    await withdraw_requests(session, [Withdrawal(request=request, reason=reason)])
    audit.record(session, actor, "withdraw_request", "mentoring_request", request.id, {"reason": reason.value})
    return await queries.request(session, actor, request.id)


async def open_requests(session: AsyncSession, openings: Sequence[Opening]) -> None:
    """Write new requests and tell of them."""
    moment = await clock.now(session)
    rows = [request_values(opening.request, moment, opening.due_date) for opening in openings]
    await insert_rows(session, RequestRow, rows)
    for opening in openings:
        request = opening.request
        event = MentoringRequested(
            request_id=request.id,
            employee_id=request.employee_id,
            competency=request.competency,
            origin=request.origin.value,
            follow_up_id=request.follow_up_id,
            need_ids=request.need_ids,
        )
        outbox.record(session, event, caused_by=opening.cause, correlation=request.only_need)


async def withdraw_requests(session: AsyncSession, withdrawals: Sequence[Withdrawal]) -> None:
    """Write requests that the domain withdrew and tell of them; who asks has locked them."""
    if not withdrawals:
        return
    columns = {
        "ids": [withdrawal.request.id for withdrawal in withdrawals],
        "statuses": [withdrawal.request.status for withdrawal in withdrawals],
        "reasons": [withdrawal.reason for withdrawal in withdrawals],
    }
    await session.execute(WITHDRAW, {**columns, "moment": await clock.now(session)})
    for withdrawal in withdrawals:
        request = withdrawal.request
        event = MentoringRequestWithdrawn(
            request_id=request.id,
            employee_id=request.employee_id,
            competency=request.competency,
            reason=withdrawal.reason.value,
            follow_up_id=request.follow_up_id,
        )
        outbox.record(session, event, caused_by=withdrawal.cause, correlation=request.only_need)
