"""What is measured: rates of interleaved rounds, the figures made of them, and how both are shown and kept."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

ROOT = Path(__file__).parent.parent.parent


class Meter:
    """Rate of what is counted after the first `warm_up`; done when `count` more have come."""

    def __init__(self, count: int, warm_up: int) -> None:
        self._first, self._last = warm_up, warm_up + count
        self._seen = 0
        self._began: tuple[float, int] | None = None
        self._ended = (0.0, 0)
        self.done = asyncio.Event()

    def add(self, count: int) -> None:
        """Count what has just become true."""
        self._seen += count
        if self._began is None:
            if self._seen >= self._first:
                self._began = time.perf_counter(), self._seen
        elif self._seen >= self._last and not self.done.is_set():
            self._ended = time.perf_counter(), self._seen
            self.done.set()

    @property
    def per_second(self) -> float:
        """What came between the warm-up and the end, per second."""
        assert self._began is not None
        assert self.done.is_set()
        return (self._ended[1] - self._began[1]) / (self._ended[0] - self._began[0])


@dataclass(slots=True)
class Rates:
    """What was measured in each round, by its name: rates per second, and milliseconds that something took."""

    by_name: dict[str, list[float]] = field(default_factory=dict)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, per_second: float) -> None:
        """Keep the rate of one more round."""
        self.by_name.setdefault(name, []).append(per_second)

    def took(self, name: str, milliseconds: float) -> None:
        """Keep how long it took in one more round."""
        self.milliseconds.setdefault(name, []).append(milliseconds)

    def ratio(self, name: str, to: str) -> list[float]:
        """One ratio per round: both were measured within seconds of each other, so the machine's moods cancel out."""
        return [one / other for one, other in zip(self.by_name[name], self.by_name[to], strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure that has a bound."""

    name: str
    rounds: Sequence[float]
    must: float
    goal: float
    unit: str = "×"
    better: Literal["higher", "lower"] = "higher"

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def verdict(self) -> str:
        """How the value stands to its bounds."""
        if not self._reaches(self.must):
            return "MISSED"
        return "goal" if self._reaches(self.goal) else "must"

    def _reaches(self, bound: float) -> bool:
        return self.value >= bound if self.better == "higher" else self.value <= bound


def table(rates: Rates, figures: Sequence[Figure]) -> Iterator[str]:
    """Lines for people: what was measured, then what has a bound."""
    yield f"{'per second':<58}{'median':>10}{'lowest':>10}{'highest':>10}"
    for name, values in rates.by_name.items():
        yield f"{name:<58}{median(values):>10,.0f}{min(values):>10,.0f}{max(values):>10,.0f}"
    yield ""
    yield f"{'figure':<58}{'median':>10}{'lowest':>10}{'highest':>10}{'must':>10}{'goal':>8}  reached"
    for f in figures:
        spread = f"{f.value:>10,.2f}{min(f.rounds):>10,.2f}{max(f.rounds):>10,.2f}"
        yield f"{f.name:<58}{spread}{'≥' if f.better == 'higher' else '≤':>4}{f.must:>6g}{f.goal:>8g}  {f.verdict}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Keep the figures with the commit they belong to, so that anyone can compare runs."""
    document = {
        "commit": _commit(),
        "figures": {
            f.name: {"value": round(f.value, 3), "must": f.must, "goal": f.goal, "unit": f.unit, "better": f.better}
            for f in figures
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _commit() -> str:
    result = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
