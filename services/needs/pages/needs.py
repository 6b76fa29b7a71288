"""One need: the figures that made it, the steps it took, and what is planned for it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.needs import rules
from services.needs.pages.words import WORDS
from services.needs.queries import competencies as competency_queries
from services.needs.queries import needs as queries
from services.needs.queries import plan as plan_queries
from shared import clock
from shared.directory import named_people
from shared.lists import Page
from shared.web.seeing import Seeing, may_see

router = APIRouter()

MANY = 200


@router.get("/needs/{need_id}")
async def show_need(need_id: UUID, page: Annotated[Seeing, may_see()]) -> Response:
    """One need that the actor may see."""
    row, steps = await queries.need(page.session, page.actor, need_id)
    items = await plan_queries.items(
        page.session, page.actor, Page(limit=MANY), cycle=row.cycle, status=None, employee_id=row.employee_id
    )
    titles = await competency_queries.competencies(page.session)
    today = await clock.today(page.session)
    return await page.show(
        "needs/need.html",
        need=row,
        steps=steps,
        items=[item for item in items if item.need_id == need_id],
        title=titles[row.competency][1].title if row.competency in titles else row.competency,
        people=await named_people(page.session, {row.employee_id, *(s.on_behalf_of for s in steps if s.on_behalf_of)}),
        forms={form.id: form.name for form in rules.FORMS.on(today).values()},
        words=WORDS,
    )
