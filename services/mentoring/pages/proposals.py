"""Pages of matching: what the last run proposes with its reasons, and who is left without a mentor and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.mentoring.commands import matching as commands
from services.mentoring.domain.people import in_force_on
from services.mentoring.pages import words
from services.mentoring.pages.shapes import PREFIX, AnalystSees
from services.mentoring.queries import matching as queries
from services.mentoring.queries import requests
from services.mentoring.rules import MATCHING
from services.mentoring.tables import MatchingRunRow, ProposalRow, RequestRow
from shared import clock
from shared.directory import named_people
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.doing import Said
from shared.web.language import _
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnalystDoes, Form

router = APIRouter(prefix="/proposals")

PATH = f"{PREFIX}/proposals"


class DecisionForm(Form):
    """Proposals that a person confirms or sets aside."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1)]
    decision: Literal["confirm", "decline"]


@router.get("")
async def list_proposals(seeing: AnalystSees, before: UUID | None = None) -> Response:
    """What waits for a decision, newest first."""
    return await proposals_page(seeing, before)


@router.post("/runs")
async def run_matching(doing: AnalystDoes) -> Response:
    """Propose mentors for all who wait; proposals that nobody decided on are replaced."""

    async def work(session: AsyncSession) -> Said:
        run = await commands.run_matching(session, doing.actor)
        proposed = run.considered - len(run.unmatched)
        return Said(
            to=PATH,
            sentence=_("{considered} permintaan ditimbang: {proposed} mendapat usulan.").format(
                considered=run.considered, proposed=proposed
            ),
        )

    return await doing.run(work, proposals_page)


@router.post("")
async def decide(doing: AnalystDoes) -> Response:
    """Make pairs of the chosen proposals, or set them aside: all or none."""

    async def work(session: AsyncSession) -> Said:
        form = doing.filled(DecisionForm)
        if form.decision == "confirm":
            made = await commands.confirm_proposals(session, doing.actor, form.ids)
            return Said(
                to=PATH,
                sentence=_("{count} pasangan dibentuk; kesepakatan disusun oleh mereka.").format(count=len(made)),
            )
        count = await commands.decline_proposals(session, doing.actor, form.ids)
        return Said(
            to=PATH,
            sentence=_("{count} usulan ditolak; permintaannya menunggu pencocokan berikutnya.").format(count=count),
        )

    return await doing.run(work, proposals_page)


async def proposals_page(seeing: Seeing, before: UUID | None = None) -> HTMLResponse:
    """The proposals that wait, with the points behind each, and those of the last run who go without."""
    session = seeing.session
    found = await queries.waiting_proposals(session, seeing.actor, Page(before=before, limit=ROWS + 1))
    shown = found[:ROWS]
    run = await queries.newest_run(session)
    without = await _without(seeing, run)
    about = {person for row, _ in shown for person in (row.employee_id, row.mentor_id)}
    rule = in_force_on(MATCHING, await clock.today(session))
    return await seeing.show(
        "mentoring/proposals.html",
        proposals=[(row, request, _points(row)) for row, request in shown],
        most={part: getattr(rule, part) for part in words.POINTS},
        loads=await queries.loads(session, {row.mentor_id for row, _ in shown}),
        run=run,
        without=without,
        people=await named_people(session, about | {request.employee_id for request, _ in without}),
        more=shown[-1][0].id if len(found) > ROWS else None,
        may_decide=Role.ANALYST in seeing.actor.roles,
        words=words,
        path=PATH,
    )


async def _without(seeing: Seeing, run: MatchingRunRow | None) -> list[tuple[RequestRow, str]]:
    """Requests that the run left without a proposal and that still wait, with the rule that stood against them."""
    reasons = {UUID(request_id): reason for request_id, reason in run.unmatched.items()} if run else {}
    waiting = await requests.still_open(seeing.session, seeing.actor, reasons, ROWS)
    return [(row, words.OBSTACLE[reasons[row.id]]) for row in waiting]


def _points(row: ProposalRow) -> dict[str, Decimal]:
    return {part: Decimal(points).scaleb(-2) for part, points in row.points.items()} | {
        "total": Decimal(row.total).scaleb(-2)
    }
