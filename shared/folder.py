"""The folder of an embedded installation: who has it, and its PostgreSQL. Loads fast, since a start waits for it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shared.errors import Conflict
from shared.postgres import EmbeddedPostgres
from shared.settings import WrongSetting


class InUse(Conflict):
    """Another process of ours works on the folder."""


class Folder:
    """One process at a time may have it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = EmbeddedPostgres(self.path / "postgres")

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Have the folder alone; the kernel gives it back whatever ends us. Raises InUse and WrongSetting."""
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise InUse(f"Bangkom sudah berjalan di folder {self.path} (proses {lock.read().strip()}).") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def _lock_file(self) -> IO[str]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return (self.path / "bangkom.lock").open("a+")
        except OSError:
            raise WrongSetting(f"BANGKOM_DATA: folder {self.path} tidak dapat ditulisi.") from None

    def ensure_databases(self, names: Iterable[str]) -> None:
        """Create the databases that are not there; PostgreSQL must run."""
        for name in names:
            self.postgres.ensure_database(f"bangkom_{name}")

    def url(self, name: str) -> str:
        """The address of one of our databases for SQLAlchemy."""
        return self.postgres.url(f"bangkom_{name}")

    def dsn(self, name: str) -> str:
        """The address of one of our databases for asyncpg."""
        return self.postgres.dsn(f"bangkom_{name}")
