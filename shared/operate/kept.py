"""A backup on a disk: a folder with the server's files, and a paper that says what they are and seals it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
from alembic.script import ScriptDirectory
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.db import Lineage
from shared.errors import Conflict

FORMAT = 1
PAPER = "bangkom.json"
BASE, WAL, POSTGRES_MANIFEST = "base.tar.gz", "pg_wal.tar.gz", "backup_manifest"
PREFIX = "bangkom-"
SERVER_VERSION = 18
"""The PostgreSQL whose programs come with us: they restore what a server of this version wrote."""

Kind = Literal["embedded", "full"]


class File(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Kept(BaseModel):
    """What the paper of a backup says: whose it is, of which versions, and the files with their sums.

    bytes is what the server's folder takes unpacked. databases are the names that they bear on the server; versions are
    those of their tables, by lineage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    kind: Kind
    agency: str
    program: str
    made_at: AwareDatetime
    postgres: int
    bytes: int
    databases: Mapping[str, str]
    versions: Mapping[str, Mapping[str, str]]
    files: Mapping[str, File]


def seal(kept: Kept) -> bytes:
    """The paper with the sum of all it says."""
    told = kept.model_dump(mode="json")
    return orjson.dumps({**told, "seal": sum_of(told)}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def sum_of(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(dict(told), option=orjson.OPT_SORT_KEYS)).hexdigest()


def read(folder: Path) -> Kept:
    """What a backup says of itself; raises Conflict when it is none, is newer than this program, or was altered."""
    try:
        told = orjson.loads((folder / PAPER).read_bytes())
    except OSError:
        raise Conflict(f"{folder}: bukan cadangan Bangkom yang lengkap ({PAPER} tidak ada).") from None
    except orjson.JSONDecodeError:
        raise Conflict(f"{folder / PAPER}: berkas ini rusak.") from None
    if not isinstance(told, dict) or told.pop("seal", None) != sum_of(told):
        raise Conflict(f"{folder / PAPER}: berkas ini rusak atau pernah diubah.")
    if told.get("format") != FORMAT:
        raise Conflict(f"{folder}: dibuat oleh Bangkom yang lebih baru ({told.get('program')}).")
    try:
        return Kept.model_validate(told)
    except ValidationError:
        raise Conflict(f"{folder / PAPER}: isinya tidak dikenal.") from None


def require_usable(folder: Path, kept: Kept, agency: str, lineages: Mapping[str, Sequence[Lineage]]) -> None:
    """Raise Conflict unless it is of this agency and of versions that this program knows."""
    if kept.agency != agency:
        raise Conflict(f"{folder}: milik instansi {kept.agency}, padahal BANGKOM_AGENCY di sini {agency}.")
    if kept.postgres // 10_000 != SERVER_VERSION:
        raise Conflict(
            f"{folder}: dari PostgreSQL {kept.postgres // 10_000}; program ini membawa PostgreSQL {SERVER_VERSION}."
        )
    require_known(folder, kept.versions, lineages)


def require_known(
    folder: Path, versions: Mapping[str, Mapping[str, str]], lineages: Mapping[str, Sequence[Lineage]]
) -> None:
    """Raise Conflict unless this program knows these versions of tables."""
    for database, its in versions.items():
        known = {each.name: each for each in lineages.get(database, ())}
        for name, version in its.items():
            if name not in known or version not in _revisions(known[name]):
                raise Conflict(
                    f"{folder}: tabel {name} di {database} berversi {version}, yang belum dikenal program ini; "
                    "pasang Bangkom yang lebih baru."
                )


def _revisions(lineage: Lineage) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(lineage.config()).walk_revisions()}


def require_whole(folder: Path, kept: Kept) -> None:
    """Read every file and raise Conflict that names the first one that is not as it was written."""
    for name, file in kept.files.items():
        path = folder / name
        if not path.is_file():
            raise Conflict(f"{path}: berkas ini hilang dari cadangan.")
        if path.stat().st_size != file.bytes or file_sum(path) != file.sha256:
            raise Conflict(f"{path}: berkas ini rusak; tidak ada yang dipulihkan.")


def file_sum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def name_of(agency: str, made_at: datetime) -> str:
    """The name of a backup's folder: names of one agency sort by time."""
    return f"{PREFIX}{agency}-{made_at:%Y%m%dT%H%M%SZ}"


def all_kept(folder: Path) -> list[tuple[Path, Kept]]:
    """The whole backups in a folder, the oldest first; what cannot be read is none."""
    found = []
    for path in folder.glob(f"{PREFIX}*"):
        try:
            found.append((path, read(path)))
        except Conflict:
            continue
    return sorted(found, key=lambda each: each[1].made_at)
