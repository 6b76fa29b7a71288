"""Faults of the log: it comes back empty, brings everything again, from its beginning, to a newcomer, or too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text

from services.evaluation.app import SERVICE
from shared.db import Database, Origin, migrate
from shared.delivery.worker import group_of
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from shared.kafka import client_options
from tests.conformance.logs import Foreign, cloud_event
from tests.faults.ailments import GROUP
from tests.faults.campaign import Counts, Fault, Scene
from tests.faults.figures import figure
from tests.faults.first_hop import WITNESS, found
from tests.faults.hop import DRAIN_SECONDS, REFERENCE, TOPIC, Hop
from tests.faults.plan import Role
from tests.faults.wire import read_topic
from tests.waiting import wait_until

UNITS = 30
VERSIONS = 5
EVERY_TABLE = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
DIRECTORY = ("directory_units", "directory_removals")
TAKEN = text("SELECT count(*) FROM inbox")

Dump = dict[str, list[str]]


async def dump(database: Database, tables: Sequence[str] = ()) -> Dump:
    """Every row of these tables, else of all, as PostgreSQL writes it, in one order."""
    async with database.session() as session:
        names = tables or (await session.execute(EVERY_TABLE)).scalars().all()
        rows = {n: await session.execute(text(f'SELECT t::text FROM "{n}" t ORDER BY 1')) for n in names}
        return {name: list(each.scalars()) for name, each in rows.items()}


async def rewind_group(hop: Hop, topics: Sequence[str]) -> None:
    """Set a group without members back to the beginning of its topics, as the broker's own tool does."""
    prefix = hop.settings.topic_prefix
    consumer = AIOKafkaConsumer(
        *(prefix + topic for topic in topics), **client_options(hop.settings), enable_auto_commit=False
    )
    await consumer.start()
    partitions = consumer.assignment()
    await consumer.stop()
    member = AIOKafkaConsumer(
        **client_options(hop.settings), group_id=prefix + group_of("evaluation"), enable_auto_commit=False
    )
    await member.start()
    try:
        member.assign(list(partitions))
        await member.commit(dict.fromkeys(partitions, 0))
    finally:
        await member.stop()


async def produce_again(hop: Hop, times: int) -> int:
    """Write every record of the topic once more where it lies, byte by byte, so many times."""
    records = await read_topic(hop.settings, TOPIC)
    producer = AIOKafkaProducer(**client_options(hop.settings), acks="all")
    await producer.start()
    try:
        for _ in range(times):
            for record in records:
                await producer.send(
                    hop.settings.topic_prefix + TOPIC,
                    record.value,
                    key=None if record.key is None else record.key.encode(),
                    partition=record.partition,
                    headers=list(record.headers),
                )
        await producer.flush()
    finally:
        await producer.stop()
    return times * len(records)


def unit(subject: UUID, version: int) -> Foreign:
    """The state of a unit at a version; its name tells which."""
    recorded = UnitRecorded(unit_id=subject, code="1.04", name=f"Dinas {version}")
    return cloud_event(recorded, sequence=str(version).encode())


async def broker_comes_back_empty(scene: Scene) -> Counts:
    """The broker loses its disk: an operator sends the archive again, and nothing is lost or twice."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    hop.supervise(Role.WORKER, (), scene.folder)
    async with hop.dying():
        await hop.complete_classes(15)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        scene.kafka.kill()
        await hop.complete_classes(10)
        scene.kafka.lose_disk()
        await scene.kafka.start()
        told = await hop.operate("services.training", "outbox", "republish", "--since", "2026-01-01")
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
    return {"disks_lost": 1, "published_again": int(told.split()[-1])}


async def everything_three_times(scene: Scene) -> Counts:
    """Each record of the whole topic comes three times: the inbox drops two of them, and counts them."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    _, port = hop.supervise_service(scene.folder)
    async with hop.dying():
        await hop.complete_classes(30)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        again = await produce_again(hop, 2)
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
        dropped = await figure(port, "bangkom_events_duplicate_total")
        assert dropped == again, f"{dropped} counted as duplicates of {again}"
    return {"delivered_again": again}


async def replayed_from_the_beginning(scene: Scene) -> Counts:
    """The group is set back to offset 0: everything comes again, and not a byte of the state changes."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    worker = hop.supervise(Role.WORKER, (), scene.folder)
    # A member with a name stays in its group when it stops, and only a group without members can be set back.
    del worker.environment["BANGKOM_KAFKA_INSTANCE_ID"]
    async with hop.dying():
        await hop.plant_effective(*(unit(new_id(), version) for version in range(UNITS)))
        await hop.complete_classes(30)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
        await worker.stop()
        before = await dump(hop.evaluation)
        await rewind_group(hop, [TOPIC, REFERENCE])
        replayed = await hop.lag(TOPIC, REFERENCE)
        worker.start()
        await wait_until(hop.caught_up, within=DRAIN_SECONDS)
        after = await dump(hop.evaluation)
    assert replayed == 3 * len(hop.training.participants) + UNITS, f"only {replayed} were to come again"
    changed = [name for name in before if before[name] != after[name]]
    assert not changed, f"{', '.join(changed)} changed"
    return {"replayed": replayed, "tables": len(before), "rows": sum(len(rows) for rows in before.values())}


async def projected_from_zero(scene: Scene) -> Counts:
    """A new group builds its state from the beginning of the topics: it equals the one that was there all along."""
    hop = scene.hop
    subjects = [new_id() for _ in range(UNITS)]
    hop.supervise(Role.RELAY, (), scene.folder)
    hop.supervise(Role.WORKER, (), scene.folder)
    newcomer = Database(scene.postgres.create_database(), Origin(agency="medan", service="evaluation"))
    try:
        await migrate(newcomer, SERVICE.lineages)
        async with newcomer.transaction() as session:
            await session.execute(WITNESS)
        async with hop.dying():
            for version in range(1, VERSIONS + 1):
                await hop.plant_effective(*(unit(subject, version) for subject in subjects))
                await hop.complete_classes(5)
            gone = subjects[: UNITS // 3]
            await hop.plant_effective(*(replace(unit(subject, VERSIONS + 1), value=None) for subject in gone))
            await wait_until(hop.drained, within=DRAIN_SECONDS)
            worker = hop.supervise(Role.WORKER, (), scene.folder, {GROUP: "newcomer"})
            worker.environment["BANGKOM_EVALUATION_DATABASE_URL"] = newcomer.url
            worker.start()
            taken = await _taken(hop.evaluation)

            async def has_all() -> bool:
                return await _taken(newcomer) == taken

            await wait_until(has_all, within=DRAIN_SECONDS)
            assert await found(newcomer) == await found(hop.evaluation), "the facts came to something else"
            rebuilt = await dump(newcomer, DIRECTORY)
            assert rebuilt == await dump(hop.evaluation, DIRECTORY), "the directory came to something else"
            assert [len(rebuilt[name]) for name in DIRECTORY] == [UNITS - len(gone), len(gone)]
    finally:
        await newcomer.close()
    return {"events": taken, "units": UNITS, "removed": len(gone)}


async def _taken(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(TAKEN) or 0


async def older_state_after_newer(scene: Scene) -> Counts:
    """States of units that are older than the known ones come late, by another hand: they undo nothing and are told."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    _, port = hop.supervise_service(scene.folder)
    subjects = [new_id() for _ in range(UNITS)]
    async with hop.dying():
        await hop.plant_effective(*(unit(subject, VERSIONS) for subject in subjects))
        await hop.complete_classes(5)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        newest = await dump(hop.evaluation, DIRECTORY)
        await hop.plant_effective(*(unit(subject, version) for version in range(1, VERSIONS) for subject in subjects))
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        late = UNITS * (VERSIONS - 1)
        told = await figure(port, "bangkom_events_older_total")
        assert await dump(hop.evaluation, DIRECTORY) == newest, "an older state replaced a newer one"
        assert told == late, f"{told} of {late} told as older"
    return {"older_states": late}


LOG_FAULTS: dict[str, Fault] = {
    "F7 broker comes back empty": broker_comes_back_empty,
    "F12 whole topic three times": everything_three_times,
    "F13 replayed from the beginning": replayed_from_the_beginning,
    "F14 projected from zero": projected_from_zero,
    "F15 older state after newer": older_state_after_newer,
}
