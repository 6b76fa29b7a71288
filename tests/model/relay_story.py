"""Any story of relays: they die or lose their lock between any two steps, and the broker fails or refuses."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from shared.delivery import outbox, relay
from shared.delivery.relay import Relay
from shared.delivery.transport import Transport
from tests.conformance.crash import Crash
from tests.model.broker import PARTITIONS, Broker
from tests.model.gates import Gates
from tests.model.log import LEARNING
from tests.model.place import Place
from tests.waiting import wait_until

SUBJECTS = st.sampled_from([UUID(int=number) for number in range(1, 5)])
STEPS = ("fetch_batch", "send_batch", "mark_published")
PLACES = st.sampled_from([f"{moment} {step}" for step in STEPS for moment in ("before", "after")])
ENOUGH_STEPS = 400
RELEASE = "DELETE FROM refused_keys"
EMPTY = "TRUNCATE outbox, refused_keys"
HELD = "SELECT topic, key FROM refused_keys"
OWED = f"SELECT count(*) FROM outbox WHERE published_at IS NULL AND (topic, key) NOT IN ({HELD})"
LEADS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1"


@contextmanager
def in_small_rounds() -> Iterator[None]:
    """Have every relay read a few rows at a time, and ask at once again."""
    with pytest.MonkeyPatch.context() as changes:
        for name, value in {"ROWS": 8, "CHUNK": 4, "POLL_SECONDS": 0.001, "LONGEST_PAUSE": 0.001}.items():
            changes.setattr(relay, name, value)
        yield


class Process:
    """One relay at work, held before and after each of its steps."""

    def __init__(self, place: Place, broker: Broker) -> None:
        self.relay = Relay(place.database, cast("Transport", broker))
        self.gates = Gates(self.relay, *STEPS)
        self.task = asyncio.create_task(self.relay.run(asyncio.Event()))

    @property
    def at(self) -> str | None:
        return self.gates.at

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError, Crash):
            await self.task


class RelayStory(RuleBasedStateMachine):
    """One outbox, a relay that leads, one that waits for its turn, and one that does not know yet that it lost it."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.broker = Broker()
        self.committed: dict[UUID, list[int]] = defaultdict(list)
        self.number = 0
        self.leader: Process
        self.follower: Process
        self.zombie: Process | None = None
        self.committing: tuple[UUID, asyncio.Event, asyncio.Task[None]] | None = None

    @initialize()
    def begin(self) -> None:
        self.place.run(self._begin())

    async def _begin(self) -> None:
        await self.place.execute(EMPTY)
        self.leader, self.follower = self._process(), self._process()
        await self._somebody_leads()

    def _process(self) -> Process:
        return Process(self.place, self.broker)

    async def _somebody_leads(self) -> None:
        """Wait until one of the two has the lock and stands at a step."""

        def settled() -> bool:
            return any(p.at for p in self._rivals()) and not any(p.relay.connected for p in self._rivals() if not p.at)

        await wait_until(settled, within=30, every=0.001)
        self.leader, self.follower = sorted(self._rivals(), key=lambda process: process.at is None)

    def _rivals(self) -> tuple[Process, Process]:
        return self.leader, self.follower

    # What is committed

    @rule(subjects=st.lists(SUBJECTS, min_size=1, max_size=6))
    def commit(self, subjects: list[UUID]) -> None:
        self.place.run(self._commit([each for each in subjects if not self._is_locked(each)]))

    @rule(subject=SUBJECTS, count=st.integers(4, 8))
    def commit_many(self, subject: UUID, count: int) -> None:
        """More events of one subject than go into one batch."""
        if not self._is_locked(subject):
            self.place.run(self._commit([subject] * count))

    @rule(subject=SUBJECTS)
    def roll_back(self, subject: UUID) -> None:
        self.place.run(self._roll_back(subject))

    async def _roll_back(self, subject: UUID) -> None:
        async with self.place.database.session() as session:
            outbox.record(session, self._event(subject))
            await session.rollback()

    async def _commit(self, subjects: list[UUID]) -> None:
        async with self.place.database.transaction() as session:
            events = [self._event(subject) for subject in subjects]
            outbox.record_all(session, events)
        self._is_committed(*events)

    def _event(self, subject: UUID) -> Any:
        self.number += 1
        return LEARNING.model_copy(update={"enrolment_id": subject, "post_score": self.number, "max_score": 10**6})

    def _is_committed(self, *events: Any) -> None:
        for event in events:
            self.committed[event.subject].append(event.post_score)

    def _is_locked(self, subject: UUID) -> bool:
        return self.committing is not None and self.committing[0] == subject

    @precondition(lambda self: self.committing is None)
    @rule(subject=SUBJECTS)
    def commit_slowly(self, subject: UUID) -> None:
        """A transaction has written its rows, whose numbers are lower than those of others that commit before it."""
        self.place.run(self._commit_slowly(subject))

    async def _commit_slowly(self, subject: UUID) -> None:
        written, goes_on, event = asyncio.Event(), asyncio.Event(), self._event(subject)

        def hold(_: Session) -> None:
            written.set()
            await_only(goes_on.wait())

        async def commit() -> None:
            async with self.place.database.session() as session:
                sqlalchemy_event.listen(session.sync_session, "before_commit", hold)
                outbox.record(session, event)
                await session.commit()
            self._is_committed(event)

        self.committing = subject, goes_on, asyncio.create_task(commit())
        await written.wait()

    @precondition(lambda self: self.committing)
    @rule()
    def commit_at_last(self) -> None:
        self.place.run(self._commit_at_last())

    async def _commit_at_last(self) -> None:
        assert self.committing
        _, goes_on, task = self.committing
        self.committing = None
        goes_on.set()
        await task

    # How the broker fares

    @rule(partition=st.sampled_from(sorted(PARTITIONS)), batches=st.integers(1, 2), stored=st.booleans())
    def fail(self, partition: int, batches: int, stored: bool) -> None:
        """The next batches of a partition fail, whether the broker has stored them or not."""
        (self.broker.unanswered if stored else self.broker.lost)[partition] += batches

    @rule(subject=SUBJECTS, later=st.integers(0, 3))
    def commit_what_is_refused(self, subject: UUID, later: int) -> None:
        """An event that the broker refuses, and events of the subject that come after it."""
        if not self._is_locked(subject):
            self.broker.refused.add(self.number + 1)
            self.place.run(self._commit([subject] * (1 + later)))

    @rule()
    def accept_what_was_refused(self) -> None:
        """The broker takes now what it refused, and an operator lets the keys go on."""
        self.broker.refused.clear()
        self.place.run(self.place.execute(RELEASE))

    @rule()
    def send_all_again(self) -> None:
        self.place.run(self.place.execute("UPDATE outbox SET published_at = NULL"))

    # How the relays fare

    @rule(place=PLACES)
    def go_on(self, place: str) -> None:
        self.place.run(self._go_on(place))

    async def _go_on(self, place: str) -> None:
        """Let the relay at work go on until it stands at that place, which it never does with nothing to send."""
        for _ in range(len(STEPS) * 2):
            await self._step()
            if self.leader.at == place:
                return

    async def _step(self) -> None:
        self.leader.gates.pass_on()
        await self._somebody_leads()

    @rule(place=PLACES)
    def die(self, place: str) -> None:
        """The relay at work ends where it stands; the other takes over."""
        self.place.run(self._die(place))

    async def _die(self, place: str) -> None:
        await self._go_on(place)
        self.leader.gates.pass_on(alive=False)
        await self.leader.end()
        await self._take_over()

    async def _take_over(self) -> None:
        await wait_until(lambda: self.follower.at, within=30, every=0.001)
        self.leader, self.follower = self.follower, self._process()

    @precondition(lambda self: self.zombie is None)
    @rule(place=PLACES)
    def lose_the_lock(self, place: str) -> None:
        """The relay at work stands still for so long that the server ends its session; the other takes over."""
        self.place.run(self._lose_the_lock(place))

    async def _lose_the_lock(self, place: str) -> None:
        await self._go_on(place)
        await self.place.rows(f"SELECT pg_terminate_backend(pid) FROM ({LEADS}) AS l", relay.LOCK)
        self.zombie = self.leader
        await self._take_over()

    @precondition(lambda self: self.zombie)
    @rule()
    def wake_up(self) -> None:
        """It goes on where it stood; what it had not begun to send it does not send, and it marks nothing."""
        self.place.run(self._wake_up())

    async def _wake_up(self) -> None:
        assert self.zombie
        zombie, self.zombie = self.zombie, None
        may_send = zombie.at == "before send_batch"
        before, marked = len(self.broker.log), await self._marked()
        while zombie.relay.connected:
            if zombie.at:
                zombie.gates.pass_on()
            await asyncio.sleep(0)
        await zombie.end()
        assert may_send or len(self.broker.log) == before
        assert await self._marked() == marked

    # What must hold

    async def _marked(self) -> set[UUID]:
        rows = await self.place.rows("SELECT event_id FROM outbox WHERE published_at IS NOT NULL")
        return {event_id for (event_id,) in rows}

    @invariant()
    def sends_what_was_committed_in_its_order(self) -> None:
        for subject, numbers in self.broker.first_deliveries().items():
            assert numbers == self.committed[subject][: len(numbers)]

    @invariant()
    def marks_only_what_the_log_holds(self) -> None:
        stored = {row.event_id for row in self.broker.log}
        assert self.place.run(self._marked()) <= stored

    @invariant()
    def is_led_by_one(self) -> None:
        assert len(self.place.run(self.place.rows(LEADS, relay.LOCK))) <= 1

    def teardown(self) -> None:
        """However it went, in the end all that was committed has been sent."""
        try:
            if sys.exc_info()[0] is None:
                self.place.run(self._end())
        finally:
            self.place.run(self._stop())

    async def _end(self) -> None:
        if self.committing:
            await self._commit_at_last()
        self.broker.heal()
        await self._drain()
        held = {UUID(key) for _, key in await self.place.rows(HELD)}
        self._has_sent_all(set(self.committed) - held)
        self.broker.refused.clear()
        await self.place.execute(RELEASE)
        await self._drain()
        self._has_sent_all(set(self.committed))

    async def _drain(self) -> None:
        """Let the relay work until it finds nothing more to send."""
        for _ in range(ENOUGH_STEPS):
            if await self.place.rows(OWED) == [(0,)]:
                return
            await self._step()
        raise AssertionError(f"something is owed after {ENOUGH_STEPS} steps")

    def _has_sent_all(self, subjects: set[UUID]) -> None:
        first = self.broker.first_deliveries()
        assert {subject: first.get(subject, []) for subject in subjects} == {s: self.committed[s] for s in subjects}

    async def _stop(self) -> None:
        if self.committing:
            await self._commit_at_last()
        for process in (self.leader, self.follower, self.zombie):
            if process:
                await process.end()
