"""The consumer against a model, under any story of deliveries, failures, crashes and replays."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.delivery.consumer import NotYet
from shared.delivery.envelope import Received, Record
from tests.integration.ledger import TOPIC, Ledger, make_due, measured

KEYS = [UUID(int=number) for number in range(1, 4)]
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["deliver", "die_before_commit", "die_after_commit"]), st.integers(1, 12)),
    st.tuples(st.sampled_from(["publish", "publish_poison", "withhold", "heal"]), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["retry", "rewind"]), st.just(None)),
)


class Crash(BaseException):
    """The process dies here."""


class Story:
    """One log, one consumer, and all that may happen to them; at every moment each key has a prefix of its numbers."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.log: list[Record] = []
        self.published: dict[UUID, list[int]] = {key: [] for key in KEYS}
        self.offset = 0
        self.poisoned: set[tuple[UUID, int]] = set()
        self.withheld: set[UUID] = set()
        ledger.fail = self._failure
        self.consumer = ledger.consumer()

    def _failure(self, event: Received[Any]) -> BaseException | None:
        if event.subject in self.withheld:
            return NotYet(event)
        return ValueError() if (event.subject, event.data.post_score) in self.poisoned else None

    async def act(self, name: str, argument: Any) -> None:
        await getattr(self, name)(argument)
        for key, numbers in (await self.ledger.effects()).items():
            assert numbers == self.published[key][: len(numbers)]

    async def publish(self, key: UUID) -> None:
        """Three events of the key."""
        for _ in range(3):
            number = len(self.published[key])
            self.published[key].append(number)
            self.log.append(measured(key, number))

    async def deliver(self, count: int) -> None:
        batch = self.log[self.offset : self.offset + count]
        if batch:
            await self.consumer.take(batch)
            self.offset += len(batch)

    async def die_before_commit(self, count: int) -> None:
        await self._die(count, after=False)

    async def die_after_commit(self, count: int) -> None:
        await self._die(count, after=True)

    async def _die(self, count: int, *, after: bool) -> None:
        consumer = self.ledger.consumer()
        real = consumer.commit_db

        async def die(session: AsyncSession) -> None:
            if after:
                await real(session)
            raise Crash

        consumer.commit_db = die  # type: ignore[method-assign]
        if batch := self.log[self.offset : self.offset + count]:
            with pytest.raises(Crash):
                await consumer.take(batch)

    async def publish_poison(self, key: UUID) -> None:
        """Three events of the key, the second of which fails in its handler."""
        self.poisoned.add((key, len(self.published[key]) + 1))
        await self.publish(key)

    async def withhold(self, key: UUID) -> None:
        """The row that the key's events need is not there."""
        self.withheld.add(key)

    async def heal(self, key: UUID) -> None:
        """All that is wrong with the key is put right, and an operator releases it."""
        self.poisoned = {(k, n) for k, n in self.poisoned if k != key}
        self.withheld.discard(key)
        assert await self.consumer.release(TOPIC, str(key))

    async def retry(self, _: None) -> None:
        await make_due(self.ledger.database)
        await self.consumer.retry_deferred()

    async def rewind(self, _: None) -> None:
        """The offsets are lost."""
        self.offset = 0

    async def end(self) -> None:
        for key in KEYS:
            await self.heal(key)
        await self.deliver(len(self.log))
        assert await self.ledger.effects() == {key: numbers for key, numbers in self.published.items() if numbers}
        assert await self.ledger.held() == []


async def test_every_story_ends_with_each_event_once_and_in_order(ledger: Ledger) -> None:
    loop = asyncio.get_running_loop()

    async def play(actions: list[tuple[str, Any]]) -> None:
        async with ledger.database.transaction() as session:
            await session.execute(text("TRUNCATE ledger, inbox, held_records, parked_keys"))
        story = Story(ledger)
        for name, argument in actions:
            await story.act(name, argument)
        await story.end()

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(ACTIONS, max_size=40))
    def check(actions: list[tuple[str, Any]]) -> None:
        asyncio.run_coroutine_threadsafe(play(actions), loop).result(60)

    await asyncio.to_thread(check)
