"""Relay and worker die at each step of their work: whoever comes after them makes it whole."""

from __future__ import annotations

from uuid import UUID

from shared.db import Database
from shared.delivery.envelope import Record
from shared.ids import new_id
from tests.conformance.crash import MOMENTS, Moment, crash, run_until_crash
from tests.conformance.logs import read_all
from tests.conformance.stage import Receiver, Stage, expected, measured, publish, running

RELAY_STEPS = ("fetch_batch", "send_batch", "mark_published")
CONSUMER_STEPS = ("begin", "handle", "commit_db")
SUBJECTS = 3
ROUND = 20


async def publish_round(training: Database, subjects: list[UUID], nth: int) -> None:
    await publish(training, *(measured(s, n) for n in range(nth * ROUND, (nth + 1) * ROUND) for s in subjects))


async def test_relay_may_die_at_any_step(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(SUBJECTS)]
    deaths = [(step, moment) for step in RELAY_STEPS for moment in MOMENTS]

    async with running(evaluation.worker()):
        for nth, (step, moment) in enumerate(deaths):
            await publish_round(training, subjects, nth)
            relay = stage.relay(training)
            crash(relay, step, moment)
            await run_until_crash(relay)
        await stage.carry(training)
        await evaluation.has(SUBJECTS * ROUND * len(deaths))

    assert await evaluation.effects() == expected(subjects, range(ROUND * len(deaths)))


async def test_first_delivery_is_in_order_however_often_the_relay_dies(stage: Stage) -> None:
    training, subject = await stage.publisher(), new_id()
    for nth in range(3):
        await publish_round(training, [subject], nth)
        relay = stage.relay(training)
        crash(relay, "send_batch", "after")
        await run_until_crash(relay)
    await stage.carry(training)

    found = await read_all(stage.log, ["bangkom.training"], 3 * ROUND)

    first_seen = list(dict.fromkeys(sequence_of(record) for record in found))
    assert len(found) > len(first_seen) == 3 * ROUND
    assert first_seen == sorted(first_seen)


def sequence_of(record: Record) -> int:
    return int(dict(record.headers)["ce_sequence"] or b"")


async def test_worker_may_die_at_any_step(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(SUBJECTS)]
    deaths: list[tuple[str, Moment]] = [(step, moment) for step in CONSUMER_STEPS for moment in MOMENTS]
    deaths += [("commit_offsets", moment) for moment in MOMENTS]

    for nth, (step, moment) in enumerate(deaths):
        await publish_round(training, subjects, nth)
        await stage.carry(training)
        await die(evaluation, step, moment)
    async with running(evaluation.worker()):
        await evaluation.has(SUBJECTS * ROUND * len(deaths))

    assert await evaluation.effects() == expected(subjects, range(ROUND * len(deaths)))


async def die(receiver: Receiver, step: str, moment: Moment) -> None:
    consumer = receiver.consumer()
    worker = receiver.worker(consumer, receiver.log.transport(batch=15))
    crash(worker if step == "commit_offsets" else consumer, step, moment, nth=2)
    await run_until_crash(worker)
