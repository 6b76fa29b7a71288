"""A service for the consumer's tests: it writes down what takes effect, and fails where it is told to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery.consumer import Consumer, Handlers
from shared.delivery.envelope import Received, Record
from shared.events.training import LearningMeasured
from tests.records import record_of

TOPIC = "bangkom.training"
EXAMPLE = LearningMeasured.model_validate(LearningMeasured.example)


def measured(subject: UUID, number: int) -> Record:
    return record_of(EXAMPLE.model_copy(update={"enrolment_id": subject, "post_score": number, "max_score": 10**6}))


class Ledger:
    """A service that writes down what takes effect, and fails where it is told to."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.calls: list[list[int]] = []
        self.fail: Callable[[Received[Any]], BaseException | None] = lambda _: None
        self.statement = "SELECT 1"

    def consumer(self, also: Handlers | None = None) -> Consumer:
        return Consumer(self.database, {LearningMeasured: self.handle, **(also or {})}, frozenset({"medan"}))

    async def handle(self, session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
        self.calls.append([event.data.post_score or 0 for event in events])
        for event in events:
            await session.execute(
                text("INSERT INTO ledger (subject, number) VALUES (:subject, :number)"),
                {"subject": event.subject, "number": event.data.post_score},
            )
            if error := self.fail(event):
                raise error
        await session.execute(text(self.statement))

    async def effects(self) -> dict[UUID, list[int]]:
        found: dict[UUID, list[int]] = defaultdict(list)
        async with self.database.session() as session:
            for row in await session.execute(text("SELECT subject, number FROM ledger ORDER BY nth")):
                found[row.subject].append(row.number)
        return dict(found)

    async def held(self, column: str = "status") -> list[Any]:
        async with self.database.session() as session:
            return list((await session.execute(text(f"SELECT {column} FROM held_records ORDER BY id"))).scalars())


async def make_due(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE held_records SET retry_at = clock_timestamp() WHERE status = 'DEFERRED'"))
