"""Installations to operate, and the logs they stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import kafka
from shared.event_log import EmbeddedTransport
from shared.operate.installation import Log
from shared.settings import Settings, settings_for
from tests.conftest import MakeDatabase
from tests.integration.operate.office import Office, dsn_of, make_scores_table
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANGKOM_AGENCY", "medan")
    return settings_for()


@pytest.fixture
async def office(settings: Settings, make_database: MakeDatabase) -> Office:
    database = await make_database(service="evaluation", agency="medan")
    await make_scores_table(database)
    return Office(settings, {"evaluation": database.url}, log=EmbeddedTransport(dsn_of(database.url)))


@pytest.fixture
async def offices(office: Office, make_database: MakeDatabase) -> Office:
    """An installation of two services."""
    database = await make_database(service="mentoring", agency="medan")
    await make_scores_table(database)
    return Office(office.settings, {**office.urls, "mentoring": database.url}, log=office.log)


@pytest.fixture
def embedded_log(postgres_server: NamedPostgres) -> Iterator[Log]:
    url = postgres_server.create_database()
    yield EmbeddedTransport(dsn_of(url))
    postgres_server.drop_database(url)


@pytest.fixture
def kafka_log(kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    return kafka.transport(settings_for())


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> Log:
    """An empty log of either kind."""
    found: Log = request.getfixturevalue(f"{request.param}_log")
    return found
