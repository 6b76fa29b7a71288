"""Routes of pairs: agreements, ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.api.shapes import MANY, Line, Mark, Words
from services.mentoring.commands import pairs as commands
from services.mentoring.commands.pairs import Report, SignedAgreement
from services.mentoring.domain.pairs import Agreement, Basis, Outcome, Pair, PairStatus, Side, StopReason
from services.mentoring.domain.requests import Form, Origin
from services.mentoring.queries import pairs as queries
from services.mentoring.queries.pairs import PairFilter
from shared import clock
from shared.identity.actor import Actor
from shared.web.shapes import AnalystCommands, AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter(prefix="/pairs")

PersonsReason = Literal[StopReason.NOT_SUITABLE, StopReason.NO_TIME, StopReason.NOT_WANTED, StopReason.OTHER_PATH]
Percent = Annotated[int, Field(ge=0, le=100)]


class AgreementBody(Body):
    """What both sides agree on; dates are local dates."""

    objective: Words
    goals: Annotated[tuple[Line, ...], Field(min_length=1, max_length=10)]
    start_date: date
    end_date: date
    target_level: Annotated[int, Field(ge=1, le=5)] | None = None
    sessions_per_month: Annotated[int, Field(ge=1, le=31)] | None = None

    def agreement(self) -> Agreement:
        return Agreement(**{name: getattr(self, name) for name in AgreementBody.model_fields})


class SignedLine(AgreementBody):
    """An agreement on paper with both signatures, by its mark in the agency's files."""

    pair_id: UUID
    evidence: Mark


class SignedList(Body):
    """All of these pairs begin, or none does."""

    agreements: Annotated[tuple[SignedLine, ...], Field(min_length=1, max_length=MANY)]

    def signed(self) -> list[SignedAgreement]:
        return [
            SignedAgreement(pair_id=line.pair_id, agreement=line.agreement(), evidence=line.evidence)
            for line in self.agreements
        ]


class ReportLine(Body):
    """What was reached of each goal, in percent and in the order of the goals."""

    pair_id: UUID
    attainments: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=10)]
    note: Words | None = None


class ReportList(Body):
    """All of these pairs are closed, or none is."""

    reports: Annotated[tuple[ReportLine, ...], Field(min_length=1, max_length=MANY)]


class Extension(Body):
    end_date: date


class Stop(Body):
    """NOT_SUITABLE and NO_TIME leave the request open for another guide."""

    reason: PersonsReason


class Reaction(Body):
    """How the mentee found it: 1 not at all helpful to 4 very helpful."""

    reaction: Annotated[int, Field(ge=1, le=4)]


class PairView(BaseModel):
    """A guide and a mentee; form is 14 (coaching) or 15 (mentoring), signed names the sides that signed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    mentor_id: UUID
    employee_id: UUID
    competency: str
    form: Form
    origin: Origin
    basis: Basis
    follow_up_id: UUID | None
    plan_item_id: UUID | None
    need_ids: list[UUID]
    status: PairStatus
    objective: str | None
    goals: list[str]
    target_level: int | None
    start_date: date | None
    end_date: date | None
    sessions_per_month: int | None
    signed: list[Side]
    matched_at: datetime
    started_at: datetime | None
    ended_on: date | None
    stop_reason: StopReason | None
    attainments: list[int]
    attainment: int | None
    session_count: int | None
    outcome: Outcome | None
    rule_version: str | None
    reaction: int | None


class PairList(BaseModel):
    """The pairs a command made or changed."""

    pairs: list[PairView]

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor, changed: Iterable[Pair]) -> PairList:
        ids = [pair.id for pair in changed]
        rows = await queries.pairs_by_id(session, actor, ids)
        return cls(pairs=[PairView.model_validate(rows[pair_id]) for pair_id in ids])


async def view_of(session: AsyncSession, actor: Actor, pair_id: UUID) -> PairView:
    """What the actor is answered about a pair."""
    rows = await queries.pairs_by_id(session, actor, [pair_id])
    return PairView.model_validate(rows[pair_id])


@router.get("", response_model=list[PairView])
async def list_pairs(
    reading: AnyoneReads,
    page: AskedPage,
    employee_id: UUID | None = None,
    mentor_id: UUID | None = None,
    status: PairStatus | None = None,
    *,
    overdue: bool = False,
) -> list[PairView]:
    """The newest pairs; overdue are those at work after their agreed end."""
    today = await clock.today(reading.session) if overdue else None
    wanted = PairFilter(employee_id=employee_id, mentor_id=mentor_id, status=status, overdue_on=today)
    found = await queries.pairs(reading.session, reading.actor, page, wanted)
    return [PairView.model_validate(row) for row in found]


@router.get("/{pair_id}", response_model=PairView)
async def read_pair(pair_id: UUID, reading: AnyoneReads) -> PairView:
    pair = await view_of(reading.session, reading.actor, pair_id)
    reading.note("mentoring_pair", pair.id, pair.employee_id, pair.mentor_id)
    return pair


@router.put("/{pair_id}/agreement", response_model=PairView)
async def draft_agreement(pair_id: UUID, body: AgreementBody, command: AnyoneCommands) -> Response:
    """Write down what both are to agree on; who writes has signed, the other side signs after."""

    async def work(session: AsyncSession) -> PairView:
        await commands.draft_agreement(session, command.actor, pair_id, body.agreement())
        return await view_of(session, command.actor, pair_id)

    return await command.run(work)


@router.post("/{pair_id}/agreement/sign", response_model=PairView)
async def sign_agreement(pair_id: UUID, command: AnyoneCommands) -> Response:
    """Sign the agreement; with the signatures of both sides the mentoring begins."""

    async def work(session: AsyncSession) -> PairView:
        await commands.sign_agreement(session, command.actor, pair_id)
        return await view_of(session, command.actor, pair_id)

    return await command.run(work)


@router.post("/start", response_model=PairList)
async def start_pairs(body: SignedList, command: AnalystCommands) -> Response:
    """Begin pairs whose agreements came signed on paper."""

    async def work(session: AsyncSession) -> PairList:
        started = await commands.start_pairs(session, command.actor, body.signed())
        return await PairList.of(session, command.actor, started)

    return await command.run(work)


@router.post("/{pair_id}/extend", response_model=PairView)
async def extend_pair(pair_id: UUID, body: Extension, command: AnyoneCommands) -> Response:
    """Agree on a later end, within the longest period."""

    async def work(session: AsyncSession) -> PairView:
        await commands.extend_pair(session, command.actor, pair_id, body.end_date)
        return await view_of(session, command.actor, pair_id)

    return await command.run(work)


@router.post("/close", response_model=PairList)
async def close_pairs(body: ReportList, command: AnyoneCommands) -> Response:
    """Close pairs with what was reached: their guides, or an analyst on behalf."""

    async def work(session: AsyncSession) -> PairList:
        reports = [Report(**dict(line)) for line in body.reports]
        closed = await commands.close_pairs(session, command.actor, reports)
        return await PairList.of(session, command.actor, closed)

    return await command.run(work)


@router.post("/{pair_id}/stop", response_model=PairView)
async def stop_pair(pair_id: UUID, body: Stop, command: AnyoneCommands) -> Response:
    """End a pair before its time: either side, or an analyst."""

    async def work(session: AsyncSession) -> PairView:
        await commands.stop_pair(session, command.actor, pair_id, body.reason)
        return await view_of(session, command.actor, pair_id)

    return await command.run(work)


@router.put("/{pair_id}/reaction", response_model=PairView)
async def react(pair_id: UUID, body: Reaction, command: AnyoneCommands) -> Response:
    """Say how one found it, after the end."""

    async def work(session: AsyncSession) -> PairView:
        await commands.react(session, command.actor, pair_id, body.reaction)
        return await view_of(session, command.actor, pair_id)

    return await command.run(work)
