"""Which alerts would have called an operator: what processes told, given to the rules of deploy/prometheus."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.faults.figures import Figures
from tests.faults.supervisor import ROOT
from tests.waiting import pause

RULES = ROOT / "deploy" / "prometheus" / "rules" / "delivery.yml"
EVERY_SECONDS = 5
UNKNOWN = "_"
"""How a series says that nothing was told at a time."""


@dataclass(slots=True)
class Watched:
    """Figures as they were told, one after the other: a series begins with as many gaps as it came late."""

    times: int = 0
    series: dict[str, list[str]] = field(default_factory=dict)

    def take(self, figures: Figures) -> None:
        """Add what was told at one time."""
        for name, value in figures:
            told = self.series.setdefault(name, [])
            told += [UNKNOWN] * (self.times - len(told)) + [repr(value)]
        self.times += 1

    def fires(self, alert: str) -> bool:
        """Whether the alert called somebody at the last of these times."""
        return self._is(alert, "firing")

    def holds(self, alert: str) -> bool:
        """Whether what the alert looks for was so at the last of these times, for long enough to call or not yet."""
        return self._is(alert, "pending|firing")

    def _is(self, alert: str, states: str) -> bool:
        test = {
            "rule_files": [str(RULES)],
            "evaluation_interval": f"{EVERY_SECONDS}s",
            "tests": [
                {
                    "interval": f"{EVERY_SECONDS}s",
                    "input_series": self._input(),
                    "promql_expr_test": [
                        {
                            "expr": f'count(ALERTS{{alertname="{alert}", alertstate=~"{states}"}})',
                            "eval_time": f"{EVERY_SECONDS * (self.times - 1)}s",
                            "exp_samples": [],
                        }
                    ],
                }
            ],
        }
        return not _as_expected(test)

    def _input(self) -> list[dict[str, Any]]:
        return [{"series": name, "values": " ".join(values)} for name, values in self.series.items()]


def _as_expected(test: dict[str, Any]) -> bool:
    """What promtool says of a test that expects that nothing fires."""
    program = shutil.which("promtool") or str(ROOT / "build" / "prometheus" / "promtool")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "told.yml"
        file.write_text(yaml.safe_dump(test), encoding="utf-8")
        ran = subprocess.run([program, "test", "rules", file], capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0 or "got:" in said, said
    return ran.returncode == 0


@asynccontextmanager
async def watching(ask: Callable[[], Awaitable[Figures]]) -> AsyncIterator[Watched]:
    """Ask processes for their figures again and again, as Prometheus does."""
    watched = Watched()

    async def watch() -> None:
        while True:
            watched.take(await ask())
            await pause(EVERY_SECONDS)

    task = asyncio.create_task(watch())
    try:
        yield watched
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
