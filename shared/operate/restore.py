"""Bringing a backup back: into an empty place, checked before, and put there only when it came up."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import click

from shared.db import Lineage
from shared.errors import Conflict
from shared.folder import Folder
from shared.operate import kept
from shared.operate.backup import table_versions
from shared.operate.installation import execute
from shared.operate.kept import Kept
from shared.postgres import EmbeddedPostgres, keep_private
from shared.settings import Settings

ROOM = 1.1
"""A restored server needs a little more than its files: it replays what was written during the backup."""


class Restorable(Protocol):
    """What a backup can be brought back for."""

    @property
    def settings(self) -> Settings:
        """Its settings; raises WrongSetting."""
        ...

    @property
    def lineages(self) -> Mapping[str, Sequence[Lineage]]:
        """The tables of each database, as this program knows them."""
        ...


@click.command()
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Hanya periksa cadangan ini; tidak ada yang dipulihkan.")
@click.pass_obj
def restore(installation: Restorable, backup: Path, *, check: bool) -> None:
    """Pulihkan cadangan ke folder BANGKOM_DATA, yang harus kosong."""
    paper = execute(asyncio.to_thread(checked, installation, backup))
    click.echo(f"Cadangan {paper.agency} dari {paper.made_at:%Y-%m-%d %H:%M:%S} UTC, Bangkom {paper.program}: utuh.")
    if check:
        return
    folder = Folder(installation.settings.data)
    execute(asyncio.to_thread(_restore, backup, paper, folder))
    click.echo(f"Dipulihkan ke {folder.path}. Jalankan: bangkom run")


def _restore(backup: Path, paper: Kept, folder: Folder) -> None:
    with folder.claimed():
        bring_back(backup, paper, folder.postgres.folder)


def checked(installation: Restorable, backup: Path) -> Kept:
    """The paper of a backup that is whole and may be used here; raises Conflict."""
    paper = kept.read(backup)
    kept.require_usable(backup, paper, installation.settings.agency, installation.lineages)
    kept.require_whole(backup, paper)
    return paper


def bring_back(backup: Path, paper: Kept, place: Path) -> None:
    """Unpack a whole backup beside its place, let the server there recover, and move it in; raises Conflict."""
    if place.exists() and any(place.iterdir()):
        raise Conflict(f"{place} sudah berisi data: tidak ada yang dipulihkan. Pindahkan folder itu lebih dahulu.")
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f"{place.name}.restored")
    shutil.rmtree(new, ignore_errors=True)
    free = shutil.disk_usage(place.parent).free
    if free < paper.bytes * ROOM:
        raise Conflict(f"{place.parent}: perlu {paper.bytes * ROOM / 1e9:.1f} GB, hanya ada {free / 1e9:.1f} GB.")
    server = EmbeddedPostgres(new)
    try:
        _unpack(backup, new)
        _come_up(server, paper)
        if place.exists():
            place.rmdir()
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        new.with_name(f"{new.name}.lock").unlink(missing_ok=True)


def _unpack(backup: Path, folder: Path) -> None:
    for name, inside in ((kept.BASE, "."), (kept.WAL, "pg_wal")):
        with tarfile.open(backup / name) as packed:
            packed.extractall(folder / inside, filter="data")
    shutil.copy(backup / kept.POSTGRES_MANIFEST, folder)
    keep_private(folder)


def _come_up(server: EmbeddedPostgres, paper: Kept) -> None:
    """See the server recover and the tables have the versions that the paper names; it is stopped at the end."""
    try:
        server.start()
        urls = {name: server.url(f"bangkom_{name}") for name in paper.versions}
        found = asyncio.run(table_versions(urls, paper.versions))
        if found != paper.versions:
            raise Conflict(f"Tabel yang dipulihkan berversi {found}, bukan {paper.versions}: tidak ada yang dipasang.")
    finally:
        server.stop()
