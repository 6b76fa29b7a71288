"""What an installation stands on is told as it is: room on disks, the newest backup, the end of certificates."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.operate.encrypted import NotEncrypted
from shared.operate.surroundings import CERTIFICATES_SECONDS, Surroundings, certificate_end
from tests.integration.operate.test_doctor import keep

DAY = 86_400


def told(figure: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"bangkom_{figure}", labels)


async def test_disk_of_a_folder_is_told_also_before_the_folder_is_there(tmp_path: Path) -> None:
    await Surroundings("medan", {"later": tmp_path / "later" / "still"}).refresh()

    assert told("disk_size_bytes", volume="later") == shutil.disk_usage(tmp_path).total
    free = told("disk_free_bytes", volume="later")
    assert free is not None
    assert 0 < free < shutil.disk_usage(tmp_path).total


async def test_newest_whole_backup_is_told_and_zero_where_there_is_none(tmp_path: Path) -> None:
    around = Surroundings("medan", {}, tmp_path / "backups")
    await around.refresh()
    assert told("backup_made_timestamp_seconds", agency="medan") == 0

    moment = datetime.now(UTC) - timedelta(hours=27)
    keep(tmp_path, moment)
    (tmp_path / "backups" / "bangkom-half").mkdir()
    await around.refresh()
    await Surroundings("kupang", {}, tmp_path / "backups").refresh()

    assert told("backup_made_timestamp_seconds", agency="medan") == pytest.approx(moment.timestamp())
    assert told("backup_made_timestamp_seconds", agency="kupang") == 0


async def test_simulation_is_not_asked_for_backups(tmp_path: Path) -> None:
    await Surroundings("rekaan", {"data": tmp_path}).refresh()

    assert told("backup_made_timestamp_seconds", agency="rekaan") is None


@asynccontextmanager
async def showing(folder: Path, days: int) -> AsyncIterator[int]:
    """A server whose certificate is good for so many days; gives its port."""
    key, certificate = folder / f"{days}.key", folder / f"{days}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=gateway", "-days", str(days)]
    command += ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_end_of_a_certificate_is_told_whoever_signed_it(tmp_path: Path) -> None:
    async with showing(tmp_path, 13) as port:
        await Surroundings("medan", {}, places=[f"tls://127.0.0.1:{port}"]).refresh()

    ends = told("certificate_ends_timestamp_seconds", place=f"127.0.0.1:{port}")
    assert ends == pytest.approx(datetime.now(UTC).timestamp() + 13 * DAY, abs=DAY / 2)


async def test_certificate_keeps_its_last_figure_while_its_server_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.operate.surroundings.CERTIFICATES_SECONDS", 0.0)
    async with showing(tmp_path, 40) as port:
        around = Surroundings("medan", {}, places=[f"tls://127.0.0.1:{port}"])
        await around.refresh()
        before = told("certificate_ends_timestamp_seconds", place=f"127.0.0.1:{port}")

    await around.refresh()

    assert before is not None
    assert told("certificate_ends_timestamp_seconds", place=f"127.0.0.1:{port}") == before


async def test_certificates_are_looked_at_every_ten_minutes_only(tmp_path: Path) -> None:
    asked = 0

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        around = Surroundings("medan", {}, places=[f"tls://127.0.0.1:{port}"])
        for _ in range(3):
            await around.refresh()

    assert (asked, CERTIFICATES_SECONDS) == (1, 600)


async def test_server_of_postgresql_that_does_not_speak_tls_is_named() -> None:
    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"N")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotEncrypted, match=f"127.0.0.1:{port}"):
            await certificate_end(f"postgresql://127.0.0.1:{port}")
