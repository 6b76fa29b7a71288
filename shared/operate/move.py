"""Moving an embedded installation, as its backup has it, into the databases of a full one, and its events to Kafka."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path

import asyncpg
import click

from shared import audit, kafka
from shared.db import Database, Lineage, differing_lineages, migrate, plain
from shared.delivery.relay import LOCK
from shared.errors import Conflict
from shared.events.catalogue import TOPICS
from shared.identity.actor import SYSTEM
from shared.operate.backup import Keepable, Standing
from shared.operate.installation import execute, opened
from shared.operate.restore import bring_back, checked
from shared.operate.state import TableState, connect, state_of
from shared.postgres import EmbeddedPostgres
from shared.settings import Settings, WrongSetting

FILLED_BY_MIGRATIONS = ("clock", "delivery_epoch")
BLOCKS = 64
"""Blocks of rows on their way at a time."""

NO_RELAY = "SELECT pg_try_advisory_xact_lock($1)"
SIMULATED = """SELECT "offset" <> interval '0' FROM clock"""
POINTS_AT = (
    "SELECT c.relname AS child, p.relname AS parent FROM pg_constraint"
    " JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid WHERE contype = 'f' AND c.oid <> p.oid"
)
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
GO_ON_FROM = "SELECT setval(quote_ident($1)::regclass, $2)"
OWE_ALL = "UPDATE outbox SET published_at = NULL WHERE published_at IS NOT NULL"


@click.command()
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--scratch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder dengan ruang untuk membuka cadangan; dikosongkan lagi sesudahnya.",
)
@click.confirmation_option(prompt="Pindahkan isi cadangan ini ke instalasi penuh yang masih kosong?")
@click.pass_obj
def move(installation: Keepable, backup: Path, scratch: Path | None) -> None:
    """Pindahkan instalasi dari satu proses (embedded) ke instalasi penuh yang kosong; asalnya tidak disentuh."""
    moved = execute(_move(installation, backup, scratch))
    for name, tables in moved.items():
        click.echo(f"{name}\t{sum(each.rows for each in tables.values())} baris, sama dengan asalnya")
    click.echo("Selesai. Jalankan semua layanan; arsip peristiwa lalu dikirim ke Kafka.")


Moved = Mapping[str, Mapping[str, TableState]]


async def _move(installation: Keepable, backup: Path, scratch: Path | None) -> Moved:
    settings = installation.settings
    if settings.transport != "kafka":
        raise WrongSetting("BANGKOM_TRANSPORT harus kafka: perintah ini mengisi instalasi penuh.")
    paper = await asyncio.to_thread(checked, installation, backup)
    if paper.kind != "embedded":
        raise Conflict(f"{backup}: cadangan instalasi penuh; pulihkanlah dengan restore.")
    async with installation.standing() as target:
        for name, url in target.databases.items():
            await _require_tables(url, settings, name, installation.lineages[name])
        await _require_empty_topics(settings)
        with tempfile.TemporaryDirectory(prefix="bangkom-move-", dir=scratch) as folder:
            server = EmbeddedPostgres(Path(folder) / "postgres")
            await asyncio.to_thread(bring_back, installation, backup, paper, server.folder)
            try:
                await asyncio.to_thread(server.start)
                return await _fill(installation, server, target)
            finally:
                await asyncio.to_thread(server.stop, immediate=True)


async def _require_empty_topics(settings: Settings) -> None:
    log = kafka.transport(settings)
    await log.prepare()
    async for records in log.history(TOPICS):
        if records:
            raise Conflict(f"Topik {records[0].topic} sudah berisi catatan: tidak ada yang dipindahkan.")


async def _fill(installation: Keepable, server: EmbeddedPostgres, target: Standing) -> Moved:
    """Copy every database, compare, and commit all of them only when each is equal."""
    settings = installation.settings
    moved = {}
    async with AsyncExitStack() as stack:
        for name, url in target.databases.items():
            await _bring_up_to_date(server, settings, name, installation.lineages[name])
            source = await stack.enter_async_context(_reading(server.dsn(f"bangkom_{name}")))
            if not settings.simulation and await source.fetchval(SIMULATED):
                raise Conflict("Cadangan ini dari simulasi: orang-orangnya rekaan. Tidak ada yang dipindahkan.")
            empty = await stack.enter_async_context(_filling(plain(url), name))
            moved[name] = await _copy_database(source, empty, name)
            await empty.execute(OWE_ALL)
    for name, url in target.databases.items():
        async with opened(url, settings, name) as database, database.transaction() as session:
            rows = sum(table.rows for table in moved[name].values())
            audit.record(session, SYSTEM, "installation_moved", "database", details={"rows": rows})
    return moved


async def _bring_up_to_date(
    server: EmbeddedPostgres, settings: Settings, name: str, lineages: Sequence[Lineage]
) -> None:
    async with opened(server.url(f"bangkom_{name}"), settings, name) as database:
        await migrate(database, lineages)


async def _require_tables(url: str, settings: Settings, name: str, lineages: Sequence[Lineage]) -> None:
    async with opened(url, settings, name) as database:
        if await _is_behind(database, lineages):
            raise Conflict(f"Tabel {name} di instalasi penuh belum mutakhir: jalankan migrate lebih dahulu.")


async def _is_behind(database: Database, lineages: Sequence[Lineage]) -> bool:
    return bool(await differing_lineages(database, lineages))


@asynccontextmanager
async def _reading(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def _filling(dsn: str, name: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction in an empty database that no relay works on; committed when all others are filled too."""
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            if not await connection.fetchval(NO_RELAY, LOCK):
                raise Conflict(f"Relay {name} masih berjalan: hentikan semua layanan lebih dahulu.")
            for table in FILLED_BY_MIGRATIONS:
                await connection.execute(f"DELETE FROM {table}")  # noqa: S608 a name of ours
            found = await state_of(connection)
            full = [table for table, state in found.items() if state.rows and not table.endswith("_version")]
            if full:
                raise Conflict(f"Basis data {name} sudah berisi {full[0]}: tidak ada yang dipindahkan.")
            yield connection
    finally:
        await connection.close()


async def _copy_database(source: asyncpg.Connection, target: asyncpg.Connection, name: str) -> Mapping[str, TableState]:
    """Copy all rows, parents before those who point at them, and the numbers that sequences go on from."""
    wanted = await state_of(source)
    order = TopologicalSorter({table: set[str]() for table in wanted if not table.endswith("_version")})
    for row in await source.fetch(POINTS_AT):
        order.add(row["child"], row["parent"])
    for table in order.static_order():
        await _copy_table(source, target, table)
    for row in await source.fetch(SEQUENCES):
        await target.execute(GO_ON_FROM, row["sequencename"], row["last_value"])
    got = await state_of(target)
    different = [table for table, state in wanted.items() if got.get(table) != state]
    if different:
        raise Conflict(f"{name}.{different[0]} tidak sama dengan asalnya: tidak ada yang dipindahkan.")
    return wanted


async def _copy_table(source: asyncpg.Connection, target: asyncpg.Connection, table: str) -> None:
    blocks: asyncio.Queue[bytes | None] = asyncio.Queue(BLOCKS)
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = quote_ident($1)::regclass AND attnum > 0"
    names = [row["attname"] for row in await source.fetch(f"{columns} AND NOT attisdropped ORDER BY attnum", table)]

    async def read() -> None:
        await source.copy_from_table(table, columns=names, output=blocks.put, format="binary")
        await blocks.put(None)

    async def arriving() -> AsyncIterator[bytes]:
        while (block := await blocks.get()) is not None:
            yield block

    async with asyncio.TaskGroup() as both:
        both.create_task(read())
        both.create_task(target.copy_to_table(table, columns=names, source=arriving(), format="binary"))
