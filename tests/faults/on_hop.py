"""One fault tried on the first hop, on databases of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.evaluation.app import SERVICE as EVALUATION
from services.training.app import SERVICE as TRAINING
from shared.db import Database, Lineage, Origin, migrate
from shared.ids import new_id
from shared.settings import Settings
from tests.faults.campaign import Counts, Fault, Scene
from tests.faults.hop import Hop
from tests.faults.stage import Stage
from tests.servers.postgres import PostgresServer


async def try_on_hop(name: str, fault: Fault, stage: Stage) -> tuple[list[str], Counts]:
    """Do the harm while classes end; gives every promise that was broken, and what was counted."""
    settings = Settings(kafka_bootstrap=stage.broker.bootstrap, topic_prefix=f"f{new_id().hex[-10:]}.")
    async with (
        _database(stage.postgres, "training", TRAINING.lineages) as training,
        _database(stage.postgres, "evaluation", EVALUATION.lineages) as evaluation,
    ):
        hop = Hop(stage.seed, training, evaluation, settings)
        scene = Scene(
            hop=hop,
            kafka=stage.broker,
            postgres=stage.postgres,
            folder=stage.folder,
            chance=stage.chance(name),
            seed=stage.seed,
        )
        counts = await fault(scene)
        broken = await hop.findings()
    seats = len(hop.training.participants)
    return broken, counts | {"participants": seats, "events": 3 * seats}


@asynccontextmanager
async def _database(postgres: PostgresServer, service: str, lineages: Sequence[Lineage]) -> AsyncIterator[Database]:
    database = Database(postgres.create_database(), Origin(agency="medan", service=service))
    try:
        await migrate(database, lineages)
        yield database
    finally:
        await database.close()
