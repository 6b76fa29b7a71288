"""Deputies (PLT and PLH): recorded by analysts, told to all services, in charge on their days and no others."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from services.needs import queries
from services.needs.app import SERVICE
from services.needs.commands import lock_master_data, record_employees
from services.needs.tables import EmployeeRow, NeedStepRow, UnitRow
from shared import clock
from shared.audit import AuditEntry
from shared.delivery.consumer import Consumer
from shared.events.employees import EmployeeRecorded
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration import deciding
from tests.integration.agency import Office, assess, go_to, open_office
from tests.integration.browser import fronted
from tests.integration.deciding import decide, told
from tests.integration.house import House, opened
from tests.records import record_of

DEPUTIES = "/needs/deputies"


@dataclass
class Agency:
    """An office whose head is stood in for, with an analyst at the door."""

    house: House
    office: Office
    analyst: httpx.AsyncClient
    today: date

    async def number(self, person: UUID) -> str:
        async with self.house.database.session() as session:
            number = await session.scalar(select(EmployeeRow.employee_number).where(EmployeeRow.id == person))
        assert number is not None
        return number

    async def appoint(self, person: UUID, first: int = 0, last: int = 5, **changes: str) -> httpx.Response:
        """Have somebody stand in for the head of the unit, on days counted from today."""
        entry = {
            "unit": "1",
            "employee_number": await self.number(person),
            "capacity": "PLH",
            "decree_number": "800/12/2026",
            "from_date": (self.today + timedelta(days=first)).isoformat(),
            "to_date": (self.today + timedelta(days=last)).isoformat(),
        }
        answer = await self.analyst.post(DEPUTIES, json={**entry, **changes})
        await self.hear()
        return answer

    async def hear(self) -> None:
        """Take what was told last of people into the directory, as the worker does."""
        recorded = {event.employee_id: event for event in await told(self.house, EmployeeRecorded)}
        consumer = Consumer(self.house.database, SERVICE.listens, frozenset({"medan"}))
        await consumer.take([record_of(event) for event in recorded.values()])

    async def verifies(self, person: UUID, need_of: UUID, *roles: Role) -> int:
        """What somebody gets who verifies the need of somebody."""
        needs = await deciding.needs(self.analyst)
        client = await self.house.person(*(roles or (Role.EMPLOYEE,)), employee_id=person)
        return await decide(client, "verify", needs[need_of]["id"])


@pytest.fixture
async def agency(make_database: MakeDatabase) -> AsyncIterator[Agency]:
    lineages = (*SERVICE.lineages, IDENTITY)
    database = await make_database(service="needs", agency="medan", lineages=lineages)
    await go_to(database, date(2026, 6, 1))
    office = await open_office(database)
    async with database.transaction() as session:
        await session.execute(update(UnitRow).where(UnitRow.id == office.unit_id).values(head_id=office.head))
        today = await clock.today(session)
    for person in (office.ani, office.budi):
        await assess(database, person, 1)
    async with opened(SERVICE, database) as house:
        analyst = await house.person(Role.ANALYST)
        await deciding.analyse(analyst, today.year)
        yield Agency(house, office, analyst, today)


async def test_deputy_is_told_with_the_record_of_the_person_and_decides_like_the_head(agency: Agency) -> None:
    office = agency.office
    before = await agency.verifies(office.budi, office.ani)

    appointed = await agency.appoint(office.budi)

    assert (before, appointed.status_code) == (404, 201)
    [duty] = (await told(agency.house, EmployeeRecorded))[-1].acting
    assert (duty.unit_id, duty.capacity, duty.from_date) == (office.unit_id, "PLH", agency.today)
    assert await agency.verifies(office.budi, office.ani) == 200


async def test_deputy_decides_nothing_about_themselves_and_the_next_superior_does(agency: Agency) -> None:
    office = agency.office
    await agency.appoint(office.budi)

    assert await agency.verifies(office.budi, office.budi) == 404
    assert await agency.verifies(office.chief, office.budi) == 200


@pytest.mark.parametrize(("first", "last"), [(1, 5), (-5, -1)], ids=["from tomorrow", "until yesterday"])
async def test_deputy_decides_on_no_other_day(agency: Agency, first: int, last: int) -> None:
    office = agency.office
    await agency.appoint(office.budi, first, last)

    assert await agency.verifies(office.budi, office.ani) == 404


async def test_what_unit_staff_enter_is_the_decision_of_the_deputy_or_of_who_stands_above(agency: Agency) -> None:
    office = agency.office
    staff = await _staff(agency)
    await agency.appoint(office.budi)

    assert await agency.verifies(staff, office.ani, Role.UNIT_STAFF) == 200
    assert await agency.verifies(staff, office.budi, Role.UNIT_STAFF) == 200

    async with agency.house.database.session() as session:
        audited = await session.execute(
            select(AuditEntry.on_behalf_of).where(AuditEntry.action == "verify_needs").order_by(AuditEntry.id)
        )
        steps = await session.execute(
            select(NeedStepRow.on_behalf_of).where(NeedStepRow.status == "VERIFIED").order_by(NeedStepRow.id)
        )
    assert list(audited.scalars()) == list(steps.scalars()) == [office.budi, office.chief]


async def test_page_tells_unit_staff_for_whom_they_enter_a_decision(agency: Agency) -> None:
    staff = await _staff(agency)
    await agency.appoint(agency.office.budi)
    named = {agency.office.budi: "Budi Contoh", agency.office.chief: "Citra Contoh"}
    example = EmployeeRecorded.model_validate(EmployeeRecorded.example)
    recorded = [example.model_copy(update={"employee_id": each, "name": name}) for each, name in named.items()]
    await Consumer(agency.house.database, SERVICE.listens, frozenset({"medan"})).take(
        [record_of(event) for event in recorded]
    )

    async with fronted(SERVICE, agency.house.database) as front:
        page = await (await front.browser(Role.UNIT_STAFF, employee_id=staff)).see("/needs/pages/review")
        own = await (await front.browser(Role.EMPLOYEE, employee_id=agency.office.head)).see("/needs/pages/review")

    entered = re.findall(r"Anda mencatat atas nama ([A-Z]\w+ Contoh)", page)
    assert sorted(entered) == ["Budi Contoh", "Citra Contoh"]
    assert "Anda mencatat atas nama" not in own


async def _staff(agency: Agency) -> UUID:
    """Somebody of the unit who is below nobody's but the chief."""
    person = EmployeeRow(
        id=UUID(int=77),
        employee_number="198001012005019000",
        name="Contoh Rekaan",
        employment_type="PNS",
        legal_status="01",
        unit_id=agency.office.unit_id,
        position_id=agency.office.lower_position_id,
        superior_id=agency.office.head,
        valid_from=date(2020, 1, 1),
    )
    async with agency.house.database.transaction() as session:
        session.add(person)
    return UUID(int=77)


async def test_unit_has_one_deputy_at_a_time(agency: Agency) -> None:
    office = agency.office
    first = await agency.appoint(office.budi, 0, 5)

    statuses = [
        (await agency.appoint(office.ani, 5, 9)).status_code,
        (await agency.appoint(office.head, 6, 9)).status_code,
        (await agency.appoint(office.ani, 9, 6)).status_code,
        (await agency.appoint(office.ani, 6, 9, unit="7")).status_code,
        (await agency.appoint(office.ani, 6, 9, employee_number="1" * 18)).status_code,
        (await agency.appoint(office.ani, 6, 9)).status_code,
    ]

    assert first.status_code == 201
    assert statuses == [409, 409, 422, 404, 404, 201]


async def test_duty_that_ends_early_stays_as_history_and_its_rights_end(agency: Agency) -> None:
    office = agency.office
    appointed = (await agency.appoint(office.budi, -3, 5)).json()
    yesterday = (agency.today - timedelta(days=1)).isoformat()

    ended = await agency.analyst.post(f"{DEPUTIES}/{appointed['id']}/end", json={"last_day": yesterday})
    await agency.hear()

    assert ended.json() == {**appointed, "to_date": yesterday}
    assert await agency.verifies(office.budi, office.ani) == 404
    assert (await told(agency.house, EmployeeRecorded))[-1].acting == ()
    assert (await agency.analyst.get(DEPUTIES)).json() == [ended.json()]
    assert (await agency.analyst.get(DEPUTIES, params={"past": "false"})).json() == []
    async with agency.house.database.session() as session:
        acts = await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "deputy"))
        assert list(acts) == ["appoint_deputy", "end_deputy"]


async def test_nobody_records_or_ends_their_own_duty(agency: Agency) -> None:
    budi = await agency.house.person(Role.ANALYST, employee_id=agency.office.budi)
    agency.analyst, analyst = budi, agency.analyst
    refused = await agency.appoint(agency.office.budi)
    agency.analyst = analyst
    appointed = (await agency.appoint(agency.office.budi)).json()

    ending = await budi.post(f"{DEPUTIES}/{appointed['id']}/end", json={"last_day": agency.today.isoformat()})

    assert (refused.status_code, ending.status_code) == (403, 403)


async def test_record_that_is_imported_again_keeps_the_duties(agency: Agency) -> None:
    await agency.appoint(agency.office.budi)
    async with agency.house.database.transaction() as session:
        await lock_master_data(session)
        known = await queries.recorded_employees(session)
        [person] = [each.employee for each in known.values() if each.id == agency.office.budi]
        await record_employees(session, [replace(person, name="Nama Baru")])

    event = (await told(agency.house, EmployeeRecorded))[-1]
    assert (event.name, [duty.unit_id for duty in event.acting]) == ("Nama Baru", [agency.office.unit_id])


async def test_analyst_records_and_ends_a_duty_on_the_page(agency: Agency) -> None:
    form = {
        "unit": "1",
        "employee_number": await agency.number(agency.office.budi),
        "capacity": "PLT",
        "decree_number": "800/13/2026",
        "from_date": agency.today.isoformat(),
        "to_date": (agency.today + timedelta(days=9)).isoformat(),
    }
    async with fronted(SERVICE, agency.house.database) as front:
        analyst, auditor = await front.browser(Role.ANALYST), await front.browser(Role.AUDITOR)

        wrong = await analyst.send("/needs/pages/deputies", {**form, "employee_number": "12"})
        page = await analyst.sent("/needs/pages/deputies", form)
        [duty] = (await agency.analyst.get(DEPUTIES)).json()
        end = {"last_day": agency.today.isoformat()}
        after = await analyst.sent(f"/needs/pages/deputies/{duty['id']}/end", end)
        seen = await auditor.see("/needs/pages/deputies")

    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    assert ("800/13/2026" in page, "Bertugas" in page, "Akhiri lebih awal" in page) == (True, True, True)
    assert "Penugasan berakhir" in after
    assert ("800/13/2026" in seen, "Catat penugasan baru" in seen) == (True, False)
