"""A service whose every effect leaves a row and an event, and which fails where the model says that it shall."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.app import SERVICE
from shared.delivery import outbox
from shared.delivery.consumer import Consumer, Handlers, NotYet
from shared.delivery.envelope import Received
from shared.directory import on_unit_recorded
from shared.events.evaluation import FollowUpClosed
from shared.events.reference import UnitRecorded
from shared.events.training import LearningMeasured
from shared.operate.installation import opened
from shared.operate.letters import dead_letters
from shared.settings import Settings
from tests.model.paper import Consumption, Key
from tests.model.place import Place

EFFECTS = "CREATE TABLE effects (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid, number int)"
TAKE_EFFECT = text(
    "INSERT INTO effects (subject, number) SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:numbers AS int[]))"
)
EMPTY = (
    "TRUNCATE effects, inbox, outbox, held_records, parked_keys, consumer_state, directory_units, directory_removals"
)

Numbers = dict[UUID, list[int]]


class Receiver:
    """The real consumer on a real database, with what can be seen of it from outside."""

    def __init__(self, place: Place, model: Consumption) -> None:
        self._place = place
        self._model = model
        self.interrupted = False
        self.settings = Settings(agency="medan")
        self.services = {"evaluation": replace(SERVICE, handlers=self.handlers)}

    @property
    def handlers(self) -> Handlers:
        return {LearningMeasured: self._on_learning_measured, UnitRecorded: self._on_unit_recorded}

    def consumer(self) -> Consumer:
        """A consumer as a new process would have it."""
        return Consumer(self._place.database, self.handlers, frozenset({"medan"}))

    async def _on_learning_measured(self, session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
        numbers = {event.subject: event.data.post_score or 0 for event in events}
        await session.execute(TAKE_EFFECT, {"subjects": list(numbers), "numbers": list(numbers.values())})
        for event in events:
            outbox.record(session, _closed(event.subject, numbers[event.subject]), caused_by=event)
        self._fail(events)

    async def _on_unit_recorded(self, session: AsyncSession, events: list[Received[UnitRecorded]]) -> None:
        await on_unit_recorded(session, events)
        self._fail(events)

    def _fail(self, events: list[Received[Any]]) -> None:
        if self.interrupted:
            self.interrupted = False
            raise ConnectionResetError
        if early := [event for event in events if event.event_id in self._model.early]:
            raise NotYet(*early)
        if any(event.event_id in self._model.failing for event in events):
            raise ValueError

    def database(self, service: str) -> Any:
        """The database as an operator's command opens it."""
        return opened(self._place.database.url, self.settings, service)

    async def operate(self, *words: str) -> None:
        """An operator's command; that a record still fails is an answer and no failure."""
        answer = await asyncio.to_thread(CliRunner().invoke, dead_letters, list(words), obj=self)
        assert isinstance(answer.exception, SystemExit | None), answer.output

    async def inbox(self) -> set[UUID]:
        return {event_id for (event_id,) in await self._place.rows("SELECT event_id FROM inbox")}

    async def effects(self) -> Numbers:
        return _by_subject(await self._place.rows("SELECT subject, number FROM effects ORDER BY nth"))

    async def told(self) -> Numbers:
        """The effects again, as the events say that went out with them."""
        values = [orjson.loads(value) for (value,) in await self._place.rows("SELECT value FROM outbox ORDER BY seq")]
        return _by_subject([(UUID(value["follow_up_id"]), value["cycle"]) for value in values])

    async def units(self) -> dict[UUID, tuple[int, str | None]]:
        query = (
            "SELECT id, sequence, name FROM directory_units UNION ALL SELECT id, sequence, NULL FROM directory_removals"
        )
        found: dict[UUID, tuple[int, str | None]] = {}
        for subject, sequence, name in sorted(await self._place.rows(query), key=lambda row: row[1]):
            found[subject] = (sequence, name)
        return found

    async def held(self) -> dict[Key, list[tuple[UUID, str]]]:
        """What waits, oldest first by key, and as what."""
        found: dict[Key, list[tuple[UUID, str]]] = defaultdict(list)
        query = "SELECT topic, key, event_id, status FROM held_records ORDER BY id"
        for topic, key, event_id, status in await self._place.rows(query):
            found[topic, key].append((event_id, status))
        return dict(found)

    async def parked(self) -> set[Key]:
        return set(await self._place.rows("SELECT topic, key FROM parked_keys"))


def _closed(subject: UUID, number: int) -> FollowUpClosed:
    example = FollowUpClosed.model_validate(FollowUpClosed.example)
    return example.model_copy(update={"follow_up_id": subject, "cycle": number})


def _by_subject(rows: list[tuple[UUID, int]]) -> Numbers:
    found: Numbers = defaultdict(list)
    for subject, number in rows:
        found[subject].append(number)
    return dict(found)
