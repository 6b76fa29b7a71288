"""PostgreSQL as its container runs it: the start script and the rights of deploy/postgres, and a server with TLS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.postgres import EmbeddedPostgres, _let_account_reach
from tests.architecture.conftest import ROOT

PROGRAM = ROOT / "build" / "postgres" / "bin" / "postgres"
ENTRYPOINT = """#!/bin/sh
shift
exec {program} -D {data} -k {sockets} -h localhost -p {port} "$@"
"""
"""What the image's own script comes to, once there are data."""


class ContainerPostgres:
    """A server on data of its own, with its socket in another folder; it listens on one port of this machine."""

    def __init__(self, data: Path, sockets: Path, port: int) -> None:
        assert PROGRAM.exists(), f"{PROGRAM} is missing: deploy/setup-tests.sh fetches it"
        self._data, self._sockets, self._port = data, sockets, port

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
        """Run a container's command; gives the process."""
        self._make()
        owner = self._data.stat()
        root = os.geteuid() == 0
        entrypoint = self._sockets / "docker-entrypoint.sh"
        text = ENTRYPOINT.format(program=PROGRAM, data=self._data, sockets=self._sockets, port=self._port)
        entrypoint.write_text(text, encoding="utf-8")
        entrypoint.chmod(0o755)
        path = {"PATH": f"{self._sockets}:{environment['PATH']}", "TMPDIR": str(self._sockets)}
        with log.open("ab") as written:
            return subprocess.Popen(
                list(command),
                env={**environment, **path},
                cwd="/",
                stdout=written,
                stderr=written,
                start_new_session=True,
                user=owner.st_uid if root else None,
                group=owner.st_gid if root else None,
                extra_groups=[] if root else None,
            )

    def _make(self) -> None:
        """Make the data with the programs that come with us, and leave all to the account that they chose."""
        if not self._data.exists():
            server = EmbeddedPostgres(self._data)
            server.start()
            server.stop()
        self._sockets.mkdir(parents=True, exist_ok=True)
        owner = self._data.stat()
        os.chown(self._sockets, owner.st_uid, owner.st_gid)
        if os.geteuid() == 0:
            _let_account_reach(PROGRAM)
