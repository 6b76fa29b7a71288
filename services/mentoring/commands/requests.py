"""Asking for mentoring and letting go of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands.writing import update_rows
from services.mentoring.domain.people import in_force_on, months_after
from services.mentoring.domain.requests import Form, Origin, Request, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.queries import people, requests
from services.mentoring.rules import ONBOARDING
from services.mentoring.tables import RequestRow, request_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import Conflict, Invalid, NotAllowed
from shared.events.mentoring import MentoringRequested, MentoringRequestWithdrawn
from shared.identity.actor import Actor, Role
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A request as the domain made or changed it, and the event that asked for it, if one did."""

    request: Request
    cause: Received[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whom to mentor or coach in what; guide_id where the coach is to be somebody else than the superior."""

    employee_id: UUID
    competency: str
    form: Form = Form.MENTORING
    need_ids: tuple[UUID, ...] = ()
    guide_id: UUID | None = None
    unit_wish: UnitWish = UnitWish.ANY

    def to_request(self, origin: Origin) -> Request:
        """The request that the wish becomes."""
        return Request(
            id=new_id(),
            employee_id=self.employee_id,
            competency=self.competency,
            origin=origin,
            form=self.form,
            need_ids=self.need_ids,
            guide_id=self.guide_id,
            unit_wish=self.unit_wish,
        )


async def request_mentoring(session: AsyncSession, actor: Actor, wishes: Sequence[Wish]) -> list[Request]:
    """Ask for mentoring of people of this agency who do not wait for it already: for all or for nobody."""
    asked = await _ask(session, wishes, Origin.ANALYST)
    for request in asked:
        audit.record(session, actor, "request_mentoring", "mentoring_request", request.id)
    return asked


async def request_own_mentoring(session: AsyncSession, actor: Actor, competency: str, unit_wish: UnitWish) -> Request:
    """Ask for mentoring of oneself."""
    if actor.employee_id is None:
        raise Invalid("Akun ini tidak terhubung dengan pegawai.")
    wish = Wish(employee_id=actor.employee_id, competency=competency, unit_wish=unit_wish)
    [request] = await _ask(session, [wish], Origin.OWN)
    audit.record(session, actor, "request_own_mentoring", "mentoring_request", request.id)
    return request


async def open_onboarding(session: AsyncSession, actor: Actor, employee_ids: Collection[UUID] | None) -> list[Request]:
    """Ask for a guide for every newcomer at work, or for the named ones, who was not given one before."""
    today = await clock.today(session)
    rule = in_force_on(ONBOARDING, today)
    named = None if employee_ids is None else set(employee_ids)
    found = await people.persons_on_duty(session, named)
    newcomers = {
        person.id for person in found.values() if months_after(person.service_begins, rule.newcomer_months) > today
    }
    if named is not None and named - newcomers:
        raise Invalid("Daftar memuat orang yang bukan pegawai baru yang aktif.")
    await people.locked_people_on_duty(session, newcomers)
    waiting = newcomers - await requests.onboarded(session, newcomers)
    asked = [
        Wish(employee_id=person, competency=rule.competency, unit_wish=UnitWish.SAME).to_request(Origin.ONBOARDING)
        for person in sorted(waiting)
    ]
    await open_requests(session, [Change(request=request) for request in asked])
    audit.record(session, actor, "open_onboarding", "mentoring_request", None, {"requests": len(asked)})
    return asked


async def withdraw_request(session: AsyncSession, actor: Actor, request_id: UUID, reason: WithdrawalReason) -> Request:
    """Withdraw a request that has not begun: an analyst any, a person what they asked for themselves."""
    found = (await requests.requests_for_update(session, actor, [request_id]))[request_id]
    own = found.origin is Origin.OWN and found.employee_id == actor.employee_id
    if Role.ANALYST not in actor.roles and not own:
        raise NotAllowed("Permintaan ini ditarik oleh analis, atau oleh pegawai yang memintanya sendiri.")
    request = found.withdraw(reason)
    await withdraw_requests(session, [Change(request=request)])
    audit.record(session, actor, "withdraw_request", "mentoring_request", request.id, {"reason": reason.value})
    return request


async def open_requests(session: AsyncSession, openings: Sequence[Change]) -> None:
    """Write new requests and tell of them."""
    moment = await clock.now(session)
    await insert_rows(session, RequestRow, [request_values(opening.request, moment) for opening in openings])
    _tell(session, openings)


async def withdraw_requests(session: AsyncSession, withdrawals: Sequence[Change]) -> None:
    """Write requests that the domain withdrew and tell of them; who asks has locked them."""
    if not withdrawals:
        return
    await write_requests(session, [withdrawal.request for withdrawal in withdrawals])
    for withdrawal in withdrawals:
        request = withdrawal.request
        assert request.withdrawal_reason is not None
        event = MentoringRequestWithdrawn(
            request_id=request.id,
            employee_id=request.employee_id,
            competency=request.competency,
            reason=request.withdrawal_reason.value,
            follow_up_id=request.follow_up_id,
            plan_item_id=request.plan_item_id,
            need_ids=request.need_ids,
        )
        outbox.record(session, event, caused_by=withdrawal.cause, correlation=request.only_need)


async def write_requests(session: AsyncSession, changed: Iterable[Request]) -> None:
    """Write what the domain changed in requests that are locked."""
    moment = await clock.now(session)
    rows = [
        {
            "id": request.id,
            "form": int(request.form),
            "guide_id": request.guide_id,
            "due_date": request.due_date,
            "status": request.status,
            "withdrawal_reason": request.withdrawal_reason,
            "withdrawn_at": moment if request.status is RequestStatus.WITHDRAWN else None,
        }
        for request in changed
    ]
    await update_rows(session, RequestRow, rows)


async def _ask(session: AsyncSession, wishes: Sequence[Wish], origin: Origin) -> list[Request]:
    asking = {wish.employee_id for wish in wishes}
    if asking - await people.locked_people_on_duty(session, asking):
        raise Invalid("Pegawai ini tidak ada dalam direktori atau sedang tidak aktif.")
    waiting = await requests.unfinished_cases(session, asking)
    cases = [(wish.employee_id, wish.competency) for wish in wishes]
    if waiting & set(cases) or len(set(cases)) < len(cases):
        raise Conflict("Sudah ada permintaan mentoring yang terbuka untuk pegawai dan kompetensi ini.")
    if any(wish.guide_id == wish.employee_id for wish in wishes):
        raise Invalid("Seseorang tidak dapat mendampingi dirinya sendiri.")
    asked = [wish.to_request(origin) for wish in wishes]
    await open_requests(session, [Change(request=request) for request in asked])
    return asked


def _tell(session: AsyncSession, openings: Iterable[Change]) -> None:
    for opening in openings:
        request = opening.request
        event = MentoringRequested(
            request_id=request.id,
            employee_id=request.employee_id,
            competency=request.competency,
            origin=request.origin.value,
            form=int(request.form),
            follow_up_id=request.follow_up_id,
            plan_item_id=request.plan_item_id,
            need_ids=request.need_ids,
        )
        outbox.record(session, event, caused_by=opening.cause, correlation=request.only_need)
