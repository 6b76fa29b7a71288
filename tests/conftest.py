"""Servers and databases for every test: real ones, started once for the whole run, ended with it."""

import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest
import pytest_asyncio

from shared.db import KERNEL, Database, Lineage, Origin, migrate
from shared.ids import new_id
from tests.servers.kafka import KafkaServer, NamedKafka
from tests.servers.postgres import NamedPostgres, PostgresServer

KAFKA_LIBS = Path(__file__).parent.parent / "build" / "kafka" / "libs"


class MakeDatabase(Protocol):
    """Give a fresh database, migrated to the lineages."""

    async def __call__(
        self, *, service: str = "training", agency: str = "medan", lineages: Sequence[Lineage] = (KERNEL,)
    ) -> Database: ...


def pytest_configure() -> None:
    # Its clients say several times a second that a broker is away, which buries what a failed test has to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Told to end, the run ends as if interrupted from the keyboard, and its servers with it: asyncio lets an interrupt
    # unwind in order, if the shell that started us did not have interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


@pytest.fixture(scope="session")
def started_postgres() -> Iterator[PostgresServer]:
    with TemporaryDirectory(prefix="bangkom-postgres-") as folder:
        server = PostgresServer(Path(folder) / "data")
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def own_postgres_server(started_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A PostgreSQL that the test may kill; it runs again for the next one."""
    yield started_postgres
    started_postgres.start()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> NamedPostgres:
    """The PostgreSQL that BANGKOM_TEST_POSTGRES names by a URL, or our own."""
    if url := os.environ.get("BANGKOM_TEST_POSTGRES"):
        return NamedPostgres(url)
    server: PostgresServer = request.getfixturevalue("started_postgres")
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started_kafka() -> AsyncIterator[KafkaServer]:
    with TemporaryDirectory(prefix="bangkom-kafka-") as folder:
        server = KafkaServer(Path(folder), KAFKA_LIBS)
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


@pytest.fixture
async def own_kafka_server(started_kafka: KafkaServer) -> AsyncIterator[KafkaServer]:
    """A Kafka that the test may kill or pause; it runs again for the next one."""
    yield started_kafka
    if started_kafka.runs:
        started_kafka.resume()
    else:
        await started_kafka.start()


@pytest.fixture(scope="session")
def kafka_server(request: pytest.FixtureRequest) -> NamedKafka:
    """The Kafka that BANGKOM_TEST_KAFKA names by host:port, or our own."""
    if bootstrap := os.environ.get("BANGKOM_TEST_KAFKA"):
        return NamedKafka(bootstrap=bootstrap)
    server: KafkaServer = request.getfixturevalue("started_kafka")
    return NamedKafka(bootstrap=server.bootstrap)


@pytest.fixture
def topic_prefix() -> str:
    """Text that no other test's topics and groups begin with, such as ``t3f9a8c01.``."""
    return f"t{new_id().hex[-10:]}."


@pytest.fixture(scope="session")
def database_templates(postgres_server: NamedPostgres) -> Iterator[dict[tuple[Lineage, ...], str]]:
    """The URL of one migrated database per set of lineages, which others are copied from."""
    templates: dict[tuple[Lineage, ...], str] = {}
    yield templates
    for url in templates.values():
        postgres_server.drop_database(url)


@pytest.fixture
async def make_database(
    postgres_server: NamedPostgres, database_templates: dict[tuple[Lineage, ...], str]
) -> AsyncIterator[MakeDatabase]:
    """Makes fresh databases; they are closed and dropped after the test."""
    made: list[Database] = []

    async def make(
        *, service: str = "training", agency: str = "medan", lineages: Sequence[Lineage] = (KERNEL,)
    ) -> Database:
        origin = Origin(agency=agency, service=service)
        template = database_templates.get(tuple(lineages))
        if template is None:
            template = postgres_server.create_database()
            await _migrate(template, origin, lineages)
            database_templates[tuple(lineages)] = template
        database = Database(postgres_server.create_database(template), origin)
        made.append(database)
        return database

    yield make
    for database in made:
        await database.close()
        postgres_server.drop_database(database.url)


async def _migrate(url: str, origin: Origin, lineages: Sequence[Lineage]) -> None:
    database = Database(url, origin)
    try:
        await migrate(database, lineages)
    finally:
        await database.close()
