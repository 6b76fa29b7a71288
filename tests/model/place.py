"""Where the stories are played: one database of a PostgreSQL that need not survive, and one loop for all of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import make_url
from structlog.testing import capture_logs

from shared.db import KERNEL, Database, Origin, migrate
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

T = TypeVar("T")
STEP_SECONDS = 60.0

WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"


class Place:
    """One database for many stories, each of which finds it empty."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self.database = database
        self.dsn = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._runner = runner
        self._watching: asyncpg.Connection | None = None

    async def open(self, *statements: str) -> None:
        """Make the tables, those of the story too, and watch them through a connection apart."""
        await migrate(self.database, [KERNEL])
        self._watching = await asyncpg.connect(self.dsn)
        await self.execute(*statements)

    async def close(self) -> None:
        """Give all connections back."""
        if self._watching is not None:
            await self._watching.close()
        await self.database.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work in the loop that holds the database's connections; whatever hangs is a failure."""
        return self._runner.run(asyncio.wait_for(work, STEP_SECONDS))

    async def execute(self, *statements: str) -> None:
        for statement in statements:
            await self._connection.execute(statement)

    async def rows(self, query: str, *arguments: Any) -> list[Any]:
        return [tuple(row) for row in await self._connection.fetch(query, *arguments)]

    async def ended_or_waiting(self, task: asyncio.Task[Any]) -> None:
        """Return when the task has ended or somebody waits for a lock."""

        async def waits() -> bool:
            return task.done() or await self._connection.fetchval(WAITING)

        await wait_until(waits, within=STEP_SECONDS, every=0.001)

    @property
    def _connection(self) -> asyncpg.Connection:
        assert self._watching is not None
        return self._watching


@contextmanager
def place(service: str, *statements: str) -> Iterator[Place]:
    """A database of the service, migrated, in which the statements were executed."""
    with TemporaryDirectory(prefix="bangkom-model-") as folder, asyncio.Runner() as runner, capture_logs():
        server = PostgresServer(Path(folder) / "data")
        try:
            server.start()
            server.forget_power_failures()
            found = Place(Database(server.create_database(), Origin(agency="medan", service=service)), runner)
            try:
                runner.run(found.open(*statements))
                yield found
            finally:
                runner.run(found.close())
        finally:
            server.stop()
