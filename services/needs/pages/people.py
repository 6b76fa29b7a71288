"""People: the list with its search, and one person's levels against the standard, needs and plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import queries, rules
from services.needs.domain.gaps import band_of, shown
from services.needs.pages.words import LEGAL_STATUS, WORDS
from services.needs.queries import competencies as competency_queries
from services.needs.queries import needs as need_queries
from services.needs.queries import plan as plan_queries
from services.needs.queries.gaps import PersonGaps, gaps_of
from services.needs.queries.needs import NeedFilter
from services.needs.queries.people import ListedPerson, in_unit, listed_person, named_or_numbered, people_of
from services.needs.tables import EmployeeRow, PositionRow, UnitRow
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page
from shared.web.charts import Bars, Value, bars
from shared.web.figures import masked
from shared.web.language import _, translated
from shared.web.listing import Choice, Column, Listing, Options, add_list
from shared.web.seeing import Seeing, may_see

router = APIRouter()

MANY = 200
HIGHEST_LEVEL = 5


async def units(session: AsyncSession, actor: Actor) -> Options:
    """Units to filter by, for who sees people of many."""
    if not actor.roles & queries.SEES_ALL:
        return {}
    return {code: recorded.unit.name for code, recorded in (await queries.recorded_units(session)).items()}


def _legal_status(listed: ListedPerson) -> str:
    code = listed.recorded.employee.legal_status
    return translated(LEGAL_STATUS[code]) if code in LEGAL_STATUS else _("Kode {code}").format(code=code)


PEOPLE = Listing[ListedPerson](
    name="Pegawai",
    columns=(
        Column(
            "name",
            "Nama",
            lambda listed: listed.recorded.employee.full_name,
            EmployeeRow.name,
            link=lambda listed: f"/needs/pages/people/{listed.recorded.id}",
        ),
        Column("number", "NIP", lambda listed: masked(listed.recorded.employee.employee_number)),
        Column("position", "Jabatan", lambda listed: listed.recorded.employee.position.title, PositionRow.title),
        Column("unit_name", "Unit kerja", lambda listed: listed.recorded.unit_name, UnitRow.name),
        Column("status", "Kedudukan", _legal_status, EmployeeRow.legal_status),
        Column("needs", "Kebutuhan terbuka", lambda listed: listed.open_needs),
    ),
    rows=people_of,
    read=listed_person,
    id=EmployeeRow.id,
    sort="name",
    search=named_or_numbered,
    search_title="Nama atau awal NIP",
    choices=(Choice("unit", "Unit kerja", units, in_unit, every="Semua unit"),),
    empty="Belum ada pegawai",
    hint="Pegawai muncul di sini sesudah data induk diimpor.",
)
add_list(router, "/people", PEOPLE, template="needs/people.html")


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


async def _person(page: Seeing, employee_id: UUID) -> Response:
    gaps = await gaps_of(page.session, page.actor, employee_id)
    page.note("employee", employee_id, employee_id)
    asked = NeedFilter(employee_id=employee_id)
    items = await plan_queries.items(
        page.session, page.actor, Page(limit=MANY), cycle=None, status=None, employee_id=employee_id
    )
    titles = {code: each.title for code, (_, each) in (await competency_queries.competencies(page.session)).items()}
    return await page.show(
        "needs/person.html",
        person=await queries.person_in_place(page.session, page.actor, employee_id),
        own=page.actor.employee_id == employee_id,
        oversees=bool(page.actor.roles & queries.SEES_ALL),
        gaps=gaps,
        bands=_bands(gaps),
        needs=await need_queries.needs(page.session, page.actor, Page(limit=MANY), asked),
        items=items,
        titles=titles,
        bars=_bars(gaps, titles),
        forms={form.id: form.name for form in rules.FORMS.on(gaps.day).values()},
        words=WORDS,
    )


def _bars(gaps: PersonGaps, titles: Mapping[str, str]) -> Bars:
    """Levels that somebody has seen, against the standard of the position; what nobody has seen is no level 0."""
    known = [gap for gap in gaps.gaps if gap.level is not None]
    told = [Value(titles.get(gap.competency, gap.competency), gap.level or 0, gap.required.level) for gap in known]
    return bars(told, highest=HIGHEST_LEVEL)


def _bands(gaps: PersonGaps) -> dict[str, object] | None:
    if gaps.match is None or gaps.match_day is None:
        return None
    bands = rules.JOB_PERSON_MATCH.on(gaps.match_day)
    return {
        "capped": shown(gaps.match.capped),
        "mapping": band_of(gaps.match.capped, bands.mapping).title,
        "appointment": band_of(gaps.match.capped, bands.appointment).title,
    }
