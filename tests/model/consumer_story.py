"""Any story of a consumer: records that come twice or broken, processes that die or wake up late, operators."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.conformance.crash import Crash, Moment, crash
from tests.model.gates import Halt
from tests.model.log import CONDITIONS, PublishedLog
from tests.model.paper import Consumption, Fact, Kind, Waiting
from tests.model.place import Place
from tests.model.receiver import EMPTY, Receiver

SUBJECTS = st.sampled_from([UUID(int=number) for number in range(1, 4)])
UNITS = st.sampled_from([UUID(int=number) for number in range(11, 13)])
ALL = st.one_of(SUBJECTS, UNITS)
COUNTS = st.integers(1, 8)
STEPS = st.sampled_from(["begin", "handle", "commit_db"])
MOMENTS = st.sampled_from(["before", "after"])
TO_DUE = "UPDATE held_records SET retry_at = clock_timestamp()"
A_DAY_AGO = "UPDATE held_records SET held_at = held_at - interval '25 hours'"


@dataclass(frozen=True, slots=True)
class Taking:
    """A consumer that stands still with a batch in its hands."""

    halt: Halt
    task: asyncio.Task[None]
    batch: slice

    async def end(self, *, goes_on: bool) -> None:
        """Let it go on to its end, or die."""
        self.halt.end(goes_on=goes_on)
        with suppress(Crash):
            await self.task


class ConsumerStory(RuleBasedStateMachine):
    """One partition of a log, whoever consumes it, and the model of what becomes of it."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.log = PublishedLog()
        self.model = Consumption()
        self.offset = 0
        self.receiver = Receiver(place, self.model)
        self.consumer = self.receiver.consumer()
        self.zombie: Taking | None = None

    @initialize()
    def empty(self) -> None:
        self.place.run(self.place.execute(EMPTY))

    # What is published

    @rule(subject=SUBJECTS, conditions=st.lists(st.sampled_from(sorted(CONDITIONS)), min_size=1, max_size=3))
    def publish(self, subject: UUID, conditions: list[str]) -> None:
        for each in conditions:
            self.model.tell(self.log.fact(subject, each))

    @rule(subject=SUBJECTS, number=st.integers(1, 4))
    def publish_good(self, subject: UUID, number: int) -> None:
        for _ in range(number):
            self.model.tell(self.log.fact(subject, "good"))

    @rule(subject=SUBJECTS)
    def publish_early(self, subject: UUID) -> None:
        """An event that needs a row which has not arrived, and one that needs nothing but its turn."""
        for condition in ("early", "good"):
            self.model.tell(self.log.fact(subject, condition))

    @rule(
        subject=UNITS,
        sequence=st.integers(1, 1000),
        condition=st.sampled_from(["good", "good", "removed", "fails", "not_json"]),
    )
    def publish_state(self, subject: UUID, sequence: int, condition: str) -> None:
        known = {told.sequence for told in self.log.told if not isinstance(told, Fact)}
        if sequence not in known:
            self.model.tell(self.log.state(subject, sequence, condition))

    @precondition(lambda self: self.log.records)
    @rule(index=st.integers(0, 1000))
    def publish_again(self, index: int) -> None:
        self.log.again(index % len(self.log.records))

    # How it is delivered

    @precondition(lambda self: self.offset < len(self.log.records))
    @rule(count=COUNTS)
    def deliver(self, count: int) -> None:
        batch = self._next(count)
        self.place.run(self.consumer.take(self.log.records[batch]))
        self._taken(batch)

    @precondition(lambda self: self.offset)
    @rule(back=st.integers(1, 20))
    def lose_offsets(self, back: int) -> None:
        self.offset = max(0, self.offset - back)

    @precondition(lambda self: self.offset < len(self.log.records))
    @rule(count=COUNTS, step=STEPS, moment=MOMENTS, nth=st.integers(1, 4))
    def die(self, count: int, step: str, moment: Moment, nth: int) -> None:
        """The process ends within a batch; how far it came by then is a part of the batch from its beginning."""
        batch = self._next(count)
        if self.place.run(self._die(batch, step, moment, nth)):
            self._taken(batch)

    async def _die(self, batch: slice, step: str, moment: Moment, nth: int) -> bool:
        consumer = self.receiver.consumer()
        crash(consumer, step, moment, nth)
        try:
            await consumer.take(self.log.records[batch])
        except Crash:
            await self._committed(batch)
            return False
        return True

    async def _committed(self, batch: slice) -> None:
        seen = await self.receiver.inbox()
        new = [told for told in self.log.told[batch] if told.event_id not in self.model.seen]
        committed = [told.event_id in seen for told in new]
        assert committed == sorted(committed, reverse=True)
        self.model.take([told for told in new if told.event_id in seen])

    @precondition(lambda self: self.offset < len(self.log.records))
    @rule(count=COUNTS)
    def be_interrupted(self, count: int) -> None:
        """Something that passes by itself keeps a handler from its work: the same records come again."""
        batch = self._next(count)
        self.receiver.interrupted = True
        with suppress(ConnectionResetError):
            self.place.run(self.consumer.take(self.log.records[batch]))
            self._taken(batch)
        self.receiver.interrupted = False

    @precondition(lambda self: self.zombie is None and self.offset < len(self.log.records))
    @rule(count=COUNTS)
    def fall_asleep(self, count: int) -> None:
        """An owner stops with a batch in its hands, and others go on with its partition."""
        self.zombie = self.place.run(self._started(self._next(count), "begin"))

    @precondition(lambda self: self.zombie)
    @rule()
    def wake_up(self) -> None:
        """It goes on as if nothing had happened; where the group stands is no longer its to say."""
        assert self.zombie
        zombie, self.zombie = self.zombie, None
        self.place.run(zombie.end(goes_on=True))
        self.model.take(self.log.told[zombie.batch])

    @precondition(lambda self: self.offset < len(self.log.records))
    @rule(count=COUNTS, others=COUNTS, step=STEPS, goes_on=st.booleans())
    def have_two_owners(self, count: int, others: int, step: str, goes_on: bool) -> None:
        """Two owners have the same records at once, of which the first may die."""
        first, second = self._next(count), self._next(others)
        second_owner = self.receiver.consumer().take(self.log.records[second])
        self.place.run(self._meanwhile(first, step, goes_on, second_owner))
        self.model.take(self.log.told[second])
        self.offset = second.stop
        if goes_on:
            self.model.take(self.log.told[first])

    # What waits

    @precondition(lambda self: self.offset < len(self.log.records))
    @rule(count=COUNTS, subject=SUBJECTS, step=STEPS, goes_on=st.booleans())
    def release_during_a_batch(self, count: int, subject: UUID, step: str, goes_on: bool) -> None:
        """An operator releases a key while a batch is about to hold records behind it."""
        batch, key = self._next(count), ("bangkom.training", str(subject))
        self.place.run(self._meanwhile(batch, step, goes_on, self.receiver.consumer().release(*key)))
        if goes_on:
            self._taken(batch)
        self.model.release(key)

    @rule(subject=ALL)
    def mend(self, subject: UUID) -> None:
        """The handler that failed on the subject's events is corrected."""
        self._settle(self.model.failing, subject)

    @rule(subject=SUBJECTS)
    def provide(self, subject: UUID) -> None:
        """The row that the subject's events need arrives."""
        self._settle(self.model.early, subject)

    def _settle(self, wrong: set[UUID], subject: UUID) -> None:
        wrong -= {told.event_id for told in self.log.told if told.subject == subject}

    @rule()
    def retry(self) -> None:
        self.place.run(self._retry())

    async def _retry(self) -> None:
        await self.place.execute(TO_DUE)
        await self.consumer.retry_deferred()
        self.model.retry_due()

    @rule()
    def let_a_day_pass(self) -> None:
        self.place.run(self.place.execute(A_DAY_AGO))
        for each in self.model.all_waiting():
            each.held_for_a_day = True

    @precondition(lambda self: self.model.all_waiting())
    @rule(nth=st.integers(1, 3), moment=MOMENTS, subject=SUBJECTS)
    def die_while_releasing(self, nth: int, moment: Moment, subject: UUID) -> None:
        """The process ends between or within the transactions that let the held records of a key take effect."""
        self.place.run(self._die_while_releasing(("bangkom.training", str(subject)), nth, moment))

    async def _die_while_releasing(self, key: tuple[str, str], nth: int, moment: Moment) -> None:
        consumer = self.receiver.consumer()
        crash(consumer, "_replay" if moment == "before" else "_retry", moment, nth)
        try:
            await consumer.release(*key)
            self.model.release(key)
        except Crash:
            self.model.release(key, attempts=nth - 1 if moment == "before" else nth)
        await self._retry()

    @precondition(lambda self: self.model.all_waiting())
    @rule(subject=SUBJECTS)
    def be_interrupted_while_releasing(self, subject: UUID) -> None:
        key = "bangkom.training", str(subject)
        self.receiver.interrupted = True
        with suppress(ConnectionResetError):
            self.place.run(self.receiver.consumer().release(*key))
            self.model.release(key)
        self.receiver.interrupted = False

    @precondition(lambda self: self.model.all_waiting())
    @rule(index=st.integers(0, 100), command=st.sampled_from(["replay", "replay", "discard"]))
    def operate(self, index: int, command: str) -> None:
        """An operator decides on a held record."""
        waiting = self.model.all_waiting()
        self.place.run(self._operate(command, waiting[index % len(waiting)]))

    async def _operate(self, command: str, waiting: Waiting) -> None:
        ((number,),) = await self.place.rows("SELECT id FROM held_records WHERE event_id = $1", waiting.told.event_id)
        await self.receiver.operate(command, str(number), *(["--yes"] if command == "discard" else []))
        getattr(self.model, command)(waiting)

    # What must hold

    @invariant()
    def agrees_with_the_model(self) -> None:
        self.place.run(self._compare())

    async def _compare(self) -> None:
        model, receiver = self.model, self.receiver
        effects = {subject: numbers for subject, numbers in model.effects.items() if numbers}
        pairs = {
            "seen": (model.seen, await receiver.inbox()),
            "effects": (effects, await receiver.effects()),
            "told": (effects, await receiver.told()),
            "units": (model.states, await receiver.units()),
            "held": (model.held(), await receiver.held()),
            "parked": (model.parked(), await receiver.parked()),
        }
        differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        assert not differing, f"expected and seen: {differing}"

    def teardown(self) -> None:
        """However it went, in the end all is well: what was wrong is put right, and the rest needs nobody."""
        if self.zombie:
            self.place.run(self.zombie.end(goes_on=False))
        if sys.exc_info()[0] is None:
            self.place.run(self._end())

    async def _end(self) -> None:
        self.model.failing.clear()
        self.model.early.clear()
        for _ in range(2):
            await self._retry()
            for waiting in self.model.all_waiting():
                if waiting.status == "DEAD" and waiting in self.model.all_waiting():
                    await self._operate("replay", waiting)
            rest = slice(self.offset, len(self.log.records))
            await self.consumer.take(self.log.records[rest])
            self._taken(rest)
        await self._compare()
        self._check_the_model()

    def _check_the_model(self) -> None:
        """The model itself must have let every fact take effect that could: nothing waits but behind the unreadable."""
        for told in self.log.told:
            if not isinstance(told, Fact) or told.kind in (Kind.UNREADABLE, Kind.UNKNOWN):
                continue
            waits = told.event_id in {
                each.told.event_id for each in self.model.all_waiting() if each.status == "BEHIND"
            }
            left = waits or told.event_id in self.model.discarded
            assert self.model.effects[told.subject].count(told.number) == (0 if left else 1), told

    def _next(self, count: int) -> slice:
        return slice(self.offset, min(self.offset + count, len(self.log.records)))

    def _taken(self, batch: slice) -> None:
        self.model.take(self.log.told[batch])
        self.offset = batch.stop

    async def _started(self, batch: slice, step: str) -> Taking:
        """A consumer that takes the batch and stands still before the step."""
        consumer = self.receiver.consumer()
        halt = Halt(consumer, step)
        task = asyncio.create_task(consumer.take(self.log.records[batch]))
        await halt.reached.wait()
        return Taking(halt, task, batch)

    async def _meanwhile(self, batch: slice, step: str, goes_on: bool, other: Coroutine[Any, Any, object]) -> None:
        """Have the other begin while a consumer stands before a step of the batch; both then come to their ends."""
        first = await self._started(batch, step)
        second = asyncio.create_task(other)
        await self.place.ended_or_waiting(second)
        await first.end(goes_on=goes_on)
        await second
