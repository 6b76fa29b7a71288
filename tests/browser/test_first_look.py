"""A few pages on a phone, in every run: home, signing in, a list, and a page full of forms."""

from __future__ import annotations

from services.training.app import SERVICE
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.demo_accounts import PASSWORD
from shared.identity.tables import IDENTITY
from tests.browser.looking import launched, opened
from tests.browser.people import sign_in
from tests.browser.serving import served
from tests.conftest import MakeDatabase
from tests.integration.classroom import add_class, enrol, people

CLASSES = "/training/pages/classes"


async def test_home_sign_in_a_list_and_forms_are_without_fault(make_database: MakeDatabase) -> None:
    database = await make_database(service="training", agency="medan", lineages=[*SERVICE.lineages, IDENTITY])
    held = await add_class(database, 4, 6)
    await enrol(database, held.id, *await people(database, "Ani", "Budi <b>"))
    async with database.transaction() as session:
        await add_account(session, "penyelenggara", PASSWORD, [Role.ORGANISER])

    async with served(SERVICE, database) as address, launched() as chromium, opened(chromium, address) as window:
        looks = [await window.look("/"), await window.look("/training/pages/sign-in")]
        await sign_in(window.page, address, "penyelenggara", service="training")
        looks += [await window.look(CLASSES), await window.look(f"{CLASSES}/{held.id}")]
        forms = await window.page.locator("main form").count()

    assert {look.path: look.findings for look in looks} == {look.path: [] for look in looks}
    assert forms >= 3
    assert f"{CLASSES}/{held.id}" in looks[2].links
