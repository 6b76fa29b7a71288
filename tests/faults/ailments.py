"""What may be wrong with a process that lives: its handlers fail or are slow, its clock is wrong.

A process learns what it suffers from by its environment, so that the next one of its kind is healthy.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from aiokafka.producer.message_accumulator import BatchBuilder
from sqlalchemy.ext.asyncio import AsyncSession

from shared.delivery.consumer import Handler, Handlers
from shared.delivery.envelope import Received

FAILING = "FAULT_FAILING"
"""TYPE:PERCENT: handlers fail on events of this type about so many of a hundred subjects."""
SLOW = "FAULT_SLOW_SECONDS"
CLOCK = "FAULT_CLOCK_HOURS"
"""HOURS the process's clock is ahead; at SIGUSR1 it jumps to as many behind."""

STOPPING = "FAULT_STOPPING"
"""STEP: after SIGUSR2 the process stands still before its next such step, as when its machine is suspended."""
GROUP = "FAULT_GROUP"
"""The group a worker reads as, when it is to be another than that of its service."""


def is_failing(event: Received[Any]) -> bool:
    """Whether a handler that suffers from it fails on this event."""
    contract, _, percent = os.environ.get(FAILING, ":0").partition(":")
    return event.type.type == contract and event.subject.int % 100 < int(percent)


def ailing(handlers: Handlers) -> Handlers:
    """The handlers with what the environment says is wrong with them."""
    seconds = float(os.environ.get(SLOW, "0"))

    def ail(handler: Handler) -> Handler:
        async def sick(session: AsyncSession, events: list[Received[Any]]) -> None:
            await asyncio.sleep(seconds)
            if any(is_failing(event) for event in events):
                raise ValueError("a fault that was planted")
            await handler(session, events)

        return sick

    return {contract: ail(handler) for contract, handler in handlers.items()}


def bend_clock() -> None:
    """Have every clock of this process but the monotonic ones wrong, as the environment says."""
    if (hours := float(os.environ.get(CLOCK, "0"))) == 0:
        return
    ahead = time_machine.travel(datetime.now(UTC) + timedelta(hours=hours))
    ahead.start()
    real = BatchBuilder.append

    def append(batch: BatchBuilder, *, timestamp: int | None, **record: Any) -> Any:
        # Its native code asks the system for the time, past everything that can be bent from here.
        return real(batch, timestamp=timestamp or time.time_ns() // 1_000_000, **record)

    BatchBuilder.append = append

    def jump(*_: object) -> None:
        ahead.stop()
        time_machine.travel(datetime.now(UTC) - timedelta(hours=hours)).start()

    signal.signal(signal.SIGUSR1, jump)
