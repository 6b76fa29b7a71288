"""Fetching the write-ahead log of a full installation's server as it is written, so that any moment can be restored."""

from __future__ import annotations

import os

import asyncpg
import click

from shared.operate.backup import FOLDER_MODE, Keepable, command_of, run
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
    server, timeline, fetched = execute(_server(installation))
    if check:
        click.echo("Log sedang diambil." if fetched else "Log tidak sedang diambil.")
        raise SystemExit(0 if fetched else 1)
    folder = folder_of(installation.settings.backups, timeline)
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    run("pg_receivewal", f"--slot={SLOT}", "--create-slot", "--if-not-exists", "--no-password", server=server)
    words = [f"--slot={SLOT}", f"--directory={folder}", "--synchronous", "--no-loop", "--no-password"]
    command, environment = command_of("pg_receivewal", *words, server=server)
    # In our place, so that whoever watches and stops us watches and stops it.
    os.execve(command[0], command, environment)  # noqa: S606 no shell is wanted


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
