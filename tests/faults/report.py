"""What campaigns found, kept in build/faults.json, and told in docs/reliability.md: only what really ran."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.faults.supervisor import ROOT

KEPT = ROOT / "build" / "faults.json"
TOLD = ROOT / "docs" / "reliability.md"
OPENING = """# Reliability

What was done to the system, and what was seen. `make faults` wrote this page from its own runs; do not edit it.
`FAULT=F5 SEED=7 make faults` tries one fault again, and replaces its line; the headline has a line for each seed.

Promised: an acknowledged command is never lost; each effect happens once; events of one person, class or unit take
effect in their order; nothing is invented; when all is quiet nothing waits; a directory rebuilt from the log equals the
one that serves. "Held" means that all of this was checked afterwards, in the databases and on the log, and was so.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one fault: what was done, which promises were broken, what was counted."""

    done: str
    broken: list[str]
    counts: dict[str, int]
    seed: int
    seconds: int

    @property
    def verdict(self) -> str:
        return "broken" if self.broken else "held"


def keep(name: str, finding: Finding) -> None:
    """Put the finding in the place of an earlier one of that fault, and tell of all that is kept."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"faults": {}}
    entry = {
        "verdict": finding.verdict,
        "counts": finding.counts,
        "broken": finding.broken,
        "done": finding.done,
        "seed": finding.seed,
        "seconds": finding.seconds,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
    }
    report = {
        "commit": entry["commit"],
        "seed": finding.seed,
        "faults": dict(sorted({**kept["faults"], name: entry}.items(), key=_number)),
    }
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    TOLD.write_text(page(report), encoding="utf-8")


def page(report: dict[str, Any]) -> str:
    """The page that tells of everything in a report."""
    rows = [
        "| fault | what was done | counted | verdict | date, seed |",
        "|---|---|---|---|---|",
    ]
    for name, entry in report["faults"].items():
        counts = ", ".join(f"{what.replace('_', ' ')} {count:,}" for what, count in entry["counts"].items())
        verdict = entry["verdict"] + "".join(f"; {each}" for each in entry["broken"])
        when = f"{entry['date']}, {entry['seed']}"
        rows.append(f"| {name} | {' '.join(entry['done'].split())} | {counts} | {_cell(verdict)} | {when} |")
    return OPENING + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def _number(item: tuple[str, Any]) -> tuple[int, str]:
    number = item[0].split()[0].removeprefix("F")
    return (int(number) if number.isdecimal() else 0, item[0])
