"""Training without a broker and without any other service: it works, says what is missing, and loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.first_hop import program_of
from tests.journeys.installations import Apart
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import NamedPostgres
from tests.waiting import wait_until

PROGRAMS = 5


@pytest.fixture
async def broker(own_kafka_server: KafkaServer) -> AsyncIterator[KafkaServer]:
    """A broker that is down when the test begins; it is given back running."""
    own_kafka_server.kill()
    yield own_kafka_server
    own_kafka_server.kill()
    await own_kafka_server.start()


async def test_training_alone_works_without_broker_and_catches_up(
    folder: Path, postgres_server: NamedPostgres, broker: KafkaServer, topic_prefix: str
) -> None:
    training = Apart(folder, postgres_server, broker.bootstrap, topic_prefix)
    try:
        training.prepare("training")
        training.processes["training"].start()

        missing = await training.become("training", 503)
        assert list(missing) == ["kafka"]
        home = await training.home("training")
        assert "Pelatihan" in home
        for number in range(PROGRAMS):
            await training.call("POST", "/training/programs", program_of(f"PROGRAM-{number}"))
        listed = await training.call("GET", "/training/programs")
        assert len(listed) == PROGRAMS
        assert await unpublished(training) == PROGRAMS

        await broker.start()
        assert await training.become("training", 200) == {}
        await wait_until(lambda: none_unpublished(training), within=30, description="every event has gone out")

        broker.kill()
        assert list(await training.become("training", 503)) == ["kafka"]
        await training.call("POST", "/training/programs", program_of("PROGRAM-LAGI"))
        await broker.start()
        await training.become("training", 200)
        await wait_until(lambda: none_unpublished(training), within=30, description="every event has gone out")
    finally:
        await training.close()


async def unpublished(training: Apart) -> int:
    ((count,),) = await training.rows("training", "SELECT count(*) FROM outbox WHERE published_at IS NULL")
    return int(count)


async def none_unpublished(training: Apart) -> bool:
    return await unpublished(training) == 0
