"""The relay: one at a time, in order per key, and what the log refuses holds its own key only."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from shared.db import Database
from shared.delivery import outbox
from shared.delivery.envelope import Record
from shared.delivery.relay import SESSION
from shared.delivery.transport import Outgoing, Sender, Sent
from shared.errors import Invalid
from shared.events.training import TrainingCompleted
from shared.ids import new_id
from tests.conformance.conftest import OpenKafka
from tests.conformance.logs import KafkaLog, read_all
from tests.conformance.stage import Numbers, Stage, expected, measured, publish, running, unpublished
from tests.conftest import MakeDatabase
from tests.model.gates import Halt
from tests.servers.kafka import KafkaServer
from tests.waiting import wait_until

TRAINING = "bangkom.training"


def numbers_in(records: list[Record]) -> Numbers:
    found: Numbers = defaultdict(list)
    for record in records:
        event = type(measured(new_id(), 0)).model_validate_json(record.value or b"")
        found[event.enrolment_id].append(event.post_score or 0)
    return dict(found)


def completed(subject: UUID, needs: int) -> TrainingCompleted:
    """An event of about 39 bytes for each need."""
    example = TrainingCompleted.model_validate(TrainingCompleted.example)
    return example.model_copy(update={"enrolment_id": subject, "need_ids": tuple(new_id() for _ in range(needs))})


async def test_thousands_of_rows_leave_in_order_per_key(stage: Stage) -> None:
    training, subjects = await stage.publisher(), [new_id() for _ in range(3)]
    for first in range(0, 2000, 500):
        await publish(training, *(measured(s, n) for n in range(first, first + 500) for s in subjects))

    await stage.carry(training)

    records = await read_all(stage.log, [TRAINING], 6000)
    assert numbers_in(records) == expected(subjects, range(2000))


async def test_one_relay_works_and_the_next_takes_over(stage: Stage) -> None:
    training, subject = await stage.publisher(), new_id()
    relays = [stage.relay(training), stage.relay(training)]
    tasks = [asyncio.create_task(relay.run(asyncio.Event())) for relay in relays]
    try:
        await wait_until(lambda: any(relay.connected for relay in relays), within=20)
        await publish(training, *(measured(subject, n) for n in range(20)))
        await all_left(training)
        first = 0 if relays[0].connected else 1
        at_work_before = [relay.connected for relay in relays].count(True)

        tasks[first].cancel()
        await publish(training, *(measured(subject, n) for n in range(20, 40)))
        await all_left(training)
        taken_over = relays[1 - first].connected
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert at_work_before == 1
    assert taken_over
    assert numbers_in(await read_all(stage.log, [TRAINING], 40)) == expected([subject], range(40))


async def test_relay_that_waits_stops_at_once(stage: Stage) -> None:
    training, stopping = await stage.publisher(), asyncio.Event()
    first = stage.relay(training)

    async with running(first):
        await wait_until(lambda: first.connected, within=20)
        waiting = asyncio.create_task(stage.relay(training).run(stopping))
        await asyncio.wait([waiting], timeout=0.5)
        stopping.set()
        await asyncio.wait_for(waiting, 5)

        assert first.connected


async def test_relay_that_lost_its_session_sends_no_more_until_it_leads_again(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    relay = stage.relay(training)

    async with running(relay, evaluation.worker()):
        await publish(training, *(measured(subject, n) for n in range(10)))
        await evaluation.has(10)
        await end_the_leading_session(training)
        await publish(training, *(measured(subject, n) for n in range(10, 20)))
        await evaluation.has(20)

    assert await evaluation.effects() == expected([subject], range(20))


async def end_the_leading_session(database: Database) -> None:
    """What the server does to a relay that was silent for too long."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)"
                " WHERE datname = current_database() AND locktype = 'advisory' AND objid = 7220002"
            )
        )


async def test_relay_that_lost_its_session_sends_nothing_of_what_it_had_read(stage: Stage) -> None:
    training, steps = await stage.publisher(), list[str]()
    relay = stage.relay(training)
    fetch_batch, send_batch = relay.fetch_batch, relay.send_batch

    async def read_and_lose_the_session(connection: asyncpg.Connection) -> list[Outgoing]:
        rows = await fetch_batch(connection)
        if rows:
            steps.append("read")
        if steps == ["read"]:
            await end_the_leading_session(training)
        return rows

    async def send(sender: Sender, rows: list[Outgoing]) -> Sent:
        steps.append("send")
        return await send_batch(sender, rows)

    relay.fetch_batch, relay.send_batch = read_and_lose_the_session, send  # type: ignore[method-assign]
    await publish(training, measured(new_id(), 0))
    async with running(relay):
        await all_left(training)

    assert steps == ["read", "read", "send"]


async def test_relay_speaks_to_its_server_while_the_log_is_slow(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.delivery.relay.HEARTBEAT_SECONDS", 0.05)
    training = await stage.publisher()
    relay = stage.relay(training)
    sending = Halt(relay, "send_batch")

    async with running(relay):
        await publish(training, measured(new_id(), 0))
        await asyncio.wait_for(sending.reached.wait(), 20)
        before = await last_spoken(training)

        async def has_spoken() -> bool:
            return await last_spoken(training) > before

        await wait_until(has_spoken)
        sending.end(goes_on=True)
        await all_left(training)


async def test_relay_that_stands_still_in_a_transaction_loses_its_lead(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {name: "300ms" if value == "10s" else value for name, value in SESSION.items()}
    monkeypatch.setattr("shared.delivery.relay.SESSION", short)
    training, still, goes_on = await stage.publisher(), asyncio.Event(), asyncio.Event()
    first, second = stage.relay(training), stage.relay(training)

    async def stand_still(connection: asyncpg.Connection, sent: Sent) -> None:
        async with first._speaking, connection.transaction():
            still.set()
            await goes_on.wait()

    first.mark_published = stand_still  # type: ignore[method-assign]
    await publish(training, measured(new_id(), 0))
    async with running(first):
        await asyncio.wait_for(still.wait(), 20)
        async with running(second):
            await all_left(training)
            goes_on.set()


async def last_spoken(database: Database) -> datetime:
    """When the relay that leads last said something to the server, which ends the sessions of the silent."""
    async with database.session() as session:
        leading = text(
            "SELECT query_start FROM pg_stat_activity JOIN pg_locks USING (pid)"
            " WHERE datname = current_database() AND locktype = 'advisory' AND objid = 7220002"
        )
        return cast("datetime", await session.scalar(leading))


async def test_events_leave_by_themselves_soon_after_commit(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()

    async with running(stage.relay(training), evaluation.worker()):
        await publish(training, measured(subject, 0))
        await evaluation.has(1)
        await publish(training, measured(subject, 1))
        await evaluation.has(2, within=3)


async def all_left(database: Database, within: float = 20.0) -> None:
    async def none() -> bool:
        return await unpublished(database) == 0

    await wait_until(none, within=within)


async def test_oversized_event_is_refused_before_it_is_owed(stage: Stage) -> None:
    training, subject = await stage.publisher(), new_id()

    with pytest.raises(Invalid):
        async with training.transaction() as session:
            outbox.record(session, completed(subject, 30_000))
    async with training.transaction() as session:
        with pytest.raises(Invalid):
            outbox.record(session, completed(subject, 30_000))
        outbox.record(session, completed(subject, 1))
    await stage.carry(training)

    assert len(await read_all(stage.log, [TRAINING], 1)) == 1


async def test_largest_event_arrives(stage: Stage) -> None:
    training, subject = await stage.publisher(), new_id()
    largest = completed(subject, 22_900)

    async with training.transaction() as session:
        outbox.record(session, largest)
        outbox.record_all(session, [completed(subject, 22_900) for _ in range(3)])
        outbox.record(session, measured(subject, 1))
    await stage.carry(training)

    first, *others, last = await read_all(stage.log, [TRAINING], 5)
    assert 890_000 < len(first.value or b"") <= 900_000
    assert TrainingCompleted.model_validate_json(first.value or b"") == largest
    assert len(others) == 3
    assert numbers_in([last]) == {subject: [1]}


async def test_row_the_broker_refuses_holds_its_key_only(bare_kafka_log: KafkaLog, make_database: MakeDatabase) -> None:
    await bare_kafka_log.create_topics({"max.message.bytes": "20000"})
    stage = Stage(log=bare_kafka_log, make_database=make_database)
    training, refused, *good = await stage.publisher(), *(new_id() for _ in range(8))
    await publish(training, *(measured(s, 0) for s in (refused, *good)))
    await publish(training, completed(refused, 2_000))
    for number in range(1, 30):
        await publish(training, *(measured(s, number) for s in (refused, *good)))

    async with running(stage.relay(training)):
        records = await read_all(stage.log, [TRAINING], 30 * 7 + 1)

        assert numbers_in(records) == expected(good, range(30)) | {refused: [0]}
        assert await unpublished(training) == 30
        async with training.session() as session:
            ((key, reason),) = (await session.execute(text("SELECT key, reason FROM refused_keys"))).all()
        assert (key, reason) == (str(refused), "MessageSizeTooLargeError")


async def test_refused_key_goes_on_when_an_operator_releases_it(
    bare_kafka_log: KafkaLog, make_database: MakeDatabase
) -> None:
    await bare_kafka_log.create_topics({"max.message.bytes": "20000"})
    stage = Stage(log=bare_kafka_log, make_database=make_database)
    training, subject = await stage.publisher(), new_id()
    await publish(training, completed(subject, 2_000), *(measured(subject, n) for n in range(5)))

    async with running(stage.relay(training)):
        await refused_keys(training, 1)
        async with training.transaction() as session:
            await session.execute(text("DELETE FROM outbox WHERE seq = (SELECT min(seq) FROM outbox)"))
            await session.execute(text("DELETE FROM refused_keys"))
        await all_left(training)

    assert numbers_in(await read_all(stage.log, [TRAINING], 5)) == expected([subject], range(5))


async def refused_keys(database: Database, count: int) -> None:
    async def there() -> bool:
        async with database.session() as session:
            return len((await session.execute(text("SELECT 1 FROM refused_keys"))).all()) == count

    await wait_until(there, within=20)


async def test_first_delivery_is_in_order_though_the_broker_is_killed(
    own_kafka_server: KafkaServer, open_kafka: OpenKafka, make_database: MakeDatabase
) -> None:
    log = open_kafka(own_kafka_server.bootstrap)
    await log.create_topics()
    stage, subjects = Stage(log=log, make_database=make_database), [new_id() for _ in range(3)]
    training = await stage.publisher()
    for first in range(0, 8000, 2000):
        await publish(training, *(measured(s, n) for n in range(first, first + 2000) for s in subjects))

    async def some_left() -> bool:
        return await unpublished(training) < 20_000

    async with running(stage.relay(training)):
        await wait_until(some_left, within=20, every=0)
        own_kafka_server.kill()
        left_in_outbox = await unpublished(training)
        await own_kafka_server.start()
        await all_left(training, within=60)

    found = numbers_in(await read_all(log, [TRAINING], 24_000))
    assert left_in_outbox > 0
    assert {subject: list(dict.fromkeys(numbers)) for subject, numbers in found.items()} == expected(
        subjects, range(8000)
    )
