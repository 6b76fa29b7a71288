"""Learning of one person: the statement of learning hours with the rule behind each figure, and seats in classes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.training import queries
from services.training.domain import DECLINES, EnrolmentStatus
from services.training.pages.words import CANCELLED, WORDS, form_name, rule_of
from services.training.rules import LEARNING_HOURS_TARGET
from shared import clock
from shared.errors import NotFound
from shared.lists import Page
from shared.web import charts
from shared.web.language import translated
from shared.web.seeing import Seeing, may_see

router = APIRouter()

MANY = 100
YEARS_BACK = 4
Year = Annotated[int | None, Query(ge=2000, le=2100)]


@router.get("/me")
async def show_me(page: Annotated[Seeing, may_see()], year: Year = None) -> Response:
    """One's own learning; an account without an employee has none."""
    return await learning_page(page, own_id(page), year)


@router.get("/people/{employee_id}")
async def show_person(employee_id: UUID, page: Annotated[Seeing, may_see()], year: Year = None) -> Response:
    """The learning of somebody whose statement the actor may see."""
    return await learning_page(page, employee_id, year)


def own_id(page: Seeing) -> UUID:
    """Whom the account belongs to; raises NotFound."""
    if page.actor.employee_id is None:
        raise NotFound("Akun ini bukan milik seorang pegawai.")
    return page.actor.employee_id


async def learning_page(page: Seeing, employee_id: UUID, year: int | None) -> Response:
    """The page of one person's learning."""
    session, actor = page.session, page.actor
    this_year = (await clock.today(session)).year
    asked = year or this_year
    statement = await queries.statement(session, actor, LEARNING_HOURS_TARGET, employee_id, asked)
    activities = await queries.activities_of(session, actor, employee_id, asked)
    page.note("learning_hours", employee_id, employee_id)
    seats = await queries.enrolments(session, actor, Page(limit=MANY), employee_id=employee_id)
    return await page.show(
        "training/learning.html",
        statement=statement,
        ring=charts.ring(statement.credited, statement.target) if statement.target else None,
        own=actor.employee_id == employee_id,
        years=range(this_year, this_year - YEARS_BACK, -1),
        activities=[(row, form_name(row), rule_of(row)) for row in activities],
        seats=seats,
        open_seats=[seat for seat in seats if seat.status is EnrolmentStatus.CONFIRMED],
        classes=await queries.classes_by_id(session, actor, {seat.class_id for seat in seats}),
        declines=[(reason.value, translated(CANCELLED[reason]).capitalize()) for reason in sorted(DECLINES)],
        words=WORDS,
    )
