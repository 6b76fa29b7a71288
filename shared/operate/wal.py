"""Fetching the write-ahead log of a full installation's server as it is written, so that any moment can be restored."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

import asyncpg
import click

from shared.operate.backup import FOLDER_MODE, Keepable, run
from shared.operate.installation import execute
from shared.operate.segments import folder_of
from shared.settings import WrongSetting

SLOT = "bangkom"
"""The server keeps what has not been fetched under this name."""

TIMELINE = "SELECT timeline_id FROM pg_control_checkpoint()"
FETCHED = "SELECT active FROM pg_replication_slots WHERE slot_name = $1"


@click.command("wal")
@click.option("--check", is_flag=True, help="Hanya periksa apakah log sedang diambil; keluar dengan kode 1 bila tidak.")
@click.pass_obj
def wal(installation: Keepable, *, check: bool) -> None:
    """Ambil log PostgreSQL terus-menerus ke BANGKOM_BACKUPS, sehingga saat mana pun dapat dipulihkan."""
    if check:
        _, _, fetched = execute(_server(installation))
        click.echo("Log sedang diambil." if fetched else "Log tidak sedang diambil.")
        raise SystemExit(0 if fetched else 1)
    execute(_fetch(installation))


async def _fetch(installation: Keepable) -> None:
    """Fetch until the server ends, which raises Conflict, or until we are told to end."""
    server, timeline, _ = await _server(installation)
    folder = folder_of(installation.settings.backups, timeline)
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    await run("pg_receivewal", f"--slot={SLOT}", "--create-slot", "--if-not-exists", "--no-password", server=server)
    words = [f"--slot={SLOT}", f"--directory={folder}", "--synchronous", "--no-loop", "--no-password"]
    fetching = asyncio.ensure_future(run("pg_receivewal", *words, server=server))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, fetching.cancel)
    with suppress(asyncio.CancelledError):
        await fetching


async def _server(installation: Keepable) -> tuple[str, int, bool]:
    async with installation.standing() as standing:
        if standing.server is None or standing.kind != "full":
            raise WrongSetting("BANGKOM_BACKUP_DATABASE_URL belum diisi.")
        connection = await asyncpg.connect(standing.server, timeout=5)
        try:
            timeline: int = await connection.fetchval(TIMELINE)
            return standing.server, timeline, bool(await connection.fetchval(FETCHED, SLOT))
        finally:
            await connection.close(timeout=5)
