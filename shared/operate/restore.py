"""Bringing a backup back: into an empty place, checked before, and put there only when it came up."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

import click

from shared.errors import Conflict
from shared.folder import Folder
from shared.operate import kept
from shared.operate.backup import Keepable, names_of, table_versions
from shared.operate.installation import execute
from shared.operate.kept import Kept
from shared.operate.segments import lay_out
from shared.postgres import EmbeddedPostgres, EmbeddedPostgresError, keep_private

ROOM = 1.1
"""A restored server needs a little more than its files: it replays what was written during the backup."""

UNREACHED = ("before configured recovery target was reached", "before consistent recovery point")
"""What the server says of a moment that its log does not reach, or that lies within the copying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How far to go beyond a backup with the log kept beside it: up to a moment, or as far as it reaches."""

    until: datetime | None

    @property
    def settings(self) -> dict[str, str]:
        """What the server is told for it. The log lies where it reads it; nothing is fetched."""
        moment = {} if self.until is None else {"recovery_target_time": self.until.isoformat()}
        return {
            "restore_command": "false",
            "recovery_target_timeline": "current",
            "recovery_target_action": "promote",
            # Nobody comes in before it is through, and the limits of the server that wrote need not be known.
            "hot_standby": "off",
            **moment,
        }


MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.command()
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Hanya periksa cadangan ini; tidak ada yang dipulihkan.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder data PostgreSQL instalasi penuh, yang harus kosong.",
)
@click.option("--latest", is_flag=True, help="Sampai akhir log yang disimpan di samping cadangan.")
@click.option("--until", type=MOMENT, help="Sampai saat ini saja (waktu instansi bila tanpa zona).")
@click.pass_obj
def restore(
    installation: Keepable, backup: Path, *, check: bool, into: Path | None, latest: bool, until: datetime | None
) -> None:
    """Pulihkan cadangan ke folder BANGKOM_DATA, atau folder data peladen, yang harus kosong."""
    paper = execute(asyncio.to_thread(checked, installation, backup))
    click.echo(f"Cadangan {paper.agency} dari {paper.made_at:%Y-%m-%d %H:%M:%S} UTC, Bangkom {paper.program}: utuh.")
    if check:
        return
    if (paper.kind == "full") != (into is not None):
        raise click.UsageError("--into perlu untuk cadangan instalasi penuh, dan hanya untuk itu.")
    recovery = _recovery(paper, installation.settings.zone, latest=latest, until=until)
    place = execute(asyncio.to_thread(_restore, installation, backup, paper, into, recovery))
    following = "bangkom run" if into is None else "bangkom restored untuk tiap layanan"
    click.echo(f"Dipulihkan ke {place}. Selanjutnya: {following}")


def _recovery(paper: Kept, zone: tzinfo, *, latest: bool, until: datetime | None) -> Recovery | None:
    """How far beyond the backup was asked for; raises UsageError for what this backup cannot give."""
    if not latest and until is None:
        return None
    if latest and until is not None:
        raise click.UsageError("--latest dan --until tidak dapat bersama.")
    if paper.kind != "full":
        raise click.UsageError("--latest dan --until hanya untuk cadangan instalasi penuh, yang lognya disimpan.")
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=zone)
    if until is not None and until < paper.made_at:
        raise click.UsageError(f"--until {until.isoformat()} sebelum cadangan ini; pakailah yang lebih tua.")
    return Recovery(until=until)


def _restore(installation: Keepable, backup: Path, paper: Kept, into: Path | None, recovery: Recovery | None) -> Path:
    if into is not None:
        bring_back(installation, backup, paper, into, recovery)
        return into
    folder = Folder(installation.settings.data)
    with folder.claimed():
        bring_back(installation, backup, paper, folder.postgres.folder)
    return folder.path


def checked(installation: Keepable, backup: Path) -> Kept:
    """The paper of a backup that is whole and may be used here; raises Conflict."""
    paper = kept.read(backup)
    kept.require_usable(backup, paper, installation.settings.agency, installation.lineages)
    kept.require_whole(backup, paper)
    return paper


def bring_back(
    installation: Keepable, backup: Path, paper: Kept, place: Path, recovery: Recovery | None = None
) -> None:
    """Unpack a whole backup beside its place, let the server there recover, and move it in; raises Conflict."""
    if place.exists() and any(place.iterdir()):
        raise Conflict(f"{place} sudah berisi data: tidak ada yang dipulihkan. Pindahkan folder itu lebih dahulu.")
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f"{place.name}.restored")
    shutil.rmtree(new, ignore_errors=True)
    free = shutil.disk_usage(place.parent).free
    if free < paper.bytes * ROOM:
        raise Conflict(f"{place.parent}: perlu {paper.bytes * ROOM / 1e9:.1f} GB, hanya ada {free / 1e9:.1f} GB.")
    server = EmbeddedPostgres(new, recovery.settings if recovery else {"hot_standby": "off"})
    try:
        _unpack(backup, new, recovery)
        _come_up(installation, server, paper, recovery)
        if place.exists():
            place.rmdir()
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        new.with_name(f"{new.name}.lock").unlink(missing_ok=True)


def _unpack(backup: Path, folder: Path, recovery: Recovery | None) -> None:
    for name, inside in ((kept.BASE, "."), (kept.WAL, "pg_wal")):
        with tarfile.open(backup / name) as packed:
            packed.extractall(folder / inside, filter="data")
    shutil.copy(backup / kept.POSTGRES_MANIFEST, folder)
    if recovery is not None:
        lay_out(backup, folder / "pg_wal")
        (folder / "recovery.signal").touch()
    keep_private(folder)


def _come_up(installation: Keepable, server: EmbeddedPostgres, paper: Kept, recovery: Recovery | None) -> None:
    """See the server recover and the tables have versions that are known; it is stopped at the end."""
    try:
        _recover(server, recovery)
        urls = {name: server.url(database) for name, database in paper.databases.items()}
        found = asyncio.run(table_versions(urls, names_of(installation.lineages)))
        kept.require_known(server.folder, found, installation.lineages)
        if recovery is None and found != paper.versions:
            raise Conflict(f"Tabel yang dipulihkan berversi {found}, bukan {paper.versions}: tidak ada yang dipasang.")
    finally:
        server.stop()


def _recover(server: EmbeddedPostgres, recovery: Recovery | None) -> None:
    try:
        server.start()
    except EmbeddedPostgresError:
        if recovery is None or recovery.until is None or not _is_unreached(server.log_file):
            raise
        raise Conflict(
            f"Dari cadangan ini dengan log di sampingnya, saat {recovery.until.isoformat()} tidak tercapai: tidak ada "
            "yang dipulihkan. Pakailah cadangan lain, atau --latest."
        ) from None


def _is_unreached(log: Path) -> bool:
    said = log.read_text(encoding="utf-8", errors="replace")
    return any(words in said for words in UNREACHED)
