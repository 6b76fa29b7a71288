"""Routes of matching: a run proposes, a person confirms, or names the guide."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.api.pairs import PairList
from services.mentoring.api.shapes import MANY, AnalystReads, Counted, Ids
from services.mentoring.commands import matching as commands
from services.mentoring.commands.matching import Naming, ProposalStatus
from services.mentoring.queries import matching as queries
from services.mentoring.tables import MatchingRunRow, ProposalRow
from shared.web.shapes import AnalystCommands, AskedPage, Body

router = APIRouter()


class ProposalView(BaseModel):
    """A mentor proposed for a request; points by part and together, of 100."""

    id: UUID
    run_id: UUID
    request_id: UUID
    employee_id: UUID
    mentor_id: UUID
    points: dict[str, Decimal]
    total: Decimal
    status: ProposalStatus
    decided_at: datetime | None

    @classmethod
    def of(cls, row: ProposalRow) -> ProposalView:
        return cls(
            id=row.id,
            run_id=row.run_id,
            request_id=row.request_id,
            employee_id=row.employee_id,
            mentor_id=row.mentor_id,
            points={part: Decimal(value).scaleb(-2) for part, value in row.points.items()},
            total=Decimal(row.total).scaleb(-2),
            status=ProposalStatus(row.status),
            decided_at=row.decided_at,
        )


class MatchingRunView(BaseModel):
    """One run; unmatched says by request why nobody was found (NOT_OFFERED, LEVEL, EXPERIENCE, EXCLUDED, CAPACITY)."""

    id: UUID
    made_at: datetime
    rule_version: str
    considered: int
    unmatched: dict[UUID, str]

    @classmethod
    def of(cls, row: MatchingRunRow) -> MatchingRunView:
        return cls(
            id=row.id,
            made_at=row.made_at,
            rule_version=row.rule_version,
            considered=row.considered,
            unmatched={UUID(request_id): reason for request_id, reason in row.unmatched.items()},
        )


class NamingLine(Body):
    """The guide named for a request; without one the superior, for coaching only."""

    request_id: UUID
    guide_id: UUID | None = None


class NamingList(Body):
    """All of these requests get the guides named, or none does."""

    guides: Annotated[tuple[NamingLine, ...], Field(min_length=1, max_length=MANY)]


@router.post("/matching-runs", status_code=201, response_model=MatchingRunView)
async def run_matching(command: AnalystCommands) -> Response:
    """Propose mentors for all who wait; undecided proposals of earlier runs are replaced."""

    async def work(session: AsyncSession) -> MatchingRunView:
        return MatchingRunView.of(await commands.run_matching(session, command.actor))

    return await command.run(work, status=201)


@router.get("/matching-runs/{run_id}", response_model=MatchingRunView)
async def read_matching_run(run_id: UUID, reading: AnalystReads) -> MatchingRunView:
    return MatchingRunView.of(await queries.matching_run(reading.session, run_id))


@router.get("/proposals", response_model=list[ProposalView])
async def list_proposals(
    reading: AnalystReads, page: AskedPage, status: ProposalStatus | None = None, run_id: UUID | None = None
) -> list[ProposalView]:
    """The newest proposals, with one status or of one run if asked so."""
    found = await queries.proposals(reading.session, reading.actor, page, status=status, run_id=run_id)
    return [ProposalView.of(row) for row in found]


@router.post("/proposals/confirm", status_code=201, response_model=PairList)
async def confirm_proposals(body: Ids, command: AnalystCommands) -> Response:
    """Make pairs of proposals, if the hard rules still allow each."""

    async def work(session: AsyncSession) -> PairList:
        made = await commands.confirm_proposals(session, command.actor, body.ids)
        return await PairList.of(session, command.actor, made)

    return await command.run(work, status=201)


@router.post("/proposals/decline", response_model=Counted)
async def decline_proposals(body: Ids, command: AnalystCommands) -> Response:
    """Set proposals aside."""

    async def work(session: AsyncSession) -> Counted:
        return Counted(count=await commands.decline_proposals(session, command.actor, body.ids))

    return await command.run(work)


@router.post("/guides", status_code=201, response_model=PairList)
async def name_guides(body: NamingList, command: AnalystCommands) -> Response:
    """Name who guides, without a run: any person at work for coaching, a suitable mentor for mentoring."""

    async def work(session: AsyncSession) -> PairList:
        namings = [Naming(request_id=line.request_id, guide_id=line.guide_id) for line in body.guides]
        return await PairList.of(session, command.actor, await commands.name_guides(session, command.actor, namings))

    return await command.run(work, status=201)
