"""A service's connections outlive the server they were made to."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from shared.db import Database, Origin
from tests.servers.postgres import PostgresServer
from tests.waiting import pause

CONNECTIONS = 4


async def ask(database: Database) -> list[int]:
    """Ask on several connections at once."""
    together = asyncio.Barrier(CONNECTIONS)

    async def one() -> int:
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            await together.wait()
            answer: int = await session.scalar(text("SELECT pg_backend_pid()"))
            return answer

    return await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


async def test_sessions_leave_connections_of_a_killed_server_behind(own_postgres_server: PostgresServer) -> None:
    database = Database(own_postgres_server.create_database(), Origin(agency="medan", service="training"))
    try:
        before = await ask(database)
        own_postgres_server.kill()
        own_postgres_server.start()
        # The driver hears of the end when the loop next turns.
        await pause(0.1)

        after = await ask(database)
    finally:
        await database.close()

    assert len(set(before)) == len(set(after)) == CONNECTIONS
    assert not set(before) & set(after)
