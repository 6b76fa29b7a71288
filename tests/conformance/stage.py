"""Publishers and receivers for the scenarios: real outboxes, relays and workers, and effects that can be counted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka.errors import GroupCoordinatorNotAvailableError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery import outbox
from shared.delivery.consumer import Consumer, Handlers
from shared.delivery.envelope import Received
from shared.delivery.relay import Relay
from shared.delivery.transport import Transport
from shared.delivery.worker import Worker, group_of
from shared.events.contract import Event
from shared.events.evaluation import FollowUpClosed
from shared.events.training import LearningMeasured
from shared.ids import new_id
from tests.conformance.logs import Foreign, Log
from tests.conftest import MakeDatabase
from tests.waiting import wait_until

STOP_SECONDS = 15.0

EFFECTS = "CREATE TABLE effects (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid, number int, event_id uuid)"
TAKE_EFFECT = text(
    "INSERT INTO effects (subject, number, event_id) SELECT * FROM unnest("
    "CAST(:subjects AS uuid[]), CAST(:numbers AS int[]), CAST(:event_ids AS uuid[]))"
)

Numbers = dict[UUID, list[int]]
"""The numbers that took effect, in their order, by subject."""


def measured(subject: UUID, number: int) -> LearningMeasured:
    """A fact of training that carries a number."""
    others = {"class_id": new_id(), "program_id": new_id(), "employee_id": new_id()}
    return LearningMeasured(enrolment_id=subject, post_score=number, max_score=10**6, **others)


def closed(subject: UUID, number: int) -> FollowUpClosed:
    """A fact of evaluation that carries a number."""
    return FollowUpClosed(
        follow_up_id=subject, employee_id=new_id(), competency="K3", cycle=number, round=1, reason="CORRECTED"
    )


def number_of(event: Received[Any]) -> int:
    number: int | None = event.data.post_score if isinstance(event.data, LearningMeasured) else event.data.cycle
    assert number is not None
    return number


@asynccontextmanager
async def running(*loops: Relay | Worker) -> AsyncIterator[None]:
    """Let loops run, and have them stop in order at the end."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(loop.run(stopping)) for loop in loops]
    try:
        yield
    finally:
        stopping.set()
        async with asyncio.timeout(STOP_SECONDS):
            await asyncio.gather(*tasks)


async def publish(database: Database, *events: Event) -> None:
    """Emit events with one transaction."""
    async with database.transaction() as session:
        outbox.record_all(session, events)


async def unpublished(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL")) or 0


@dataclass(kw_only=True)
class Receiver:
    """A service whose every handled event leaves a row; fail may raise what its handlers shall raise."""

    database: Database
    log: Log
    also: Handlers = field(default_factory=dict)
    fail: Callable[[AsyncSession, Received[Any]], Awaitable[None]] | None = None
    calls: list[list[int]] = field(default_factory=list)

    @property
    def handlers(self) -> Handlers:
        return {LearningMeasured: self._take_effect, FollowUpClosed: self._take_effect, **self.also}

    async def _take_effect(self, session: AsyncSession, events: list[Received[Any]]) -> None:
        self.calls.append([number_of(event) for event in events])
        columns = {
            "subjects": [event.subject for event in events],
            "numbers": [number_of(event) for event in events],
            "event_ids": [event.event_id for event in events],
        }
        await session.execute(TAKE_EFFECT, columns)
        for event in events:
            if self.fail is not None:
                await self.fail(session, event)

    def consumer(self, handlers: Handlers | None = None) -> Consumer:
        return Consumer(self.database, handlers or self.handlers, frozenset({"medan"}))

    def worker(self, consumer: Consumer | None = None, transport: Transport | None = None) -> Worker:
        """A worker as a new process would have it."""
        service = self.database.origin.service
        return Worker(service, consumer or self.consumer(), transport or self.log.transport())

    async def take(self, *records: Foreign) -> None:
        """Write records past every outbox, and take all there is."""
        await self.log.write(*records)
        transport, topics, group = self.log.transport(), self.consumer().topics, group_of(self.database.origin.service)

        async def all_taken() -> bool:
            # A broker that has just begun does not know yet who keeps the offsets of a group.
            with suppress(GroupCoordinatorNotAvailableError):
                return sum((await transport.lag(group, topics)).values()) == 0
            return False

        async with running(self.worker(transport=self.log.transport(batch=10))):
            await wait_until(all_taken, within=30, every=0.1)

    async def effects(self) -> Numbers:
        async with self.database.session() as session:
            rows = (await session.execute(text("SELECT subject, number FROM effects ORDER BY nth"))).all()
        found: Numbers = defaultdict(list)
        for subject, number in rows:
            found[subject].append(number)
        return dict(found)

    async def count(self) -> int:
        async with self.database.session() as session:
            return await session.scalar(text("SELECT count(*) FROM effects")) or 0

    async def has(self, count: int, within: float = 20.0) -> None:
        """Return when so many effects are there; fails when more come than these."""

        async def enough() -> bool:
            return await self.count() >= count

        await wait_until(enough, within=within, description=f"{count} effects")

    async def held(self, columns: str = "status, reason, key") -> list[Any]:
        """What is held, oldest first."""
        async with self.database.session() as session:
            rows = await session.execute(text(f"SELECT {columns} FROM held_records ORDER BY id"))
            return [tuple(row) for row in rows]

    async def has_held(self, count: int, within: float = 20.0) -> None:
        async def enough() -> bool:
            return len(await self.held()) >= count

        await wait_until(enough, within=within, description=f"{count} held records")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Makes publishers and receivers on one log."""

    log: Log
    make_database: MakeDatabase

    async def publisher(self, service: str = "training") -> Database:
        return await self.make_database(service=service, agency="medan")

    async def receiver(self, service: str = "evaluation") -> Receiver:
        database = await self.make_database(service=service, agency="medan")
        async with database.transaction() as session:
            await session.execute(text(EFFECTS))
        return Receiver(database=database, log=self.log)

    def relay(self, database: Database) -> Relay:
        """A relay as a new process would have it."""
        return Relay(database, self.log.transport())

    async def carry(self, *databases: Database) -> None:
        """Bring everything these publishers owe to the log."""

        async def nothing_owed() -> bool:
            return sum([await unpublished(database) for database in databases]) == 0

        async with running(*(self.relay(database) for database in databases)):
            await wait_until(nothing_owed, within=30)


def expected(subjects: Iterable[UUID], numbers: Sequence[int] | range) -> Numbers:
    """Every number once, in order, for every subject."""
    return {subject: list(numbers) for subject in subjects}
