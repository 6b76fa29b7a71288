"""Offsets are moved by the owner of a partition only, also when it comes back to one who had it before."""

from __future__ import annotations

from shared.delivery.transport import Source
from shared.ids import new_id
from tests.conformance.logs import Foreign, KafkaLog, cloud_event
from tests.conformance.stage import measured
from tests.waiting import wait_until

GROUP, TOPIC = "bangkom.evaluation", "bangkom.training"


def events(count: int) -> list[Foreign]:
    return [cloud_event(measured(new_id(), number)) for number in range(count)]


async def test_batch_polled_before_partitions_went_to_another_moves_no_offset_back(kafka_log: KafkaLog) -> None:
    transport = kafka_log.transport()
    await kafka_log.write(*events(30))
    first = await transport.open_source(GROUP, [TOPIC])
    await wait_until(first.poll, within=30, every=0)
    await kafka_log.write(*events(30))
    second = await transport.open_source(GROUP, [TOPIC])
    taken = {record.partition for record in await wait_until(second.poll, within=30, every=0)}
    await wait_until(lambda: _is_done(second, kafka_log, taken), within=30)
    await second.close()
    before = await transport.lag(GROUP, [TOPIC])

    async def has_all_again() -> bool:
        return {partition.partition for partition in first.consumer.assignment()} == {0, 1, 2}

    await wait_until(has_all_again, within=30)
    await first.commit()
    await first.close()

    after = await transport.lag(GROUP, [TOPIC])
    assert {partition: before[TOPIC, partition] for partition in taken} == dict.fromkeys(taken, 0)
    assert {partition: after[TOPIC, partition] for partition in taken} == dict.fromkeys(taken, 0)


async def _is_done(source: Source, log: KafkaLog, partitions: set[int]) -> bool:
    await source.commit()
    await source.poll()
    lag = await log.transport().lag(GROUP, [TOPIC])
    return not any(lag[TOPIC, partition] for partition in partitions)
