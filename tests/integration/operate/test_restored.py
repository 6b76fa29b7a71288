"""A service goes on with an older database: it reads everything once more, and what it tells counts as newer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.delivery.relay import Relay
from shared.delivery.transport import Outgoing
from shared.delivery.worker import Worker
from shared.ids import new_id
from shared.operate.installation import Log
from shared.operate.restored import restored
from tests.conformance.stage import running
from tests.integration.operate.office import Office, measured
from tests.waiting import wait_until


@pytest.fixture
async def subject(office: Office, log: Log) -> UUID:
    """The subject of two events that the service has taken from the log."""
    office.log = log
    subject = new_id()
    sender = await wait_until(log.open_sender, within=30)
    for number, score in enumerate((61, 62)):
        record = measured(subject, score)
        headers = [(name, value or b"") for name, value in record.headers]
        sent = await sender.send([Outgoing(number, record.topic, str(subject), headers, record.value)])
        assert sent.confirmed == [number]
    await sender.close()
    return subject


@asynccontextmanager
async def at_work(office: Office) -> AsyncIterator[Worker]:
    async with office.database("evaluation") as database:
        worker = Worker("evaluation", office.consumer(database), office.log)
        async with running(worker):
            yield worker


async def taken(office: Office, count: int) -> list[int]:
    """The scores when there are so many."""

    async def enough() -> bool:
        return len(await office.scores()) >= count

    await wait_until(enough, within=60)
    return [score for _, score in await office.scores()]


async def test_restored_database_takes_once_more_what_it_misses(office: Office, subject: UUID) -> None:
    async with at_work(office):
        assert await taken(office, 2) == [61, 62]
    async with office.database("evaluation") as database, database.transaction() as session:
        await session.execute(text("DELETE FROM scores WHERE score = 62"))
        await session.execute(text("DELETE FROM inbox WHERE event_id IN (SELECT max(event_id::text)::uuid FROM inbox)"))

    answer = await office.operate(restored, "--yes")
    async with at_work(office):
        again = await taken(office, 2)

    assert (answer.exit_code, answer.output) == (0, "Masa 1 dimulai; semua topik dibaca sekali lagi.\n")
    assert again == [61, 62]
    assert await office.acts() == ["database_restored"]


async def test_service_must_not_be_at_work(office: Office, subject: UUID) -> None:
    async with at_work(office):
        await taken(office, 2)
        beside_worker = await office.operate(restored, "--yes")
    async with office.database("evaluation") as database:
        relay = Relay(database, office.log)
        async with running(relay):
            await wait_until(lambda: relay.connected, within=30)
            beside_relay = await office.operate(restored, "--yes")

    assert [answer.exit_code for answer in (beside_worker, beside_relay)] == [1, 1]
    assert "Worker layanan ini masih berjalan" in beside_worker.output
    assert "Relay layanan ini masih berjalan" in beside_relay.output
    assert await epoch(office) == 0
    assert await office.acts() == []


async def epoch(office: Office) -> int:
    async with office.database("evaluation") as database, database.session() as session:
        return await session.scalar(text("SELECT epoch FROM delivery_epoch")) or 0


async def test_restoring_is_asked_about(office: Office) -> None:
    answer = await office.operate(restored, typed="n\n")

    assert (answer.exit_code, await epoch(office), await office.acts()) == (1, 0, [])
