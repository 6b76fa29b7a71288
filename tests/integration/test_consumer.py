"""The consumer on a real database: waves, halves, what is transient, and a model it must agree with."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery.consumer import Consumer, Handlers, NotYet, waves
from shared.delivery.envelope import Received, Record
from shared.errors import NotFound
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import UnitRecorded
from shared.events.training import EnrolmentConfirmed, LearningMeasured, TrainingCompleted
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.records import record_of
from tests.waiting import wait_until

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


@pytest.fixture
async def ledger(make_database: MakeDatabase) -> Ledger:
    database = await make_database(service="evaluation")
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE ledger (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid, number int)")
        )
    return Ledger(database)


def received(contract: type[Event], subject: UUID, number: int) -> Received[Event]:
    return Received(
        event_id=new_id(),
        type=contract,
        topic=TOPIC,
        subject=subject,
        time=None,
        sequence=number,
        agency="medan",
        correlation_id=subject,
        causation_id=None,
        payload=None,
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([UUID(int=n) for n in range(5)]),
            st.sampled_from([EnrolmentConfirmed, LearningMeasured, TrainingCompleted]),
        ),
        max_size=60,
    )
)
def test_waves_keep_order_per_key_and_call_once_per_type_and_turn(given_events: list[tuple[UUID, type[Event]]]) -> None:
    events = [received(contract, subject, number) for number, (subject, contract) in enumerate(given_events)]

    calls = waves(events)

    in_order: dict[UUID, list[int]] = defaultdict(list)
    for call in calls:
        assert len({event.type for event in call}) == 1
        assert len({event.subject for event in call}) == len(call)
        for event in call:
            in_order[event.subject].append(event.sequence)
    assert sorted(n for numbers in in_order.values() for n in numbers) == list(range(len(events)))
    assert all(numbers == sorted(numbers) for numbers in in_order.values())
    longest = max(Counter(subject for subject, _ in given_events).values(), default=0)
    assert len(calls) <= longest * 3


async def test_handler_gets_many_keys_in_one_call(ledger: Ledger) -> None:
    subjects = [new_id() for _ in range(40)]

    await ledger.consumer().take([measured(s, n) for n in range(3) for s in subjects])

    assert ledger.calls == [[0] * 40, [1] * 40, [2] * 40]
    assert await ledger.effects() == {subject: [0, 1, 2] for subject in subjects}


async def test_culprit_is_found_by_halves(ledger: Ledger) -> None:
    subjects = [new_id() for _ in range(64)]
    ledger.fail = lambda event: ValueError() if event.subject == subjects[37] else None
    before = figures()

    await ledger.consumer().take([measured(subject, 0) for subject in subjects])

    assert await ledger.effects() == {subject: [0] for subject in subjects if subject != subjects[37]}
    assert await ledger.held() == ["DEAD"]
    assert len(ledger.calls) <= 2 * 6 + 1
    after = figures()
    assert [after[name] - before[name] for name in ("handled", "held", "duplicate")] == [63, 1, 0]


def figures() -> dict[str, float]:
    """What the counters say now."""
    handled = {"service": "evaluation", "type": LearningMeasured.type}
    held = {"service": "evaluation", "status": "DEAD"}
    found = {
        "handled": REGISTRY.get_sample_value("bangkom_events_handled_total", handled),
        "held": REGISTRY.get_sample_value("bangkom_events_held_total", held),
        "duplicate": REGISTRY.get_sample_value("bangkom_events_duplicate_total", {"service": "evaluation"}),
    }
    return {name: value or 0.0 for name, value in found.items()}


async def test_same_event_twice_in_a_batch_takes_effect_once(ledger: Ledger) -> None:
    record, before = measured(new_id(), 1), figures()

    await ledger.consumer().take([record, record, record])

    assert list((await ledger.effects()).values()) == [[1]]
    assert figures()["duplicate"] - before["duplicate"] == 2


RAISE = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$"
TRANSIENT = ("08006", "40001", "40P01", "53300", "53100", "57P01", "58030", "55P03", "57014")
LASTING = ("22012", "23505", "23503", "42P01", "P0001", "22021")


@pytest.mark.parametrize("state", TRANSIENT)
async def test_transient_state_is_raised_and_nothing_kept(ledger: Ledger, state: str) -> None:
    record, consumer = measured(new_id(), 1), ledger.consumer()
    ledger.statement = RAISE.format(state)

    with pytest.raises(Exception, match=r"."):
        await consumer.take([record])
    ledger.statement = "SELECT 1"
    await consumer.take([record])

    assert await ledger.held() == []
    assert list((await ledger.effects()).values()) == [[1]]


@pytest.mark.parametrize("state", LASTING)
async def test_lasting_state_is_a_dead_letter(ledger: Ledger, state: str) -> None:
    ledger.statement = RAISE.format(state)

    await ledger.consumer().take([measured(new_id(), 1)])

    assert await ledger.held() == ["DEAD"]
    assert await ledger.effects() == {}


async def test_session_that_is_ended_in_the_middle_parks_nothing(ledger: Ledger) -> None:
    record, consumer = measured(new_id(), 1), ledger.consumer()
    ledger.statement = "SELECT pg_terminate_backend(pg_backend_pid())"

    with pytest.raises(Exception, match=r"."):
        await consumer.take([record])
    ledger.statement = "SELECT 1"
    await consumer.take([record])

    assert await ledger.held() == []
    assert list((await ledger.effects()).values()) == [[1]]


async def test_deferred_event_waits_longer_each_time_and_is_dead_after_a_day(ledger: Ledger) -> None:
    subject, consumer = new_id(), ledger.consumer()

    def not_yet(event: Received[Any]) -> BaseException:
        return NotYet(event)

    ledger.fail = not_yet
    await consumer.take([measured(subject, 0), measured(subject, 1)])
    waits = []
    for _ in range(7):
        await make_due(ledger.database)
        await consumer.retry_deferred()
        waits.append(await seconds_to_wait(ledger.database))
    before = await ledger.held()
    async with ledger.database.transaction() as session:
        await session.execute(text("UPDATE held_records SET held_at = held_at - interval '25 hours'"))
    await make_due(ledger.database)
    await consumer.retry_deferred()

    assert [round(seconds) for seconds in waits] == [1, 2, 4, 8, 16, 30, 30]
    assert before == ["DEFERRED", "BEHIND"]
    assert await ledger.held() == ["DEAD", "BEHIND"]
    assert await ledger.effects() == {}


async def make_due(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE held_records SET retry_at = clock_timestamp() WHERE status = 'DEFERRED'"))


async def seconds_to_wait(database: Database) -> float:
    async with database.session() as session:
        waits = text("SELECT extract(epoch FROM retry_at - clock_timestamp())::float FROM held_records ORDER BY id")
        return await session.scalar(waits) or 0.0


async def test_replay_of_what_is_not_held_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await ledger.consumer().replay(1)


async def test_replay_of_bytes_that_were_not_kept_fails_and_stays(ledger: Ledger) -> None:
    record = record_of(EmployeeRecorded.model_validate(EmployeeRecorded.example))
    consumer = ledger.consumer({EmployeeRecorded: refuse})
    await consumer.take([record])
    (held_id,) = await ledger.held("id")

    assert not await consumer.replay(held_id)
    assert await ledger.held("reason") == ["bytes_not_kept"]


async def refuse(session: AsyncSession, events: list[Received[Any]]) -> None:
    raise ValueError


async def test_state_replayed_by_two_operators_takes_effect_once(ledger: Ledger) -> None:
    failing = True

    async def handle(session: AsyncSession, events: list[Received[UnitRecorded]]) -> None:
        await session.execute(text("INSERT INTO ledger (number) VALUES (1)"))
        if failing:
            raise ValueError

    consumers = [ledger.consumer({UnitRecorded: handle}) for _ in range(4)]
    await consumers[0].take([record_of(UnitRecorded.model_validate(UnitRecorded.example))])
    (held_id,) = await ledger.held("id")
    failing = False

    outcomes = await asyncio.gather(*(each.replay(held_id) for each in consumers), return_exceptions=True)

    assert outcomes.count(True) == 1
    assert await ledger.held() == []
    async with ledger.database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM ledger")) == 1


async def test_release_waits_for_a_batch_that_is_about_to_hold_behind_it(ledger: Ledger) -> None:
    subject, releasing, taking, gate = new_id(), ledger.consumer(), ledger.consumer(), asyncio.Event()
    ledger.fail = lambda _: ValueError()
    await releasing.take([measured(subject, 0)])
    ledger.fail = lambda _: None
    commit = taking.commit_db

    async def commit_when_open(session: AsyncSession) -> None:
        await gate.wait()
        await commit(session)

    taking.commit_db = commit_when_open  # type: ignore[method-assign]
    batch = asyncio.create_task(taking.take([measured(subject, 1)]))
    await wait_until(lambda: in_transaction(ledger.database))
    release = asyncio.create_task(releasing.release(TOPIC, str(subject)))
    await wait_until(lambda: waits_for_a_lock(ledger.database))
    gate.set()
    await asyncio.gather(batch, release)

    assert await ledger.effects() == {subject: [0, 1]}
    assert await ledger.held() == []


async def in_transaction(database: Database) -> bool:
    return await exists(database, "state = 'idle in transaction' AND query LIKE '%parked_keys%'")


async def waits_for_a_lock(database: Database) -> bool:
    return await exists(database, "wait_event_type = 'Lock'")


async def exists(database: Database, condition: str) -> bool:
    activity = f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND {condition})"
    async with database.session() as session:
        return bool(await session.scalar(text(activity)))


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
