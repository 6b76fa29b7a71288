"""Routes of sessions: told by one side, answered by the other; private notes leave only to the pair."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.api.shapes import MANY, Ids, Line, Mark, Words
from services.mentoring.commands import sessions as commands
from services.mentoring.commands.sessions import Told
from services.mentoring.domain.pairs import Side
from services.mentoring.domain.sessions import Mode, Session, SessionStatus
from services.mentoring.queries import pairs as queries
from services.mentoring.tables import PairRow, SessionRow
from shared.identity.actor import Actor
from shared.web.shapes import AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter(prefix="/pair-sessions")


class Notes(Body):
    """Notes after GROW (goal, reality, options, will): for the pair alone."""

    goal: Words | None = None
    reality: Words | None = None
    options: Words | None = None
    will: Words | None = None


class SessionLine(Body):
    """One meeting, at local times; who enters a signed form for others names the side that told and the form."""

    pair_id: UUID
    held_on: date
    starts_at: time
    minutes: Annotated[int, Field(ge=1, le=600)]
    mode: Mode
    topic: Line
    goal_number: Annotated[int, Field(ge=1, le=10)] | None = None
    summary: Words | None = None
    notes: Notes | None = None
    next_on: date | None = None
    on_behalf_of: Literal[Side.MENTOR, Side.EMPLOYEE] | None = None
    evidence: Mark | None = None

    def told(self) -> Told:
        notes = self.notes.model_dump(exclude_none=True) if self.notes else None
        return Told(**(dict(self) | {"notes": notes}))


class SessionListBody(Body):
    """All of these meetings are noted, or none is."""

    sessions: Annotated[tuple[SessionLine, ...], Field(min_length=1, max_length=MANY)]


class Confirmation(Ids):
    """Meetings that happened as told; with the mark of the signed form an analyst confirms for the other side."""

    evidence: Mark | None = None


class SessionView(BaseModel):
    """One meeting; notes are present for the pair alone."""

    id: UUID
    pair_id: UUID
    employee_id: UUID
    mentor_id: UUID
    held_on: date
    starts_at: time
    minutes: int
    mode: Mode
    topic: str
    goal_number: int | None
    summary: str | None
    notes: dict[str, str] | None
    next_on: date | None
    status: SessionStatus
    logged_by: Side
    logged_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, row: SessionRow, pair: PairRow, actor: Actor) -> SessionView:
        own = actor.employee_id is not None and actor.employee_id in {pair.employee_id, pair.mentor_id}
        plain = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls(
            **plain | {"notes": row.notes if own else None},
            employee_id=pair.employee_id,
            mentor_id=pair.mentor_id,
        )


class AnsweredSession(BaseModel):
    id: UUID
    pair_id: UUID
    held_on: date
    status: SessionStatus

    @classmethod
    def of(cls, held: Session) -> AnsweredSession:
        return cls(id=held.id, pair_id=held.pair_id, held_on=held.held_on, status=held.status)


class AnsweredSessions(BaseModel):
    """The meetings a command noted or answered."""

    sessions: list[AnsweredSession]


@router.post("", status_code=201, response_model=AnsweredSessions)
async def log_sessions(body: SessionListBody, command: AnyoneCommands) -> Response:
    """Tell of meetings: either side of own ones, analysts and the unit's staff by signed forms."""

    async def work(session: AsyncSession) -> AnsweredSessions:
        told = [line.told() for line in body.sessions]
        logged = await commands.log_sessions(session, command.actor, told)
        return AnsweredSessions(sessions=[AnsweredSession.of(held) for held in logged])

    return await command.run(work, status=201)


@router.post("/confirm", response_model=AnsweredSessions)
async def confirm_sessions(body: Confirmation, command: AnyoneCommands) -> Response:
    """Confirm meetings the other side told of; a second analyst may by the signed form."""

    async def work(session: AsyncSession) -> AnsweredSessions:
        done = await commands.confirm_sessions(session, command.actor, body.ids, body.evidence)
        return AnsweredSessions(sessions=[AnsweredSession.of(held) for held in done])

    return await command.run(work)


@router.post("/dispute", response_model=AnsweredSessions)
async def dispute_sessions(body: Ids, command: AnyoneCommands) -> Response:
    """Say that meetings the other side told of did not happen so."""

    async def work(session: AsyncSession) -> AnsweredSessions:
        done = await commands.dispute_sessions(session, command.actor, body.ids)
        return AnsweredSessions(sessions=[AnsweredSession.of(held) for held in done])

    return await command.run(work)


@router.get("", response_model=list[SessionView])
async def list_sessions(
    reading: AnyoneReads, page: AskedPage, pair_id: UUID | None = None, status: SessionStatus | None = None
) -> list[SessionView]:
    """The newest meetings, of one pair or with one status if asked so."""
    found = await queries.listed_sessions(reading.session, reading.actor, page, pair_id=pair_id, status=status)
    return [SessionView.of(row, pair, reading.actor) for row, pair in found]
