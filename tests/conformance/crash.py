"""Processes that die between two steps of their work."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest

from shared.delivery.relay import Relay
from shared.delivery.worker import Worker

Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "after")


class Crash(BaseException):
    """The process ends here, and nothing of it goes on."""


def crash(owner: object, step: str, moment: Moment, nth: int = 1) -> None:
    """Have the owner's step end the process at its nth call."""
    real = getattr(owner, step)
    calls = 0

    async def crashing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and moment == "before":
            raise Crash
        answer = await real(*arguments)
        if calls == nth:
            raise Crash
        return answer

    setattr(owner, step, crashing)


async def run_until_crash(loop: Relay | Worker) -> None:
    async with asyncio.timeout(20):
        with pytest.raises(Crash):
            await loop.run(asyncio.Event())
