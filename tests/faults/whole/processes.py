"""Processes that start in milliseconds and are killed at will; each that ended is on record with how it ended."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.faults.whole import member
from tests.faults.whole.member import Order
from tests.journeys.installations import Program, environment
from tests.waiting import wait_until

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([member.__name__])
GONE_SECONDS = 10.0
STOP_SECONDS = 25.0
COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process that was started; ended gives None while it runs, and minus the signal when one ended it."""

    pid: int
    ended: Callable[[], int | None]


Start = Callable[[Order], Running]


def forked(order: Order) -> Running:
    """Start the process from one that has our code loaded."""
    process = FORKS.Process(target=member.run, args=(order,), daemon=True)
    process.start()
    assert process.pid is not None
    return Running(process.pid, lambda: process.exitcode)


def outcome(order: Order) -> int:
    """Run a command to its end; gives its exit code."""
    process = FORKS.Process(target=member.run, args=(order,), daemon=True)
    process.start()
    process.join(COMMAND_SECONDS)
    assert process.exitcode is not None, f"{order.arguments} does not end: {order.log}"
    return process.exitcode


def of_version(tree: Path) -> Start:
    """Starts processes that run the code of another tree."""

    def start(order: Order) -> Running:
        command = [sys.executable, str(Path(member.__file__)), json.dumps(asdict(order))]
        process = subprocess.Popen(command, env=environment({}) | {"PYTHONPATH": str(tree)})
        return Running(process.pid, process.poll)

    return start


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one process ended: minus the signal, else its exit code."""

    name: str
    pid: int
    code: int


class Member(Program):
    """A part of a service: one process after the other, all with the same orders."""

    def __init__(self, order: Order, ends: list[End], start: Start = forked) -> None:
        self.order = order
        self.log = Path(order.log)
        self.name = f"{order.service} {order.arguments[0]}"
        self.begin = start
        self._ends = ends
        self._running: Running | None = None

    def start(self) -> None:
        """Start it; what the order sews in holds for this process and the next."""
        assert self._running is None, f"{self.name} runs already"
        self._running = self.begin(self.order)

    def start_once(self, death: tuple[str, str, int]) -> None:
        """Start a process that dies at a step; the next one does not."""
        assert self._running is None, f"{self.name} runs already"
        self._running = self.begin(replace(self.order, death=death))

    @property
    def pid(self) -> int:
        assert self._running is not None, f"{self.name} does not run"
        return self._running.pid

    @property
    def runs(self) -> bool:
        return self._running is not None and self._running.ended() is None

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def memory_mb(self) -> float:
        """What it holds in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    async def ended(self, within: float) -> int:
        """Wait until the process has ended; gives how, and puts it on record."""
        running = self._running
        assert running is not None, f"{self.name} does not run"
        await wait_until(
            lambda: running.ended() is not None, within=within, every=0.02, description=f"the end of {self.name}"
        )
        code = running.ended()
        assert code is not None
        self._ends.append(End(name=self.name, pid=running.pid, code=code))
        self._running = None
        return code

    async def murder(self) -> None:
        """kill -9, whatever it does."""
        self.signal(signal.SIGKILL)
        code = await self.ended(GONE_SECONDS)
        assert code == -signal.SIGKILL, f"{self.name} ended with {code} before it was killed:\n{self.tail()}"

    async def stop(self) -> int:
        """End in order; gives the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended(STOP_SECONDS)

    def kill(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.runs:
            self.signal(signal.SIGKILL)
        self._running = None

    def require_running(self) -> None:
        assert self.runs, f"{self.name} ended:\n{self.tail()}"

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:]) if self.log.exists() else ""
