"""People: the list with its search, and one person's levels against the standard, needs and plan."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, StringConstraints

from services.needs import queries, rules
from services.needs.domain.gaps import band_of, shown
from services.needs.pages.words import WORDS
from services.needs.queries import competencies as competency_queries
from services.needs.queries import needs as need_queries
from services.needs.queries import plan as plan_queries
from services.needs.queries.gaps import PersonGaps, gaps_of
from services.needs.queries.needs import NeedFilter
from services.needs.queries.people import PeopleWanted, slice_of_people
from shared.errors import NotFound
from shared.lists import Page
from shared.web.doing import Doing, may_do
from shared.web.seeing import Seeing, may_see

router = APIRouter()

MANY = 200
UnitCode = Annotated[str, Query(max_length=64)]


class Search(BaseModel):
    """What is looked for. Names come in forms and never in addresses, which are kept in histories and logs."""

    text: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] = ""
    unit: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] = ""
    after: UUID | None = None
    before: UUID | None = None


@router.get("/people")
async def list_people(
    page: Annotated[Seeing, may_see()], unit: UnitCode = "", after: UUID | None = None, before: UUID | None = None
) -> Response:
    """The people the actor may see, by name."""
    return await _list(page, Search(unit=unit, after=after, before=before))


@router.post("/people")
async def search_people(form: Annotated[Doing, may_do()]) -> Response:
    """The same, searched by name or employee number."""
    sought = form.filled(Search)
    return await form.look(lambda page: _list(page, sought))


@router.get("/people/{employee_id}")
async def show_person(employee_id: UUID, page: Annotated[Seeing, may_see()]) -> Response:
    """One person whom the actor may see."""
    return await _person(page, employee_id)


@router.get("/me")
async def show_me(page: Annotated[Seeing, may_see()]) -> Response:
    """Oneself; an account without an employee has no such page."""
    if page.actor.employee_id is None:
        raise NotFound("Akun ini bukan milik seorang pegawai.")
    return await _person(page, page.actor.employee_id)


async def _list(page: Seeing, sought: Search) -> Response:
    wanted = PeopleWanted(text=sought.text.strip(), unit_code=sought.unit or None)
    found = await slice_of_people(page.session, page.actor, wanted, after=sought.after, before=sought.before)
    oversees = bool(page.actor.roles & queries.SEES_ALL)
    units = await queries.recorded_units(page.session) if oversees else {}
    return await page.show(
        "needs/people.html",
        found=found,
        sought=sought,
        oversees=oversees,
        units=[(code, recorded.unit.name) for code, recorded in units.items()],
        words=WORDS,
    )


async def _person(page: Seeing, employee_id: UUID) -> Response:
    gaps = await gaps_of(page.session, page.actor, employee_id)
    page.note("employee", employee_id, employee_id)
    asked = NeedFilter(employee_id=employee_id)
    items = await plan_queries.items(
        page.session, page.actor, Page(limit=MANY), cycle=None, status=None, employee_id=employee_id
    )
    return await page.show(
        "needs/person.html",
        person=await queries.person_in_place(page.session, employee_id),
        own=page.actor.employee_id == employee_id,
        oversees=bool(page.actor.roles & queries.SEES_ALL),
        gaps=gaps,
        bands=_bands(gaps),
        needs=await need_queries.needs(page.session, page.actor, Page(limit=MANY), asked),
        items=items,
        titles={code: each.title for code, (_, each) in (await competency_queries.competencies(page.session)).items()},
        forms={form.id: form.name for form in rules.FORMS.on(gaps.day).values()},
        words=WORDS,
    )


def _bands(gaps: PersonGaps) -> dict[str, object] | None:
    if gaps.match is None or gaps.match_day is None:
        return None
    bands = rules.JOB_PERSON_MATCH.on(gaps.match_day)
    return {
        "capped": shown(gaps.match.capped),
        "mapping": band_of(gaps.match.capped, bands.mapping).title,
        "appointment": band_of(gaps.match.capped, bands.appointment).title,
    }
