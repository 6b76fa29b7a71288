"""Keeps a relay and a worker running while they die as planned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.plan import Death, Role
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent.parent
DEATH_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(kw_only=True)
class Supervisor:
    """The processes of one role, one after the other: each but the last dies."""

    role: Role
    plan: list[Death]
    environment: dict[str, str]
    log_file: Path
    module: str = "tests.faults.launcher"
    died: list[Death] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    async def outlive_deaths(self) -> None:
        """Start a process for every planned death and wait for it; the one that is started then stays."""
        for death in self.plan:
            self.start(death.step, death.moment, str(death.nth))
            ended_with = await self._ended(DEATH_SECONDS, str(death))
            assert ended_with == -signal.SIGKILL, f"{death}: {self.tail()}"
            self.died.append(death)
        self.start()

    def start(self, *death: str) -> None:
        """Start the next process, which dies there if told to."""
        command = [sys.executable, "-m", self.module, self.role, *death]
        environment = {**os.environ, **self.environment}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    async def _ended(self, within: float, what: str) -> int:
        process = self._process
        assert process is not None
        await wait_until(lambda: process.poll() is not None, within=within, description=f"{what}: {self.log_file}")
        return process.returncode

    def tail(self) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])

    async def stop(self) -> None:
        """Let the last process end in order; one that does not, or ends badly, is a failure."""
        assert self._process is not None
        # One that has just begun does not listen yet, and would end as any program does.
        await wait_until(self._hears_the_end, within=DEATH_SECONDS, description=f"the begin of the {self.role}")
        self._process.terminate()
        assert await self._ended(STOP_SECONDS, f"the end of the {self.role}") == 0, self.tail()

    def signal(self, number: signal.Signals) -> None:
        """Stop the process where it stands, or let it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def is_stopped(self) -> bool:
        """Whether the process stands still by SIGSTOP."""
        return Path("/proc", str(self.pid), "stat").read_text().rpartition(")")[2].split()[0] == "T"

    @property
    def memory(self) -> int:
        """Bytes of memory the process has used at most."""
        return int(self._status("VmHWM")) * 1024

    def _hears_the_end(self) -> bool:
        return bool(int(self._status("SigCgt"), 16) >> (signal.SIGTERM - 1) & 1)

    def _status(self, name: str) -> str:
        lines = Path("/proc", str(self.pid), "status").read_text().splitlines()
        return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))

    def restart(self) -> None:
        """Kill the process at whatever it does, and start the next."""
        self.kill()
        self.start()

    def heal(self, *ailments: str) -> None:
        """Kill the process, and start one that no longer suffers from these."""
        for ailment in ailments:
            del self.environment[ailment]
        self.restart()

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
