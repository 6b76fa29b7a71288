"""Pages of journeys: the list of needs, and the story of one as a timeline."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from services.evaluation.domain.selection import ReviewStatus
from services.evaluation.pages import words
from services.evaluation.pages.facts import fact_of
from services.evaluation.pages.numbers import rule_view
from services.evaluation.pages.shapes import PREFIX
from services.evaluation.pages.timeline import timeline_of
from services.evaluation.queries import journeys as queries
from shared import clock
from shared.directory import named_people
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnyoneDoes, AnyoneSees, mark

router = APIRouter(prefix="/journeys")

PATH = f"{PREFIX}/journeys"
YEAR = re.compile(r"20[0-9]{2}")


@router.get("")
async def list_journeys(seeing: AnyoneSees, cycle: str = "", before: UUID | None = None) -> Response:
    return await journeys_page(seeing, cycle, "", before)


@router.post("/search")
async def search_journeys(doing: AnyoneDoes) -> Response:
    """The list by name, or the journey that a number leads to; a name has no place in an address."""
    asked = doing.typed
    sought = asked.get("name").strip()

    async def found(seeing: Seeing) -> Response:
        case = mark(sought)
        if case is None:
            return await journeys_page(seeing, asked.get("cycle"), sought, mark(asked.get("before")))
        return await journey_page(seeing, await queries.need_of(seeing.session, case))

    return await doing.look(found)


@router.get("/{need_id}")
async def show_journey(need_id: UUID, seeing: AnyoneSees) -> Response:
    return await journey_page(seeing, need_id)


async def journeys_page(seeing: Seeing, cycle: str, name: str, before: UUID | None) -> HTMLResponse:
    """The needs whose journeys the visitor may see, the newest first."""
    session = seeing.session
    year = int(cycle) if YEAR.fullmatch(cycle) else None
    page = Page(before=before, limit=ROWS + 1)
    found = await queries.needs(session, seeing.actor, page, name=name.strip() or None, cycle=year)
    shown = found[:ROWS]
    facts = await queries.newest_facts(session, {need.id for need in shown})
    return await seeing.show(
        "evaluation/journeys.html",
        needs=shown,
        states={need_id: _state(fact) for need_id, fact in facts.items()},
        people=await named_people(session, {need.employee_id for need in shown}),
        watches=bool(seeing.actor.roles & {Role.ANALYST, Role.AUDITOR}),
        more=shown[-1].id if len(found) > ROWS else None,
        cycle=cycle,
        begun=before is not None,
        name=name,
        words=words,
        path=PATH,
    )


def _state(fact: str) -> tuple[str, str]:
    """How a need stands after a fact about it, in a word, and its colour."""
    name = fact.split(".")[2]
    return words.said(words.NEED, name), fact_of(name).tone


async def journey_page(seeing: Seeing, need_id: UUID) -> HTMLResponse:
    """One need from the gap on; NotFound when it is not the visitor's to see."""
    session = seeing.session
    found = await queries.journey(session, seeing.actor, need_id)
    seeing.note("journey", need_id, found.need.employee_id)
    need = found.need
    timeline = timeline_of(found.steps, found.reviews, need.competency, await clock.now(session))
    return await seeing.show(
        "evaluation/journey.html",
        need=need,
        timeline=timeline,
        rules=[rule_view(step.rule, step.rule_version) for step in timeline.steps],
        reviews=found.reviews,
        upcoming=[review for review in found.reviews if review.status == ReviewStatus.PLANNED],
        people=await named_people(session, timeline.people | {need.employee_id}),
        words=words,
        path=PATH,
    )
