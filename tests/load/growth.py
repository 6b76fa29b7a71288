"""Whether delivery slows down with what has gathered: the same work beside few old rows and beside ten times more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from shared.db import Database, Origin
from tests.load import kernel
from tests.load.figures import Meter, Rates
from tests.load.place import Place
from tests.load.workload import AGENCY

FEW, MANY = 30_000, 300_000
EVENTS, WARM_UP = 30_000, 5_000
STEPS = ("worker", "relay")
IDS = "INSERT INTO inbox SELECT uuidv7(interval '-1 year'), now() - interval '1 year' FROM generate_series(1, :rows)"
COMPLETIONS = """
INSERT INTO completions SELECT uuidv7(interval '-1 year'), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    gen_random_uuid(), 'KOMUNIKASI', 20, now() FROM generate_series(1, :rows)
"""
EVENTS_SENT = """
INSERT INTO outbox (event_id, topic, key, headers, value, created_at, published_at)
SELECT uuidv7(interval '-1 year'), 'bangkom.evaluation', gen_random_uuid()::text,
    json_build_object('ce_type', repeat('t', 200)), convert_to(repeat('v', 500), 'UTF8'),
    now() - interval '1 year', now()
FROM generate_series(1, :rows)
"""


def name_of(step: str, rows: int) -> str:
    """What a rate is called."""
    return f"{step} beside {rows:,} old rows"


@asynccontextmanager
async def templates(place: Place) -> AsyncIterator[dict[int, str]]:
    """Databases by how many old rows they have."""
    made: dict[int, str] = {}
    try:
        for rows in (FEW, MANY):
            made[rows] = place.postgres.create_database(place.template)
            database = Database(made[rows], Origin(agency=AGENCY, service="evaluation"), statement_timeout=300)
            try:
                for statement in (IDS, COMPLETIONS, EVENTS_SENT):
                    async with database.transaction() as session:
                        await session.execute(text(statement), {"rows": rows})
                async with database.transaction() as session:
                    await session.execute(text("ANALYZE"))
            finally:
                await database.close()
        yield made
    finally:
        for url in made.values():
            place.postgres.drop_database(url)


async def measure(place: Place, made: dict[int, str], rates: Rates, number: int) -> None:
    """One after the other, and the other way round in the next round."""
    for rows, template in sorted(made.items(), reverse=number % 2 == 0):
        work, carried = (Meter(EVENTS - WARM_UP, WARM_UP) for _ in STEPS)
        async with place.database("evaluation", template) as database:
            await _settle(database)
            await kernel.worker(place.transport(), database, work, f"growth-{number}-{rows}", kernel.HANDLERS)
            await kernel.relay(place.transport(), database, carried)
        for step, meter in zip(STEPS, (work, carried), strict=True):
            rates.add(name_of(step, rows), meter.per_second)


async def _settle(database: Database) -> None:
    # A fresh copy waits to be written to the disk: the larger one would be charged for it.
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("CHECKPOINT"))
