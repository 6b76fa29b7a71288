"""What cannot take effect waits, and only its own key with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.delivery.consumer import NotYet
from shared.delivery.envelope import Received
from shared.events.evaluation import FollowUpClosed
from shared.ids import new_id
from tests.conformance.stage import Receiver, Stage, closed, expected, measured, number_of, publish, running
from tests.waiting import wait_until

Fail = Callable[[AsyncSession, Received[Any]], Awaitable[None]]


def failing_on(subject: UUID, number: int) -> Fail:
    """A handler's mistake: one event of one subject."""

    async def fail(session: AsyncSession, event: Received[Any]) -> None:
        if event.subject == subject and number_of(event) == number:
            raise ValueError("nilai rahasia")

    return fail


async def nothing_held(receiver: Receiver) -> None:
    async def none() -> bool:
        return not await receiver.held()

    await wait_until(none, within=30)


async def test_transient_failure_brings_the_whole_batch_again(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects, failures = [new_id() for _ in range(4)], iter([OSError, TimeoutError])

    async def fail(session: AsyncSession, event: Received[Any]) -> None:
        if number_of(event) == 7 and (failure := next(failures, None)):
            raise failure

    evaluation.fail = fail
    await publish(training, *(measured(s, n) for n in range(10) for s in subjects))
    await stage.carry(training)

    async with running(evaluation.worker()):
        await evaluation.has(40)

    assert await evaluation.effects() == expected(subjects, range(10))
    assert await evaluation.held() == []
    assert next(failures, None) is None


async def test_poison_stops_only_its_own_key(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    bad, *good = [new_id() for _ in range(6)]
    evaluation.fail = failing_on(bad, 3)
    for number in range(10):
        await publish(training, *(measured(s, number) for s in (bad, *good)))

    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(53)
        await evaluation.has_held(7)

    assert await evaluation.effects() == expected([bad], range(3)) | expected(good, range(10))
    first, *behind = await evaluation.held()
    assert (first[0], first[2]) == ("DEAD", str(bad))
    assert first[1].startswith("handler:ValueError")
    assert "rahasia" not in first[1]
    assert behind == [("BEHIND", "behind", str(bad))] * 6


async def test_replay_lets_the_key_go_on_in_order(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    evaluation.fail = failing_on(subject, 2)
    await publish(training, *(measured(subject, n) for n in range(8)))

    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has_held(6)
        ((dead,), *_) = await evaluation.held("id")
        replayed_too_early = await evaluation.consumer().replay(dead)
        evaluation.fail = None
        replayed = await evaluation.consumer().replay(dead)
        await publish(training, *(measured(subject, n) for n in range(8, 12)))
        await evaluation.has(12)

    assert (replayed_too_early, replayed) == (False, True)
    assert await evaluation.effects() == expected([subject], range(12))
    assert await evaluation.held() == []


async def test_replay_strands_nothing_that_arrives_meanwhile(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    evaluation.fail = failing_on(subject, 0)
    await publish(training, measured(subject, 0))

    async with running(stage.relay(training), evaluation.worker(transport=stage.log.transport(batch=3))):
        await evaluation.has_held(1)
        for number in range(1, 100):
            await publish(training, measured(subject, number))
        await evaluation.has_held(20)
        evaluation.fail = None
        assert await evaluation.consumer().release("bangkom.training", str(subject))
        await evaluation.has(100)

    assert await evaluation.effects() == expected([subject], range(100))
    assert await evaluation.held() == []


async def test_second_poison_of_a_key_stops_the_replay_there(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    evaluation.fail = failing_on(subject, 1)
    await publish(training, *(measured(subject, n) for n in range(6)))
    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has_held(5)

    evaluation.fail = failing_on(subject, 4)
    released = await evaluation.consumer().release("bangkom.training", str(subject))

    assert not released
    assert await evaluation.effects() == expected([subject], range(4))
    assert [status for status, *_ in await evaluation.held()] == ["DEAD", "BEHIND"]


async def test_deferred_event_takes_effect_when_its_row_arrives(stage: Stage) -> None:
    training, publisher = await stage.publisher(), await stage.publisher("evaluation")
    receiver = await stage.receiver("mentoring")
    early, ready = new_id(), new_id()
    receiver.fail = not_before_closed
    async with receiver.database.transaction() as session:
        await session.execute(text("CREATE TABLE arrived (subject uuid)"))
        await session.execute(text("INSERT INTO arrived VALUES (:id)"), {"id": ready})

    async with running(stage.relay(training), stage.relay(publisher), receiver.worker()):
        await publish(training, *(measured(s, n) for n in range(3) for s in (early, ready)))
        await receiver.has_held(3)
        await receiver.has(3)
        before = await receiver.held()
        await publish(publisher, closed(early, 100))
        await receiver.has(7)
        await nothing_held(receiver)
        await publish(training, measured(early, 3))
        await receiver.has(8)

    waiting, *behind = before
    assert waiting == ("DEFERRED", "not_yet", str(early))
    assert [status for status, *_ in behind] == ["BEHIND"] * 2
    assert await receiver.effects() == {ready: [0, 1, 2], early: [100, 0, 1, 2, 3]}


async def not_before_closed(session: AsyncSession, event: Received[Any]) -> None:
    """A score needs the row that a follow-up of the same id brings."""
    if event.type is FollowUpClosed:
        await session.execute(text("INSERT INTO arrived VALUES (:id)"), {"id": event.subject})
        return
    found = await session.scalar(text("SELECT count(*) FROM arrived WHERE subject = :id"), {"id": event.subject})
    if not found:
        raise NotYet(event)


async def test_many_deferred_keys_wait_without_stopping_the_consumer(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects, ready = [new_id() for _ in range(30)], new_id()

    async def fail(session: AsyncSession, event: Received[Any]) -> None:
        if event.subject != ready:
            raise NotYet(event)

    evaluation.fail = fail
    await publish(training, *(measured(s, 0) for s in (*subjects, ready)))
    consumer = evaluation.consumer()
    async with running(stage.relay(training), evaluation.worker(consumer)):
        await evaluation.has_held(30)
        await evaluation.has(1)
        evaluation.fail = None
        await evaluation.has(31, within=40)

    assert consumer.stopped is None
    assert await evaluation.effects() == expected([*subjects, ready], [0])


async def test_consumer_stops_when_many_keys_fail_alike_and_goes_on_when_resumed(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(60)]

    async def fail(session: AsyncSession, event: Received[Any]) -> None:
        raise ValueError

    evaluation.fail = fail
    consumer = evaluation.consumer()
    await publish(training, *(measured(s, n) for n in range(2) for s in subjects))
    async with running(stage.relay(training), evaluation.worker(consumer)):
        await wait_until(lambda: consumer.stopped, within=20)
        parked = await evaluation.held()
        evaluation.fail = None
        await publish(training, *(measured(s, 2) for s in subjects))
        assert (await evaluation.held(), await evaluation.count()) == (parked, 0)
        await resume(evaluation)
        await evaluation.has(3 * (60 - len(keys_of(parked))), within=30)

    assert len(keys_of(parked)) == 20
    assert consumer.stopped is None
    for subject in keys_of(await evaluation.held()):
        assert await evaluation.consumer().release("bangkom.training", subject)
    assert await evaluation.effects() == expected(subjects, range(3))


async def test_stopped_consumer_stays_stopped_over_a_restart(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    await publish(training, *(measured(new_id(), 0) for _ in range(5)))
    async with evaluation.database.transaction() as session:
        await session.execute(text("INSERT INTO consumer_state VALUES ('evaluation', now(), 'handler:ValueError')"))
    consumer = evaluation.consumer()

    async with running(stage.relay(training), evaluation.worker(consumer)):
        await wait_until(lambda: consumer.stopped, within=20)
        before = await evaluation.count()
        await resume(evaluation)
        await evaluation.has(5)

    assert before == 0


async def resume(receiver: Receiver) -> None:
    async with receiver.database.transaction() as session:
        await session.execute(text("UPDATE consumer_state SET stopped_at = NULL"))


def keys_of(held: list[Any]) -> set[str]:
    return {key for _, _, key in held}
