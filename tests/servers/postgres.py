"""The PostgreSQL that tests use: our own on a temporary folder, or a running one that is named to us."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, make_url

from shared.ids import new_id
from shared.postgres import EmbeddedPostgres, program


class NamedPostgres:
    """A running server, named by a URL whose user may create databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+asyncpg")

    def create_database(self, copy_of: str | None = None) -> str:
        """Create a database with a name of its own, empty or a copy of the one at that URL, and return its URL."""
        name = f"test_{new_id().hex}"
        template = make_url(copy_of).database if copy_of else "template1"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Drop the database, whoever is connected to it."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        self._execute_in(self._url.database or "postgres", statement)

    def _execute_in(self, database: str, statement: str) -> None:
        address: URL = self._url.set(drivername="postgresql", database=database)
        dsn = address.render_as_string(hide_password=False)
        command = [program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", statement]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{statement}: {result.stderr}"


class PostgresServer(NamedPostgres):
    """An embedded server of the tests' own, which they may kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.embedded = EmbeddedPostgres(folder)
        super().__init__(self.embedded.url("postgres"))

    def start(self) -> None:
        self.embedded.start()

    def stop(self) -> None:
        self.embedded.stop(immediate=True)

    def forget_power_failures(self) -> None:
        """Wait for no disk any more: what is committed outlives the processes, and not the machine."""
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End every process of the server at once, as when the power fails."""
        kill_postgres(self.embedded)


def processes_of(embedded: EmbeddedPostgres) -> list[int]:
    """The server's processes, the postmaster first: all of them work in its folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == embedded.folder:
                found.append(int(entry.name))
    postmaster = embedded.pid
    return sorted(found, key=lambda pid: (pid != postmaster, pid))


def kill_postgres(embedded: EmbeddedPostgres, *, within: float = 10.0) -> None:
    """Kill all processes of the server on the folder, and return when they have gone."""
    deadline = time.monotonic() + within
    while processes := processes_of(embedded):
        assert time.monotonic() < deadline, f"{processes} outlive SIGKILL"
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
