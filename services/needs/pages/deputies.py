"""The page of deputies: who stands in for which head, with forms to record one and to end a duty early."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.needs import queries
from services.needs.commands import deputies as commands
from services.needs.domain.deputies import Capacity
from services.needs.pages.words import CAPACITY
from services.needs.queries import deputies as deputy_queries
from shared import clock
from shared.directory import named_people
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.doing import Doing, Said, may_do
from shared.web.figures import day
from shared.web.language import _, translated
from shared.web.seeing import Seeing, may_see
from shared.web.shapes import ROWS, Form, Line

router = APIRouter(prefix="/deputies")

HERE = "/needs/pages/deputies"
WatchersSee = Annotated[Seeing, may_see(Role.ANALYST, Role.AUDITOR)]
AnalystDoes = Annotated[Doing, may_do(Role.ANALYST)]


class AppointmentForm(Form):
    """What the decree says."""

    unit: Line
    employee_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$")]
    capacity: Capacity
    decree_number: Line
    from_date: date
    to_date: date


class LastDayForm(Form):
    last_day: date


@router.get("")
async def show_deputies(page: WatchersSee, before: UUID | None = None) -> Response:
    """The newest duties, past ones too."""
    return await _page(page, before)


@router.post("")
async def appoint_deputy(form: AnalystDoes) -> Response:
    """Record a deputy."""

    async def work(session: AsyncSession) -> Said:
        filled = form.filled(AppointmentForm)
        deputy = await commands.appoint_deputy(
            session,
            form.actor,
            commands.Appointment(
                unit_code=filled.unit,
                employee_number=filled.employee_number,
                capacity=filled.capacity,
                decree_number=filled.decree_number,
                from_date=filled.from_date,
                to_date=filled.to_date,
            ),
        )
        return Said(
            to=HERE,
            sentence=_("{capacity} dicatat sampai {day}.").format(capacity=deputy.capacity, day=day(deputy.to_date)),
        )

    return await form.run(work, _page)


@router.post("/{deputy_id}/end")
async def end_deputy(deputy_id: UUID, form: AnalystDoes) -> Response:
    """End a duty early."""

    async def work(session: AsyncSession) -> Said:
        ended = await commands.end_deputy(session, form.actor, deputy_id, form.filled(LastDayForm).last_day)
        return Said(to=HERE, sentence=_("Penugasan berakhir {day}.").format(day=day(ended.to_date)))

    return await form.run(work, _page)


async def _page(page: Seeing, before: UUID | None = None) -> HTMLResponse:
    asked = Page(before=before, limit=ROWS + 1)
    found = await deputy_queries.deputies(page.session, page.actor, asked)
    shown = found[:ROWS]
    units = await queries.recorded_units(page.session)
    return await page.show(
        "needs/deputies.html",
        deputies=shown,
        older=f"{HERE}?before={shown[-1].deputy.id}" if len(found) > ROWS else None,
        units=[(code, f"{recorded.unit.name} ({code})") for code, recorded in units.items()],
        capacities=[(capacity.value, translated(words)) for capacity, words in CAPACITY.items()],
        people=await named_people(page.session, {each.deputy.employee_id for each in shown}),
        may_record=Role.ANALYST in page.actor.roles,
        today=await clock.today(page.session),
        path=HERE,
    )
