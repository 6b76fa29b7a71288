"""Making a backup of an installation while it runs: all databases of its server, as they are at one moment."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

import asyncpg
import click
import orjson
from sqlalchemy import URL, make_url

from shared.db import Lineage, plain
from shared.errors import Conflict
from shared.operate import kept, segments
from shared.operate.encrypted import reached
from shared.operate.installation import execute
from shared.operate.kept import Kept, Kind
from shared.postgres import program, programs_environment
from shared.runtime import Service
from shared.settings import Settings, WrongSetting

CHUNK = 2**20
FOLDER_MODE, FILE_MODE = 0o750, 0o640
VERSION = "SELECT version_num FROM {}_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A server as it stands: the addresses of its databases, and its own with the right to copy it whole."""

    kind: Kind
    server: str | None
    databases: Mapping[str, str]


class Keepable(Protocol):
    """An installation that can be backed up: which tables its databases have, and where they stand."""

    services: Mapping[str, Service]

    @property
    def settings(self) -> Settings:
        """Its settings; raises WrongSetting."""
        ...

    @property
    def lineages(self) -> Mapping[str, Sequence[Lineage]]:
        """The tables of each database, as this program knows them."""
        ...

    def standing(self) -> AbstractAsyncContextManager[Standing]:
        """Its server, running; no table is brought up to date for it."""
        ...


@click.command()
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Folder lain daripada BANGKOM_BACKUPS.")
@click.option("--keep", type=click.IntRange(min=1), help="Sisakan sekian cadangan terbaru; yang lebih tua dihapus.")
@click.pass_obj
def backup(installation: Keepable, into: Path | None, keep: int | None) -> None:
    """Buat cadangan semua basis data ke folder BANGKOM_BACKUPS, juga selagi Bangkom berjalan."""
    path, made = execute(make(installation, into or installation.settings.backups))
    size = sum(file.bytes for file in made.files.values()) / 1e6
    click.echo(f"Cadangan lengkap dan sudah diperiksa: {path} ({size:,.1f} MB)")
    for old in execute(asyncio.to_thread(remove_old, path.parent, made.agency, keep)):
        click.echo(f"Dihapus: {old}")


async def make(installation: Keepable, folder: Path) -> tuple[Path, Kept]:
    """Write a backup into a new folder in this one and give both; until it is whole and checked, it has no name."""
    with _alone(folder):
        async with installation.standing() as standing:
            if standing.server is None:
                raise WrongSetting("BANGKOM_BACKUP_DATABASE_URL belum diisi.")
            now, version = await _time_and_version(standing.server)
            path = folder / kept.name_of(installation.settings.agency, now)
            partial = path.with_name(f".{path.name}.partial")
            try:
                await copy_server(standing.server, partial)
                paper = Kept(
                    format=kept.FORMAT,
                    kind=standing.kind,
                    agency=installation.settings.agency,
                    program=importlib.metadata.version("bangkom"),
                    made_at=now,
                    postgres=version,
                    databases={name: make_url(url).database or "" for name, url in standing.databases.items()},
                    bytes=unpacked_bytes(partial),
                    versions=await table_versions(standing.databases, names_of(installation.lineages)),
                    files=await asyncio.to_thread(_files, partial),
                )
                _finish(partial, path, paper)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return path, paper


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else makes a backup there meanwhile; what one that was killed left half-made is removed."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Cadangan lain sedang dibuat di {folder}.") from None
        for half_made in folder.glob(f".{kept.PREFIX}*.partial"):
            shutil.rmtree(half_made)
        yield


async def _time_and_version(server: str) -> tuple[datetime, int]:
    """The server's; raises Conflict when our programs could not restore what it writes."""
    connection = await asyncpg.connect(server, timeout=5)
    try:
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        version = int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close(timeout=5)
    if version // 10_000 != kept.SERVER_VERSION:
        raise Conflict(
            f"Peladen ini PostgreSQL {version // 10_000}; perintah ini untuk PostgreSQL {kept.SERVER_VERSION}: "
            "pakailah pg_basebackup dari versi peladen itu."
        )
    return now.astimezone(UTC), version


async def copy_server(server: str, folder: Path) -> None:
    """Copy a running server's files and the WAL they need into packed files, and read them back to compare."""
    await run("pg_basebackup", "--format=tar", "--gzip", "--wal-method=stream", "--checkpoint=fast",
        "--manifest-checksums=SHA256", "--no-password", f"--pgdata={folder}", server=server)  # fmt: skip
    await asyncio.to_thread(_require_what_was_sent, folder)


def _require_what_was_sent(folder: Path) -> None:
    """Raise Conflict unless all is there, and each file that the server noted is packed, with the sum that it noted."""
    others = {path.name for path in folder.iterdir()} - {kept.BASE, kept.WAL, kept.POSTGRES_MANIFEST}
    if others:
        raise Conflict("Peladen ini menyimpan data di luar foldernya (tablespace): itu tidak dicadangkan di sini.")
    noted = orjson.loads((folder / kept.POSTGRES_MANIFEST).read_bytes())["Files"]
    sums = {file["Path"]: file["Checksum"] for file in noted}
    with tarfile.open(folder / kept.BASE) as packed:
        for member in packed:
            content = packed.extractfile(member) if member.name in sums else None
            if content and _content_sum(content) == sums[member.name]:
                del sums[member.name]
    if sums:
        raise Conflict(f"Salinan ini tidak sama dengan yang dikirim peladen: {min(sums)}. Buatlah sekali lagi.")


def _content_sum(content: IO[bytes]) -> str:
    total = hashlib.sha256()
    while block := content.read(CHUNK):
        total.update(block)
    return total.hexdigest()


def _command(name: str, *arguments: str, server: str) -> tuple[list[str], dict[str, str]]:
    """The command and the variables of a program of PostgreSQL. A password is in no list of processes."""
    url = make_url(server)
    open_to_all = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    address = f"--dbname={open_to_all.render_as_string()}"
    password = {} if url.password is None else {"PGPASSWORD": url.password}
    return [program(name), *arguments, address], programs_environment() | password


async def run(name: str, *arguments: str, server: str) -> None:
    """Run a program of PostgreSQL on a server; told to end, it ends. Raises Conflict with what it said."""
    async with reached(server) as address:
        command, environment = _command(name, *arguments, server=address)
        ran = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
        try:
            _, said = await ran.communicate()
        except asyncio.CancelledError:
            ran.terminate()
            await ran.wait()
            raise
    if ran.returncode != 0:
        raise Conflict(f"{name} gagal: {said.decode().strip()}")


def unpacked_bytes(folder: Path) -> int:
    """What the files of a copied server take, as PostgreSQL noted it."""
    files = orjson.loads((folder / kept.POSTGRES_MANIFEST).read_bytes())["Files"]
    return sum(file["Size"] for file in files)


async def table_versions(
    databases: Mapping[str, str], lineages: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, str]]:
    """The version of the tables of each lineage that is named, by database; one without tables yet has none."""
    found = {}
    for name, url in databases.items():
        connection = await asyncpg.connect(plain(url), timeout=5)
        try:
            found[name] = await _versions(connection, lineages[name])
        finally:
            await connection.close(timeout=5)
    return found


async def _versions(connection: asyncpg.Connection, lineages: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in lineages:
        if await connection.fetchval("SELECT to_regclass($1)", f"{name}_version") is not None:
            found[name] = await connection.fetchval(VERSION.format(name))
    return {name: version for name, version in found.items() if version is not None}


def names_of(lineages: Mapping[str, Sequence[Lineage]]) -> dict[str, list[str]]:
    """The names of the lineages of each database."""
    return {database: [each.name for each in its] for database, its in lineages.items()}


def _files(folder: Path) -> dict[str, kept.File]:
    return {
        path.name: kept.File(bytes=path.stat().st_size, sha256=kept.file_sum(path)) for path in sorted(folder.iterdir())
    }


def _finish(partial: Path, path: Path, paper: Kept) -> None:
    """Add the paper and give the backup its name, once all of it is on the disk."""
    (partial / kept.PAPER).write_bytes(kept.seal(paper))
    for file in partial.iterdir():
        file.chmod(FILE_MODE)
        _to_disk(file)
    partial.chmod(FOLDER_MODE)
    _to_disk(partial)
    partial.rename(path)
    _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_old(folder: Path, agency: str, keep: int | None) -> list[Path]:
    """Remove all whole backups of the agency but the newest so many, and the log that only they needed; gives those."""
    own = [path for path, paper in kept.all_kept(folder) if paper.agency == agency]
    old = own[:-keep] if keep else []
    for path in old:
        # Without its name it is none any more, should the rest of this be cut off.
        nameless = path.rename(path.with_name(f".{path.name}.partial"))
        shutil.rmtree(nameless)
    if old:
        segments.remove_older(folder)
    return old
