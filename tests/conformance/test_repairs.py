"""What a consumer tells of, so that its worker begins anew: a connection that was reset, a task that has ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from shared.events.training import TrainingCompleted
from shared.ids import new_id
from tests.conformance.logs import KafkaLog
from tests.waiting import pause, wait_until


async def _write_to_a_connection_that_was_reset() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.transport.abort(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = AIOKafkaConnection("127.0.0.1", port)
    connection._versions = {MetadataRequest.API_KEY: (0, 1)}
    connection._reader, connection._writer = await asyncio.open_connection("127.0.0.1", port)
    connection._read_task = asyncio.create_task(asyncio.Event().wait())
    connection._writer.transport.abort()
    await pause(0.05)
    try:
        connection.send(MetadataRequest([]))
    finally:
        server.close()


def test_connection_that_was_reset_is_told_as_broken_under_uvloop() -> None:
    with pytest.raises(KafkaConnectionError):
        uvloop.run(_write_to_a_connection_that_was_reset())


async def test_commit_that_is_not_answered_is_told_of(kafka_log: KafkaLog, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await kafka_log.transport().open_source(f"committing-{new_id()}", [TrainingCompleted.topic])
    monkeypatch.setattr("shared.delivery.transport.kafka.COMMIT_SECONDS", 0.01)
    source._next = dict.fromkeys(source.consumer.assignment(), 0)
    source._owned = source.consumer.assignment()
    monkeypatch.setattr(source.consumer, "commit", lambda _: pause(60.0))
    try:
        await source.commit()
        with pytest.raises(TimeoutError):
            await source.commit()
    finally:
        await source.close()


async def test_poll_tells_of_a_fetching_task_that_has_ended(kafka_log: KafkaLog) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError

    source = await kafka_log.transport().open_source(f"fetching-{new_id()}", [TrainingCompleted.topic])
    try:
        source.consumer._fetcher._proc_fetch_request = fail
        with pytest.raises(KafkaError):
            await wait_until(source.poll, within=60.0)
    finally:
        await source.close()
