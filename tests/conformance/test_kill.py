"""Relay and worker are killed with -9 between any two steps: the first hop happens exactly once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from services.evaluation.app import SERVICE as EVALUATION
from services.training.app import SERVICE as TRAINING
from shared import kafka
from shared.db import Database
from shared.delivery.worker import group_of
from shared.settings import settings_for
from tests.conftest import MakeDatabase
from tests.faults.first_hop import WITNESS, Training, expected, found
from tests.faults.plan import Role, deaths, places
from tests.faults.supervisor import Supervisor
from tests.servers.kafka import KafkaServer, NamedKafka
from tests.waiting import pause, wait_until

SEEDS = range(1, 11)
DEATHS = 3
CLASS_SIZE = 10
DRAIN_SECONDS = 60.0


class Hop:
    """Training's outbox, the relay and worker that die, and evaluation's database."""

    def __init__(self, seed: int, training: Database, evaluation: Database, folder: Path, bootstrap: str) -> None:
        self.training = Training(database=training, chance=random.Random(seed))
        self.evaluation = evaluation
        environment = {
            "BANGKOM_AGENCY": "medan",
            "BANGKOM_KAFKA_BOOTSTRAP": bootstrap,
            "BANGKOM_TRAINING_DATABASE_URL": training.url,
            "BANGKOM_EVALUATION_DATABASE_URL": evaluation.url,
            # A member that comes back under its name gets its partitions at once; else they wait for the dead one.
            "BANGKOM_KAFKA_INSTANCE_ID": "evaluation-1",
        }
        self.supervisors = [
            Supervisor(
                role=role, plan=deaths(seed, role, DEATHS), environment=environment, log_file=folder / f"{role}.log"
            )
            for role in Role
        ]

    @asynccontextmanager
    async def dying(self) -> AsyncIterator[None]:
        """Classes end and processes die, side by side; then all that is owed arrives and the processes stop."""
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

    async def drained(self) -> bool:
        """The outbox is empty and evaluation has taken every event."""
        async with self.training.database.session() as session:
            owed = await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
        async with self.evaluation.session() as session:
            taken = await session.scalar(text("SELECT count(*) FROM inbox"))
        return (owed, taken) == (0, 3 * len(self.training.participants))


@pytest.fixture
def hop_prefix(monkeypatch: pytest.MonkeyPatch, topic_prefix: str) -> str:
    """The prefix that this process and the ones it starts use."""
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    return topic_prefix


async def begin(seed: int, make_database: MakeDatabase, folder: Path, bootstrap: str) -> Hop:
    training = await make_database(service="training", lineages=TRAINING.lineages)
    evaluation = await make_database(service="evaluation", lineages=EVALUATION.lineages)
    async with evaluation.transaction() as session:
        await session.execute(WITNESS)
    return Hop(seed, training, evaluation, folder, bootstrap)


async def lag(bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", bootstrap)
    behind = await kafka.transport(settings_for()).lag(group_of("evaluation"), ["bangkom.training"])
    return sum(behind.values())


@pytest.mark.parametrize("seed", SEEDS)
async def test_first_hop_happens_once_though_processes_are_killed(
    seed: int,
    make_database: MakeDatabase,
    kafka_server: NamedKafka,
    hop_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hop = await begin(seed, make_database, tmp_path, kafka_server.bootstrap)

    async with hop.dying():
        await hop.training.complete_class(CLASS_SIZE)

    assert [supervisor.died for supervisor in hop.supervisors] == [deaths(seed, role, DEATHS) for role in Role]
    assert await found(hop.evaluation) == await expected(hop.training)
    assert await lag(kafka_server.bootstrap, monkeypatch) == 0


async def test_first_hop_happens_once_though_the_broker_is_killed_too(
    make_database: MakeDatabase,
    own_kafka_server: KafkaServer,
    hop_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hop = await begin(0, make_database, tmp_path, own_kafka_server.bootstrap)

    async with hop.dying():
        for _ in range(5):
            await hop.training.complete_class(CLASS_SIZE)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        own_kafka_server.kill()
        for _ in range(5):
            await hop.training.complete_class(CLASS_SIZE)
        await own_kafka_server.start()

    assert await found(hop.evaluation) == await expected(hop.training)
    assert await lag(own_kafka_server.bootstrap, monkeypatch) == 0


@pytest.mark.parametrize("role", Role)
def test_the_seeds_kill_at_every_place(role: Role) -> None:
    killed = {(death.step, death.moment) for seed in SEEDS for death in deaths(seed, role, DEATHS)}

    assert killed == set(places(role))
