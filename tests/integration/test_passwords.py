"""First passwords, changed ones, slips with a code, and how often somebody may try."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from shared.db import Database, Origin
from shared.identity.accounts import change_password, list_accounts
from shared.identity.activation import Invited, issue_slips, reissue_slip
from shared.identity.cli import accounts
from shared.identity.sign_in import forget_old
from shared.ids import new_id
from shared.settings import Settings
from tests.conftest import MakeDatabase
from tests.integration.site import ENTRANCE, LIST, Site, enter, fields_of, opened_site
from tests.integration.small_app import PASSWORD, sign_in_status, status_of

CHANGE, ACTIVATE = "/notes/pages/password", "/notes/pages/activate"
NEW = "teh-melati-di-sore-hari"
ELSEWHERE = "203.0.113.7"
DAY = timedelta(days=1)


@pytest.fixture
async def site(make_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with opened_site(make_database, tmp_path_factory.mktemp("notes"), Settings()) as site:
        yield site


async def execute(site: Site, statement: str, **given: object) -> None:
    async with site.database.transaction() as session:
        await session.execute(text(statement), given)


async def change(browser: httpx.AsyncClient, old: str, new: str, again: str | None = None) -> httpx.Response:
    hidden = fields_of((await browser.get(CHANGE)).text)
    return await browser.post(CHANGE, data={**hidden, "old": old, "new": new, "again": new if again is None else again})


async def activate(browser: httpx.AsyncClient, code: str, password: str = NEW) -> httpx.Response:
    hidden = fields_of((await browser.get(ACTIVATE)).text)
    return await browser.post(ACTIVATE, data={**hidden, "code": code, "new": password, "again": password})


async def slip_for(site: Site, number: str, employee_id: UUID) -> str:
    invited = Invited(name=number, person="Ani Contoh", unit="Dinas Contoh", employee_id=employee_id)
    async with site.database.transaction() as session:
        (slip,) = await issue_slips(session, [invited], DAY)
    return slip.code


async def test_first_password_given_by_somebody_else_opens_only_the_page_where_it_is_changed(site: Site) -> None:
    async with site.database.transaction() as session:
        await change_password(session, "sari", PASSWORD, must_change=True)
    browser = await site.browser()
    await enter(browser, "sari")

    answers = [await browser.get(path) for path in (LIST, "/notes/pages/analysts", "/notes/pages/delivery")]
    page = (await browser.get(CHANGE)).text
    of_program = await status_of(site.app, browser.cookies["bangkom-notes"])
    changed = await change(browser, PASSWORD, NEW)

    assert {(answer.status_code, answer.headers.get("location")) for answer in answers} == {(303, CHANGE)}
    assert "diketahui orang lain" in page
    assert 'aria-label="Halaman"' not in page
    assert of_program == 403
    assert changed.status_code == 303
    assert "Kata sandi diganti." in (await browser.get(changed.headers["location"])).text
    assert await sign_in_status(site.app, "sari", NEW) == 201


async def test_change_of_the_own_password_ends_every_other_sign_in_and_renews_this_one(site: Site) -> None:
    here, elsewhere, other = await site.signed_in("sari"), await site.signed_in("sari"), await site.signed_in("tono")
    before = here.cookies["bangkom-notes"]

    changed = await change(here, PASSWORD, NEW)

    assert changed.status_code == 303
    assert here.cookies["bangkom-notes"] != before
    assert [(await each.get(LIST)).status_code for each in (here, elsewhere, other)] == [200, 303, 200]
    thief = await site.browser()
    thief.cookies.set("bangkom-notes", before)
    assert (await thief.get(LIST)).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "why"),
    [
        ("bukan-sandinya-1", NEW, NEW, "Kata sandi yang sekarang salah."),
        ("", NEW, NEW, "Isi kata sandi Anda yang sekarang."),
        (PASSWORD, NEW, NEW + "x", "tidak sama"),
        (PASSWORD, "pendek", "pendek", "12–128 karakter"),
        (PASSWORD, "rahasia-sari-2026", "rahasia-sari-2026", "memuat nama masuk"),
        (PASSWORD, PASSWORD, PASSWORD, "harus berbeda"),
    ],
)
async def test_change_that_is_refused_says_why_and_changes_nothing(
    site: Site, old: str, new: str, again: str, why: str
) -> None:
    browser = await site.signed_in("sari")

    answer = await change(browser, old, new, again)

    assert answer.status_code == 422
    assert why in answer.text
    assert not [typed for typed in (old, new) if typed and typed in answer.text]
    assert await sign_in_status(site.app, "sari", PASSWORD) == 201


async def test_old_password_is_not_to_be_guessed_on_the_page_either(site: Site) -> None:
    browser = await site.signed_in("sari")

    answers = [(await change(browser, f"tebakan-nomor-{number}", NEW)).status_code for number in range(6)]

    assert answers == [422] * 5 + [429]


async def test_new_sign_in_ends_the_earlier_one_of_the_same_browser(site: Site) -> None:
    browser, elsewhere = await site.signed_in("sari"), await site.signed_in("sari")
    first = browser.cookies["bangkom-notes"]
    visitor = await site.browser()
    hidden = fields_of((await visitor.get(ENTRANCE)).text)
    visitor.cookies.set("bangkom-notes", first)

    again = await visitor.post(ENTRANCE, data={**hidden, "name": "sari", "password": PASSWORD})

    assert again.status_code == 303
    assert [(await each.get(LIST)).status_code for each in (browser, elsewhere)] == [303, 200]


async def test_slip_sets_the_first_password_once_and_signs_in(site: Site) -> None:
    person = new_id()
    code = await slip_for(site, "199001012015012001", person)
    browser, late = await site.browser(), await site.browser()

    before = await sign_in_status(site.app, "199001012015012001", "")
    entered = await activate(browser, code.lower().replace("-", " "))
    again = await activate(late, code, "kata-sandi-orang-lain")

    assert before == 422
    assert (entered.status_code, (await browser.get(LIST)).status_code) == (303, 200)
    assert again.status_code == 422
    assert "sudah dipakai" in again.text
    assert await sign_in_status(site.app, "199001012015012001", NEW) == 201
    async with site.database.session() as session:
        (account,) = [each for each in await list_accounts(session) if each.employee_id == person]
    assert (account.roles, account.must_change_password) == (["pegawai"], False)


async def test_code_is_not_kept_and_ends_with_its_time_and_with_a_newer_slip(site: Site) -> None:
    person = new_id()
    first = await slip_for(site, "199001012015012001", person)
    second = await slip_for(site, "199001012015012001", person)
    browser = await site.browser()

    replaced = (await activate(browser, first)).status_code
    async with site.database.session() as session:
        stored = str((await session.execute(text("SELECT * FROM activation_slips"))).all())
    await execute(site, "UPDATE activation_slips SET expires_at = now()")
    late = (await activate(browser, second)).status_code
    async with site.database.transaction() as session:
        await forget_old(session)
        rest = await session.scalar(text("SELECT count(*) FROM activation_slips"))

    assert (replaced, late, rest) == (422, 422, 0)
    assert second not in stored


async def test_slip_is_for_who_has_no_password_and_for_who_forgot_theirs(site: Site) -> None:
    ani, budi = new_id(), new_id()
    await activate(await site.browser(), await slip_for(site, "199001012015012001", ani))
    people = [
        Invited(name=number, person="Contoh", unit="Dinas", employee_id=employee_id)
        for number, employee_id in (("199001012015012001", ani), ("199001012015012002", budi))
    ]

    async with site.database.transaction() as session:
        given = await issue_slips(session, people, DAY)
        forgotten = await reissue_slip(session, "199001012015012001", DAY)
    still = await sign_in_status(site.app, "199001012015012001", NEW)
    renewed = await activate(await site.browser(), forgotten.code, "kopi-susu-gula-aren")

    assert [slip.invited.employee_id for slip in given] == [budi]
    assert (still, renewed.status_code) == (201, 303)
    assert await sign_in_status(site.app, "199001012015012001", NEW) == 401


async def test_disabled_account_is_not_activated(site: Site) -> None:
    code = await slip_for(site, "199001012015012001", new_id())
    await execute(site, "UPDATE accounts SET disabled_at = now() WHERE name = '199001012015012001'")

    assert (await activate(await site.browser(), code)).status_code == 422


async def test_who_tries_names_from_one_address_waits_and_others_do_not(site: Site) -> None:
    guesser, neighbour = await site.browser(address=ELSEWHERE), await site.browser(address="203.0.113.8")
    await enter(guesser, "hantu", "tebakan-saja-1")
    await execute(site, "UPDATE failed_sign_ins SET attempts = 49")

    last_free = await enter(guesser, "hantu-2", "tebakan-saja-2")
    await execute(site, "UPDATE failed_sign_ins SET wait_until = wait_until + interval '1 minute' WHERE attempts = 50")
    waits = await enter(guesser, "sari")
    code = await activate(guesser, "7KQM-2XRD-HV4T-9BCN")

    assert (last_free.status_code, waits.status_code, code.status_code) == (401, 429, 429)
    assert int(waits.headers["retry-after"]) > 1
    assert (await enter(neighbour, "sari")).status_code == 303
    assert (await enter(await site.browser(), "sari")).status_code == 303


async def test_failures_from_an_address_are_forgotten_when_it_has_been_calm(site: Site) -> None:
    browser = await site.browser(address=ELSEWHERE)
    await enter(browser, "hantu", "tebakan-saja-1")
    await execute(site, "UPDATE failed_sign_ins SET attempts = 5000, last_at = now() - interval '16 minutes'")

    answers = [(await enter(browser, name, "tebakan-saja-2")).status_code for name in ("hantu-2", "hantu-3")]

    assert answers == [401, 401]


async def test_good_sign_ins_from_an_address_do_not_count(site: Site) -> None:
    for _ in range(3):
        await enter(await site.browser(address="2001:db8::1"), "sari")
    await enter(await site.browser(address="2001:db8::2"), "sari", "keliru-sekali-1")

    async with site.database.session() as session:
        counted = (await session.scalars(text("SELECT attempts FROM failed_sign_ins ORDER BY attempts"))).all()

    assert counted == [1, 1]


class Operator:
    """The object operator commands get: one service beside the accounts."""

    settings = Settings(agency="medan", base_url="https://bangkom.example")
    services: ClassVar = {"notes": None}

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        database = Database(self._url, Origin(agency="medan", service=service))
        try:
            yield database
        finally:
            await database.close()

    def identity(self) -> object:
        return self.database("identity")


async def operate(site: Site, *words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, accounts, words, obj=Operator(site.database.url))


async def unit(site: Site, code: str, parent: UUID | None, people: Sequence[tuple[str, str, str]]) -> UUID:
    unit_id = new_id()
    insert = "INSERT INTO directory_units (id, code, name, parent_id, sequence) VALUES (:id, :code, :name, :parent, 1)"
    await execute(site, insert, id=unit_id, code=code, name=f"Unit {code}", parent=parent)
    for name, number, status in people:
        await execute(
            site,
            "INSERT INTO directory_employees (id, name, employee_number, employment_type, legal_status, unit_id,"
            " position_id, heads_unit_ids, acting, valid_from, sequence)"
            " VALUES (:id, :name, :number, 'PNS', :status, :unit, :id, '[]', '[]', '2020-01-01', 1)",
            id=new_id(),
            name=name,
            number=number,
            status=status,
            unit=unit_id,
        )
    return unit_id


async def test_operator_prints_slips_for_a_unit_and_what_is_below_it(site: Site) -> None:
    top = await unit(site, "1.04", None, [("Ani <Contoh>", "199001012015012001", "01")])
    await unit(site, "1.04.01", top, [("Budi", "199001012015012002", "01"), ("Pensiun", "196001011985011001", "11")])
    await unit(site, "1.05", None, [("Citra", "199001012015012003", "01")])

    printed = await operate(site, "slips", "--unit", "1.04", "--days", "7")
    codes = re.findall(r"<big>([0-9A-Z-]{19})</big>", printed.stdout)
    entered = await activate(await site.browser(), codes[0])

    assert (printed.exit_code, printed.stderr[:7]) == (0, "2 kupon")
    assert "Ani &lt;Contoh&gt;" in printed.stdout
    assert not [name for name in ("Pensiun", "Citra") if name in printed.stdout]
    assert "https://bangkom.example/needs/pages/activate" in printed.stdout
    assert (len(codes), entered.status_code) == (2, 303)
    assert (await operate(site, "slips", "--unit", "1.04")).stderr.startswith("1 kupon")


async def test_operator_is_told_what_is_wrong_with_the_wish_for_slips(site: Site) -> None:
    answers = [
        await operate(site, "slips", *words)
        for words in ((), ("--unit", "9.99"), ("--account", "hantu"), ("--unit", "1", "--days", "15"))
    ]

    assert [answer.exit_code for answer in answers] == [2, 1, 1, 2]
    assert "Unit 9.99 tidak ada." in answers[1].output
    assert "Akun hantu tidak ada" in answers[2].output


async def test_account_made_by_an_operator_changes_its_password_first_unless_told_otherwise(site: Site) -> None:
    async def made(name: str, *more: str) -> int:
        words = ["add", name, "--role", "analis", *more]
        operator = Operator(site.database.url)
        await asyncio.to_thread(CliRunner().invoke, accounts, words, input=f"{PASSWORD}\n", obj=operator)
        browser = await site.signed_in(name)
        return (await browser.get(LIST)).status_code

    assert (await made("dewi"), await made("program", "--lasting")) == (303, 200)
