"""Backups say what they are; what is damaged, foreign, newer or half-made is refused before anything is touched."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.embedded import LINEAGES
from shared.db import Lineage
from shared.operate import kept
from shared.postgres import EmbeddedPostgres
from tests.integration.operate.backups import AGENCY, altered, operate
from tests.journeys.installations import ROOT
from tests.waiting import wait_until


def heads(lineage: Lineage) -> str:
    return max(path.name.split("_")[0] for path in lineage.versions.glob("*.py"))


def test_paper_says_what_a_backup_is(backup: Path) -> None:
    paper = json.loads((backup / kept.PAPER).read_text())

    assert (paper["kind"], paper["agency"], paper["postgres"] // 10_000) == ("embedded", AGENCY, 18)
    assert paper["versions"] == {
        database: {lineage.name: heads(lineage) for lineage in lineages} for database, lineages in LINEAGES.items()
    }
    assert {name: (file["bytes"], file["sha256"]) for name, file in paper["files"].items()} == {
        path.name: (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in backup.iterdir()
        if path.name != kept.PAPER
    }
    assert {path.stat().st_mode & 0o777 for path in backup.iterdir()} == {0o640}


def test_whole_backup_is_checked_without_being_brought_back(backup: Path, tmp_path: Path) -> None:
    checked = operate("restore", str(backup), "--check")

    assert (checked.exit_code, "utuh" in checked.output) == (0, True)
    assert not (tmp_path / "data").exists()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize("name", [kept.BASE, kept.WAL, kept.POSTGRES_MANIFEST, kept.PAPER])
@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
def test_damaged_backup_is_refused_by_the_name_of_the_file(
    backup: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(backup / name)

    refused = operate("restore", str(backup))

    assert (refused.exit_code, name in refused.output) == (1, True), refused.output
    assert not (tmp_path / "data").exists()


FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "another agency": ({"agency": "kupang"}, "milik instansi kupang"),
    "newer kind of backup": ({"format": 2, "program": "9.0.0"}, "lebih baru (9.0.0)"),
    "newer tables": ({"versions": {"needs": {"kernel": "9999"}}}, "berversi 9999"),
    "unknown tables": ({"versions": {"payroll": {"payroll": "0001"}}}, "payroll"),
    "another PostgreSQL": ({"postgres": 190_001}, "PostgreSQL 19"),
    "words nobody knows": ({"secrets": {}}, "tidak dikenal"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_or_newer_backup_is_refused(backup: Path, tmp_path: Path, what: str) -> None:
    values, said = FOREIGN[what]
    altered(backup, **values)

    refused = operate("restore", str(backup))

    assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    assert not (tmp_path / "data").exists()


def test_backup_of_other_tables_than_its_paper_names_is_not_put_in_place(backup: Path, tmp_path: Path) -> None:
    versions = json.loads((backup / kept.PAPER).read_text())["versions"]
    versions["needs"]["kernel"] = "0001"
    altered(backup, versions=versions)

    refused = operate("restore", str(backup))

    assert (refused.exit_code, "tidak ada yang dipasang" in refused.output) == (1, True), refused.output
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["bangkom.lock"]


def test_folder_with_data_is_left_as_it_is(home: Path, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_DATA", str(home / "data"))
    before = sorted((path, path.stat().st_mtime_ns) for path in (home / "data" / "postgres").rglob("*"))

    refused = operate("restore", str(backup))

    assert (refused.exit_code, "sudah berisi data" in refused.output) == (1, True), refused.output
    assert sorted((path, path.stat().st_mtime_ns) for path in (home / "data" / "postgres").rglob("*")) == before


def test_backup_is_brought_back_beside_what_a_restore_left_that_was_cut_off(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "postgres.restored" / "base").mkdir(parents=True)

    restored = operate("restore", str(backup))

    assert restored.exit_code == 0, restored.output
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["bangkom.lock", "postgres"]
    assert EmbeddedPostgres(tmp_path / "data" / "postgres").pid is None


async def test_backup_that_was_cut_off_never_looks_whole(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    command = [sys.executable, "-m", "services", "backup"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BANGKOM_BACKUPS": str(folder)}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:  # noqa: ASYNC220 ends soon
        await wait_until(lambda: list(folder.glob(f".*.partial/{kept.BASE}")), within=60)
        os.killpg(process.pid, signal.SIGKILL)

    half_made = list(folder.glob(".*.partial"))
    found = kept.all_kept(folder)
    again = await asyncio.to_thread(operate, "backup", "--into", str(folder))

    assert (len(half_made), found, again.exit_code) == (1, [], 0)
    assert len(kept.all_kept(folder)) == 1
    assert list(folder.glob(".*.partial")) == []


def test_old_backups_go_when_told_and_one_is_made_at_a_time(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first = operate("backup", "--into", str(folder))
    second = operate("backup", "--into", str(folder), "--keep", "1")
    [(left, _)] = kept.all_kept(folder)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        third = operate("backup", "--into", str(folder))

    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 0, 1)
    assert (str(left) in first.output, str(left) in second.output) == (False, True)
    assert "sedang dibuat" in third.output


def test_nothing_is_backed_up_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_DATA", str(tmp_path / "data"))

    refused = operate("backup", "--into", str(tmp_path / "backups"))

    assert (refused.exit_code, "belum berisi data" in refused.output) == (1, True), refused.output
    assert kept.all_kept(tmp_path / "backups") == []
