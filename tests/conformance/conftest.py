"""The log each scenario runs on, once per transport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest
from sqlalchemy.engine import make_url

from shared import kafka
from shared.settings import settings_for
from tests.conformance.logs import EmbeddedLog, KafkaLog, Log
from tests.conformance.stage import Stage
from tests.conftest import MakeDatabase
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres


class OpenKafka(Protocol):
    """Give a log without topics yet on the Kafka at that address."""

    def __call__(self, bootstrap: str) -> KafkaLog: ...


@pytest.fixture
def open_kafka(topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> OpenKafka:
    def open_log(bootstrap: str) -> KafkaLog:
        monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", bootstrap)
        monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
        return KafkaLog(bootstrap=bootstrap, opened=kafka.transport(settings_for()))

    return open_log


@pytest.fixture
def bare_kafka_log(kafka_server: NamedKafka, open_kafka: OpenKafka) -> KafkaLog:
    """Kafka without topics yet."""
    return open_kafka(kafka_server.bootstrap)


@pytest.fixture
async def kafka_log(bare_kafka_log: KafkaLog) -> KafkaLog:
    await bare_kafka_log.create_topics()
    return bare_kafka_log


@pytest.fixture
def embedded_log(postgres_server: NamedPostgres) -> Iterator[EmbeddedLog]:
    url = postgres_server.create_database()
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    yield EmbeddedLog(dsn=dsn, seed=20260727)
    postgres_server.drop_database(url)


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> Log:
    found: Log = request.getfixturevalue(f"{request.param}_log")
    return found


@pytest.fixture
def stage(log: Log, make_database: MakeDatabase) -> Stage:
    return Stage(log=log, make_database=make_database)
