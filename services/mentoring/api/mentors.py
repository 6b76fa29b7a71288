"""Routes of mentors: who offers what, pauses, conflicts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.api.shapes import MANY, Counted
from services.mentoring.commands import mentors as commands
from services.mentoring.commands.mentors import Offer
from services.mentoring.domain.mentors import Mentor, MentorStatus, PauseReason
from services.mentoring.queries import matching as queries
from services.mentoring.tables import MentorRow
from shared.errors import Invalid
from shared.events.contract import Code
from shared.web.shapes import AnalystCommands, AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter()


class OfferBody(Body):
    """What a mentor offers; without a capacity the agency's usual number of people at a time."""

    competencies: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    capacity: Annotated[int, Field(ge=1, le=100)] | None = None
    online: bool = False


class OfferLine(OfferBody):
    employee_id: UUID

    def offer(self) -> Offer:
        return Offer(**dict(self))


class OfferList(Body):
    """People who are ready to mentor: all are enlisted, or nobody is."""

    mentors: Annotated[tuple[OfferLine, ...], Field(min_length=1, max_length=MANY)]


class Pause(Body):
    reason: PauseReason


class Conflict(Body):
    """A conflict of interest: the second is not to mentor the first."""

    employee_id: UUID
    mentor_id: UUID


class MentorView(BaseModel):
    """A mentor; the id is the employee's. Paused mentors take nobody new."""

    id: UUID
    competencies: tuple[str, ...]
    capacity: int
    online: bool
    status: MentorStatus
    pause_reason: PauseReason | None

    @classmethod
    def of(cls, mentor: Mentor) -> MentorView:
        return cls(
            id=mentor.id,
            competencies=mentor.competencies,
            capacity=mentor.capacity,
            online=mentor.online,
            status=mentor.status,
            pause_reason=mentor.pause_reason,
        )


class ListedMentor(BaseModel):
    """A mentor with the number of people now mentored."""

    mentor: MentorView
    mentees: int
    enlisted_at: datetime

    @classmethod
    def of(cls, row: MentorRow, mentees: int) -> ListedMentor:
        return cls(mentor=MentorView.of(row.to_domain()), mentees=mentees, enlisted_at=row.enlisted_at)


@router.get("/mentors", response_model=list[ListedMentor])
async def list_mentors(reading: AnyoneReads, page: AskedPage, competency: Code | None = None) -> list[ListedMentor]:
    """Mentors, those enlisted under the highest ids first, of one competency if asked so."""
    found = await queries.mentors(reading.session, reading.actor, page, competency=competency)
    return [ListedMentor.of(row, mentees) for row, mentees in found]


@router.post("/mentors", status_code=201, response_model=Counted)
async def enlist_mentors(body: OfferList, command: AnalystCommands) -> Response:
    """Enlist people who said they are ready, or change what they offer."""

    async def work(session: AsyncSession) -> Counted:
        found = await commands.enlist_mentors(session, command.actor, [line.offer() for line in body.mentors])
        return Counted(count=len(found))

    return await command.run(work, status=201)


@router.put("/own-offer", response_model=MentorView)
async def offer_own_mentoring(body: OfferBody, command: AnyoneCommands) -> Response:
    """Offer oneself as a mentor, or change the offer."""

    async def work(session: AsyncSession) -> MentorView:
        if command.actor.employee_id is None:
            raise Invalid("Akun ini tidak terhubung dengan pegawai.")
        own = Offer(employee_id=command.actor.employee_id, **dict(body))
        [mentor] = await commands.enlist_mentors(session, command.actor, [own])
        return MentorView.of(mentor)

    return await command.run(work)


@router.post("/mentors/{mentor_id}/pause", response_model=MentorView)
async def pause_mentor(mentor_id: UUID, body: Pause, command: AnyoneCommands) -> Response:
    """Give a mentor nobody new: mentors for themselves, analysts for all."""

    async def work(session: AsyncSession) -> MentorView:
        return MentorView.of(await commands.pause_mentor(session, command.actor, mentor_id, body.reason))

    return await command.run(work)


@router.post("/mentors/{mentor_id}/resume", response_model=MentorView)
async def resume_mentor(mentor_id: UUID, command: AnyoneCommands) -> Response:
    """Have a mentor take people again."""

    async def work(session: AsyncSession) -> MentorView:
        return MentorView.of(await commands.resume_mentor(session, command.actor, mentor_id))

    return await command.run(work)


@router.post("/conflicts", status_code=201, response_model=Counted)
async def declare_conflict(body: Conflict, command: AnyoneCommands) -> Response:
    """Rule out that one person mentors another: either of the two, or an analyst."""

    async def work(session: AsyncSession) -> Counted:
        await commands.declare_conflict(session, command.actor, body.employee_id, body.mentor_id)
        return Counted(count=1)

    return await command.run(work, status=201)
