"""What a consumer promises, written from the promise: each event once, in order per key, and nothing stops another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

Key = tuple[str, str]
"""A topic and a key in it: what keeps an order."""


class Kind(StrEnum):
    """What is to be known of a record in order to say what becomes of it."""

    GOOD = "good"
    FAILS = "fails"  # until its handler is mended
    EARLY = "early"  # until the row that it needs is there
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a subject; without a key nobody waits behind it."""

    event_id: UUID
    topic: str
    key: str | None
    kind: Kind
    subject: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a subject is from now on; name is None when it is no more."""

    event_id: UUID
    topic: str
    key: str | None
    kind: Kind
    subject: UUID
    sequence: int
    name: str | None


Told = Fact | State


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A record that is held."""

    told: Told
    status: str
    held_for_a_day: bool = False


@dataclass
class Consumption:
    """A consumer as it shall be: what it has seen, what took effect, what waits."""

    seen: set[UUID] = field(default_factory=set)
    effects: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))
    states: dict[UUID, tuple[int, str | None]] = field(default_factory=dict)
    queues: dict[Key, list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    letters: list[Waiting] = field(default_factory=list)
    discarded: set[UUID] = field(default_factory=set)
    failing: set[UUID] = field(default_factory=set)
    early: set[UUID] = field(default_factory=set)

    def tell(self, told: Told) -> None:
        """A record was published, and what is wrong with it is wrong from now on."""
        if told.kind is Kind.FAILS:
            self.failing.add(told.event_id)
        elif told.kind is Kind.EARLY:
            self.early.add(told.event_id)

    def take(self, records: Iterable[Told]) -> None:
        """Records arrive: each is seen once."""
        for told in records:
            if told.event_id in self.seen:
                continue
            self.seen.add(told.event_id)
            queue = self.queues[told.topic, told.key] if isinstance(told, Fact) and told.key else None
            if queue:
                queue.append(Waiting(told=told, status="BEHIND"))
            elif status := self._attempt(told):
                (self.letters if queue is None else queue).append(Waiting(told=told, status=status))

    def _attempt(self, told: Told) -> str | None:
        """Let a record take effect; else say as what it waits."""
        if told.kind is Kind.UNREADABLE or told.event_id in self.failing:
            return "DEAD"
        if told.event_id in self.early:
            return "DEFERRED"
        if told.kind is not Kind.UNKNOWN:
            self._take_effect(told)
        return None

    def _take_effect(self, told: Told) -> None:
        if isinstance(told, Fact):
            self.effects[told.subject].append(told.number)
        elif told.subject not in self.states or self.states[told.subject][0] < told.sequence:
            self.states[told.subject] = (told.sequence, told.name)

    def release(self, key: Key, attempts: int | None = None) -> None:
        """The records that wait for a key take effect in order, until one fails, or whoever does it dies."""
        queue = self.queues[key]
        for head in queue[:attempts]:
            if not self._retry(head):
                break
            queue.remove(head)

    def _retry(self, head: Waiting) -> bool:
        status = self._attempt(head.told)
        if status is None:
            return True
        head.status = "DEAD" if status == "DEFERRED" and head.held_for_a_day else status
        return False

    def retry_due(self) -> None:
        """Whatever waits for a row is tried again, without anybody asking."""
        for key, queue in list(self.queues.items()):
            if queue and queue[0].status != "DEAD":
                self.release(key)

    def replay(self, waiting: Waiting) -> None:
        """An operator has a record, and what waits behind its key, tried again."""
        if waiting in self.letters:
            if self._retry(waiting):
                self.letters.remove(waiting)
        else:
            self.release(_key(waiting))

    def discard(self, waiting: Waiting) -> None:
        """An operator throws a record away: it never takes effect, and what waits behind it goes on."""
        self.discarded.add(waiting.told.event_id)
        if waiting in self.letters:
            self.letters.remove(waiting)
        else:
            self.queues[_key(waiting)].remove(waiting)
            self.release(_key(waiting))

    def all_waiting(self) -> list[Waiting]:
        return [*self.letters, *(each for queue in self.queues.values() for each in queue)]

    def parked(self) -> set[Key]:
        """The keys behind which records wait."""
        return {key for key, queue in self.queues.items() if queue}

    def held(self) -> dict[tuple[str, str | None], list[tuple[UUID, str]]]:
        """What waits, oldest first by topic and key, and as what."""
        found: dict[tuple[str, str | None], list[tuple[UUID, str]]] = defaultdict(list)
        for each in self.all_waiting():
            found[each.told.topic, each.told.key].append((each.told.event_id, each.status))
        return dict(found)


def _key(waiting: Waiting) -> Key:
    assert waiting.told.key
    return waiting.told.topic, waiting.told.key
