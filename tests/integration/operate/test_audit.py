"""The audit log for those who look after it: verified by a command, read on a page of the auditor's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from shared import audit, clock
from shared.db import KERNEL
from shared.event_log import EmbeddedTransport
from shared.identity.actor import SYSTEM, Actor, Role
from shared.identity.tables import IDENTITY, IDENTITY_LINEAGES
from shared.identity.tokens import issue_token
from shared.ids import new_id
from shared.operate.audit import audit as audit_commands
from shared.operate.audit_pages import ROWS
from shared.seals import seal_entries
from shared.settings import Settings
from tests.conftest import MakeDatabase
from tests.integration import classroom
from tests.integration.browser import Browser, Front, fronted
from tests.integration.operate.office import Office, dsn_of

PAGE = "/evaluation/pages/audit"


@dataclass
class Desk:
    """An auditor at the page of a small service."""

    office: Office
    front: Front
    auditor: Browser

    async def note(self, actor: Actor, action: str, **given: object) -> None:
        async with self.front.database.transaction() as session:
            audit.record(session, actor, action, "class", **given)  # type: ignore[arg-type]

    async def shown(self, query: str = "") -> list[str]:
        """The kinds of acts on the page, from its first row on."""
        page = await self.auditor.see(f"{PAGE}{query}")
        return re.findall(r"<code>(\w+)</code>", page)


@pytest.fixture
async def desk(settings: Settings, make_database: MakeDatabase) -> AsyncIterator[Desk]:
    database = await make_database(service="evaluation", agency="medan", lineages=[KERNEL, IDENTITY])
    office = Office(settings, {"evaluation": database.url}, log=EmbeddedTransport(dsn_of(database.url)))
    async with fronted(office.services["evaluation"], database) as front:
        yield Desk(office, front, await front.browser(Role.AUDITOR))


async def test_operator_verifies_every_place_and_learns_the_last_seal(desk: Desk) -> None:
    await desk.note(SYSTEM, "close_class")
    [seal] = await seal_entries(desk.front.database)
    noted = f"evaluation:{seal.number}:{seal.digest}"

    good = await desk.office.operate(audit_commands, "verify", "--noted", noted)
    as_json = await desk.office.operate(audit_commands, "verify", "--json")
    never = await desk.office.operate(audit_commands, "verify", "--noted", f"evaluation:7:{seal.digest}")
    async with desk.front.database.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text("UPDATE audit_entries SET action = 'open_class' WHERE action = 'close_class'"))
    bad = await desk.office.operate(audit_commands, "verify")

    assert good.exit_code == 0, good.output
    assert f"evaluation\tcocok\t{seal.entries} catatan bersegel, 0 belum\tsegel terakhir {noted}" in good.output
    assert [each["place"] for each in orjson.loads(as_json.output)] == ["evaluation", "identity"]
    assert (never.exit_code, "TIDAK COCOK: segel 7 tidak ada" in never.output) == (1, True)
    assert (bad.exit_code, "TIDAK COCOK: catatan 2 diubah atau hilang (segel 1)" in bad.output) == (1, True)


@pytest.mark.parametrize("noted", ["evaluation", "evaluation:1:kurang", "mana:1:" + 64 * "0"])
async def test_noted_seal_that_is_none_is_refused(desk: Desk, noted: str) -> None:
    assert (await desk.office.operate(audit_commands, "verify", "--noted", noted)).exit_code == 2


async def test_page_names_who_acted_on_whose_behalf_and_to_whom(desk: Desk) -> None:
    ani, budi, citra = await classroom.people(desk.front.database, "Ani", "Budi", "Citra")
    await desk.front.browser(Role.UNIT_STAFF, employee_id=ani)
    async with desk.front.database.session() as session:
        account = await session.scalar(text("SELECT id FROM accounts WHERE employee_id = :ani"), {"ani": ani})
    assert account is not None
    staff = Actor(id=account, kind="ACCOUNT", roles=frozenset({Role.UNIT_STAFF}), employee_id=ani)

    await desk.note(staff, "nominate", on_behalf_of=budi, subject_id=citra, details={"seats": 3})
    page = await desk.auditor.see(f"{PAGE}?action=nominate")

    assert re.findall(r'Oleh"><a [^>]+>(\w+)</a><br><small>atas nama (\w+)<', page) == [("Ani", "Budi")]
    assert 'data-label="Terhadap">Citra<' in page
    assert "seats: 3" in page


async def test_page_names_programs_and_the_system(desk: Desk) -> None:
    async with desk.front.database.transaction() as session:
        await issue_token(session, "penarik-data", [Role.ANALYST], timedelta(days=1))
        token = await session.scalar(text("SELECT id FROM machine_tokens"))
    assert token is not None

    await desk.note(Actor(id=token, kind="TOKEN", roles=frozenset()), "close_class")
    await desk.note(SYSTEM, "close_class")
    await desk.note(Actor(id=new_id(), kind="ACCOUNT", roles=frozenset()), "close_class")
    page = await desk.auditor.see(f"{PAGE}?action=close_class")

    assert re.findall(r'Oleh"><a [^>]+>([^<]+)</a>', page) == [
        "Akun atau program yang tidak ada lagi",
        "Sistem",
        "Program penarik-data",
    ]


async def test_page_is_filtered_by_kind_actor_and_day(desk: Desk) -> None:
    one, other = (Actor(id=new_id(), kind="ACCOUNT", roles=frozenset()) for _ in range(2))
    await desk.note(one, "open_class")
    await desk.note(other, "close_class")
    async with desk.front.database.transaction() as session:
        today = await clock.today(session)
        await clock.advance(session, timedelta(days=3), simulation=True)
    await desk.note(one, "close_class")
    later = today + timedelta(days=3)

    assert await desk.shown("?action=close_class") == ["close_class", "close_class"]
    assert await desk.shown(f"?actor={one.id}") == ["close_class", "open_class"]
    assert await desk.shown(f"?day={later}") == ["close_class"]
    assert await desk.shown(f"?day={today}&action=close_class&actor={other.id}") == ["close_class"]
    assert await desk.shown(f"?day={later}&actor={other.id}") == []
    assert await desk.shown("?day=2026-02-30&before=x&actor=x") == await desk.shown()


async def test_older_entries_follow_under_the_same_filter(desk: Desk) -> None:
    for _ in range(ROWS + 2):
        await desk.note(SYSTEM, "close_class")

    first = await desk.auditor.see(f"{PAGE}?action=close_class")
    onward = re.search(rf'href="({PAGE}\?action=close_class&amp;before=\d+)"', first)
    assert onward is not None

    assert first.count("<code>") == ROWS
    assert await desk.shown(onward[1].removeprefix(PAGE).replace("&amp;", "&")) == ["close_class"] * 2


async def test_acts_on_accounts_are_read_apart(settings: Settings, make_database: MakeDatabase) -> None:
    identity = await make_database(service="identity", agency="medan", lineages=IDENTITY_LINEAGES)
    own = await make_database(service="evaluation", agency="medan", lineages=[KERNEL])
    async with own.transaction() as session:
        audit.record(session, SYSTEM, "close_class", "class")
    service = Office(settings, {"evaluation": own.url}, log=EmbeddedTransport(dsn_of(own.url))).services["evaluation"]

    async with fronted(service, own, identity) as front:
        auditor = await front.browser(Role.AUDITOR)
        of_service, of_accounts = await auditor.see(PAGE), await auditor.see(f"{PAGE}?log=accounts")

    assert ("close_class" in of_service, "account_added" in of_service) == (True, False)
    assert ("close_class" in of_accounts, "account_added" in of_accounts) == (False, True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
async def test_page_is_the_auditors_alone(desk: Desk, role: Role) -> None:
    other = await desk.front.browser(role, employee_id=new_id())

    await other.see(PAGE, status=403)
