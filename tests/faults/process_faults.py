"""Faults of processes that live: wrong clocks, members that come and go, zombies, a slow one, and two of a kind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.app import SERVICE as EVALUATION_SERVICE
from shared import kafka
from shared.db import KERNEL, Database, Origin, differing_lineages, migrate
from shared.delivery.consumer import Consumer, Handlers
from shared.delivery.envelope import Received
from shared.delivery.worker import Worker, group_of
from shared.events.training import EnrolmentConfirmed, LearningMeasured, TrainingCompleted
from shared.kafka import client_options
from tests.conformance.stage import running
from tests.faults.ailments import CLOCK, SLOW, STOPPING
from tests.faults.alerts import watching
from tests.faults.campaign import TAKEN_OVER_SECONDS, Counts, Fault, Scene
from tests.faults.figures import figures
from tests.faults.hop import DRAIN_SECONDS, EVALUATION, TOPIC, Hop
from tests.faults.plan import Role
from tests.faults.wire import read_topic
from tests.waiting import pause, wait_until

SKEW = "2"
CHANGES, CHANGE_SECONDS = 8, 5.0
SUSPENDED_SECONDS = 120.0
SLOW_SECONDS = "0.2"
"""Each call of a handler of the slow worker, whatever it is given."""

CROWDS, CROWD = 40, 250
BACKLOG = 3 * CROWDS * CROWD
MOST_MEMORY = 2.0
"""How much more memory a worker may take with a backlog than without."""

TAKEN = text("SELECT count(*) FROM inbox")
OWED = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")


async def clocks_wrong(scene: Scene) -> Counts:
    """Two hours ahead here, two behind there, then each jumps to the other side: order and leases hold."""
    hop = scene.hop
    relays = [hop.supervise(Role.RELAY, (), scene.folder, {CLOCK: skew}) for skew in (SKEW, f"-{SKEW}")]
    worker = hop.supervise(Role.WORKER, (), scene.folder, {CLOCK: f"-{SKEW}"})
    async with hop.dying():
        await hop.complete_classes(10)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        for each in (*relays, worker):
            each.signal(signal.SIGUSR1)
        await hop.complete_classes(10)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        for relay in relays:
            relay.signal(signal.SIGSTOP)
            await hop.complete_classes(5)
            await wait_until(hop.drained, within=TAKEN_OVER_SECONDS)
            relay.signal(signal.SIGCONT)
    return {"wrong_clocks": 3, "jumps": 3}


async def members_come_and_go(scene: Scene) -> Counts:
    """Every five seconds a worker is killed, or one more comes: nobody's late commit moves an offset back."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    workers = [hop.supervise(Role.WORKER, (), scene.folder) for _ in range(3)]
    there = list(workers)
    async with hop.dying(), offsets_only_grow(hop):
        for _ in range(CHANGES):
            await hop.complete_classes(5)
            await pause(CHANGE_SECONDS)
            away = [worker for worker in workers if worker not in there]
            if away and (len(there) == 1 or scene.chance.random() < 0.5):
                there.append(away[0])
                away[0].start()
            else:
                there.remove(leaving := scene.chance.choice(there))
                leaving.kill()
        for worker in workers:
            if worker not in there:
                worker.start()
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
        await wait_until(
            lambda: _is_settled(hop, len(workers)), within=DRAIN_SECONDS, every=1, description="all members"
        )
    return {"changes": CHANGES}


@asynccontextmanager
async def offsets_only_grow(hop: Hop) -> AsyncIterator[None]:
    """Look at the group's offsets again and again; one that went back was committed by an owner who had lost it."""
    admin = AIOKafkaAdminClient(**client_options(hop.settings))
    await admin.start()
    seen: dict[Any, int] = {}
    looks = 0
    back: set[Any] = set()

    async def watch() -> None:
        nonlocal looks
        while True:
            # The broker may be busy with the group.
            with suppress(KafkaError):
                found = await admin.list_consumer_group_offsets(hop.settings.topic_prefix + group_of("evaluation"))
                back.update(p for p, committed in found.items() if committed.offset < seen.get(p, 0))
                seen.update({p: committed.offset for p, committed in found.items()})
                looks += 1
            await pause(0.3)

    task = asyncio.create_task(watch())
    try:
        yield
        assert not task.done(), f"the watch ended: {task.exception()!r}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await admin.close()
    assert looks > CHANGES, "nobody looked"
    assert not back, f"offsets went back: {back}"


async def suspended_with_a_batch(scene: Scene) -> Counts:
    """A worker stands still in its transaction, another before its offset commit: both are outlived and do no harm."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    zombies = [
        hop.supervise(Role.WORKER, (), scene.folder, {STOPPING: step}) for step in ("commit_db", "commit_offsets")
    ]
    hop.supervise(Role.WORKER, (), scene.folder)
    async with hop.dying(), offsets_only_grow(hop):
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        await wait_until(lambda: _is_settled(hop, 3), within=DRAIN_SECONDS, every=1, description="three members")
        for zombie in zombies:
            zombie.signal(signal.SIGUSR2)

        async def all_stand_still() -> bool:
            await hop.complete_classes(2)
            return all(zombie.is_stopped for zombie in zombies)

        await wait_until(all_stand_still, within=DRAIN_SECONDS, every=1)
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=SUSPENDED_SECONDS)
        for zombie in zombies:
            zombie.signal(signal.SIGCONT)
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
    return {"suspended": len(zombies)}


async def slow_consumer(scene: Scene) -> Counts:
    """A slow worker before a great backlog: its memory and membership stay, its lag is told, others run past it."""
    hop = scene.hop
    worker, port = hop.supervise_service(scene.folder, {SLOW: SLOW_SECONDS})
    relay, _ = hop.supervise_service(scene.folder)
    relay.role, relay.module = Role.RELAY, "services.training"
    async with hop.dying():
        await hop.complete_classes(2)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        memory, before = worker.memory, await _members(hop)
        await worker.stop()
        await _pile_up(hop)
        worker.start()

        async def is_back() -> bool:
            return await _is_settled(hop, 1) and await _members(hop) != before

        await wait_until(is_back, within=DRAIN_SECONDS)
        member = await _members(hop)
        async with _newcomer(scene) as newcomer, watching(lambda: figures(port, "evaluation worker")) as watched:
            await wait_until(lambda: _has_taken(newcomer, BACKLOG), within=DRAIN_SECONDS)
            behind = await hop.lag(TOPIC)
        assert behind > BACKLOG // 4, f"the others waited for the slow one, which is only {behind} behind"
        assert watched.holds("BangkomLagHigh"), "its lag was not told"
        await wait_until(hop.drained, within=2 * DRAIN_SECONDS)
        grown = worker.memory / memory
        assert await _members(hop) == member, "the slow one lost its membership"
        assert grown <= MOST_MEMORY, f"{grown:.1f} times the memory"
    return {
        "backlog": BACKLOG,
        "behind_when_others_were_done": behind,
        "memory_percent": round(100 * grown),
        "alerts_begun": 1,
    }


async def _pile_up(hop: Hop) -> None:
    """Crowds complete their classes, and all of that stands on the log."""
    for _ in range(CROWDS):
        await hop.training.complete_class(CROWD)

    async def stands_on_the_log() -> bool:
        async with hop.training.database.session() as session:
            return not await session.scalar(OWED)

    await wait_until(stands_on_the_log, within=DRAIN_SECONDS)


@asynccontextmanager
async def _newcomer(scene: Scene) -> AsyncIterator[Database]:
    """Another group that takes the same topic at its own speed, into a database of its own."""
    database = Database(scene.postgres.create_database(), Origin(agency="medan", service="mentoring"))

    async def take(session: AsyncSession, events: list[Received[Any]]) -> None:
        """The inbox knows them: that is enough."""

    try:
        await migrate(database, (KERNEL,))
        handlers: Handlers = dict.fromkeys((EnrolmentConfirmed, LearningMeasured, TrainingCompleted), take)
        consumer = Consumer(database, handlers, frozenset({"medan"}))
        async with running(Worker("newcomer", consumer, kafka.transport(scene.hop.settings))):
            yield database
    finally:
        await database.close()


async def _has_taken(database: Database, count: int) -> bool:
    async with database.session() as session:
        return (await session.scalar(TAKEN) or 0) >= count


async def _is_settled(hop: Hop, members: int) -> bool:
    state, *there = await _members(hop)
    return state == "Stable" and len(there) == members


async def _members(hop: Hop) -> list[object]:
    """The group's state and its members, by the ids that the broker gave them."""
    admin = AIOKafkaAdminClient(**client_options(hop.settings))
    await admin.start()
    try:
        (response,) = await admin.describe_consumer_groups([hop.settings.topic_prefix + group_of("evaluation")])
    finally:
        await admin.close()
    ((_, _, state, _, _, members, *_),) = response.groups
    return [state, *sorted(member[0] for member in members)]


async def two_of_a_kind(scene: Scene) -> Counts:
    """Two relays by mistake, and two migrators: one of each works, the other waits, and nothing goes out twice."""
    hop = scene.hop
    for _ in range(2):
        hop.supervise(Role.RELAY, (), scene.folder)
    hop.supervise(Role.WORKER, (), scene.folder)
    async with hop.dying():
        fresh = Database(scene.postgres.create_database(), Origin(agency="medan", service="evaluation"))
        address = {"BANGKOM_EVALUATION_DATABASE_URL": fresh.url}
        await asyncio.gather(*(hop.operate(EVALUATION, "migrate", settings=address) for _ in range(3)))
        differing = await differing_lineages(fresh, EVALUATION_SERVICE.lineages)
        await fresh.close()
        assert not differing, f"not brought up to date: {differing}"
        for _ in range(10):
            await hop.complete_classes(3)
            await pause(0.3)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
    records = len(await read_topic(hop.settings, TOPIC))
    assert records == 3 * len(hop.training.participants), f"{records} records of {3 * len(hop.training.participants)}"
    return {"relays": 2, "migrators": 3, "records": records}


PROCESS_FAULTS: dict[str, Fault] = {
    "F18 clocks wrong": clocks_wrong,
    "F19 members come and go": members_come_and_go,
    "F20 suspended with a batch in hand": suspended_with_a_batch,
    "F21 slow consumer": slow_consumer,
    "F26 two of a kind": two_of_a_kind,
}
