"""Pages of needs: people, one person, oneself, and the needs that wait for a decision."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from services.needs.app import SERVICE
from services.needs.commands.analysis import analyse_needs
from services.needs.commands.needs import verify_needs
from services.needs.tables import EmployeeRow, NeedRow, NeedStepRow, UnitRow
from shared import clock
from shared.db import Database, insert_rows
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor, Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.agency import COMPETENCY, Office, assess, open_office
from tests.integration.browser import Front, fronted

REVIEW = "/needs/pages/review"
ANALYST = Actor(id=UUID(int=9), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))


@pytest.fixture
async def front(make_database: MakeDatabase) -> AsyncIterator[Front]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with fronted(SERVICE, await make_database(service="needs", agency="medan", lineages=lineages)) as front:
        yield front


@pytest.fixture
async def office(front: Front) -> Office:
    """Ani and budi each stand one level below what their position asks."""
    office = await open_office(front.database)
    names = {office.chief: "Chandra", office.head: "Hesti", office.ani: "Ani", office.budi: "Budi <b>"}
    async with front.database.transaction() as session:
        for row in await session.scalars(select(EmployeeRow)):
            row.name = names[row.id]
        people = list(await session.scalars(select(EmployeeRow)))
        await insert_rows(session, DirectoryEmployee, [directory_row(person) for person in people])
    for person in (office.ani, office.budi):
        await assess(front.database, person, 1)
    async with front.database.transaction() as session:
        await analyse_needs(session, ANALYST, (await clock.today(session)).year, None)
    return office


def directory_row(person: EmployeeRow) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "employee_number": person.employee_number,
        "email": None,
        "employment_type": person.employment_type,
        "legal_status": person.legal_status,
        "unit_id": person.unit_id,
        "position_id": person.position_id,
        "superior_id": person.superior_id,
        "heads_unit_ids": "[]",
        "acting": "[]",
        "valid_from": person.valid_from,
        "sequence": 1,
    }


async def need_of(database: Database, person: UUID) -> NeedRow:
    async with database.session() as session:
        rows = await session.scalars(
            select(NeedRow).where(NeedRow.employee_id == person, NeedRow.competency == COMPETENCY)
        )
        return rows.one()


def people_in(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/needs/pages/people/[^"]+">([^<]+)', html)


async def test_people_are_listed_by_name_to_whom_they_belong(front: Front, office: Office) -> None:
    analyst = await front.browser(Role.ANALYST)
    head = await front.browser(Role.EMPLOYEE, employee_id=office.head)
    ani = await front.browser(Role.EMPLOYEE, employee_id=office.ani)

    lists = [people_in(await each.see("/needs/pages/people")) for each in (analyst, head, ani)]

    assert lists == [["Ani", "Budi &lt;b&gt;", "Chandra", "Hesti"], ["Ani", "Budi &lt;b&gt;", "Hesti"], ["Ani"]]


async def test_people_are_searched_by_name_and_number_in_forms_only(front: Front, office: Office) -> None:
    analyst = await front.browser(Role.ANALYST)

    by_name = await analyst.send("/needs/pages/people", {"text": "bUDi"})
    by_number = await analyst.send("/needs/pages/people", {"text": "19800101 2005014"})
    wildcard = await analyst.send("/needs/pages/people", {"text": "%"})
    in_address = await analyst.see("/needs/pages/people?text=budi")

    assert people_in(by_name.text) == ["Budi &lt;b&gt;"]
    assert 'value="bUDi"' in by_name.text
    assert len(people_in(by_number.text)) == 1
    assert people_in(wildcard.text) == []
    assert len(people_in(in_address)) == 4


async def test_people_are_sorted_both_ways_and_only_by_what_may_be_sorted(front: Front, office: Office) -> None:
    analyst = await front.browser(Role.ANALYST)

    backwards = await analyst.see("/needs/pages/people?sort=-name")
    strange = await analyst.see("/needs/pages/people?sort=employees.email;--")

    assert people_in(backwards) == ["Hesti", "Chandra", "Budi &lt;b&gt;", "Ani"]
    assert 'aria-sort="descending"' in backwards
    assert people_in(strange) == ["Ani", "Budi &lt;b&gt;", "Chandra", "Hesti"]


async def test_people_of_a_unit_are_chosen_by_who_sees_many(front: Front, office: Office) -> None:
    async with front.database.session() as session:
        codes = {row.id: row.code for row in await session.scalars(select(UnitRow))}
    analyst = await front.browser(Role.ANALYST)

    here = await analyst.see(f"/needs/pages/people?unit={codes[office.unit_id]}")
    there = await analyst.see(f"/needs/pages/people?unit={codes[office.other_unit_id]}")

    assert {"Ani", "Budi &lt;b&gt;"} <= set(people_in(here))
    assert not {"Ani", "Budi &lt;b&gt;"} & set(people_in(there))


async def test_person_shows_levels_against_the_standard_and_no_whole_number(front: Front, office: Office) -> None:
    ani = await front.browser(Role.EMPLOYEE, employee_id=office.ani)

    html = await ani.see("/needs/pages/me")

    assert "Kurang 1" in html
    assert "Menunggu verifikasi atasan" in html
    assert re.search(r"\d{18}", re.sub(r"[0-9a-f-]{36}", "", html)) is None


async def test_person_of_others_and_page_of_an_account_without_employee_are_not_found(
    front: Front, office: Office
) -> None:
    ani = await front.browser(Role.EMPLOYEE, employee_id=office.ani)
    analyst = await front.browser(Role.ANALYST)

    assert "tidak ada" in await ani.see(f"/needs/pages/people/{office.budi}", status=404)
    assert "bukan milik seorang pegawai" in await analyst.see("/needs/pages/me", status=404)
    need = await need_of(front.database, office.budi)
    await ani.see(f"/needs/pages/needs/{need.id}", status=404)


async def test_superior_verifies_what_is_ticked_once(front: Front, office: Office) -> None:
    head = await front.browser(Role.EMPLOYEE, employee_id=office.head)
    need = await need_of(front.database, office.ani)
    fields = {"need": str(need.id), "action": "verify"}

    page = await head.sent(REVIEW, fields, key="formulir-satu")
    again = await head.sent(REVIEW, fields, key="formulir-satu")

    assert "1 kebutuhan diverifikasi." in page
    assert people_in(page) == ["Budi &lt;b&gt;"]
    assert "1 kebutuhan diverifikasi." in again
    async with front.database.session() as session:
        steps = (await session.scalars(select(NeedStepRow.status).where(NeedStepRow.need_id == need.id))).all()
    assert sorted(steps) == ["IDENTIFIED", "VERIFIED"]


async def test_refused_decision_is_shown_with_what_was_ticked(front: Front, office: Office) -> None:
    head = await front.browser(Role.EMPLOYEE, employee_id=office.head)
    need = await need_of(front.database, office.ani)

    without_reason = await head.send(REVIEW, {"need": str(need.id), "action": "reject"})
    nothing_ticked = await head.send(REVIEW, {"action": "verify"})
    strange_reason = await head.send(
        REVIEW, {"need": str(need.id), "action": "reject", "reject_reason": "EMPLOYEE_LEFT"}
    )

    assert (without_reason.status_code, nothing_ticked.status_code, strange_reason.status_code) == (422, 422, 422)
    assert "Pilih alasannya lebih dahulu." in without_reason.text
    assert re.search(rf'value="{need.id}" checked', without_reason.text)
    assert "Centang sedikitnya satu kebutuhan." in nothing_ticked.text
    assert (await need_of(front.database, office.ani)).status == "IDENTIFIED"


async def test_nobody_decides_for_people_of_others_or_for_themselves(front: Front, office: Office) -> None:
    ani = await front.browser(Role.EMPLOYEE, employee_id=office.ani)
    own, other = await need_of(front.database, office.ani), await need_of(front.database, office.budi)

    shown = await ani.see(REVIEW)
    answers = [await ani.send(REVIEW, {"need": str(need.id), "action": "verify"}) for need in (own, other)]
    validated = await ani.send(REVIEW, {"need": str(own.id), "action": "validate"})

    assert people_in(shown) == []
    assert [answer.status_code for answer in answers] == [404, 404]
    assert validated.status_code == 403
    assert {(await need_of(front.database, each)).status for each in (office.ani, office.budi)} == {"IDENTIFIED"}


async def test_analyst_validates_returns_and_rejects(front: Front, office: Office) -> None:
    head = Actor(id=new_id(), kind="ACCOUNT", roles=frozenset({Role.EMPLOYEE}), employee_id=office.head)
    needs = [await need_of(front.database, each) for each in (office.ani, office.budi)]
    async with front.database.transaction() as session:
        await verify_needs(session, head, [need.id for need in needs])
    analyst = await front.browser(Role.ANALYST)

    ticked = await analyst.see(f"{REVIEW}?ticked=validate")
    page = await analyst.sent(REVIEW, {"need": str(needs[0].id), "action": "validate"})
    last = await analyst.sent(REVIEW, {"need": str(needs[1].id), "action": "return", "return_reason": "LEVEL_DISPUTED"})

    assert len(re.findall(r'name="need" value="[^"]+" checked', ticked)) == 2
    assert "1 kebutuhan divalidasi." in page
    assert "1 kebutuhan dikembalikan ke unit." in last
    found = [await need_of(front.database, each) for each in (office.ani, office.budi)]
    assert [(need.status, need.reason) for need in found] == [("VALIDATED", None), ("RETURNED", "LEVEL_DISPUTED")]


async def test_forged_form_does_nothing(front: Front, office: Office) -> None:
    head = await front.browser(Role.EMPLOYEE, employee_id=office.head)
    need = await need_of(front.database, office.ani)

    status = await head.forged(REVIEW, {"need": str(need.id), "action": "verify"})

    assert status == 403
    assert (await need_of(front.database, office.ani)).status == "IDENTIFIED"
