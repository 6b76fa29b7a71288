"""The fault campaign: ``make faults`` prints what was tried and what was seen, and ends with 1 when something broke."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from services.evaluation.app import SERVICE as EVALUATION
from services.training.app import SERVICE as TRAINING
from shared.db import Database, Lineage, Origin, migrate
from shared.ids import new_id
from shared.settings import Settings
from tests.faults.campaign import Counts, Scene
from tests.faults.hop import Hop
from tests.faults.registry import FAULTS
from tests.faults.supervisor import ROOT
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer

LONGEST_FAULT = 300.0
REPORT = ROOT / "build" / "faults.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one fault."""

    verdict: str
    counts: Counts
    seconds: float


@asynccontextmanager
async def _database(postgres: PostgresServer, service: str, lineages: Sequence[Lineage]) -> AsyncIterator[Database]:
    database = Database(postgres.create_database(), Origin(agency="medan", service=service))
    try:
        await migrate(database, lineages)
        yield database
    finally:
        await database.close()


async def _try(name: str, seed: int, kafka: KafkaServer, postgres: PostgresServer, folder: Path) -> Finding:
    settings = Settings(kafka_bootstrap=kafka.bootstrap, topic_prefix=f"f{new_id().hex[-10:]}.")
    began = time.monotonic()
    async with (
        asyncio.timeout(LONGEST_FAULT),
        _database(postgres, "training", TRAINING.lineages) as training,
        _database(postgres, "evaluation", EVALUATION.lineages) as evaluation,
    ):
        hop = Hop(seed, training, evaluation, settings)
        chance = random.Random(f"{seed} {name}")
        scene = Scene(hop=hop, kafka=kafka, postgres=postgres, folder=folder, chance=chance, seed=seed)
        counts = await FAULTS[name](scene)
        broken = await hop.findings()
    counts |= {"participants": len(hop.training.participants), "events": 3 * len(hop.training.participants)}
    verdict = f"broken: {', '.join(broken)}" if broken else "held"
    return Finding(verdict=verdict, counts=counts, seconds=time.monotonic() - began)


async def _campaign(seed: int, names: Sequence[str]) -> dict[str, Finding]:
    findings: dict[str, Finding] = {}
    with TemporaryDirectory(prefix="bangkom-faults-") as place:
        kafka = KafkaServer(Path(place), ROOT / "build" / "kafka" / "libs")
        postgres = PostgresServer(Path(place) / "postgres")
        try:
            postgres.start()
            await kafka.start()
            for number, name in enumerate(names):
                folder = Path(place) / str(number)
                folder.mkdir()
                try:
                    findings[name] = await _try(name, seed, kafka, postgres, folder)
                except (AssertionError, TimeoutError) as error:
                    findings[name] = Finding(verdict=f"broken: {error}", counts={}, seconds=LONGEST_FAULT)
                    await _heal(kafka, postgres)
                _show(name, findings[name])
        finally:
            await kafka.stop()
            postgres.stop()
    return findings


async def _heal(kafka: KafkaServer, postgres: PostgresServer) -> None:
    postgres.start()
    if not kafka.runs:
        await kafka.start()


def _show(name: str, finding: Finding) -> None:
    counts = ", ".join(f"{what} {count}" for what, count in finding.counts.items())
    sys.stdout.write(f"{name:34} {finding.verdict:8} {finding.seconds:6.1f} s  {counts}\n")
    sys.stdout.flush()


def _write(seed: int, findings: dict[str, Finding]) -> None:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    faults = {name: {"verdict": each.verdict, "counts": each.counts} for name, each in findings.items()}
    REPORT.parent.mkdir(exist_ok=True)
    report = {"commit": commit.stdout.strip(), "seed": seed, "faults": faults}
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    # A client says at every try that its broker is away, which here is the point.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the names of the faults to try")
    arguments = parser.parse_args()
    names = [name for name in FAULTS if arguments.only in name]
    findings = asyncio.run(_campaign(arguments.seed, names))
    _write(arguments.seed, findings)
    sys.exit(any(each.verdict != "held" for each in findings.values()) or not findings)


if __name__ == "__main__":
    main()
