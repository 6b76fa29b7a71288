"""Migrations work beside people: nobody waits behind one for more than two seconds, and what was cut off is mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from shared.db import KERNEL, Database, Lineage, Origin, differing_lineages, migrate
from shared.identity.tables import IDENTITY, IDENTITY_LINEAGES
from tests.servers.postgres import NamedPostgres
from tests.waiting import wait_until

TAKEN = "INSERT INTO inbox (event_id) VALUES (gen_random_uuid())"
AT_WORK = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE $1"
INDEX = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_inbox_received_at')"
LOCK_SECONDS = 3
"""More than anybody may have to wait behind a migration, which is two."""


@pytest.fixture
async def database(postgres_server: NamedPostgres) -> AsyncIterator[Database]:
    """An empty database."""
    url = postgres_server.create_database()
    database = Database(url, Origin(agency="medan", service="training"))
    yield database
    await database.close()
    postgres_server.drop_database(url)


async def bring_to(database: Database, revision: str, lineage: Lineage = KERNEL) -> None:
    def upgrade(connection: Connection) -> None:
        config = lineage.config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with database.engine.connect() as connection:
        await connection.run_sync(upgrade)


@asynccontextmanager
async def somebody(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody at work, who waits for a lock so long and no longer."""
    dsn = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn, server_settings={"lock_timeout": f"{LOCK_SECONDS}s"})
    try:
        yield connection
    finally:
        connection.terminate()


async def test_index_is_built_beside_a_writer_and_keeps_no_other_writer_waiting(database: Database) -> None:
    await bring_to(database, "0001")

    async with somebody(database) as first, somebody(database) as second:
        async with first.transaction():
            await first.execute(TAKEN)
            migrating = asyncio.create_task(migrate(database, [KERNEL]))
            await wait_until(lambda: second.fetchval(AT_WORK, "CREATE INDEX%"), within=60)
            await second.execute(TAKEN)
            assert not migrating.done()
        await migrating

        assert await second.fetchval(INDEX)
        assert await second.fetchval("SELECT count(*) FROM inbox") == 2
    assert await differing_lineages(database, [KERNEL]) == {}


async def test_change_of_a_table_gives_up_behind_a_reader_and_comes_back(database: Database) -> None:
    await bring_to(database, "0002")

    async with somebody(database) as first, somebody(database) as second:
        async with first.transaction():
            await first.fetch("SELECT count(*) FROM timers")
            migrating = asyncio.create_task(migrate(database, [KERNEL]))
            await wait_until(lambda: second.fetchval(AT_WORK, "ALTER TABLE timers%"), within=60)
            await second.fetch("SELECT count(*) FROM timers")
            assert not migrating.done()
        await migrating
    assert await differing_lineages(database, [KERNEL]) == {}


async def test_index_whose_building_was_cut_off_is_built_anew(database: Database) -> None:
    await bring_to(database, "0001")
    async with somebody(database) as writer, somebody(database) as operator:
        async with writer.transaction():
            await writer.execute(TAKEN)
            migrating = asyncio.create_task(migrate(database, [KERNEL]))
            pid = await wait_until(lambda: operator.fetchval(AT_WORK, "CREATE INDEX%"), within=60)
            await operator.execute("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises(SQLAlchemyError):
                await migrating
        left_behind = await operator.fetchval(INDEX)

        await migrate(database, [KERNEL])

        assert (left_behind, await operator.fetchval(INDEX)) == (False, True)


async def test_two_migrators_wait_for_each_other(database: Database) -> None:
    await asyncio.gather(*(migrate(database, [KERNEL]) for _ in range(3)))

    assert await differing_lineages(database, [KERNEL]) == {}


async def test_lineage_is_brought_up_to_date_behind_one_that_is_already(database: Database) -> None:
    await migrate(database, [KERNEL])
    await bring_to(database, "0001", IDENTITY)

    await migrate(database, IDENTITY_LINEAGES)

    assert await differing_lineages(database, IDENTITY_LINEAGES) == {}
