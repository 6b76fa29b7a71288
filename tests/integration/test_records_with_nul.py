"""A record whose texts PostgreSQL cannot hold is set aside like any other that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Received, Record
from shared.events.training import TrainingCompleted
from shared.kafka import transport
from shared.settings import settings_for
from shared.tables import HeldRecord
from tests.conftest import MakeDatabase
from tests.records import record_of
from tests.servers.kafka import NamedKafka
from tests.waiting import wait_until

GOOD = record_of(TrainingCompleted.model_validate(TrainingCompleted.example))
NUL_TYPE = "forged\0"


def with_header(name: str, value: bytes) -> Record:
    return replace(GOOD, headers=[*((n, v) for n, v in GOOD.headers if n != name), (name, value)])


STRUCTURED = replace(
    GOOD,
    headers=[("content-type", b"application/cloudevents+json")],
    value=json.dumps({"specversion": "1.0", "type": NUL_TYPE}).encode(),
)


async def ignore(session: AsyncSession, events: list[Received[TrainingCompleted]]) -> None:
    """Nothing follows from the event."""


async def held(database: Database) -> list[HeldRecord]:
    async with database.session() as session:
        return list((await session.scalars(select(HeldRecord))).all())


@pytest.mark.parametrize(
    "record",
    [
        with_header("ce_type", NUL_TYPE.encode()),
        with_header("ce_causationid", b"\0"),
        replace(GOOD, headers=[("name\0", b"")]),
        STRUCTURED,
    ],
    ids=["type", "cause", "name of a header", "type in structured mode"],
)
async def test_record_with_nul_is_a_dead_letter(make_database: MakeDatabase, record: Record) -> None:
    database = await make_database()

    await Consumer(database, {TrainingCompleted: ignore}, frozenset({"medan"})).take([record])

    assert [row.key for row in await held(database)] == [GOOD.key]


async def test_record_with_nul_in_its_key_passes_kafka_into_a_dead_letter(
    make_database: MakeDatabase, kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    database = await make_database()
    consumer = Consumer(database, {TrainingCompleted: ignore}, frozenset({"medan"}))
    source = await transport(settings_for()).open_source("test", [GOOD.topic])
    producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap)
    await producer.start()

    try:
        await producer.send_and_wait(topic_prefix + GOOD.topic, key=b"key\0", value=GOOD.value)
        await consumer.take(await wait_until(source.poll))
    finally:
        await producer.stop()
        await source.close()

    assert [row.key for row in await held(database)] == ["key\ufffd"]
