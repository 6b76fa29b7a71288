"""What is published arrives: once, whole, in order per key, in every group."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.delivery import outbox
from shared.delivery.envelope import Record
from shared.delivery.transport import Outgoing, Sender
from shared.delivery.worker import group_of
from shared.ids import new_id
from tests.conformance.logs import Log, read_all
from tests.conformance.stage import Stage, closed, expected, measured, publish, running
from tests.waiting import wait_until

REFERENCE, TRAINING = "bangkom.reference", "bangkom.training"


async def test_events_arrive_once_and_in_order_per_key(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(5)]
    for number in range(0, 60, 3):
        await publish(training, *(measured(s, n) for n in range(number, number + 3) for s in subjects))

    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(300)

    assert await evaluation.effects() == expected(subjects, range(60))


async def test_several_topics_arrive_each_in_its_order(stage: Stage) -> None:
    training, publisher = await stage.publisher(), await stage.publisher("evaluation")
    receiver = await stage.receiver("mentoring")
    of_training, of_evaluation = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    worker = receiver.worker(transport=stage.log.transport(batch=20))

    async with running(stage.relay(training), stage.relay(publisher), worker):
        for number in range(30):
            await publish(training, *(measured(s, number) for s in of_training))
            await publish(publisher, *(closed(s, number) for s in of_evaluation))
        await receiver.has(180)

    assert await receiver.effects() == expected([*of_training, *of_evaluation], range(30))


async def test_record_comes_out_as_it_went_in(log: Log) -> None:
    utf8 = [("ce_type", b"a"), ("catatan", "Dinas Kesehatan – Belawan, ß 漢".encode()), ("empty", b"")]
    rows = [
        Outgoing(1, TRAINING, "a", utf8, b'{"n": 1}'),
        Outgoing(2, REFERENCE, "a", [], None),
        Outgoing(3, TRAINING, "b", [("ce_id", b"2")], b""),
        Outgoing(4, TRAINING, "a", [], bytes(range(256))),
    ]
    sender = await log.transport().open_sender()

    sent = await sender.send(rows)

    await sender.close()
    found = await read_all(log, [TRAINING, REFERENCE], 4)
    assert sorted(sent.confirmed) == [1, 2, 3, 4]
    assert sorted(map(plain, found)) == sorted((r.topic, r.key, repr(r.value), repr(r.headers)) for r in rows)
    assert [r.value for r in found if (r.topic, r.key) == (TRAINING, "a")] == [b'{"n": 1}', bytes(range(256))]


async def test_reader_misses_nothing_of_senders_at_work_side_by_side(log: Log) -> None:
    async def send(sender: Sender, name: str) -> None:
        for number in range(60):
            rows = [Outgoing(number, TRAINING, f"{name}{key}", [], str(number).encode()) for key in range(5)]
            await sender.send(rows)

    senders = [await log.transport().open_sender() for _ in range(4)]
    source = await log.transport().open_source("reader", [TRAINING])
    found: dict[str | None, list[int]] = defaultdict(list)

    async def everything_read() -> bool:
        for record in await source.poll():
            found[record.key].append(int(record.value or b""))
        await source.commit()
        return sum(map(len, found.values())) >= 4 * 5 * 60

    sending = asyncio.gather(*(send(sender, name) for sender, name in zip(senders, "abcd", strict=True)))
    await wait_until(everything_read, within=30, every=0)
    await sending
    await asyncio.gather(source.close(), *(sender.close() for sender in senders))

    assert found == {f"{name}{key}": list(range(60)) for name in "abcd" for key in range(5)}


def plain(record: Record) -> tuple[Any, ...]:
    headers = [(name, value) for name, value in record.headers]
    return record.topic, record.key, repr(record.value), repr(headers)


async def test_envelope_on_the_wire_is_a_cloud_event(stage: Stage) -> None:
    training, event, need = await stage.publisher(), measured(new_id(), 7), new_id()
    async with training.transaction() as session:
        session.info["cause"] = "timer:1"
        outbox.record(session, event, correlation=need)

    await stage.carry(training)

    (record,) = await read_all(stage.log, [TRAINING], 1)
    async with training.session() as session:
        seq, event_id = (await session.execute(text("SELECT seq, event_id FROM outbox"))).one()
    headers = {name: value.decode() for name, value in record.headers if value is not None}
    assert headers.pop("ce_time")
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_source": "/medan/training",
        "ce_type": "bangkom.training.learning_measured.v1",
        "ce_subject": str(event.enrolment_id),
        "ce_dataschema": "urn:bangkom:schema:bangkom.training.learning_measured.v1",
        "ce_sequence": str(seq),
        "ce_agency": "medan",
        "ce_causationid": "timer:1",
        "ce_correlationid": str(need),
        "content-type": "application/json",
    }
    assert record.key == str(event.enrolment_id)
    assert type(event).model_validate_json(record.value or b"") == event


async def test_row_that_repeats_what_all_have_in_common_goes_out_alike(stage: Stage) -> None:
    training = await stage.publisher()
    await publish(training, measured(new_id(), 7))
    repeated = text(
        "UPDATE outbox SET headers = CAST(CAST(headers AS jsonb) || jsonb_build_object('ce_id', event_id, 'ce_subject',"
        " key, 'ce_specversion', '1.0', 'content-type', 'application/json', 'ce_agency', 'medan') AS json)"
    )

    await stage.carry(training)
    async with training.transaction() as session:
        await session.execute(repeated)
        await session.execute(text("UPDATE outbox SET published_at = NULL"))
    await stage.carry(training)

    first, again = await read_all(stage.log, [TRAINING], 2)
    assert sorted(first.headers) == sorted(again.headers)
    assert len({name for name, _ in again.headers}) == len(again.headers)


async def test_every_group_sees_everything(stage: Stage) -> None:
    training, subjects = await stage.publisher(), [new_id() for _ in range(4)]
    receivers = [await stage.receiver(service) for service in ("evaluation", "mentoring", "needs")]
    for number in range(25):
        await publish(training, *(measured(s, number) for s in subjects))

    async with running(stage.relay(training), *(receiver.worker() for receiver in receivers)):
        for receiver in receivers:
            await receiver.has(100)

    for receiver in receivers:
        assert await receiver.effects() == expected(subjects, range(25))


async def test_new_group_sees_what_was_published_before_it(stage: Stage) -> None:
    training, first = await stage.publisher(), await stage.receiver()
    subject = new_id()
    await publish(training, *(measured(subject, n) for n in range(10)))
    async with running(stage.relay(training), first.worker()):
        await first.has(10)

    late = await stage.receiver("mentoring")
    async with running(late.worker()):
        await late.has(10)

    assert await late.effects() == expected([subject], range(10))


async def test_restart_resumes_where_it_was(stage: Stage) -> None:
    training, evaluation, subject = await stage.publisher(), await stage.receiver(), new_id()
    await publish(training, *(measured(subject, n) for n in range(40)))
    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(40)
    behind = await stage.log.transport().lag(group_of("evaluation"), [TRAINING])
    repeated = duplicates("evaluation")

    await publish(training, *(measured(subject, n) for n in range(40, 60)))
    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(60)

    assert set(behind.values()) == {0}
    assert duplicates("evaluation") == repeated
    assert await evaluation.effects() == expected([subject], range(60))


async def test_lag_counts_what_the_group_has_not_taken(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    await publish(training, *(measured(new_id(), n) for n in range(30)))
    await stage.carry(training)

    before = await stage.log.transport().lag(group_of("evaluation"), [TRAINING])
    async with running(evaluation.worker()):
        await evaluation.has(30)
    after = await stage.log.transport().lag(group_of("evaluation"), [TRAINING])

    assert sum(before.values()) == 30
    assert sum(after.values()) == 0


async def test_republished_events_have_no_second_effect(stage: Stage) -> None:
    training, evaluation = await stage.publisher(), await stage.receiver()
    subjects = [new_id() for _ in range(3)]
    await publish(training, *(measured(s, n) for n in range(10) for s in subjects))
    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(30)
    before = duplicates("evaluation")

    async with training.transaction() as session:
        await session.execute(text("UPDATE outbox SET published_at = NULL"))
    await publish(training, *(measured(s, 10) for s in subjects))
    async with running(stage.relay(training), evaluation.worker()):
        await evaluation.has(33)

    assert await evaluation.effects() == expected(subjects, range(11))
    assert duplicates("evaluation") - before == 30


def duplicates(service: str) -> float:
    return REGISTRY.get_sample_value("bangkom_events_duplicate_total", {"service": service}) or 0.0
