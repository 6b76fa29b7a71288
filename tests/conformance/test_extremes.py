"""Records of any size, depth and make: each comes to its stated end, and the next one is taken all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from prometheus_client import REGISTRY

from shared.events.training import LearningMeasured
from shared.ids import new_id
from tests.conformance.foreign_records import Make, structured, with_attributes, with_data, with_header, with_value
from tests.conformance.logs import Foreign, KafkaLog, Log, cloud_event
from tests.conformance.stage import Stage, measured
from tests.conftest import MakeDatabase

LARGE = 5 * 2**20
DEEP = 20_000
TOPIC = "bangkom.training"


@pytest.fixture
async def log(request: pytest.FixtureRequest, log: Log) -> Log:
    """A log whose broker takes records as large as these."""
    if isinstance(log, KafkaLog):
        large: KafkaLog = replace(log, opened=replace(log.opened, prefix=f"large{log.opened.prefix}"))
        await large.create_topics({"max.message.bytes": str(2 * LARGE)})
        return large
    return log


@pytest.fixture
def stage(log: Log, make_database: MakeDatabase) -> Stage:
    return Stage(log=log, make_database=make_database)


def nested(event: LearningMeasured) -> Foreign:
    """A good event with a field more that is deeper than anybody reads."""
    good = orjson.loads(event.model_dump_json())
    value = orjson.dumps(good)[:-1] + b',"catatan":' + b"[" * DEEP + b"]" * DEEP + b"}"
    return replace(cloud_event(event), value=value)


def structured_nested(event: LearningMeasured) -> Foreign:
    return replace(structured()(event), value=b'{"data":' + b"[" * DEEP + b"]" * DEEP + b"}")


HELD: dict[str, tuple[Make, str]] = {
    "5 MB of nothing": (with_value(b"\0" * LARGE), "not_json"),
    "deep": (with_value(b"[" * DEEP), "not_json"),
    "a field more, and deep": (nested, "not_json"),
    "structured, and deep": (structured_nested, "not_json"),
    "batch of events": (
        lambda event: Foreign(
            topic=TOPIC,
            key=str(event.subject),
            value=b"[]",
            headers=[("content-type", b"application/cloudevents-batch+json")],
        ),
        "not_a_cloudevent",
    ),
    "structured, by its own word only": (
        lambda event: replace(structured()(event), headers=[("content-type", b"text/plain")]),
        "not_a_cloudevent",
    ),
    "XML": (with_value(b"<enrolment_id/>"), "not_json"),
}
TAKEN: dict[str, Make] = {
    "5 MB of a field more": with_data(catatan="x" * LARGE),
    "JSON under a wrong name": with_header("content-type", b"application/xml"),
    "JSON under no name": with_header("content-type", None),
    "a clock two hours ahead": with_attributes(time=(datetime.now(UTC) + timedelta(hours=2)).isoformat().encode()),
}


async def test_records_beyond_measure_are_dead_letters_or_take_effect(stage: Stage) -> None:
    evaluation, last = await stage.receiver(), new_id()
    held = {name: make(measured(new_id(), 1)) for name, (make, _) in HELD.items()}
    taken = {name: new_id() for name in TAKEN}

    await evaluation.take(*held.values())
    await evaluation.take(*(make(measured(taken[name], 1)) for name, make in TAKEN.items()))
    await evaluation.take(cloud_event(measured(last, 1)))

    reasons = dict(await evaluation.held("key, reason"))
    assert {name: reasons.get(record.key) for name, record in held.items()} == {n: r for n, (_, r) in HELD.items()}
    assert await evaluation.effects() == {subject: [1] for subject in (*taken.values(), last)}


async def test_bare_tombstone_of_a_fact_is_passed_over_and_counted(stage: Stage) -> None:
    evaluation, subject = await stage.receiver(), new_id()
    before = REGISTRY.get_sample_value("bangkom_events_skipped_total", {"service": "evaluation"}) or 0.0

    await evaluation.take(Foreign(topic=TOPIC, key=str(subject), value=None), cloud_event(measured(subject, 1)))

    after = REGISTRY.get_sample_value("bangkom_events_skipped_total", {"service": "evaluation"})
    assert after == before + 1
    assert await evaluation.held() == []
    assert await evaluation.effects() == {subject: [1]}
