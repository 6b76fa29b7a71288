"""The operator's page: what waits is told without naming anybody, and repaired with a form."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from shared.audit import AuditEntry
from shared.db import KERNEL
from shared.delivery.envelope import Record
from shared.event_log import EmbeddedTransport
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.settings import Settings
from shared.tables import ConsumerState, Outbox, RefusedKey
from tests.conftest import MakeDatabase
from tests.integration.browser import Browser, Front, fronted
from tests.integration.operate.office import NAME, Office, dsn_of, make_scores_table, measured, park

PAGE = "/evaluation/pages/delivery"
SURE = {"sure": "yes"}


@dataclass
class Desk:
    """An operator at the page of a small service."""

    office: Office
    front: Front
    operator: Browser

    async def see(self) -> str:
        return await self.operator.see(PAGE)

    async def acts(self) -> list[tuple[str, bool]]:
        """What the audit log says was done, and whether by the operator's own account."""
        async with self.front.database.session() as session:
            rows = await session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(row.action, row.actor_id.int != 0) for row in rows if not row.action.startswith("account")]


@pytest.fixture
async def desk(settings: Settings, make_database: MakeDatabase) -> AsyncIterator[Desk]:
    database = await make_database(service="evaluation", agency="medan", lineages=[KERNEL, IDENTITY])
    await make_scores_table(database)
    office = Office(settings, {"evaluation": database.url}, log=EmbeddedTransport(dsn_of(database.url)))
    async with fronted(office.services["evaluation"], database) as front:
        yield Desk(office, front, await front.browser(Role.OPERATOR))


async def test_page_of_a_service_where_nothing_waits(desk: Desk) -> None:
    page = await desk.see()

    assert "Tidak ada catatan mati" in page
    assert "Pengolahan berhenti" not in page
    assert "Log peristiwa tidak menjawab" in page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_page_is_the_operators_alone(desk: Desk, role: Role) -> None:
    other = await desk.front.browser(role, employee_id=new_id())

    await other.see(PAGE, status=403)

    assert (await other.send(f"{PAGE}/resume", {})).status_code == 403


async def test_dead_letter_is_shown_without_content_and_replayed(desk: Desk) -> None:
    subject = new_id()
    number = await park(desk.office, measured(subject, 61), measured(subject, 62))

    before = await desk.see()
    after = await desk.operator.sent(f"{PAGE}/{number}/replay", {})

    assert "pengolahannya gagal" in before
    assert "handler:RuntimeError" in before
    assert "bangkom.training.learning_measured.v1" in before
    assert (NAME in before, str(subject) in before) == (False, False)
    assert f"Catatan {number} dan semua di belakangnya sudah diolah." in after
    assert "Tidak ada catatan mati" in after
    assert await desk.office.scores() == [(subject, 61), (subject, 62)]
    assert await desk.acts() == [("dead_letter_replayed", True)]


async def test_dead_letter_that_fails_again_is_refused_in_words(desk: Desk) -> None:
    number = await park(desk.office, measured(new_id(), 61))
    desk.office.broken = True

    answer = await desk.operator.send(f"{PAGE}/{number}/replay", {})

    assert answer.status_code == 409
    assert f"Catatan {number} atau yang di belakangnya masih gagal dan tetap tertahan." in answer.text
    assert [row.attempts for row in await desk.office.held()] == [1]


async def test_dead_letter_is_discarded_only_when_it_is_meant(desk: Desk) -> None:
    subject = new_id()
    number = await park(desk.office, measured(subject, 61), measured(subject, 62))

    unsure = await desk.operator.send(f"{PAGE}/{number}/discard", {})
    kept = len(await desk.office.held())
    sure = await desk.operator.sent(f"{PAGE}/{number}/discard", SURE)

    assert (unsure.status_code, kept) == (422, 2)
    assert f"Catatan {number} dibuang." in sure
    assert await desk.office.scores() == [(subject, 62)]
    assert await desk.acts() == [("dead_letter_discarded", True)]


async def test_all_dead_letters_are_tried_again(desk: Desk) -> None:
    await park(desk.office, measured(new_id(), 61), measured(new_id(), 62))
    await desk.office.take(Record("bangkom.training", 0, 7, str(new_id()), [], b"no json", 1_770_000_000_000))

    page = await desk.operator.sent(f"{PAGE}/replay", {})

    assert "2 catatan mati sudah diolah, 1 masih gagal." in page
    assert "bukan peristiwa" in page
    assert len(await desk.office.scores()) == 2


async def test_deferred_event_is_shown_apart(desk: Desk) -> None:
    desk.office.incomplete = True
    await desk.office.take(measured(new_id(), 61))

    page = await desk.see()

    assert "menunggu data lain" in page
    assert "Tidak ada catatan mati" in page


async def test_stopped_consumer_says_why_and_is_resumed(desk: Desk) -> None:
    async with desk.front.database.transaction() as session:
        session.add(
            ConsumerState(name="evaluation", stopped_at=func.clock_timestamp(), reason="handler:KeyError in f:1")
        )

    before = await desk.see()
    after = await desk.operator.sent(f"{PAGE}/resume", {})

    assert "handler:KeyError in f:1" in before
    assert "Pengolahan dilanjutkan." in after
    assert "Pengolahan berhenti" not in after
    assert await desk.acts() == [("consumer_resumed", True)]


async def test_refused_key_is_shown_without_the_key_and_released(desk: Desk) -> None:
    async with desk.front.database.transaction() as session:
        session.add(Outbox(event_id=new_id(), topic="bangkom.evaluation", key="kunci-1", headers={}))
        session.add(RefusedKey(topic="bangkom.evaluation", key="kunci-1", seq=1, reason="MessageSizeTooLargeError"))

    before = await desk.see()
    after = await desk.operator.sent(f"{PAGE}/release", {})

    assert ("MessageSizeTooLargeError" in before, "kunci-1" in before) == (True, False)
    assert "MessageSizeTooLargeError" not in after
    assert await desk.acts() == [("refused_keys_released", True)]


@pytest.mark.parametrize("form", ["resume", "release", "replay", "7/replay", "7/discard"])
async def test_form_of_another_site_does_nothing(desk: Desk, form: str) -> None:
    await park(desk.office, measured(new_id(), 61))

    assert await desk.operator.forged(f"{PAGE}/{form}", SURE) == 403

    assert (len(await desk.office.held()), await desk.acts()) == (1, [])
