"""What cannot be copied whole, or not be brought back as it is asked for, is refused and leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from shared.errors import Conflict
from shared.folder import Folder
from shared.operate import kept, segments
from shared.operate.backup import _require_what_was_sent
from shared.postgres import EmbeddedPostgres, keep_private
from shared.settings import WrongSetting
from tests.integration.operate.backups import altered, operate

BLOCK = 8_192
EVENT_LOG = "SELECT pg_relation_filepath('event_log')"
AN_EVENT = "INSERT INTO event_log (topic, headers, timestamp_ms) VALUES ('bangkom.needs', '[]', 0)"


def ask(server: EmbeddedPostgres, database: str, *statements: str) -> object:
    """Execute statements on a server that does not run; gives the first value of the last one's answer."""

    async def asked() -> object:
        connection = await asyncpg.connect(server.dsn(f"bangkom_{database}"))
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    server.start()
    try:
        return asyncio.run(asked())
    finally:
        server.stop()


def test_event_log_that_is_broken_on_the_disk_is_not_backed_up_and_no_backup_goes_for_it(
    home: Path, own_home: EmbeddedPostgres, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    [earlier] = (home / "backups").glob("bangkom-*")
    shutil.copytree(earlier, backups / earlier.name)
    operate("lag")
    table = own_home.folder / str(ask(own_home, "events", AN_EVENT, EVENT_LOG))
    content = bytearray(table.read_bytes())
    content[BLOCK - 1] ^= 1
    table.write_bytes(content)

    refused = operate("backup", "--into", str(backups), "--keep", "1")

    assert (refused.exit_code, "pg_basebackup gagal" in refused.output) == (1, True), refused.output
    assert "checksum" in refused.output
    assert sorted(path.name for path in backups.iterdir()) == [".lock", earlier.name]


def test_server_with_data_elsewhere_is_not_backed_up_by_half(own_home: EmbeddedPostgres, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    keep_private(elsewhere)
    ask(own_home, "events", f"CREATE TABLESPACE elsewhere LOCATION '{elsewhere}'")

    refused = operate("backup", "--into", str(tmp_path / "backups"))

    assert (refused.exit_code, "tablespace" in refused.output) == (1, True), refused.output
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


def test_copy_that_differs_from_what_the_server_sent_is_refused_by_the_name_of_the_file(backup: Path) -> None:
    with tarfile.open(backup / kept.BASE) as packed:
        found = [(member, packed.extractfile(member)) for member in packed]
        contents = [(member, content.read() if content else b"") for member, content in found]
    with tarfile.open(backup / kept.BASE, "w:gz", compresslevel=1) as packed:
        for member, content in contents:
            changed = content.replace(b"8", b"7") if member.name == "PG_VERSION" else content
            packed.addfile(member, io.BytesIO(changed))
    (backup / kept.PAPER).unlink()

    with pytest.raises(Conflict, match="PG_VERSION"):
        _require_what_was_sent(backup)


@pytest.fixture
def full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on a full installation that nobody reaches."""
    monkeypatch.setenv("BANGKOM_TRANSPORT", "kafka")
    for name in ("NEEDS", "TRAINING", "MENTORING", "EVALUATION", "IDENTITY"):
        monkeypatch.setenv(f"BANGKOM_{name}_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")


@pytest.mark.usefixtures("full")
def test_full_installation_is_backed_up_by_the_account_for_it_only(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="BANGKOM_BACKUP_DATABASE_URL belum diisi"):
        operate("backup", "--into", str(tmp_path / "backups"))

    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


@pytest.mark.usefixtures("full")
def test_server_that_is_away_leaves_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_BACKUP_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")

    refused = operate("backup", "--into", str(tmp_path / "backups"))

    assert (refused.exit_code, "tidak terjangkau" in refused.output) == (1, True), refused.output
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


AFTER, BEFORE = "2999-01-01T00:00", "2026-01-01T00:00"
WRONG_WORDS: dict[str, tuple[kept.Kind, Sequence[str], str]] = {
    "embedded one into a server's folder": ("embedded", ["--into", "there"], "--into"),
    "full one nowhere": ("full", [], "--into"),
    "embedded one beyond itself": ("embedded", ["--latest"], "lognya disimpan"),
    "embedded one up to a moment": ("embedded", ["--until", AFTER], "lognya disimpan"),
    "two ends": ("full", ["--into", "there", "--latest", "--until", AFTER], "tidak dapat bersama"),
    "moment before the backup": ("full", ["--into", "there", "--until", BEFORE], "sebelum cadangan ini"),
}


@pytest.mark.parametrize("what", WRONG_WORDS)
def test_backup_is_not_brought_back_otherwise_than_it_can_be(backup: Path, tmp_path: Path, what: str) -> None:
    kind, words, said = WRONG_WORDS[what]
    altered(backup, kind=kind)
    there = tmp_path / "there"

    refused = operate("restore", str(backup), *(str(there) if word == "there" else word for word in words))

    assert (refused.exit_code, said in refused.output) == (2, True), refused.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [backup.name]


def test_place_that_holds_anything_is_left_as_it_is(backup: Path, tmp_path: Path) -> None:
    altered(backup, kind="full")
    there = tmp_path / "there"
    there.mkdir()
    (there / "PG_VERSION").write_text("17")

    refused = operate("restore", str(backup), "--into", str(there))

    assert (refused.exit_code, f"{there} sudah berisi data" in refused.output) == (1, True), refused.output
    assert [(path.name, path.read_text()) for path in there.iterdir()] == [("PG_VERSION", "17")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [backup.name, "there"]


def test_disk_without_room_is_told_before_anything_is_unpacked(backup: Path, tmp_path: Path) -> None:
    altered(backup, bytes=10**18)

    refused = operate("restore", str(backup))

    assert (refused.exit_code, "perlu 1100000000.0 GB" in refused.output) == (1, True), refused.output
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["bangkom.lock"]


def test_nothing_is_brought_back_where_bangkom_runs(backup: Path, tmp_path: Path) -> None:
    with Folder(tmp_path / "data").claimed():
        refused = operate("restore", str(backup))

    assert (refused.exit_code, "sudah berjalan" in refused.output) == (1, True), refused.output
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["bangkom.lock"]


def fetched(backup: Path) -> Path:
    """Lay the log of the backup itself beside it, as if nothing had been written since; its first segment."""
    log = segments.folder_of(backup.parent, 1)
    with tarfile.open(backup / kept.WAL) as packed:
        whole = [member for member in packed if len(member.name) == segments.NAME_LENGTH]
        packed.extractall(log, members=whole, filter="data")
    return log / min(member.name for member in whole)


def test_log_that_is_not_there_or_has_a_gap_is_told_and_nothing_is_put_in_place(backup: Path, tmp_path: Path) -> None:
    altered(backup, kind="full")
    there = tmp_path / "there"

    without = operate("restore", str(backup), "--into", str(there), "--latest")
    first = fetched(backup)
    first.rename(first.with_name(f"{int(first.name, 16) + 1:024X}"))
    broken = operate("restore", str(backup), "--into", str(there), "--latest")

    assert (without.exit_code, "tidak ada log sejak" in without.output) == (1, True), without.output
    assert (broken.exit_code, "log terputus" in broken.output) == (1, True), broken.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [backup.name, "wal-00000001"]


def test_moment_that_the_log_does_not_reach_is_told_and_nothing_is_put_in_place(backup: Path, tmp_path: Path) -> None:
    altered(backup, kind="full")
    fetched(backup)

    refused = operate("restore", str(backup), "--into", str(tmp_path / "there"), "--until", AFTER)

    assert (refused.exit_code, "2999-01-01T00:00:00+07:00 tidak tercapai" in refused.output) == (1, True), (
        refused.output
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [backup.name, "wal-00000001"]
