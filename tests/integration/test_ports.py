"""A port that somebody else has: the start says which setting to change, and leaves nothing running."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.postgres import EmbeddedPostgres
from tests.architecture.conftest import ROOT
from tests.servers.kafka import free_ports
from tests.servers.postgres import kill_postgres, processes_of


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account, the embedded PostgreSQL's, can reach."""
    with TemporaryDirectory(prefix="bangkom-") as path:
        yield Path(path)


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "data" / "postgres")
    yield server
    kill_postgres(server)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_taken_port_is_named_and_nothing_stays_running(folder: Path, postgres: EmbeddedPostgres, taken: int) -> None:
    settings = {"PYTHONPATH": str(ROOT), "BANGKOM_DATA": str(folder / "data")}
    others = {name: value for name, value in os.environ.items() if not name.startswith("BANGKOM_")}

    for setting, free in (("BANGKOM_PORT", "BANGKOM_OPS_PORT"), ("BANGKOM_OPS_PORT", "BANGKOM_PORT")):
        ended = subprocess.run(
            [sys.executable, "-m", "services", "run"],
            cwd=folder,
            env=others | settings | {setting: str(taken), free: str(free_ports(1)[0])},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

        assert ended.stderr == f"{setting}: porta {taken} sudah dipakai program lain.\n"
        assert (ended.returncode, ended.stdout) == (2, "")
        assert processes_of(postgres) == []
