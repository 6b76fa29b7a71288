"""How fast delivery is on this machine: ``make load`` prints the figures and ends with 1 when a bound is missed."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import structlog
import uvloop

from shared.db import Database
from shared.delivery import outbox
from shared.process import keep_what_is_loaded
from tests.load import ceiling, growth, kernel, latency, machine, services
from tests.load.baseline import event_by_event
from tests.load.figures import ROOT, Figure, Meter, Rates, table, write
from tests.load.place import Place, place
from tests.load.workload import completions, effects

BASELINE = "FastStream, one event per transaction"
WORKER = "worker with a trivial handler"
COPY = "raw asyncpg COPY of the same three rows"
RELAY = "relay: read, send, mark"
PRODUCE = "plain aiokafka, pipelined, acks=all"
BASELINE_AT_LEAST = 80
LONGEST_RUN = 1_800
SERVICE_ROUNDS = 3
PARTS = ("delivery", "latency", "growth", "services")
BASELINE_EVENTS, BASELINE_WARM_UP = 600, 100
NOTE = """\
Every event: one row each in inbox, domain table and outbox. Worker, baseline and COPY work alone: no relay carries
their outbox rows meanwhile. Rates begin after a warm-up. A figure is the median of one ratio per round.
Real handlers: a made-up year as each service hears it, with state to meet it; one worker, no relay and no timers.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int
    events: int
    batch: int
    parts: tuple[str, ...] = PARTS

    @property
    def warm_up(self) -> int:
        """What is not counted at the beginning of each rate."""
        return self.events // 6


async def measure(size: Size) -> Rates:
    """Interleave the candidates, round by round."""
    rates = Rates()
    task = asyncio.current_task()
    assert task is not None
    # Told to end, the run takes its servers with it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.timeout(LONGEST_RUN), place() as here:
        for line in await machine.describe(here):
            _say(line)
        if {"delivery", "growth"} & set(size.parts):
            await _fill_topic(here, size)
        if "delivery" in size.parts:
            await _measure_delivery(here, rates, size)
        if "latency" in size.parts:
            await _measure_latency(here, rates, size)
        if "growth" in size.parts:
            await _measure_growth(here, rates, size)
        if "services" in size.parts:
            await _measure_services(here, rates)
    return rates


async def _measure_delivery(here: Place, rates: Rates, size: Size) -> None:
    # As in the processes that serve.
    keep_what_is_loaded()
    for number in range(1, size.rounds + 1):
        _say(f"delivery, round {number} of {size.rounds} …")
        await _baseline_round(here, rates, number)
        await _kernel_round(here, rates, number, size)


async def _measure_latency(here: Place, rates: Rates, size: Size) -> None:
    for number in range(1, size.rounds + 1):
        _say(f"from commit to effect, round {number} of {size.rounds} …")
        await latency.measure(here, rates, number)


async def _measure_growth(here: Place, rates: Rates, size: Size) -> None:
    async with growth.templates(here) as templates:
        for number in range(1, size.rounds + 1):
            _say(f"growth, round {number} of {size.rounds} …")
            await growth.measure(here, templates, rates, number)


async def _measure_services(here: Place, rates: Rates) -> None:
    _say("services, a year for each …")
    async with services.streams(here) as streams:
        keep_what_is_loaded()
        for number in range(1, SERVICE_ROUNDS + 1):
            _say(f"services, round {number} of {SERVICE_ROUNDS} …")
            for stream in streams:
                await services.measure(here, stream, rates, number)


async def _fill_topic(here: Place, size: Size) -> None:
    events = completions(size.events + 2 * size.batch)
    async with here.database("training") as database:
        for first in range(0, len(events), 2_000):
            async with database.transaction() as session:
                outbox.record_all(session, events[first : first + 2_000])
        await kernel.relay(here.transport(), database, Meter(len(events), 0))


async def _baseline_round(here: Place, rates: Rates, number: int) -> None:
    meter = Meter(BASELINE_EVENTS, BASELINE_WARM_UP)
    async with here.database("evaluation") as database:
        await event_by_event(here, database, meter, f"{here.settings.topic_prefix}baseline-{number}")
    rates.add(BASELINE, meter.per_second)


async def _kernel_round(here: Place, rates: Rates, number: int, size: Size) -> None:
    counted = size.events - size.warm_up
    work, copied, sent, carried = (Meter(counted, size.warm_up) for _ in range(4))
    async with here.database("evaluation") as database, here.database("evaluation") as copy:
        await kernel.worker(here.transport(size.batch), database, work, f"evaluation-{number}", kernel.HANDLERS)
        await _check_effects(database, at_least=size.events)
        rows = await ceiling.Rows.of(database, size.events)
        await ceiling.copy(rows, copy, copied, size.batch)
        await ceiling.produce(rows, here, database.origin, sent)
        await kernel.relay(here.transport(), database, carried)
    for name, meter in ((WORKER, work), (COPY, copied), (PRODUCE, sent), (RELAY, carried)):
        rates.add(name, meter.per_second)


async def _check_effects(database: Database, *, at_least: int) -> None:
    inbox, domain, emitted = await effects(database)
    if not inbox == domain == emitted >= at_least:
        raise SystemExit(f"the worker lost or doubled effects: inbox {inbox}, domain {domain}, outbox {emitted}")


def figures_of(rates: Rates) -> list[Figure]:
    """What the rates say."""
    return [*_delivery_figures(rates), *_latency_figures(rates), *_growth_figures(rates), *_service_figures(rates)]


def _delivery_figures(rates: Rates) -> Iterator[Figure]:
    for name, one, other, must, goal in (
        ("trivial handler ÷ FastStream one event per transaction", WORKER, BASELINE, 100, 250),
        ("trivial handler ÷ raw asyncpg COPY", WORKER, COPY, 0.20, 0.40),
        ("relay ÷ plain aiokafka pipelined", RELAY, PRODUCE, 0.7, 1.2),
    ):
        if one in rates.by_name:
            yield Figure(name=name, rounds=rates.ratio(one, other), must=must, goal=goal)


def _latency_figures(rates: Rates) -> Iterator[Figure]:
    for name, must, goal in ((latency.HALF, 150, 30), (latency.NEARLY_ALL, 1_000, 1_000)):
        if name in rates.milliseconds:
            yield Figure(
                name=name, rounds=rates.milliseconds[name], must=must, goal=goal, unit="milliseconds", better="lower"
            )


def _growth_figures(rates: Rates) -> Iterator[Figure]:
    for step in growth.STEPS:
        few, many = (growth.name_of(step, rows) for rows in (growth.FEW, growth.MANY))
        if few in rates.by_name:
            name = f"{step}: cost beside {growth.MANY:,} ÷ {growth.FEW:,} old rows"
            yield Figure(name=name, rounds=rates.ratio(few, many), must=1.2, goal=1.05, better="lower")


def _service_figures(rates: Rates) -> Iterator[Figure]:
    for name in services.RATES:
        if name in rates.by_name:
            yield Figure(name=name, rounds=rates.by_name[name], must=3_000, goal=8_000, unit="events/s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _size() -> Size:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=60_000, help="events that each round takes")
    parser.add_argument("--batch", type=int, default=1_000, help="events of one transaction")
    parser.add_argument("--only", choices=PARTS, help="measure one part alone")
    given = parser.parse_args()
    parts = (given.only,) if given.only else PARTS
    return Size(rounds=given.rounds, events=given.events, batch=given.batch, parts=parts)


def main() -> int:
    """Measure, print and keep the figures; the exit status."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # The client is asked before its broker answers, and says so each time.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    size = _size()
    rates = uvloop.run(measure(size))
    figures = figures_of(rates)
    for line in table(rates, figures):
        _say(line)
    _say(f"\n{NOTE}")
    if BASELINE in rates.by_name and median(rates.by_name[BASELINE]) < BASELINE_AT_LEAST:
        _say(f"The baseline is broken: it does fewer than {BASELINE_AT_LEAST} events per second.")
        return 1
    # What measures a part only says nothing about the whole.
    if len(size.parts) == len(PARTS):
        write(figures, ROOT / "build" / "load.json")
    return int(any(figure.verdict == "MISSED" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
