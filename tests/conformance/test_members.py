"""Workers that come, go, stop and stall: nothing is lost, doubled or overtaken by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.delivery.transport import Sender, Source, Transport
from shared.delivery.worker import Worker, group_of
from shared.ids import new_id
from tests.conformance.logs import EmbeddedLog
from tests.conformance.stage import STOP_SECONDS, Receiver, Stage, expected, measured, publish, running
from tests.waiting import wait_until

TRAINING = "bangkom.training"


class Gate:
    """Holds back whoever comes until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    def before_begin(self, consumer: Consumer) -> None:
        """Have the consumer wait here between the poll and its transaction."""
        real = consumer.begin

        async def begin(session: AsyncSession, records: list[Record]) -> object:
            await self.pass_through()
            return await real(session, records)

        setattr(consumer, "begin", begin)  # noqa: B010 a step of this one consumer is replaced

    async def pass_through(self) -> None:
        self.reached.set()
        await self.open.wait()


async def test_second_worker_joins_and_leaves(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(12)]
    second = Receiver(database=evaluation.database, log=stage.log)

    async def publish_rounds(first: int, last: int) -> None:
        for number in range(first, last):
            await publish(training, *(measured(s, number) for s in subjects))

    async with running(stage.relay(training)):
        async with running(evaluation.worker()):
            await publish_rounds(0, 10)
            await evaluation.has(10)
            async with running(second.worker()):
                await publish_rounds(10, 30)
                await evaluation.has(12 * 30)
            await publish_rounds(30, 40)
            await evaluation.has(12 * 40)
        async with running(second.worker()):
            await publish_rounds(40, 50)
            await evaluation.has(12 * 50)

    assert second.calls
    assert await evaluation.effects() == expected(subjects, range(50))


async def test_worker_that_lost_its_place_does_no_harm(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(6)]
    await publish(training, *(measured(s, n) for n in range(20) for s in subjects))
    await stage.carry(training)
    gate, stalled = Gate(), evaluation.consumer()
    gate.before_begin(stalled)

    async with running(evaluation.worker(stalled, stage.log.transport(batch=30))):
        await asyncio.wait_for(gate.reached.wait(), 20)
        if isinstance(stage.log, EmbeddedLog):
            await cut_connections(stage.log)
        async with running(evaluation.worker()):
            # On Kafka the stalled one keeps a share of the partitions, so only some can be taken from it.
            await evaluation.has(1)
            gate.open.set()
            await evaluation.has(120)

    assert await evaluation.effects() == expected(subjects, range(20))


async def cut_connections(log: EmbeddedLog) -> None:
    connection = await asyncpg.connect(log.dsn)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@dataclass
class Counted:
    """A transport that counts what its one source polled and did not commit."""

    transport: Transport
    outstanding: int = 0
    polls: list[int] = field(default_factory=list)

    async def open_sender(self) -> Sender:
        return await self.transport.open_sender()

    async def open_source(self, group: str, topics: Sequence[str]) -> Source:
        return CountedSource(self, await self.transport.open_source(group, topics))

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        return await self.transport.lag(group, topics)


@dataclass
class CountedSource:
    counted: Counted
    source: Source

    async def poll(self) -> list[Record]:
        records = await self.source.poll()
        self.counted.outstanding += len(records)
        self.counted.polls.append(self.counted.outstanding)
        return records

    async def commit(self) -> None:
        await self.source.commit()
        self.counted.outstanding = 0

    async def rewind(self) -> None:
        await self.source.rewind()
        self.counted.outstanding = 0

    async def close(self) -> None:
        await self.source.close()


async def test_slow_worker_never_holds_more_than_one_batch(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    await publish(training, *(measured(subject, n) for n in range(600)))
    await stage.carry(training)
    counted = Counted(stage.log.transport(batch=40))

    async with running(evaluation.worker(transport=counted)):
        await evaluation.has(600)

    assert 0 < max(counted.polls) <= 40
    assert await evaluation.effects() == expected([subject], range(600))


async def test_stop_finishes_the_batch_in_hand(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    await publish(training, *(measured(subject, n) for n in range(30)))
    await stage.carry(training)
    gate, consumer, stopping = Gate(), evaluation.consumer(), asyncio.Event()
    gate.before_begin(consumer)
    worker = evaluation.worker(consumer, stage.log.transport(batch=20))

    task = asyncio.create_task(worker.run(stopping))
    await asyncio.wait_for(gate.reached.wait(), 20)
    stopping.set()
    done_early, _ = await asyncio.wait([task], timeout=0.3)
    gate.open.set()
    await asyncio.wait_for(task, STOP_SECONDS)

    behind = await stage.log.transport().lag(group_of("evaluation"), [TRAINING])
    assert not done_early
    assert await evaluation.effects() == expected([subject], range(20))
    assert sum(behind.values()) == 10


async def test_idle_worker_and_relay_stop_at_once(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    worker, relay, stopping = evaluation.worker(), stage.relay(training), asyncio.Event()
    tasks = [asyncio.create_task(loop.run(stopping)) for loop in (worker, relay)]
    await wait_until(lambda: worker.connected and relay.connected, within=20)

    stopping.set()

    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert not worker.connected
    assert not relay.connected


async def test_worker_that_waits_for_its_turn_stops_at_once(stage: Stage) -> None:
    evaluation, stopping = await stage.receiver(), asyncio.Event()
    first, second = evaluation.worker(), evaluation.worker()

    async with running(first):
        await wait_until(lambda: first.connected, within=20)
        task = asyncio.create_task(second.run(stopping))
        await asyncio.wait([task], timeout=0.5)
        stopping.set()
        await asyncio.wait_for(task, 8)

    assert not second.connected


async def test_worker_outlives_the_loss_of_its_log(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    transport = Unsteady(stage.log.transport())
    worker: Worker = evaluation.worker(transport=transport)

    async with running(stage.relay(training), worker):
        await publish(training, *(measured(subject, n) for n in range(10)))
        await evaluation.has(10)
        transport.broken = True
        await publish(training, *(measured(subject, n) for n in range(10, 20)))
        await wait_until(lambda: transport.closed, within=20)
        transport.broken = False
        await evaluation.has(20)

    assert await evaluation.effects() == expected([subject], range(20))


@dataclass
class Unsteady:
    """A transport whose sources, while it is broken, neither answer nor close."""

    transport: Transport
    broken: bool = False
    closed: int = 0

    async def open_sender(self) -> Sender:
        return await self.transport.open_sender()

    async def open_source(self, group: str, topics: Sequence[str]) -> Source:
        if self.broken:
            raise ConnectionError
        return UnsteadySource(self, await self.transport.open_source(group, topics))

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        return await self.transport.lag(group, topics)


@dataclass
class UnsteadySource:
    unsteady: Unsteady
    source: Source

    async def poll(self) -> list[Record]:
        records = await self.source.poll()
        if self.unsteady.broken:
            raise ConnectionError
        return records

    async def commit(self) -> None:
        await self.source.commit()

    async def rewind(self) -> None:
        await self.source.rewind()

    async def close(self) -> None:
        await self.source.close()
        if self.unsteady.broken:
            self.unsteady.closed += 1
            raise ConnectionError
