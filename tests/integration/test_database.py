"""A service's connections outlive the server they were made to, and none keeps rows from the others for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from shared.db import Database, Origin
from shared.delivery.failures import is_transient
from tests.conftest import MakeDatabase
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


async def test_transaction_that_stands_still_gives_its_rows_back_and_may_be_tried_again(
    make_database: MakeDatabase,
) -> None:
    database = Database((await make_database()).url, Origin(agency="medan", service="training"), idle_timeout=0.2)
    take = text("UPDATE delivery_epoch SET epoch = epoch + 1 RETURNING epoch")
    try:
        async with database.session() as suspended:
            await suspended.execute(take)
            async with database.transaction() as other:
                taken = await other.scalar(take)
            with pytest.raises(Exception, match=r".") as failure:
                await suspended.execute(take)
    finally:
        await database.close()

    assert taken == 1
    assert is_transient(failure.value)
