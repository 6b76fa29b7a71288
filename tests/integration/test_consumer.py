"""The consumer on a real database: waves, halves, what is transient, what waits and how it is replayed."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery.consumer import NotYet, waves
from shared.delivery.envelope import Received, Record
from shared.errors import NotFound
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import UnitRecorded
from shared.events.training import EnrolmentConfirmed, LearningMeasured, TrainingCompleted
from shared.ids import new_id
from tests.conformance.crash import Crash, crash
from tests.integration.ledger import TOPIC, Ledger, make_due, measured
from tests.locks import waits_for_a_lock
from tests.records import record_of
from tests.waiting import wait_until


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
    held = {"service": "evaluation", "type": LearningMeasured.type, "status": "DEAD", "reason": "handler"}
    found = {
        "handled": REGISTRY.get_sample_value("bangkom_events_handled_total", handled),
        "held": REGISTRY.get_sample_value("bangkom_events_held_total", held),
        "duplicate": REGISTRY.get_sample_value("bangkom_events_duplicate_total", {"service": "evaluation"}),
    }
    return {name: value or 0.0 for name, value in found.items()}


async def test_delay_is_that_of_the_oldest_event_and_observed_once_a_batch(ledger: Ledger) -> None:
    before, now = delays(), datetime.now(UTC)

    await ledger.consumer().take([happened(now - timedelta(minutes=minutes)) for minutes in (1, 3, 2)])
    await ledger.consumer().take([happened(now + timedelta(hours=2))])

    count, seconds = (after - earlier for after, earlier in zip(delays(), before, strict=True))
    assert count == 2
    assert 180 <= seconds < 360


def happened(at: datetime) -> Record:
    record = measured(new_id(), 1)
    headers = [(name, at.isoformat().encode() if name == "ce_time" else value) for name, value in record.headers]
    return replace(record, headers=headers)


def delays() -> tuple[float, float]:
    """How many batches were observed, and the seconds of all of them."""
    names = ("bangkom_effect_delay_seconds_count", "bangkom_effect_delay_seconds_sum")
    count, seconds = (REGISTRY.get_sample_value(name, {"service": "evaluation"}) or 0.0 for name in names)
    return count, seconds


async def test_same_event_twice_in_a_batch_takes_effect_once(ledger: Ledger) -> None:
    record, before = measured(new_id(), 1), figures()

    await ledger.consumer().take([record, record, record])

    assert list((await ledger.effects()).values()) == [[1]]
    assert figures()["duplicate"] - before["duplicate"] == 2


RAISE = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$"
TRANSIENT = ("08006", "25P03", "40001", "40P01", "53300", "53100", "57P01", "58030", "55P03", "57014")
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
    failing, inside, gate = True, 0, asyncio.Event()

    async def handle(session: AsyncSession, events: list[Received[UnitRecorded]]) -> None:
        nonlocal inside
        await session.execute(text("INSERT INTO ledger (number) VALUES (1)"))
        if failing:
            raise ValueError
        inside += 1
        await gate.wait()

    async def both_have_begun() -> bool:
        return inside == len(consumers) or bool(inside and await waits_for_a_lock(ledger.database))

    consumers = [ledger.consumer({UnitRecorded: handle}) for _ in range(2)]
    await consumers[0].take([record_of(UnitRecorded.model_validate(UnitRecorded.example))])
    (held_id,) = await ledger.held("id")
    failing = False

    replays = [asyncio.create_task(each.replay(held_id)) for each in consumers]
    await wait_until(both_have_begun)
    gate.set()
    outcomes = await asyncio.gather(*replays, return_exceptions=True)

    assert outcomes.count(True) == 1
    assert [type(outcome) for outcome in outcomes if outcome is not True] == [NotFound]
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


@pytest.mark.parametrize("released", [1, 2, 3])
async def test_release_that_is_cut_short_goes_on_without_anybody_asking(ledger: Ledger, released: int) -> None:
    subject, dying, consumer = new_id(), ledger.consumer(), ledger.consumer()
    ledger.fail = lambda _: ValueError()
    await consumer.take([measured(subject, number) for number in range(3)])
    ledger.fail = lambda _: None
    crash(dying, "_retry", "after", nth=released)
    with pytest.raises(Crash):
        await dying.release(TOPIC, str(subject))

    await consumer.take([measured(subject, 3)])
    await consumer.retry_deferred()

    assert await ledger.effects() == {subject: [0, 1, 2, 3]}
    assert await ledger.held() == []


async def test_release_that_meets_a_passing_failure_leaves_everything_as_it_was(ledger: Ledger) -> None:
    subject, consumer = new_id(), ledger.consumer()
    ledger.fail = lambda _: ValueError()
    await consumer.take([measured(subject, number) for number in range(2)])
    before = await ledger.held("(status, reason, attempts)")

    ledger.fail = lambda _: ConnectionResetError()
    with pytest.raises(ConnectionResetError):
        await consumer.release(TOPIC, str(subject))
    after = await ledger.held("(status, reason, attempts)")
    ledger.fail = lambda _: None
    released = await consumer.release(TOPIC, str(subject))

    assert after == before
    assert released
    assert await ledger.effects() == {subject: [0, 1]}


async def in_transaction(database: Database) -> bool:
    idle = "datname = current_database() AND state = 'idle in transaction' AND query LIKE '%parked_keys%'"
    async with database.session() as session:
        return bool(await session.scalar(text(f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE {idle})")))
