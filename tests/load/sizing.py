"""What an agency of a given size needs: people live a made-up year, and what it left behind is weighed.

First everything in one process; then a backup of that is moved into a full installation on a Kafka and a PostgreSQL of
our own. Bytes and memory are the same on every machine; seconds are those of this one, beside whatever else it does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from services.embedded import SERVICES as PUT_TOGETHER
from shared import kafka
from shared.delivery.worker import group_of
from shared.identity.demo_accounts import PASSWORD
from shared.identity.sign_in import sign_in
from shared.operate.installation import opened
from shared.postgres import EmbeddedPostgres
from shared.settings import Settings
from tests.journeys.installations import SERVICES, Apart, Embedded, Installation
from tests.load import made_up, weights
from tests.load.figures import ROOT
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer, processes_of
from tests.waiting import wait_until

PREFIX = "sizing."
PARTS = ("web", "worker", "relay")
REQUESTS = 100
PATIENCE = 3_600.0
PAGES = (
    "/needs/pages/people",
    "/needs/pages/review",
    "/training/pages/classes",
    "/mentoring/pages/pairs",
    "/mentoring/pages/requests",
    "/evaluation/pages/journeys",
    "/evaluation/pages/follow-ups",
)
DATABASES = (*SERVICES, "identity", "events")
OWED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
DIRECTORY = "SELECT count(*) FROM directory_employees"

Figures = dict[str, Any]


async def measure(people: int, months: int, folder: Path) -> Figures:
    """Everything, of an installation in that folder; what an earlier run there has found is not measured again."""
    kept = folder / "sizing.json"
    found: Figures = json.loads(kept.read_bytes()) if kept.exists() else {"people": people, "months": months}
    steps: Mapping[str, Callable[[], Awaitable[object]]] = {
        "seconds of the demo": partial(_lived, people, months, folder),
        "embedded": partial(_embedded_figures, folder),
        "backup": partial(_backed_up, folder),
        "full": partial(_moved, folder),
        "import": partial(_imported, people),
        # The last one, since it finds needs that were not there.
        "analysis": partial(_analysed, folder),
    }
    for name, step in steps.items():
        if name not in found:
            _say(f"{name} …")
            found[name] = await step()
            kept.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


async def _lived(people: int, months: int, folder: Path) -> float:
    async with _embedded(folder) as installation:
        return _seconds(installation, "demo", "--people", str(people), "--months", str(months))


@contextmanager
def _room() -> Iterator[Path]:
    """A folder for a while that the account of the embedded PostgreSQL can reach."""
    with TemporaryDirectory(prefix="bangkom-sizing-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@asynccontextmanager
async def _embedded(folder: Path, *, simulation: bool = True) -> AsyncIterator[Embedded]:
    installation = Embedded(folder, simulation=simulation)
    try:
        await installation.start(PATIENCE)
        yield installation
        await installation.process.stop()
    finally:
        installation.process.kill()
        installation.postgres.stop()
        await Installation.close(installation)


def _seconds(installation: Installation, *words: str) -> float:
    """How long a command of the whole installation takes, its own start with it."""
    began = time.monotonic()
    installation.bangkom(*words)
    return round(time.monotonic() - began, 1)


async def _embedded_figures(folder: Path) -> Figures:
    async with _embedded(folder) as installation:
        pid = installation.process.pid
        at_rest = weights.resident(pid)
        pages = await _pages(installation, installation.postgres.url("bangkom_identity"))
        return {
            "databases": {
                name: asdict(await weights.weigh(installation.postgres.dsn(f"bangkom_{name}"))) for name in DATABASES
            },
            "pages, milliseconds": pages,
            "memory at rest": at_rest,
            "memory after pages": weights.resident(pid),
            "memory of PostgreSQL": weights.share(processes_of(installation.postgres)),
            "series": await _series(installation.settings("needs")),
        }


async def _pages(installation: Installation, identity: str) -> dict[str, float]:
    """Half of the requests for each page are answered within so many milliseconds, one after the other."""
    async with opened(identity, Settings(), "identity") as database:
        signed = await sign_in(database, "analis", PASSWORD)
    found = {}
    async with httpx.AsyncClient(cookies={"bangkom-identity": signed.token}, timeout=60) as client:
        for path in PAGES:
            address = installation.address(path.split("/")[1])
            found[path] = round(median([await _page(client, f"{address}{path}") for _ in range(REQUESTS)]), 1)
    return found


async def _page(client: httpx.AsyncClient, address: str) -> float:
    began = time.perf_counter()
    answer = await client.get(address)
    took = (time.perf_counter() - began) * 1_000
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{address} answers {answer.status_code}")
    return took


async def _series(settings: Mapping[str, object]) -> int:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"http://127.0.0.1:{settings['BANGKOM_OPS_PORT']}/metrics")
    return weights.series(answer.text)


async def _backed_up(folder: Path) -> Figures:
    async with _embedded(folder) as installation:
        took = _seconds(installation, "backup", "--keep", "1")
    with _room() as elsewhere:
        again = Embedded(elsewhere, simulation=True)
        restored = _seconds(again, "restore", str(_backup(folder)))
        await Installation.close(again)
    return {
        "bytes": sum(file.stat().st_size for file in _backup(folder).iterdir()),
        "seconds": took,
        "seconds of the restore": restored,
    }


def _backup(folder: Path) -> Path:
    [backup] = (folder / "backups").glob("bangkom-*")
    return backup


async def _analysed(folder: Path) -> Figures:
    """The analysis of the next plan year, for everybody."""
    async with _embedded(folder) as installation:
        [(cycle,)] = await installation.rows("needs", "SELECT max(cycle) + 1 FROM needs")
        token = installation.token("needs")
        began = time.monotonic()
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.post(
                f"{installation.address('needs')}/needs/analyses",
                json={"cycle": cycle},
                headers={"Authorization": f"Bearer {token}"},
            )
        took = round(time.monotonic() - began, 1)
    found = answer.json()
    return {"seconds": took, "people": found["people"], "needs": found["needs_identified"]}


async def _imported(people: int) -> Figures:
    """A list of so many employees, into an installation that has nobody yet and runs."""
    with _room() as folder:
        units, employees = made_up.workbooks(people, folder)
        async with _embedded(folder, simulation=False) as installation:
            pid = installation.process.pid
            installation.bangkom("import", "units", str(units))
            began = time.monotonic()
            took = _seconds(installation, "import", "employees", str(employees))

            async def everywhere() -> bool:
                there = [await installation.rows(service, DIRECTORY) for service in SERVICES]
                return there == [[(people,)]] * len(SERVICES)

            await wait_until(everywhere, within=PATIENCE, every=0.2, description="all services know everybody")
            known = round(time.monotonic() - began, 1)
            again = _seconds(installation, "import", "employees", str(employees))
            memory = weights.resident(pid)
        return {
            "bytes of the workbook": employees.stat().st_size,
            "seconds": took,
            "seconds until all services know": known,
            "seconds of the same file again": again,
            "memory after": memory,
        }


async def _moved(folder: Path) -> Figures:
    with _room() as place, _room() as log:
        postgres = PostgresServer(place / "postgres")
        broker = KafkaServer(log, ROOT / "build" / "kafka" / "libs")
        try:
            postgres.start()
            await broker.start()
            full = Apart(place, postgres, broker.bootstrap, PREFIX, parts=PARTS, simulation=True)
            try:
                return await _full_figures(full, postgres.embedded, broker, _backup(folder))
            finally:
                await full.close()
        finally:
            await broker.stop()
            postgres.stop()


async def _full_figures(full: Apart, postgres: EmbeddedPostgres, broker: KafkaServer, backup: Path) -> Figures:
    for service in SERVICES:
        full.prepare(service)
    full.command("needs", "topics", "apply")
    moved = _seconds(full, "move", str(backup), "--scratch", str(full.folder), "--yes")
    began = time.monotonic()
    await full.start(PATIENCE)
    await wait_until(lambda: _told_and_taken(full, broker), within=PATIENCE, every=1.0, description="Kafka has it all")
    told = round(time.monotonic() - began, 1)
    pages = await _pages(full, str(full.everything["BANGKOM_IDENTITY_DATABASE_URL"]))
    processes = {f"{service} {part}": process for (service, part), process in full.parts.items()}
    return {
        "move, seconds": moved,
        "seconds until Kafka has told everything": told,
        "bytes of topics": weights.bytes_of_topics(broker.folder, PREFIX),
        "pages, milliseconds": pages,
        "memory of processes": {name: weights.resident(process.pid) for name, process in processes.items()},
        "memory of PostgreSQL": weights.share(processes_of(postgres)),
        "memory of the broker": weights.resident(broker._process.pid) if broker._process else 0,
        "series": {f"{service} {part}": await _series(its) for (service, part), its in full._settings.items()},
    }


async def _told_and_taken(full: Apart, broker: KafkaServer) -> bool:
    owed = [await full.rows(service, OWED) for service in SERVICES]
    if owed != [[(0,)]] * len(SERVICES):
        return False
    log = kafka.transport(Settings(kafka_bootstrap=broker.bootstrap, topic_prefix=PREFIX))
    behind = [await log.lag(group_of(name), PUT_TOGETHER[name].topics) for name in SERVICES]
    return not any(count for each in behind for count in each.values())


def lines(found: Figures) -> list[str]:
    """The figures for people."""
    embedded, full = found["embedded"], found["full"]
    databases: Mapping[str, Any] = embedded["databases"]
    told = [f"{found['people']:,} people, {found['months']} months", ""]
    for name, weight in databases.items():
        told.append(f"{name}: {_mb(weight['bytes'])} MB")
        for table in list(weight["tables"].values())[:LARGEST]:
            sizes = f"{_mb(table['bytes']):>8} MB, indexes {_mb(table['index_bytes']):>8} MB"
            told.append(f"  {table['name']:<28}{table['rows']:>12,} rows {sizes}")
        told.extend(f"  index {index:<40}{_mb(size):>8} MB" for index, size in list(weight["indexes"].items())[:2])
        told.extend(f"  {month}: {events:>9,} events" for month, (events, _) in weight["months"].items())
    told.append("")
    told.extend(f"topic {topic:<24}{_mb(size):>8} MB" for topic, size in full["bytes of topics"].items())
    told.extend(f"{name:<24}{_mb(size):>8} MB" for name, size in full["memory of processes"].items())
    told.append("")
    told.append(json.dumps(_without_large(found), indent=2))
    return told


LARGEST = 6


def _without_large(found: Figures) -> Figures:
    embedded = {name: value for name, value in found["embedded"].items() if name != "databases"}
    return {**found, "embedded": embedded}


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _give_up(*_: object) -> None:
    raise SystemExit("given up: it took too long, or was told to end")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.sizing", description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument(
        "--folder", type=Path, help="where the year is lived, or gone on with; else a folder for the run"
    )
    parser.add_argument("--minutes", type=int, default=180, help="after which the run is given up")
    given = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Given up or told to end, the run takes its servers with it, also while it waits for a command.
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, _give_up)
    signal.alarm(given.minutes * 60)
    folder: Path = given.folder or ROOT / "build" / f"sizing-{given.people}"
    folder.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(measure(given.people, given.months, folder.absolute()))
    for line in lines(found):
        _say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
