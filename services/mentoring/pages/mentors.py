"""Pages of mentors: who offers what, and one's own offer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.mentoring.commands import mentors as commands
from services.mentoring.commands.mentors import Offer
from services.mentoring.domain.mentors import PauseReason
from services.mentoring.domain.people import in_force_on
from services.mentoring.pages import words
from services.mentoring.pages.shapes import PREFIX
from services.mentoring.queries import matching as queries
from services.mentoring.rules import MATCHING
from shared import clock
from shared.directory import named_people
from shared.errors import Invalid
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.doing import Said
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnyoneDoes, AnyoneSees, Form

router = APIRouter(prefix="/mentors")

PATH = f"{PREFIX}/mentors"
WATCH = frozenset({Role.ANALYST, Role.AUDITOR, Role.UNIT_STAFF})
"""For whom a list without anybody is news."""


class OfferForm(Form):
    """What one offers as a mentor."""

    competencies: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)]
    capacity: Annotated[int, Field(ge=1, le=100)] | None = None
    online: bool = False


class PauseForm(Form):
    reason: PauseReason


@router.get("")
async def list_mentors(seeing: AnyoneSees, competency: str = "", before: UUID | None = None) -> Response:
    """The mentors the visitor may see, and the visitor's own offer."""
    return await mentors_page(seeing, competency, before)


@router.post("")
async def offer(doing: AnyoneDoes) -> Response:
    """Offer oneself as a mentor, or change the offer."""

    async def work(session: AsyncSession) -> Said:
        form = doing.filled(OfferForm)
        if doing.actor.employee_id is None:
            raise Invalid("Akun ini tidak terhubung dengan pegawai.")
        await commands.enlist_mentors(session, doing.actor, [Offer(employee_id=doing.actor.employee_id, **dict(form))])
        return Said(to=PATH, sentence="Tawaran Anda sebagai mentor dicatat.")

    return await doing.run(work, mentors_page)


@router.post("/{mentor_id}/pause")
async def pause(mentor_id: UUID, doing: AnyoneDoes) -> Response:
    """Give a mentor nobody new: mentors for themselves, analysts for all."""

    async def work(session: AsyncSession) -> Said:
        await commands.pause_mentor(session, doing.actor, mentor_id, doing.filled(PauseForm).reason)
        return Said(to=PATH, sentence="Mentor ini tidak menerima orang baru untuk sementara.")

    return await doing.run(work, mentors_page)


@router.post("/{mentor_id}/resume")
async def resume(mentor_id: UUID, doing: AnyoneDoes) -> Response:
    """Have a mentor take people again."""

    async def work(session: AsyncSession) -> Said:
        await commands.resume_mentor(session, doing.actor, mentor_id)
        return Said(to=PATH, sentence="Mentor ini menerima orang lagi.")

    return await doing.run(work, mentors_page)


async def mentors_page(seeing: Seeing, competency: str = "", before: UUID | None = None) -> HTMLResponse:
    """The list of mentors with the people each has now."""
    session, actor = seeing.session, seeing.actor
    page = Page(before=before, limit=ROWS + 1)
    found = await queries.mentors(session, actor, page, competency=competency or None)
    shown = found[:ROWS]
    return await seeing.show(
        "mentoring/mentors.html",
        mentors=shown,
        people=await named_people(session, {row.id for row, _ in shown}),
        own=await queries.own_offer(session, actor),
        own_id=actor.employee_id,
        listed=bool(actor.roles & WATCH) or any(row.id != actor.employee_id for row, _ in shown),
        codes=await queries.competency_codes(session),
        capacity=in_force_on(MATCHING, await clock.today(session)).capacity,
        more=shown[-1][0].id if len(found) > ROWS else None,
        competency=competency,
        words=words,
        path=PATH,
    )
