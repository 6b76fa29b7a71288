"""Where it is measured: a real Kafka and a real PostgreSQL, our own or those that are named to us."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from shared import kafka
from shared.db import KERNEL, Database, Origin, migrate
from shared.ids import new_id
from shared.kafka import KafkaTransport
from shared.settings import Settings
from tests.load.figures import ROOT
from tests.load.workload import AGENCY, create_tables
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import NamedPostgres, PostgresServer


@dataclass(frozen=True, slots=True)
class Place:
    """The servers, topics that nobody else writes to, and an empty database to copy from."""

    settings: Settings
    postgres: NamedPostgres
    template: str

    def transport(self, batch: int = 1_000) -> KafkaTransport:
        """The real transport, with the batch that is asked for."""
        return replace(kafka.transport(self.settings), batch=batch)

    @asynccontextmanager
    async def database(self, service: str, template: str | None = None) -> AsyncIterator[Database]:
        """A database of a service, empty or a copy of the one at that URL, gone afterwards."""
        url = self.postgres.create_database(template or self.template)
        database = Database(url, Origin(agency=AGENCY, service=service))
        try:
            yield database
        finally:
            await database.close()
            self.postgres.drop_database(database.url)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """Servers that run as long as the block."""
    async with _postgres() as postgres, _kafka() as bootstrap:
        settings = Settings(kafka_bootstrap=bootstrap, topic_prefix=f"load{new_id().hex[-10:]}.")
        await kafka.apply_topics(settings)
        template = Database(postgres.create_database(), Origin(agency=AGENCY, service="load"))
        try:
            await migrate(template, [KERNEL])
            await create_tables(template)
            await template.close()
            yield Place(settings, postgres, template.url)
        finally:
            await template.close()
            postgres.drop_database(template.url)


@asynccontextmanager
async def _postgres() -> AsyncIterator[NamedPostgres]:
    if url := os.environ.get("BANGKOM_TEST_POSTGRES"):
        yield NamedPostgres(url)
        return
    with TemporaryDirectory(prefix="bangkom-load-postgres-") as folder:
        server = PostgresServer(Path(folder) / "data")
        try:
            server.start()
            yield server
        finally:
            server.stop()


@asynccontextmanager
async def _kafka() -> AsyncIterator[str]:
    if bootstrap := os.environ.get("BANGKOM_TEST_KAFKA"):
        yield bootstrap
        return
    with TemporaryDirectory(prefix="bangkom-load-kafka-") as folder:
        server = KafkaServer(Path(folder), ROOT / "build" / "kafka" / "libs")
        try:
            await server.start()
            yield server.bootstrap
        finally:
            await server.stop()
