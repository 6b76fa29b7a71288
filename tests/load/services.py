"""The real handlers: each service takes a made-up year as its worker does, and every event must have had its effect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from services.evaluation.app import SERVICE as EVALUATION
from services.mentoring.app import SERVICE as MENTORING
from services.needs.app import SERVICE as NEEDS
from services.training.app import SERVICE as TRAINING
from shared import kafka
from shared.db import Database, Origin, migrate
from shared.delivery import outbox
from shared.directory import DIRECTORY_HANDLERS
from shared.kafka import KafkaTransport
from shared.runtime import Service
from tests.load import kernel
from tests.load.figures import Meter, Rates
from tests.load.place import Place
from tests.load.prepared import PREPARED, directory_of
from tests.load.workload import AGENCY
from tests.load.year import Told, Year, year_of

PEOPLE = ((NEEDS, 20_000), (TRAINING, 7_000), (MENTORING, 7_000), (EVALUATION, 1_500))
"""How many people's year each service takes: the fewer the more it hears of each."""


def _rate_of(service: Service) -> str:
    return f"real handlers of {service.name}"


RATES = tuple(_rate_of(service) for service, _ in PEOPLE)

TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
LEFT_OVER = text("SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM held_records)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What one service will hear, on topics of its own, and its database on the first day."""

    service: Service
    transport: KafkaTransport
    template: str
    events: int

    @property
    def name(self) -> str:
        """What its rate is called."""
        return _rate_of(self.service)


@asynccontextmanager
async def streams(place: Place) -> AsyncIterator[list[Stream]]:
    """The streams of all services, their databases gone afterwards."""
    made: list[Stream] = []
    try:
        for service, people in PEOPLE:
            made.append(await _stream(place, service, people))
        yield made
    finally:
        for stream in made:
            place.postgres.drop_database(stream.template)


async def measure(place: Place, stream: Stream, rates: Rates, number: int) -> None:
    """Let a fresh database take the whole stream."""
    service = stream.service
    meter = Meter(stream.events - stream.events // 10, stream.events // 10)
    async with place.database(service.name, stream.template) as database:
        handlers = {**DIRECTORY_HANDLERS, **service.handlers}
        await kernel.worker(stream.transport, database, meter, f"{service.name}-{number}", handlers)
        async with database.session() as session:
            inbox, held = (await session.execute(LEFT_OVER)).one()
        if (inbox, held) != (stream.events, 0):
            raise SystemExit(f"{service.name} lost or held events: {inbox} of {stream.events} taken, {held} held")
    rates.add(stream.name, meter.per_second)


async def _stream(place: Place, service: Service, people: int) -> Stream:
    year = year_of(people)
    heard = year.heard_by({**DIRECTORY_HANDLERS, **service.handlers})
    settings = place.settings.model_copy(update={"topic_prefix": f"{service.name}{place.settings.topic_prefix}"})
    await kafka.apply_topics(settings)
    transport = kafka.transport(settings)
    for publisher in sorted({type(told.event).publisher() for told in heard}):
        await _tell(place, transport, publisher, [t for t in heard if type(t.event).publisher() == publisher])
    return Stream(
        service=service, transport=transport, template=await _template(place, service, year), events=len(heard)
    )


async def look_over(database: Database) -> None:
    """Have the planner look at the tables that hold something, as PostgreSQL does by itself within a minute.

    Not at the empty ones: it would plan for them to stay empty, which it does not when nothing ever looked.
    """
    async with database.transaction() as session:
        for table in (await session.execute(TABLES)).scalars().all():
            if await session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})")):
                await session.execute(text(f"ANALYZE {table}"))


async def _tell(place: Place, transport: KafkaTransport, publisher: str, told: list[Told]) -> None:
    async with place.database(publisher) as database:
        for first in range(0, len(told), 2_000):
            async with database.transaction() as session:
                for each in told[first : first + 2_000]:
                    outbox.record(session, each.event, correlation=each.correlation)
        await kernel.relay(transport, database, Meter(len(told), 0))


async def _template(place: Place, service: Service, year: Year) -> str:
    database = Database(place.postgres.create_database(), Origin(agency=AGENCY, service=service.name))
    try:
        await migrate(database, service.lineages)
        await directory_of(database, year)
        await PREPARED[service.name](database, year)
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM outbox"))
        await look_over(database)
    finally:
        await database.close()
    return database.url
