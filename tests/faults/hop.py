"""Training's outbox, a relay and a worker as processes of their own that die or are stopped, evaluation's database."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from shared import kafka
from shared.db import Database
from shared.delivery.worker import group_of
from shared.settings import Settings
from tests.conformance.logs import Foreign, KafkaLog
from tests.faults.first_hop import WITNESS, Training, expected, found
from tests.faults.plan import Death, Role
from tests.faults.supervisor import ROOT, Supervisor
from tests.faults.wire import read_topic, wire_findings
from tests.records import emitted
from tests.servers.kafka import free_ports
from tests.waiting import pause, wait_until

CLASS_SIZE = 10
DRAIN_SECONDS = 90.0
TOPIC = "bangkom.training"
REFERENCE = "bangkom.reference"
OWED_AND_MADE = text("SELECT count(*) FILTER (WHERE published_at IS NULL), count(*) FROM outbox")
EVALUATION = "tests.faults.evaluation"
"""The evaluation service, its handlers watched."""


@dataclass(kw_only=True)
class Planted:
    """What was written past the outbox: how many records, which of them are held, and which take effect on whom."""

    records: int = 0
    event_ids: set[UUID] = field(default_factory=set)
    handled: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    held: Counter[str] = field(default_factory=Counter)


class Hop:
    """The first hop on real servers, with as many processes as it is given plans."""

    def __init__(self, seed: int, training: Database, evaluation: Database, settings: Settings) -> None:
        self.training = Training(database=training, chance=random.Random(seed))
        self.evaluation = evaluation
        self.settings = settings
        self.supervisors: list[Supervisor] = []
        self.planted = Planted()

    def supervise(
        self, role: Role, plan: Sequence[Death], folder: Path, ailments: Mapping[str, str] | None = None
    ) -> Supervisor:
        """Have one more process of the role, which dies as planned and suffers from the ailments until it is healed."""
        number = len(self.supervisors)
        supervisor = Supervisor(
            role=role,
            plan=list(plan),
            environment={**self.environment(number), **(ailments or {})},
            log_file=folder / f"{role}{number}.log",
        )
        self.supervisors.append(supervisor)
        return supervisor

    def supervise_service(self, folder: Path, ailments: Mapping[str, str] | None = None) -> tuple[Supervisor, int]:
        """Have the worker of evaluation as the service itself runs it; and the port where it tells its figures."""
        (port,) = free_ports(1)
        operated = {"BANGKOM_TRANSPORT": "kafka", "BANGKOM_OPS_PORT": str(port)}
        worker = self.supervise(Role.WORKER, (), folder, operated | dict(ailments or {}))
        worker.module = EVALUATION
        return worker, port

    def environment(self, number: int) -> dict[str, str]:
        """The settings of the process with that number."""
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
            owed, made = (await session.execute(OWED_AND_MADE)).one()
        async with self.evaluation.session() as session:
            taken = await session.scalar(text("SELECT count(*) FROM inbox"))
        return (owed, taken) == (0, made + self.planted.records)

    async def plant_effective(self, *records: Foreign) -> None:
        """Write records past the outbox that are as good as any."""
        await self.plant(*records)
        for each in records:
            named = {name: value.decode() for name, value in each.headers if value}
            self.planted.handled[UUID(each.key)].append(UUID(named["ce_id"]))

    async def plant(self, *records: Foreign, held: Iterable[str] = ()) -> None:
        """Write records past the outbox; held are the reasons why some of them will wait as dead letters."""
        await KafkaLog(bootstrap=self.settings.kafka_bootstrap, opened=kafka.transport(self.settings)).write(*records)
        self.planted.records += len(records)
        self.planted.held.update(held)
        self.planted.event_ids |= {UUID(id_.decode()) for each in records if (id_ := dict(each.headers).get("ce_id"))}

    async def operate(self, module: str, *command: str, settings: Mapping[str, str] | None = None) -> str:
        """Give an operator's command to a service and return what it says; one that fails is a failure of the fault."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *command),
            cwd=ROOT,
            env={**os.environ, **self.environment(0), "BANGKOM_TRANSPORT": "kafka", **(settings or {})},
            stdout=PIPE,
            stderr=STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, f"{command}: {told.decode()}"
        return told.decode()

    async def findings(self) -> list[str]:
        """What is not as it must be, in evaluation, in its group and on the wire; nothing when all is well."""
        seen, wanted = await found(self.evaluation), await expected(self.training, self.planted.held)
        for subject, event_ids in self.planted.handled.items():
            wanted.handled.setdefault(subject, []).extend(event_ids)
        findings = [part.name for part in fields(wanted) if getattr(seen, part.name) != getattr(wanted, part.name)]
        if behind := await self.lag():
            findings.append(f"lag {behind}")
        emitted_ids = {each.event_id for each in await emitted(self.training.database)}
        wire = await read_topic(self.settings, TOPIC)
        return findings + wire_findings(wire, emitted_ids, self.planted.event_ids)

    async def lag(self, *topics: str) -> int:
        """Records of these topics, else of training's, that the workers have not told the broker to be done."""
        behind = await kafka.transport(self.settings).lag(group_of("evaluation"), topics or [TOPIC])
        return sum(behind.values())

    async def caught_up(self) -> bool:
        """Nothing is left in the topic."""
        return await self.lag(TOPIC, REFERENCE) == 0
