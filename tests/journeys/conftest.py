"""Installations to travel through, each ended with its test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.journeys.installations import Apart, Embedded, Installation
from tests.servers.kafka import KafkaServer, NamedKafka
from tests.servers.postgres import NamedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account, the embedded PostgreSQL's, can reach."""
    with TemporaryDirectory(prefix="bangkom-") as path:
        yield Path(path)


@pytest.fixture
async def embedded(folder: Path) -> AsyncIterator[Embedded]:
    """Everything in one process, not started yet."""
    installation = Embedded(folder)
    yield installation
    await installation.close()


@pytest.fixture
async def apart(
    folder: Path, postgres_server: NamedPostgres, kafka_server: KafkaServer | NamedKafka, topic_prefix: str
) -> AsyncIterator[Apart]:
    """Every service as a process of its own, not started yet."""
    installation = Apart(folder, postgres_server, kafka_server.bootstrap, topic_prefix)
    yield installation
    await installation.close()


@pytest.fixture(params=["embedded", "apart"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """An installation of either kind, not started yet."""
    found: Installation = request.getfixturevalue(request.param)
    return found
