"""Pages of requests: what the visitor waits for, asking for oneself, and for analysts naming who guides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.mentoring.commands import matching
from services.mentoring.commands import requests as commands
from services.mentoring.commands.matching import Naming
from services.mentoring.domain.requests import Form as GuidanceForm
from services.mentoring.domain.requests import Origin, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.pages import words
from services.mentoring.pages.shapes import PREFIX, chosen
from services.mentoring.queries import matching as offers
from services.mentoring.queries import people
from services.mentoring.queries import requests as queries
from services.mentoring.queries.requests import RequestFilter
from shared.directory import named_people
from shared.errors import Invalid
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.doing import Said
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnalystDoes, AnyoneDoes, AnyoneSees, Form, mark

router = APIRouter(prefix="/requests")


class OwnForm(Form):
    """In what one wishes to be mentored, and from where the mentor should come."""

    competency: Code
    unit_wish: UnitWish = UnitWish.ANY


class WithdrawalForm(Form):
    reason: WithdrawalReason

    @field_validator("reason")
    @classmethod
    def _given_by_people(cls, reason: WithdrawalReason) -> WithdrawalReason:
        if reason not in words.PERSONS_WITHDRAWAL:
            raise ValueError("alasan ini tidak dapat dipilih")
        return reason


class GuideForm(Form):
    """Who guides, by employee number; empty for the superior."""

    employee_number: Annotated[str, StringConstraints(pattern=r"[0-9]{18}")] | None = None


@router.get("")
async def list_requests(seeing: AnyoneSees, status: str = "", before: UUID | None = None) -> Response:
    """The requests the visitor may see, and the form to ask for oneself."""
    return await requests_page(seeing, status, "", before)


@router.post("/search")
async def search_requests(doing: AnyoneDoes) -> Response:
    """The list by name: sent as a form, since a name has no place in an address."""
    asked = doing.typed

    async def found(seeing: Seeing) -> Response:
        return await requests_page(seeing, asked.get("status"), asked.get("name"), mark(asked.get("before")))

    return await doing.look(found)


@router.get("/{request_id}")
async def show_request(request_id: UUID, seeing: AnyoneSees) -> Response:
    return await request_page(seeing, request_id)


@router.post("")
async def ask_for_oneself(doing: AnyoneDoes) -> Response:
    """Ask for mentoring of oneself."""

    async def work(session: AsyncSession) -> Said:
        form = doing.filled(OwnForm)
        request = await commands.request_own_mentoring(session, doing.actor, form.competency, form.unit_wish)
        return _said(request.id, "Permintaan Anda dicatat dan menunggu pendamping.")

    async def again(seeing: Seeing) -> Response:
        return await requests_page(seeing)

    return await doing.run(work, again)


@router.post("/{request_id}/withdraw")
async def withdraw_request(request_id: UUID, doing: AnyoneDoes) -> Response:
    """Withdraw a request that has not begun."""

    async def work(session: AsyncSession) -> Said:
        reason = doing.filled(WithdrawalForm).reason
        await commands.withdraw_request(session, doing.actor, request_id, reason)
        return _said(request_id, "Permintaan ditarik.")

    return await doing.run(work, _again(request_id))


@router.post("/{request_id}/guide")
async def name_guide(request_id: UUID, doing: AnalystDoes) -> Response:
    """Name who guides: for mentoring under the hard rules of matching, for coaching any person at work."""

    async def work(session: AsyncSession) -> Said:
        number = doing.filled(GuideForm).employee_number
        guide_id = await people.person_with_number(session, number) if number else None
        if number and guide_id is None:
            raise Invalid("Tidak ada pegawai dengan NIP ini.")
        naming = Naming(request_id=request_id, guide_id=guide_id)
        [pair] = await matching.name_guides(session, doing.actor, [naming])
        return Said(to=f"{PREFIX}/pairs/{pair.id}", sentence="Pendamping ditunjuk; kesepakatan disusun keduanya.")

    return await doing.run(work, _again(request_id))


async def requests_page(seeing: Seeing, status: str = "", name: str = "", before: UUID | None = None) -> HTMLResponse:
    """The list of requests with its filters."""
    wanted = RequestFilter(status=chosen(RequestStatus, status), name=name.strip() or None)
    found = await queries.requests(seeing.session, seeing.actor, Page(before=before, limit=ROWS + 1), wanted)
    shown = found[:ROWS]
    asks = seeing.actor.employee_id is not None
    return await seeing.show(
        "mentoring/requests.html",
        requests=shown,
        people=await named_people(seeing.session, {row.employee_id for row in shown}),
        codes=await offers.competency_codes(seeing.session) if asks else [],
        asks=asks,
        more=shown[-1].id if len(found) > ROWS else None,
        begun=before is not None,
        status=status,
        name=name,
        words=words,
        path=f"{PREFIX}/requests",
    )


async def request_page(seeing: Seeing, request_id: UUID) -> HTMLResponse:
    """One request and what the visitor may do with it."""
    row = await queries.request(seeing.session, seeing.actor, request_id)
    analyst = Role.ANALYST in seeing.actor.roles
    own = row.origin == Origin.OWN and row.employee_id == seeing.actor.employee_id
    waits = row.status in {RequestStatus.PROPOSED, RequestStatus.OPEN}
    return await seeing.show(
        "mentoring/request.html",
        request=row,
        people=await named_people(seeing.session, {row.employee_id} | ({row.guide_id} if row.guide_id else set())),
        may_withdraw=waits and (analyst or own),
        may_name=analyst and row.status == RequestStatus.OPEN and row.employee_id != seeing.actor.employee_id,
        coaching=row.form == GuidanceForm.COACHING,
        words=words,
        path=f"{PREFIX}/requests/{request_id}",
    )


def _said(request_id: UUID, sentence: str) -> Said:
    return Said(to=f"{PREFIX}/requests/{request_id}", sentence=sentence)


def _again(request_id: UUID) -> Callable[[Seeing], Awaitable[Response]]:
    async def show(seeing: Seeing) -> Response:
        return await request_page(seeing, request_id)

    return show
