"""Training's outbox, a relay and a worker as processes of their own that die or are stopped, evaluation's database."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from shared import kafka
from shared.db import Database
from shared.delivery.worker import group_of
from shared.settings import Settings
from tests.faults.first_hop import WITNESS, Training, expected, found
from tests.faults.plan import Death, Role
from tests.faults.supervisor import Supervisor
from tests.faults.wire import read_topic, wire_findings
from tests.records import emitted
from tests.waiting import pause, wait_until

CLASS_SIZE = 10
DRAIN_SECONDS = 90.0
TOPIC = "bangkom.training"


@dataclass(kw_only=True)
class Planted:
    """What was written past the outbox: how many records with an identity of their own, and which of them are held."""

    records: int = 0
    event_ids: set[UUID] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)


class Hop:
    """The first hop on real servers, with as many processes as it is given plans."""

    def __init__(self, seed: int, training: Database, evaluation: Database, settings: Settings) -> None:
        self.training = Training(database=training, chance=random.Random(seed))
        self.evaluation = evaluation
        self.settings = settings
        self.supervisors: list[Supervisor] = []
        self.planted = Planted()

    def supervise(self, role: Role, plan: Sequence[Death], folder: Path) -> Supervisor:
        """Have one more process of the role, which dies as planned."""
        number = len(self.supervisors)
        supervisor = Supervisor(
            role=role, plan=list(plan), environment=self._environment(number), log_file=folder / f"{role}{number}.log"
        )
        self.supervisors.append(supervisor)
        return supervisor

    def _environment(self, number: int) -> Mapping[str, str]:
        return {
            "BANGKOM_AGENCY": "medan",
            "BANGKOM_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "BANGKOM_TOPIC_PREFIX": self.settings.topic_prefix,
            "BANGKOM_TRAINING_DATABASE_URL": self.training.database.url,
            "BANGKOM_EVALUATION_DATABASE_URL": self.evaluation.url,
            # A member that comes back under its name gets its partitions at once; else they wait for the dead one.
            "BANGKOM_KAFKA_INSTANCE_ID": f"member-{number}",
        }

    @asynccontextmanager
    async def dying(self) -> AsyncIterator[None]:
        """Classes end and processes die, side by side; then all that is owed arrives and the processes stop."""
        async with self.evaluation.transaction() as session:
            await session.execute(WITNESS)
        tasks = [asyncio.create_task(supervisor.outlive_deaths()) for supervisor in self.supervisors]
        try:
            yield
            while not all(task.done() for task in tasks):
                await self.training.complete_class(CLASS_SIZE)
                await pause(0.2)
            await asyncio.gather(*tasks)
            await wait_until(self.drained, within=DRAIN_SECONDS, every=0.2)
            for supervisor in self.supervisors:
                await supervisor.stop()
        finally:
            for task in tasks:
                task.cancel()
            for supervisor in self.supervisors:
                supervisor.kill()

    async def complete_classes(self, count: int) -> None:
        for _ in range(count):
            await self.training.complete_class(CLASS_SIZE)

    async def drained(self) -> bool:
        """The outbox is empty and evaluation has taken every event."""
        async with self.training.database.session() as session:
            owed = await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
        async with self.evaluation.session() as session:
            taken = await session.scalar(text("SELECT count(*) FROM inbox"))
        return (owed, taken) == (0, 3 * len(self.training.participants) + self.planted.records)

    async def findings(self) -> list[str]:
        """What is not as it must be, in evaluation, in its group and on the wire; nothing when all is well."""
        seen, wanted = await found(self.evaluation), await expected(self.training, self.planted.held)
        findings = [part.name for part in fields(wanted) if getattr(seen, part.name) != getattr(wanted, part.name)]
        if behind := await self.lag():
            findings.append(f"lag {behind}")
        emitted_ids = {each.event_id for each in await emitted(self.training.database)}
        wire = await read_topic(self.settings, TOPIC)
        return findings + wire_findings(wire, emitted_ids, self.planted.event_ids)

    async def lag(self) -> int:
        """Records that the workers have not told the broker to be done."""
        behind = await kafka.transport(self.settings).lag(group_of("evaluation"), [TOPIC])
        return sum(behind.values())
