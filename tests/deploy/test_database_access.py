"""The full installation's PostgreSQL: encrypted to those who know its authority, and to nobody in any other way."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from services.embedded import LINEAGES
from shared.db import Database, Origin, migrate, plain
from shared.errors import Conflict
from shared.operate.backup import copy_server
from shared.operate.encrypted import reached
from shared.operate.surroundings import certificate_end
from shared.postgres import program
from shared.settings import Settings, settings_for
from tests.architecture.conftest import ROOT
from tests.deploy.compose import AGENCY, resolved, write_env
from tests.deploy.postgres import ContainerPostgres
from tests.servers.kafka import free_ports

ORIGIN = Origin(agency="medan", service="needs")
ENCRYPTED = "SELECT ssl AND version LIKE 'TLS%' FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


class Server:
    """The running server, and the addresses that holders of secrets have of it."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        [self.port] = free_ports(1)
        self.secrets = folder / "secrets"
        shutil.copytree(secrets, self.secrets)
        # In a container these are mounted, and its account may read them.
        self.secrets.chmod(0o755)
        (self.secrets / "authority.key").unlink()
        project = resolved(write_env(folder, AGENCY), "commands")
        self._services: dict[str, Any] = project["services"]
        self._folder = folder
        self._environment = {
            "PATH": f"{Path(program('psql')).parent}:{os.environ['PATH']}",
            "POSTGRES_SECRETS": str(self.secrets),
            "PGHOST": str(folder / "sockets"),
            "PGPORT": str(self.port),
        }
        server = ContainerPostgres(folder / "data" / "18", folder / "sockets", self.port)
        self._process = server.start(self._words("postgres"), self._environment, folder / "postgres.log")

    def _words(self, name: str) -> list[str]:
        """A container's command, with the files of this tree."""
        service = self._services[name]
        words = [*service["entrypoint"], *(service["command"] or ())]
        return [word.replace("/opt/bangkom", str(ROOT / "deploy" / "postgres")) for word in words]

    def make_databases(self) -> None:
        ready = [program("pg_isready"), "--quiet", "--timeout=60", f"--host={self._environment['PGHOST']}"]
        while subprocess.run([*ready, f"--port={self.port}"], check=False).returncode:
            assert self._process.poll() is None, (self._folder / "postgres.log").read_text()
        told = self._services["databases"]["environment"]
        ran = subprocess.run(
            self._words("databases"),
            env={**self._environment, "PGUSER": told["PGUSER"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")

    def by_superuser(self, database: str, statement: str) -> None:
        """Do something through the socket."""
        command = [program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement]
        subprocess.run(command, env=self._environment, check=True)

    def address(self, name: str, host: str = "localhost") -> str:
        """Where the account of that name finds its database."""
        return (
            (self.secrets / f"{name}_database_url").read_text().strip().replace("postgres:5432", f"{host}:{self.port}")
        )

    def settings(self, monkeypatch: pytest.MonkeyPatch) -> Settings:
        """Those of a process that has the address of needs, of its owner as training's, and of the backups."""
        monkeypatch.setenv("BANGKOM_DATABASE_CA_FILE", str(self.secrets / "authority.pem"))
        for setting, account in {"NEEDS": "needs", "TRAINING": "needs_owner", "BACKUP": "backup"}.items():
            monkeypatch.setenv(f"BANGKOM_{setting}_DATABASE_URL", self.address(account))
        return settings_for("needs", "training")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def server(made_secrets: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="bangkom-access-") as path:
        Path(path).chmod(0o711)
        running = Server(Path(path), made_secrets)
        try:
            running.make_databases()
            yield running
        finally:
            running.stop()


async def entered(dsn: str, **how: Any) -> bool:
    """Whether what is said on the connection is encrypted."""
    connection = await asyncpg.connect(dsn, timeout=30, **how)
    try:
        return bool(await connection.fetchval(ENCRYPTED))
    finally:
        await connection.close()


async def test_who_knows_the_authority_comes_in_encrypted(server: Server) -> None:
    trust = ssl.create_default_context(cafile=server.secrets / "authority.pem")

    assert await entered(plain(server.address("needs")), ssl=trust)


async def test_connection_without_tls_is_refused_with_the_right_password(server: Server) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="no encryption"):
        await entered(plain(server.address("needs")), ssl=False)


async def test_server_of_another_authority_or_name_is_refused_before_a_password_is_sent(server: Server) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        await entered(plain(server.address("needs")), ssl=ssl.create_default_context())

    trust = ssl.create_default_context(cafile=server.secrets / "authority.pem")
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        await entered(plain(server.address("needs", "127.0.0.1")), ssl=trust)


async def test_superuser_does_not_come_in_over_the_network(server: Server) -> None:
    password = (server.secrets / "postgres_password").read_text().strip()
    for how in ("require", "disable"):
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await entered(f"postgresql://postgres:{password}@localhost:{server.port}/postgres?sslmode={how}")


async def test_setting_has_services_look_at_the_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(server.settings(monkeypatch).database_url("needs"), ORIGIN)
    try:
        async with database.session() as session:
            assert await session.scalar(text(ENCRYPTED))
        # The relay has a connection of its own to the same address.
        assert await entered(plain(database.url))
    finally:
        await database.close()

    monkeypatch.setenv("BANGKOM_NEEDS_DATABASE_URL", server.address("needs", "127.0.0.1"))
    stranger = Database(settings_for("needs").database_url("needs"), ORIGIN)
    with pytest.raises(ssl.SSLCertVerificationError):
        await migrate(stranger, ())
    await stranger.close()


async def test_account_that_works_fills_tables_and_the_one_that_migrates_changes_them(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server.settings(monkeypatch)
    owner, working = (Database(settings.database_url(name), ORIGIN) for name in ("training", "needs"))
    try:
        for _ in range(2):
            await migrate(owner, LINEAGES["needs"])
            server.make_databases()
        async with working.transaction() as session:
            await session.execute(text("UPDATE delivery_epoch SET epoch = epoch + 1"))
            await session.execute(text("CREATE TEMPORARY TABLE old_units ON COMMIT DROP AS TABLE units"))
            await session.execute(text("LOCK TABLE units, positions, employees IN EXCLUSIVE MODE"))
        for change in (
            "ALTER TABLE outbox DISABLE TRIGGER ALL",
            "DROP TRIGGER audit_entries_append_only ON audit_entries",
            "TRUNCATE outbox",
            "UPDATE audit_entries SET action = ''",
            "DELETE FROM audit_seals",
            "CREATE TABLE own (id int)",
        ):
            with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
                async with working.transaction() as session:
                    await session.execute(text(change))
    finally:
        await owner.close()
        await working.close()


async def test_tables_from_the_time_of_one_account_go_to_the_other_and_stay_in_use(server: Server) -> None:
    server.by_superuser("postgres", "ALTER DATABASE bangkom_mentoring OWNER TO bangkom_mentoring")
    server.by_superuser(
        "bangkom_mentoring",
        "SET ROLE bangkom_mentoring; CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, text text)",
    )

    server.make_databases()

    trust = ssl.create_default_context(cafile=server.secrets / "authority.pem")
    connection = await asyncpg.connect(plain(server.address("mentoring")), ssl=trust, timeout=30)
    try:
        await connection.execute("INSERT INTO notes (text) VALUES ('lama')")
        assert await connection.fetchval("SELECT setval(pg_get_serial_sequence('notes', 'id'), 7)") == 7
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'"
        assert await connection.fetchval(owner) == "bangkom_mentoring_owner"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("ALTER TABLE notes ADD COLUMN own int")
    finally:
        await connection.close()


async def test_programs_that_come_with_us_copy_the_server_encrypted(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copying = plain(server.settings(monkeypatch).database_url("backup"))

    await copy_server(copying, tmp_path / "copy")

    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"base.tar.gz", "pg_wal.tar.gz", "backup_manifest"}
    elsewhere = make_url(copying).set(host="127.0.0.1").render_as_string(hide_password=False)
    with pytest.raises(Conflict, match="pg_basebackup"):
        await copy_server(elsewhere, tmp_path / "other")


async def test_address_without_an_authority_is_left_to_the_programs(server: Server) -> None:
    async with reached(plain(server.address("backup"))) as address:
        assert address == plain(server.address("backup"))


def test_end_of_its_certificate_is_seen(server: Server) -> None:
    shown = asyncio.run(certificate_end(f"postgresql://localhost:{server.port}"))

    command = ["openssl", "x509", "-noout", "-checkend"]
    certificate = server.secrets / "postgres.pem"
    seconds = int(shown - certificate.stat().st_mtime)
    for margin, still_good in ((-3600, 0), (3600, 1)):
        asked = subprocess.run([*command, str(seconds + margin), "-in", certificate], capture_output=True, check=False)
        assert asked.returncode == still_good
