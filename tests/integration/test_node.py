"""What a service does beside its work: it forgets what nobody asks for again, and shows itself on the home page."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from services.mentoring.app import SERVICE
from shared import timers
from shared.db import Database
from shared.delivery.transport import Outgoing
from shared.event_log import EmbeddedTransport
from shared.events.reference import UnitRecorded
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY_LINEAGES
from shared.ids import new_id
from shared.runtime import Node, Resources
from shared.settings import settings_for
from shared.timers import Due
from shared.web.home import HomeView
from tests.conftest import MakeDatabase
from tests.integration.classroom import people
from tests.integration.small_app import PASSWORD
from tests.records import record_of
from tests.waiting import wait_until

IDS = text(
    "INSERT INTO inbox (event_id, received_at)"
    " SELECT gen_random_uuid(), now() - d * interval '1 day' FROM unnest(CAST(:days AS int[])) AS d"
)
ANSWERS = text(
    "INSERT INTO idempotency_keys (actor_id, route, key, body_sha256, status, answer, created_at)"
    " SELECT gen_random_uuid(), 'POST /mentoring/requests', 'kunci-kunci', '', 201, '',"
    " clock_timestamp() - make_interval(hours => age) FROM unnest(CAST(:hours AS int[])) AS age"
)
SIGN_INS = text(
    "INSERT INTO sign_ins (token_sha256, account_id, expires_at)"
    " SELECT int4send(age), :account_id, clock_timestamp() - make_interval(hours => age)"
    " FROM unnest(CAST(:hours AS int[])) AS age"
)
ATTEMPTS = text(
    "INSERT INTO failed_sign_ins (name_sha256, attempts, last_at, wait_until)"
    " SELECT int4send(age), 1, clock_timestamp() - make_interval(hours => age), clock_timestamp()"
    " FROM unnest(CAST(:hours AS int[])) AS age"
)


@pytest.fixture
async def given(make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resources:
    monkeypatch.chdir(tmp_path)

    async def overview() -> HomeView:
        return HomeView(agency="medan", services=())

    return Resources(
        settings=settings_for(),
        database=await make_database(service="mentoring", lineages=SERVICE.lineages),
        identity=await make_database(service="identity", lineages=IDENTITY_LINEAGES),
        transport=EmbeddedTransport(""),
        overview=overview,
    )


async def test_answers_sign_ins_and_ids_are_forgotten_when_their_time_is_over(given: Resources) -> None:
    async with given.database.transaction() as session:
        await session.execute(ANSWERS, {"hours": [1, 47, 49]})
        await session.execute(IDS, {"days": [1, 7_300]})
    async with given.identity.transaction() as session:
        account_id = await add_account(session, "sari", PASSWORD, [Role.ANALYST])
        await session.execute(SIGN_INS, {"account_id": account_id, "hours": [-11, 1]})
        await session.execute(ATTEMPTS, {"hours": [1, 25]})

    stopping = asyncio.Event()
    chores = asyncio.create_task(Node(SERVICE, given).run_chores(stopping))
    await wait_until(lambda: left(given), description="one sign-in and one attempt are left")
    stopping.set()
    await asyncio.wait_for(chores, 5)

    assert await rows(given.database, "idempotency_keys") == 2
    assert await rows(given.database, "inbox") == 1


class CountingLog(EmbeddedTransport):
    """Counts how often somebody asked how far it is behind."""

    asked = 0

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        self.asked += 1
        return await super().lag(group, topics)


async def left(given: Resources) -> bool:
    return [await rows(given.identity, table) for table in ("sign_ins", "failed_sign_ins")] == [1, 1]


async def rows(database: Database, table: str) -> int:
    async with database.session() as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


async def test_chores_wait_for_a_database_that_is_away(given: Resources) -> None:
    away = Database("postgresql+asyncpg://127.0.0.1:1/nowhere", given.database.origin)
    stopping = asyncio.Event()
    chores = asyncio.create_task(Node(SERVICE, replace(given, database=away)).run_chores(stopping))

    with capture_logs() as lines:
        await wait_until(lambda: lines)
    stopping.set()
    await asyncio.wait_for(chores, 5)

    assert (lines[0]["event"], lines[0]["service"]) == ("chores_wait", "mentoring")


async def test_timers_wait_after_a_start_until_the_service_knows_what_happened_meanwhile(given: Resources) -> None:
    log = CountingLog(make_url(given.database.url).set(drivername="postgresql").render_as_string(hide_password=False))
    known: list[int] = []

    async def ring(session: AsyncSession, _: Due) -> None:
        known.append(await session.scalar(text("SELECT count(*) FROM directory_units")) or 0)

    node = Node(replace(SERVICE, timers={"bell": ring}), replace(given, transport=log))
    async with given.database.transaction() as session:
        await timers.schedule(session, "bell", new_id(), datetime(2026, 1, 1, tzinfo=UTC))
    unit = UnitRecorded(unit_id=new_id(), code="U-01", name="Dinas Contoh")
    record = record_of(unit, agency=given.settings.agency)
    sender = await log.open_sender()
    headers = [(name, value or b"") for name, value in record.headers]
    await sender.send([Outgoing(1, record.topic, record.key or "", headers, record.value)])
    await sender.close()

    stopping = asyncio.Event()
    ringing = asyncio.create_task(node.run_timers(stopping))
    await wait_until(lambda: log.asked >= 2, description="the timers looked twice")
    assert known == []
    working = asyncio.create_task(node.worker.run(stopping))
    await wait_until(lambda: known, description="the timer rang")
    stopping.set()
    await asyncio.wait_for(asyncio.gather(ringing, working), 20)

    assert known == [1]


async def test_home_page_shows_what_the_directory_holds_and_where_the_interface_is_described(given: Resources) -> None:
    await people(given.database, "Ani", "Budi")

    view = await Node(SERVICE, given).view()

    assert (view.ready, view.employees, view.units) == (True, 2, 0)
    assert view.documents == "http://127.0.0.1:9000/openapi/mentoring.json"


async def test_home_page_that_others_reach_does_not_lead_to_the_operators_port(
    given: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGKOM_BIND", "0.0.0.0")
    monkeypatch.setenv("BANGKOM_BASE_URL", "https://bangkom.contoh.example")

    view = await Node(SERVICE, replace(given, settings=settings_for())).view()

    assert view.documents is None


async def test_program_goes_on_beside_tables_of_a_newer_one_and_waits_where_they_are_older(given: Resources) -> None:
    findings = []
    for change in ("UPDATE mentoring_version SET version_num = '9999'", "DELETE FROM mentoring_version"):
        async with given.database.transaction() as session:
            await session.execute(text(change))
        findings.append(await Node(SERVICE, given).checks()["migrations"]())

    assert findings == [None, "not up to date: mentoring"]


async def test_failure_of_the_database_does_not_tell_what_was_written(given: Resources) -> None:
    async with given.database.session() as session:
        with pytest.raises(DBAPIError) as failure:
            await session.execute(text("SELECT CAST(:name AS text), 1 / 0"), {"name": "Siti Rahmawati"})

    assert "Siti" not in str(failure.value)
