"""Relay and worker are killed with -9 between any two steps: the first hop happens exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.evaluation.app import SERVICE as EVALUATION
from services.training.app import SERVICE as TRAINING
from shared.settings import Settings
from tests.conftest import MakeDatabase
from tests.faults.hop import DRAIN_SECONDS, Hop
from tests.faults.plan import Role, deaths, places
from tests.servers.kafka import KafkaServer, NamedKafka
from tests.waiting import wait_until

SEEDS = range(1, 11)
DEATHS = 3


async def begin(seed: int, make_database: MakeDatabase, folder: Path, settings: Settings) -> Hop:
    training = await make_database(service="training", lineages=TRAINING.lineages)
    evaluation = await make_database(service="evaluation", lineages=EVALUATION.lineages)
    hop = Hop(seed, training, evaluation, settings)
    for role in Role:
        hop.supervise(role, deaths(seed, role, DEATHS), folder)
    return hop


@pytest.mark.parametrize("seed", SEEDS)
async def test_first_hop_happens_once_though_processes_are_killed(
    seed: int, make_database: MakeDatabase, kafka_server: NamedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(kafka_bootstrap=kafka_server.bootstrap, topic_prefix=topic_prefix)
    hop = await begin(seed, make_database, tmp_path, settings)

    async with hop.dying():
        await hop.complete_classes(1)

    assert [supervisor.died for supervisor in hop.supervisors] == [deaths(seed, role, DEATHS) for role in Role]
    assert await hop.findings() == []


async def test_first_hop_happens_once_though_the_broker_is_killed_too(
    make_database: MakeDatabase, own_kafka_server: KafkaServer, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(kafka_bootstrap=own_kafka_server.bootstrap, topic_prefix=topic_prefix)
    hop = await begin(0, make_database, tmp_path, settings)

    async with hop.dying():
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        own_kafka_server.kill()
        await hop.complete_classes(5)
        await own_kafka_server.start()

    assert await hop.findings() == []


@pytest.mark.parametrize("role", Role)
def test_the_seeds_kill_at_every_place(role: Role) -> None:
    killed = {(death.step, death.moment) for seed in SEEDS for death in deaths(seed, role, DEATHS)}

    assert killed == set(places(role))
