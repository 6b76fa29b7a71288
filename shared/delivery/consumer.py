"""What a service does with a batch of records: everything in one transaction, the culprit found by halves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock, metrics
from shared.db import Database, copy_rows
from shared.delivery import held
from shared.delivery.envelope import Received, Record, Unreadable, event_type_of, identity_of, read
from shared.delivery.failures import Circuit, Failure, describe, is_transient
from shared.delivery.held import Hold, blocks, record_of
from shared.events.contract import Event
from shared.tables import HeldReason, HeldRecord, Inbox

Handler = Callable[[AsyncSession, list[Received[Any]]], Awaitable[None]]
Handlers = Mapping[type[Event], Handler]
Verdicts = dict[UUID, tuple[HeldReason, str]]
E = TypeVar("E", bound=Event)

log = structlog.get_logger()

# Answers with the ids that were there before: asked only when some were, which is seldom.
INBOX = text(
    "WITH given AS (SELECT id FROM unnest(CAST(:ids AS uuid[])) AS i(id)), new AS ("
    " INSERT INTO inbox (event_id) SELECT id FROM given ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id)"
    " SELECT id FROM given EXCEPT ALL SELECT event_id FROM new"
)


class NotYet(Exception):
    """These events need a row that has not arrived: they wait, and with them the later events of their keys."""

    def __init__(self, *events: Received[Any]) -> None:
        super().__init__(f"{len(events)} events are not ready")
        self.event_ids = frozenset(event.event_id for event in events)


class ConsumerStopped(Exception):
    """Too much failed alike: nothing is taken and nothing parked until an operator resumes."""


class TooMuchAlike(Exception):
    """These records would park more keys for one reason than a single fault explains."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Taken:
    """What became of the new records of a batch."""

    events: list[Received[Event]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    skipped: int = 0

    @property
    def failures(self) -> set[Failure]:
        """The dead among them, each with what makes it like others."""
        return {
            (f"{event_type_of(h.record)} {h.reason}", f"{h.record.topic} {h.record.key}")
            for h in self.holds
            if h.status is HeldReason.DEAD
        }


def waves(events: Iterable[Received[E]]) -> list[list[Received[E]]]:
    """Cut events into calls: the i-th event of every key together, by type; order per key is kept."""
    turn: dict[tuple[str, UUID], int] = defaultdict(int)
    calls: dict[tuple[int, type[Event]], list[Received[E]]] = defaultdict(list)
    for event in events:
        key = (event.topic, event.subject)
        calls[turn[key], event.type].append(event)
        turn[key] += 1
    by_turn = groupby(sorted(calls, key=lambda call: call[0]), key=lambda call: call[0])
    return [calls[call] for _, same_turn in by_turn for call in same_turn]


class Consumer:
    """Takes batches of records into one service's database, each event once."""

    def __init__(self, database: Database, handlers: Handlers, accepted_agencies: frozenset[str]) -> None:
        self._database = database
        self._handlers = handlers
        self._agencies = accepted_agencies
        self._service = database.origin.service
        self._circuit = Circuit()
        self._looked = False
        self.stopped: str | None = None

    @property
    def topics(self) -> list[str]:
        """The topics the handlers listen to."""
        return sorted({contract.topic for contract in self._handlers})

    async def take(self, records: Sequence[Record]) -> None:
        """Take a batch: returned means its offsets may move, raised means the same records must come again."""
        if self.stopped or not self._looked:
            await self.load_state()
            self._circuit, self._looked = Circuit(), True
        self._circuit.saw(len(records))
        await self._take(list(records))

    async def _take(self, records: list[Record], verdicts: Verdicts | None = None) -> None:
        verdicts = verdicts or {}
        while True:
            try:
                return await self._attempt(records, verdicts)
            except NotYet as answer:
                unsettled = answer.event_ids - verdicts.keys()
                if not unsettled:
                    raise
                verdicts.update(dict.fromkeys(unsettled, (HeldReason.DEFERRED, "not_yet")))
            except Exception as error:
                if is_transient(error):
                    raise
                return await self._isolate(records, error, verdicts)

    async def _isolate(self, records: list[Record], error: Exception, verdicts: Verdicts) -> None:
        if len(records) > 1:
            middle = len(records) // 2
            await self._take(records[:middle])
            await self._take(records[middle:])
            return
        if isinstance(error, TooMuchAlike):
            await self._stop(error.reason)
        event_id = identity_of(records[0])
        if event_id in verdicts:
            raise error
        await self._take(records, {event_id: (HeldReason.DEAD, f"handler:{describe(error)}")})

    async def _attempt(self, records: list[Record], verdicts: Verdicts) -> None:
        async with self._database.session() as session:
            fresh = await self.begin(session, records)
            taken = await self.handle(session, fresh, verdicts)
            await self.commit_db(session)
            now = clock.by_now(session)
        metrics.DUPLICATES.labels(self._service).inc(len(records) - len(fresh))
        metrics.observe_delay(self._service, (event.time for event in taken.events), now)
        self._count(taken)

    async def begin(self, session: AsyncSession, records: list[Record]) -> list[tuple[UUID, Record]]:
        """Write the inbox ids first; what was there before has had its effect, whoever asks."""
        # Asked at the beginning, the time opens the transaction and is known when events are stamped at its end.
        await clock.now(session)
        identified: dict[UUID, Record] = {}
        for record in records:
            identified.setdefault(identity_of(record), record)
        try:
            # In one order, as INBOX has it: zombies that hold the same records wait in a row and not in a circle.
            await session.run_sync(copy_rows, Inbox, ("event_id",), [(event_id,) for event_id in sorted(identified)])
        except IntegrityError:
            await session.rollback()
            for known in (await session.execute(INBOX, {"ids": list(identified)})).scalars():
                del identified[known]
        return list(identified.items())

    async def handle(self, session: AsyncSession, fresh: list[tuple[UUID, Record]], verdicts: Verdicts) -> Taken:
        """Sort what is new into events to handle and records to hold, and do both."""
        parked = await held.parked_among(session, (record for _, record in fresh))
        taken = Taken()
        for event_id, record in fresh:
            if (wait := self._sort(event_id, record, parked, verdicts, taken)) is not None:
                taken.holds.append(wait)
                if (key := blocks(record)) is not None:
                    parked.add(key)
        if reason := self._circuit.opens(taken.failures):
            raise TooMuchAlike(reason)
        if taken.holds:
            await held.hold(session, taken.holds)
        await self._call(session, taken.events)
        return taken

    def _sort(
        self, event_id: UUID, record: Record, parked: set[tuple[str, str]], verdicts: Verdicts, taken: Taken
    ) -> Hold | None:
        if blocks(record) in parked:
            return Hold(record, event_id, HeldReason.BEHIND, "behind")
        if event_id in verdicts:
            return Hold(record, event_id, *verdicts[event_id])
        try:
            event = read(record, event_id, self._agencies, self._handlers)
        except Unreadable as found:
            return Hold(record, event_id, HeldReason.DEAD, found.reason)
        if event is None:
            taken.skipped += 1
        else:
            taken.events.append(event)
        return None

    async def _call(self, session: AsyncSession, events: list[Received[Event]]) -> None:
        for call in waves(events):
            await self._handlers[call[0].type](session, call)

    def _count(self, taken: Taken) -> None:
        self._circuit.failed(taken.failures)
        metrics.SKIPPED.labels(self._service).inc(taken.skipped)
        for event_type, count in Counter(event.type.type for event in taken.events).items():
            metrics.HANDLED.labels(self._service, event_type).inc(count)
        for each in taken.holds:
            metrics.count_held(self._service, event_type_of(each.record), each.status.value, each.reason)
            if each.status is HeldReason.DEAD:
                log.error("event_parked", event_id=str(each.event_id), topic=each.record.topic, reason=each.reason)

    async def commit_db(self, session: AsyncSession) -> None:
        """Make the batch's effects and its events to emit true together."""
        await session.commit()

    async def _stop(self, reason: str) -> None:
        self.stopped = reason
        async with self._database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO consumer_state (name, stopped_at, reason) VALUES (:name, now(), :reason)"
                    " ON CONFLICT (name) DO UPDATE SET stopped_at = now(), reason = :reason"
                ),
                {"name": self._service, "reason": reason},
            )
        metrics.STOPPED.labels(self._service).set(1)
        log.critical("consumer_stopped", reason=reason)
        raise ConsumerStopped(reason)

    async def load_state(self) -> None:
        """Read whether the consumer was stopped, by this process or another; raises ConsumerStopped."""
        async with self._database.transaction() as session:
            self.stopped = await session.scalar(
                text("SELECT reason FROM consumer_state WHERE name = :name AND stopped_at IS NOT NULL"),
                {"name": self._service},
            )
        metrics.STOPPED.labels(self._service).set(1 if self.stopped else 0)
        if self.stopped:
            raise ConsumerStopped(self.stopped)

    async def retry_deferred(self) -> int:
        """Try the deferred events that are due; returns how many keys came free."""
        async with self._database.transaction() as session:
            due = await held.due_deferred(session)
        return sum([await self.release(topic, key) for topic, key in due])

    async def release(self, topic: str, key: str) -> bool:
        """Let the held events of a key take effect, oldest first; False when one fails again and the rest waits."""
        while done := await self._retry(lambda session: held.lock_head(session, topic, key)):
            pass
        return done is None

    async def replay(self, held_id: int) -> bool:
        """Let one held record take effect, with all that wait behind its key; raises NotFound."""
        async with self._database.transaction() as session:
            key = blocks(await held.held_by_id(session, held_id))
        if key is not None:
            return await self.release(*key)
        return await self._retry(lambda session: held.held_by_id(session, held_id)) is True

    async def _retry(self, find: Callable[[AsyncSession], Awaitable[HeldRecord | None]]) -> bool | None:
        """Try the held record that is found: True it took effect, False it did not, None there is none."""
        async with self._database.session() as session:
            row = await find(session)
            if row is None:
                await session.commit()
                return None
            held_id = row.id
            try:
                await self._replay(session, record_of(row), row.event_id)
                await session.delete(row)
                await session.commit()
            except Exception as error:  # noqa: BLE001 every failure of a handler is told apart below
                await session.rollback()
                await self._note(held_id, error)
                return False
            return True

    async def _replay(self, session: AsyncSession, record: Record, event_id: UUID) -> None:
        event = read(record, event_id, self._agencies, self._handlers)
        if event is not None:
            await self._call(session, [event])
            self._count(Taken([event]))

    async def _note(self, held_id: int, error: Exception) -> None:
        if is_transient(error):
            raise error
        status, reason = HeldReason.DEAD, f"handler:{describe(error)}"
        if isinstance(error, Unreadable):
            reason = error.reason
        elif isinstance(error, NotYet):
            status, reason = HeldReason.DEFERRED, "not_yet"
        async with self._database.transaction() as session:
            await held.note_failure(session, held_id, status=status, reason=reason)
