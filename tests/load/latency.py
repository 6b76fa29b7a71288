"""How long it takes from a commit in one service until its effect stands in the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import quantiles

from shared import kafka
from shared.db import Database
from shared.delivery import outbox
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.delivery.relay import Relay
from shared.delivery.worker import Worker
from shared.events.training import TrainingCompleted
from tests.load.figures import Rates
from tests.load.kernel import HANDLERS
from tests.load.place import Place
from tests.load.workload import AGENCY, completions

PER_SECOND, COMMANDS = 50, 500
HALF, NEARLY_ALL = (
    "commit to effect in the next service, half of them",
    "commit to effect in the next service, 99 of 100",
)


class Arrivals(Consumer):
    """Notes by key when the effects of an event have been committed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, HANDLERS, frozenset({AGENCY}))
        self.at: dict[str | None, float] = {}
        self.news = asyncio.Condition()

    async def take(self, records: Sequence[Record]) -> None:
        await super().take(records)
        now = time.perf_counter()
        async with self.news:
            self.at.update((record.key, now) for record in records)
            self.news.notify_all()

    async def have(self, count: int) -> None:
        """Return when so many events have had their effect."""
        async with self.news:
            await self.news.wait_for(lambda: len(self.at) >= count)


async def measure(place: Place, rates: Rates, number: int) -> None:
    """Relay and worker carry commands that come at a steady pace, whether or not earlier ones have arrived."""
    prefix = f"latency{number}{place.settings.topic_prefix}"
    settings = place.settings.model_copy(update={"topic_prefix": prefix})
    await kafka.apply_topics(settings)
    transport = kafka.transport(settings)
    stopping = asyncio.Event()
    async with place.database("training") as training, place.database("evaluation") as evaluation:
        arrivals = Arrivals(evaluation)
        async with asyncio.TaskGroup() as group:
            group.create_task(Relay(training, transport).run(stopping))
            group.create_task(Worker("evaluation", arrivals, transport).run(stopping))
            committed = await _command(training, arrivals)
            stopping.set()
    taken = [1_000 * (arrivals.at[key] - at) for key, at in committed.items()]
    percentiles = quantiles(taken, n=100)
    rates.took(HALF, percentiles[49])
    rates.took(NEARLY_ALL, percentiles[98])


async def _command(training: Database, arrivals: Arrivals) -> dict[str, float]:
    first, *events = completions(COMMANDS + 1)
    committed: dict[str, float] = {}
    await _commit(training, first, {})
    await arrivals.have(1)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, event in enumerate(events):
            await asyncio.sleep(began + number / PER_SECOND - time.perf_counter())
            group.create_task(_commit(training, event, committed))
    await arrivals.have(COMMANDS + 1)
    return committed


async def _commit(training: Database, event: TrainingCompleted, committed: dict[str, float]) -> None:
    async with training.transaction() as session:
        outbox.record(session, event)
    committed[str(event.subject)] = time.perf_counter()
