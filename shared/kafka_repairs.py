"""Two things that aiokafka keeps to itself, and that would leave a consumer standing still without a word."""

# ruff: noqa: SLF001 it has no other way to ask for them

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError


def tell_of_closed_connections() -> None:
    """Have every client see a reset connection as one.

    uvloop raises RuntimeError when a connection is written to that has just been reset; aiokafka expects an OSError
    there (its issue 1038), and the task that fetches records, or that looks for brokers, would end.
    """
    for name in ("send", "_send_sasl_token"):
        write = getattr(AIOKafkaConnection, name)
        if not hasattr(write, "__wrapped__"):
            setattr(AIOKafkaConnection, name, _telling(write))


def _telling(write: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(write)
    def told(connection: AIOKafkaConnection, *arguments: Any, **options: Any) -> Any:
        try:
            return write(connection, *arguments, **options)
        except RuntimeError as error:
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection was reset: {error}") from error

    return told


def tell_of_ended_tasks(consumer: AIOKafkaConsumer) -> None:
    """Have the next poll raise KafkaError when a task behind the consumer has ended, and would bring nothing more."""
    fetcher, client, coordinator = consumer._fetcher, consumer._client, consumer._coordinator

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            coordinator._pending_exception = KafkaError(f"a task of the consumer has ended: {task.exception()!r}")
            # Else stop would wait for what has failed, and not come to its end.
            fetcher._fetch_task = asyncio.get_running_loop().create_future()
            fetcher._pending_tasks.clear()

    for task in (fetcher._fetch_task, client._sync_task):
        task.add_done_callback(ended)
