"""Topics as we create them: a publisher whose clock is wrong is heard, and its records are as old as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer

from shared.ids import new_id
from shared.kafka import client_options
from shared.settings import Settings
from tests.conformance.logs import KafkaLog, cloud_event, read_all
from tests.conformance.stage import measured

TRAINING = "bangkom.training"


async def test_publisher_with_a_wrong_clock_is_heard(bare_kafka_log: KafkaLog) -> None:
    await bare_kafka_log.opened.prepare()
    settings = Settings(kafka_bootstrap=bare_kafka_log.bootstrap)
    record = cloud_event(measured(new_id(), 1))
    now = datetime.now(UTC)
    producer = AIOKafkaProducer(**client_options(settings), acks="all")
    await producer.start()
    try:
        for hours in (-2, 2):
            stamp = int((now + timedelta(hours=hours)).timestamp() * 1000)
            topic = bare_kafka_log.opened.prefix + TRAINING
            await producer.send_and_wait(topic, record.value, key=b"key", timestamp_ms=stamp)
    finally:
        await producer.stop()

    found = await read_all(bare_kafka_log, [TRAINING], 2)

    assert [abs(each.timestamp_ms / 1000 - now.timestamp()) < 3600 for each in found] == [True, True]
