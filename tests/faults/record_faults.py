"""Faults of what records hold: poison, other versions, and a release whose handlers fail."""

from __future__ import annotations

import asyncio
from statistics import quantiles
from uuid import UUID

from sqlalchemy import text

from services.evaluation.handlers import HANDLERS
from shared.delivery.consumer import Consumer
from shared.directory import DIRECTORY_HANDLERS
from shared.events.training import LearningMeasured, TrainingCompleted
from shared.ids import new_id
from tests.conformance.foreign_records import UNKNOWN, Make, with_attributes, with_data, with_key, with_value
from tests.conformance.logs import Foreign
from tests.faults.ailments import FAILING
from tests.faults.alerts import EVERY_SECONDS, Watched, watching
from tests.faults.campaign import Counts, Fault, Scene
from tests.faults.figures import figure, figures, is_ready
from tests.faults.first_hop import watched
from tests.faults.hop import DRAIN_SECONDS, EVALUATION, TOPIC, Hop
from tests.faults.plan import Role
from tests.faults.wire import read_topic
from tests.records import emitted
from tests.waiting import pause, wait_until

STOPPED_SECONDS, ALERT_SECONDS = 60.0, 60.0
PARKED_AT_MOST = 20
"""Keys that may be parked for one reason before the consumer stops."""
POISONED_CLASSES = 120
LONGEST_DELAY = 5.0
"""Seconds that 99 of 100 events of healthy subjects may take while one record of a hundred is poison."""

Kinds = dict[str, tuple[Make, str]]

POISON: Kinds = {
    "not JSON": (with_value(b'{"enrolment_id": "'), "not_json"),
    "another shape": (with_value(b"[1, 2]"), "wrong_shape::model_type"),
    "no value": (with_value(None), "no_value"),
    "no attributes": (lambda event: Foreign(topic=TOPIC, key=str(event.subject), value=b"{}"), "not_a_cloudevent"),
    "attribute that is no text": (with_attributes(correlationid=b"\xff\xfe"), "header_not_utf8"),
    "no key": (with_key(None), "key_differs_from_subject"),
    "type of another publisher": (with_attributes(type=b"bangkom.evaluation.follow_up_closed.v1"), "forged_type"),
    "source of another service": (with_attributes(source=b"/medan/needs"), "forged_source"),
    "unknown agency": (with_attributes(agency=b"kupang", source=b"/kupang/training"), "unknown_agency"),
}
OTHER_VERSIONS: Kinds = {
    "field removed": (with_data(max_score=None), "wrong_shape:max_score:missing"),
    "type of a field changed": (with_data(max_score="seratus"), "wrong_shape:max_score:int_parsing"),
}
ADD_FIELD = text(
    "UPDATE outbox SET value = convert_to((convert_from(value, 'UTF8')::jsonb || jsonb_build_object('catatan', 'baru'))"
    "::text, 'UTF8') WHERE published_at IS NULL RETURNING seq"
)
COORDINATES = text('SELECT "partition", "offset", key, value FROM held_records WHERE status = \'DEAD\'')
FAILED = text("SELECT id FROM held_records WHERE status = 'DEAD' AND reason LIKE 'handler:%' ORDER BY id")
WAITING = text("SELECT status, count(*) AS held FROM held_records GROUP BY status")
HELD_KEYS = text("SELECT DISTINCT CAST(key AS uuid) FROM held_records")
HANDLED_AT = text("SELECT event_id, subject, extract(epoch FROM at)::float8 AS at FROM handled")
MADE_AT = text("SELECT event_id, extract(epoch FROM created_at)::float8 AS at FROM outbox")


def _one_of_each(kinds: Kinds) -> list[Foreign]:
    return [make(_measured()) for make, _ in kinds.values()]


def _measured() -> LearningMeasured:
    ids = {name: new_id() for name in ("enrolment_id", "employee_id", "class_id", "program_id")}
    return LearningMeasured(**ids, post_score=80, max_score=100)


async def _waiting(hop: Hop) -> Counts:
    async with hop.evaluation.session() as session:
        return {row.status: row.held for row in await session.execute(WAITING)}


async def _replay_failed(hop: Hop) -> int:
    """Have an operator replay what handlers failed on: the first by command, the others as the command does."""
    async with hop.evaluation.session() as session:
        failed = (await session.execute(FAILED)).scalars().all()
    await hop.operate(EVALUATION, "dead-letters", "replay", str(failed[0]))
    consumer = Consumer(hop.evaluation, watched({**DIRECTORY_HANDLERS, **HANDLERS}), frozenset({"medan"}))
    for number in failed[1:]:
        assert await consumer.replay(number), f"dead letter {number} fails again"
    return len(failed)


async def _held_where_they_lie(hop: Hop) -> None:
    """Every dead letter names the place in the topic where its very bytes lie."""
    wire = {
        (record.partition, record.offset): (record.key, record.value)
        for record in await read_topic(hop.settings, TOPIC)
    }
    async with hop.evaluation.session() as session:
        for row in await session.execute(COORDINATES):
            assert wire[row.partition, row.offset] == (row.key, row.value), f"{row.partition}/{row.offset}"


async def poison_among_records(scene: Scene) -> Counts:
    """Broken and forged records, and a handler that fails for some: they wait alone, the rest goes on; then a fix."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    worker, port = hop.supervise_service(scene.folder, {FAILING: f"{TrainingCompleted.type}:8"})
    async with hop.dying():
        async with watching(lambda: figures(port, "evaluation worker")) as watched:
            for _ in range(3):
                await hop.complete_classes(4)
                await hop.plant(*_one_of_each(POISON), held=(reason for _, reason in POISON.values()))
            await wait_until(hop.drained, within=DRAIN_SECONDS)
            await _calls(watched, "BangkomDeadLetters")
        parked = await _waiting(hop)
        await _held_where_they_lie(hop)
        failed = parked["DEAD"] - hop.planted.held.total()
        assert failed > 0, "the handler failed for nobody"
        worker.heal(FAILING)
        await _replay_failed(hop)
        await hop.complete_classes(4)
    poison = hop.planted.held.total()
    return {"poison": poison, "handler_failures": failed, "replayed": failed, "alerts_fired": 1}


async def _calls(watched: Watched, alert: str) -> None:
    """Wait until what was told has called an operator by that alert."""

    async def has_called() -> bool:
        return await asyncio.to_thread(watched.fires, alert)

    await wait_until(has_called, within=ALERT_SECONDS, every=EVERY_SECONDS, description=f"a call by {alert}")


async def poison_one_in_a_hundred(scene: Scene) -> Counts:
    """Handlers fail on one record of a hundred, again and again: how long do the others take?"""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    # One type of three, so that three subjects of a hundred make one record of a hundred.
    worker = hop.supervise(Role.WORKER, (), scene.folder, {FAILING: f"{TrainingCompleted.type}:3"})
    async with hop.dying():
        await hop.complete_classes(2)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        early = {each.event_id for each in await emitted(hop.training.database)}
        for _ in range(POISONED_CLASSES):
            await hop.complete_classes(1)
            await pause(0.3)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        poisoned = await _waiting(hop)
        delays = await _delays_of_others(hop, early)
        worker.heal(FAILING)
        await _replay_failed(hop)
    cuts = quantiles(delays, n=100)
    assert cuts[98] <= LONGEST_DELAY, f"99 of 100 healthy events within {cuts[98]:.1f} s"
    return {"poison": poisoned["DEAD"], "p50_ms": round(1000 * cuts[49]), "p99_ms": round(1000 * cuts[98])}


async def _delays_of_others(hop: Hop, early: set[UUID]) -> list[float]:
    """Seconds from the making of each event to its handling, of subjects that nothing is held of; not of the early."""
    async with hop.training.database.session() as session:
        made = {row.event_id: row.at for row in await session.execute(MADE_AT) if row.event_id not in early}
    async with hop.evaluation.session() as session:
        held = set((await session.execute(HELD_KEYS)).scalars())
        handled = (await session.execute(HANDLED_AT)).all()
    return [row.at - made[row.event_id] for row in handled if row.event_id in made and row.subject not in held]


async def other_versions(scene: Scene) -> Counts:
    """Publishers of other versions: a field more is nothing, an unknown version passes, a broken promise is held."""
    hop = scene.hop
    _, port = hop.supervise_service(scene.folder)
    hop.supervise(Role.RELAY, (), scene.folder)
    await hop.complete_classes(10)
    async with hop.training.database.transaction() as session:
        changed = (await session.execute(ADD_FIELD)).all()
    unknown = [UNKNOWN[kind](_measured()) for kind in ("unknown type", "unknown version")]
    async with hop.dying():
        await hop.plant(*_one_of_each(OTHER_VERSIONS), held=(reason for _, reason in OTHER_VERSIONS.values()))
        await hop.plant(*unknown)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        skipped = await figure(port, "bangkom_events_skipped_total")
        assert skipped == len(unknown), f"{skipped} skipped of {len(unknown)}"
    return {"field_more": len(changed), "held": hop.planted.held.total(), "skipped": len(unknown)}


async def bad_release(scene: Scene) -> Counts:
    """Every event of one type fails: the consumer stops, says so and parks no more; mended and resumed, all drains."""
    hop = scene.hop
    hop.supervise(Role.RELAY, (), scene.folder)
    worker, port = hop.supervise_service(scene.folder, {FAILING: f"{LearningMeasured.type}:100"})
    async with hop.dying():
        await hop.complete_classes(10)

        async def has_stopped() -> bool:
            return await figure(port, "bangkom_consumer_stopped") == 1

        await wait_until(has_stopped, within=STOPPED_SECONDS)
        assert not await is_ready(port), "a stopped consumer calls itself ready"
        before = await _waiting(hop)
        async with watching(lambda: figures(port, "evaluation worker")) as watched:
            await hop.complete_classes(20)
            await pause(10)
            await _calls(watched, "BangkomConsumerStopped")
        after = await _waiting(hop)
        assert before == after, f"parked though stopped: {before}, then {after}"
        assert after["DEAD"] <= PARKED_AT_MOST, f"{after} parked by a bad release"
        worker.heal(FAILING)
        await hop.operate(EVALUATION, "resume")
        replayed = await _replay_failed(hop)
        await wait_until(hop.drained, within=DRAIN_SECONDS)
        assert await is_ready(port), "mended and resumed, and not ready"
        assert await figure(port, "bangkom_consumer_stopped") == 0
    return {"parked": after["DEAD"], "replayed": replayed, "alerts_fired": 1}


RECORD_FAULTS: dict[str, Fault] = {
    "F16 poison among records": poison_among_records,
    "F16 one record of a hundred is poison": poison_one_in_a_hundred,
    "F16 bad release": bad_release,
    "F17 records of other versions": other_versions,
}
