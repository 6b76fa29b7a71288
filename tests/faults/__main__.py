"""The fault campaign: ``make faults`` prints what was tried and what was seen, and ends with 1 when something broke."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.kernel import KERNEL_FAULTS
from tests.faults.on_hop import try_on_hop
from tests.faults.registry import FAULTS as HOP_FAULTS
from tests.faults.report import Finding, keep
from tests.faults.stage import Stage
from tests.faults.supervisor import ROOT
from tests.faults.whole.headline import EVENTS, headline
from tests.faults.whole.registry import FAULTS as WHOLE_FAULTS
from tests.faults.whole.scene import try_whole
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer

LONGEST_FAULT = 300.0
HEADLINE = "headline: many events while everything goes wrong"
LONGEST_HEADLINE = 1_800.0
NAMES = (*HOP_FAULTS, *WHOLE_FAULTS, *KERNEL_FAULTS, HEADLINE)


async def _try(name: str, stage: Stage) -> tuple[list[str], dict[str, int]]:
    async with asyncio.timeout(LONGEST_HEADLINE if name == HEADLINE else LONGEST_FAULT):
        if name == HEADLINE:
            return await headline(name, stage)
        if name in HOP_FAULTS:
            return await try_on_hop(name, HOP_FAULTS[name], stage)
        if name in KERNEL_FAULTS:
            return await KERNEL_FAULTS[name](stage)
        return await try_whole(name, WHOLE_FAULTS[name], stage)


async def _finding(name: str, stage: Stage) -> Finding:
    began = time.monotonic()
    counts: dict[str, int] = {}
    try:
        broken, counts = await _try(name, stage)
    except Exception as error:  # noqa: BLE001 the campaign goes on, and tells what ended this fault
        broken = [f"{type(error).__name__} {error}".strip()]
        await _heal(stage.broker, stage.postgres)
    fault = HOP_FAULTS.get(name) or WHOLE_FAULTS.get(name) or KERNEL_FAULTS.get(name) or headline
    return Finding(
        done=(fault.__doc__ or "").strip(),
        broken=broken,
        counts=counts,
        seed=stage.seed,
        seconds=round(time.monotonic() - began),
    )


async def _campaign(seed: int, events: int, names: Sequence[str]) -> list[Finding]:
    findings: list[Finding] = []
    with TemporaryDirectory(prefix="bangkom-faults-") as place:
        broker = KafkaServer(Path(place), ROOT / "build" / "kafka" / "libs")
        postgres = PostgresServer(Path(place) / "postgres")
        try:
            postgres.start()
            await broker.start()
            for number, name in enumerate(names):
                folder = Path(place) / str(number)
                folder.mkdir()
                stage = Stage(broker=broker, postgres=postgres, folder=folder, seed=seed, events=events)
                finding = await _finding(name, stage)
                findings.append(finding)
                keep(f"{name}, seed {seed}" if name == HEADLINE else name, finding)
                _show(name, finding)
        finally:
            await broker.stop()
            postgres.stop()
    return findings


async def _heal(broker: KafkaServer, postgres: PostgresServer) -> None:
    postgres.start()
    if broker.runs:
        broker.resume()
    else:
        await broker.start()


def _show(name: str, finding: Finding) -> None:
    counts = ", ".join(f"{what} {count}" for what, count in finding.counts.items())
    sys.stdout.write(f"{name:44} {finding.verdict:8} {finding.seconds:4} s  {counts}\n")
    sys.stdout.write("".join(f"    {each}\n" for each in finding.broken))
    sys.stdout.flush()


def chosen(wanted: str) -> list[str]:
    """The faults of those numbers, such as F5,F8, or else those whose names contain the words; all for nothing."""
    of_number = [name for name in NAMES if name.split()[0] in wanted.split(",")]
    return of_number or [name for name in NAMES if wanted in name]


def main() -> None:
    # A client says at every try that its broker is away, which here is the point.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="numbers of faults, such as F5,F8, or part of a name")
    parser.add_argument("--events", type=int, default=EVENTS, help="how many the headline run brings through")
    arguments = parser.parse_args()
    findings = asyncio.run(_campaign(arguments.seed, arguments.events, chosen(arguments.only)))
    sys.exit(any(each.broken for each in findings) or not findings)


if __name__ == "__main__":
    main()
