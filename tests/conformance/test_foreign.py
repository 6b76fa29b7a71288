"""Records that others wrote: what is broken or forged is kept, what is unknown is passed over, the rest goes on."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.directory import DIRECTORY_HANDLERS
from shared.events.employees import EmployeeRecorded
from shared.ids import new_id
from tests.conformance.foreign_records import BROKEN, HARMLESS, UNKNOWN, with_header
from tests.conformance.logs import KafkaLog, cloud_event
from tests.conformance.stage import Stage, measured, running
from tests.conftest import MakeDatabase
from tests.waiting import wait_until

TRAINING = "bangkom.training"


@pytest.fixture
def kafka_stage(kafka_log: KafkaLog, make_database: MakeDatabase) -> Stage:
    return Stage(log=kafka_log, make_database=make_database)


def kept_headers(stored: list[tuple[str, str | None]]) -> list[tuple[str, bytes | None]]:
    return [(name, None if value is None else base64.b64decode(value)) for name, value in stored]


def counted(metric: str, service: str) -> float:
    return REGISTRY.get_sample_value(f"bangkom_events_{metric}_total", {"service": service}) or 0.0


async def test_broken_and_forged_records_are_dead_letters_with_their_bytes(stage: Stage) -> None:
    evaluation, good = await stage.receiver(), new_id()
    records = {name: make(measured(new_id(), 1)) for name, (make, _) in BROKEN.items()}

    await evaluation.take(*records.values(), cloud_event(measured(good, 1)))

    found = {}
    for status, key, value, headers, reason in await evaluation.held("status, key, value, headers, reason"):
        found[key, value, repr(kept_headers(headers))] = status, reason
    expected: dict[Any, Any] = {}
    for name, record in records.items():
        kept = record.key, record.value, repr([(n, v) for n, v in record.headers])
        assert kept in found, name
        assert found[kept][1].startswith(BROKEN[name][1]), name
        expected[kept] = "DEAD", found[kept][1]
    assert found == expected
    assert await evaluation.effects() == {good: [1]}


async def test_harmless_oddities_take_effect(stage: Stage) -> None:
    evaluation, subjects = await stage.receiver(), {name: new_id() for name in HARMLESS}

    await evaluation.take(*(make(measured(subjects[name], 1)) for name, make in HARMLESS.items()))

    assert await evaluation.held("key, reason") == []
    assert await evaluation.effects() == {subject: [1] for subject in subjects.values()}


async def test_header_of_strangers_may_be_no_text(kafka_stage: Stage) -> None:
    evaluation, subject = await kafka_stage.receiver(), new_id()

    await evaluation.take(with_header("x-trace", b"\xff\xfe")(measured(subject, 1)))

    assert await evaluation.effects() == {subject: [1]}


async def test_header_of_ours_that_is_no_text_is_a_dead_letter(kafka_stage: Stage) -> None:
    evaluation, good = await kafka_stage.receiver(), new_id()
    bad = cloud_event(measured(new_id(), 1), correlationid=b"\xff\xfe")

    await evaluation.take(bad, cloud_event(measured(good, 1)))

    ((status, reason, headers),) = await evaluation.held("status, reason, headers")
    assert (status, reason) == ("DEAD", "header_not_utf8")
    assert kept_headers(headers) == list(bad.headers)
    assert await evaluation.effects() == {good: [1]}


async def test_unknown_types_and_versions_are_skipped_and_counted(stage: Stage) -> None:
    evaluation, subject = await stage.receiver(), new_id()
    before = counted("skipped", "evaluation")

    await evaluation.take(*(make(measured(subject, 1)) for make in UNKNOWN.values()), cloud_event(measured(subject, 2)))

    assert await evaluation.held() == []
    assert await evaluation.effects() == {subject: [2]}
    assert counted("skipped", "evaluation") - before == len(UNKNOWN)


async def test_figures_count_each_event_once_though_its_batch_came_back(stage: Stage) -> None:
    evaluation, subject, failures = await stage.receiver(), new_id(), iter([OSError])
    before = counted("skipped", "evaluation"), counted("handled", "evaluation")

    async def fail(*_: object) -> None:
        if failure := next(failures, None):
            raise failure

    evaluation.fail = fail
    await evaluation.take(UNKNOWN["unknown type"](measured(subject, 0)), cloud_event(measured(subject, 1)))

    assert await evaluation.effects() == {subject: [1]}
    assert counted("skipped", "evaluation") - before[0] == 1


async def test_only_the_key_of_a_broken_record_waits_and_none_without_key(stage: Stage) -> None:
    evaluation, one, other = await stage.receiver(), new_id(), new_id()
    broken = replace(cloud_event(measured(one, 1)), value=b"?")
    nameless = replace(cloud_event(measured(other, 1)), key=None)

    await evaluation.take(nameless, broken, cloud_event(measured(one, 2)), cloud_event(measured(other, 2)))

    found = await evaluation.held("status, coalesce(key, '')")
    assert sorted(found) == [("BEHIND", str(one)), ("DEAD", ""), ("DEAD", str(one))]
    assert await evaluation.effects() == {other: [2]}


async def test_record_that_comes_twice_is_held_once(stage: Stage) -> None:
    evaluation = await stage.receiver()
    forged = cloud_event(measured(new_id(), 1), source=b"/medan/needs")

    await evaluation.take(forged, forged)
    await evaluation.take(forged)

    assert await evaluation.held("reason") == [("forged_source",)]


async def test_dead_letter_of_employees_keeps_no_names(stage: Stage) -> None:
    evaluation = await stage.receiver()
    evaluation.also = DIRECTORY_HANDLERS
    employee = EmployeeRecorded.model_validate(EmployeeRecorded.example)

    await evaluation.take(replace(cloud_event(employee), value=b'{"name": "Dra. Contoh Rekaan"'))

    assert await evaluation.held("topic, reason, value") == [("bangkom.employees", "not_json", None)]


async def test_consumer_stops_when_many_keys_are_broken_alike(stage: Stage) -> None:
    evaluation = await stage.receiver()
    consumer = evaluation.consumer()
    await stage.log.write(*(BROKEN["field removed"][0](measured(new_id(), 1)) for _ in range(60)))

    async with running(evaluation.worker(consumer)):
        await wait_until(lambda: consumer.stopped, within=15)

    assert len(await evaluation.held()) <= 20
