"""Processes whose steps a story lets go on one by one."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.conformance.crash import Crash


class Gates:
    """Holds whoever owns the steps before and after each of them, until it goes on or dies there."""

    def __init__(self, owner: object, *steps: str) -> None:
        self.at: str | None = None
        self._goes_on: asyncio.Future[bool] | None = None
        for step in steps:
            self._hold(owner, step)

    def _hold(self, owner: object, step: str) -> None:
        real = getattr(owner, step)

        async def held(*arguments: Any) -> Any:
            await self._wait(f"before {step}")
            answer = await real(*arguments)
            await self._wait(f"after {step}")
            return answer

        setattr(owner, step, held)

    async def _wait(self, place: str) -> None:
        self.at = place
        self._goes_on = asyncio.get_running_loop().create_future()
        if not await self._goes_on:
            raise Crash

    def pass_on(self, *, alive: bool = True) -> None:
        """Let the owner go on from where it stands, or die there."""
        assert self._goes_on
        self.at = None
        self._goes_on.set_result(alive)


class Halt:
    """Holds the owner where it first comes to a step, until it goes on or dies there."""

    def __init__(self, owner: object, step: str) -> None:
        self.reached = asyncio.Event()
        self._real = getattr(owner, step)
        self._goes_on: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        setattr(owner, step, self._halted)

    async def _halted(self, *arguments: Any) -> Any:
        self.reached.set()
        if not await self._goes_on:
            raise Crash
        return await self._real(*arguments)

    def end(self, *, goes_on: bool) -> None:
        """Let the owner go on, or die."""
        self._goes_on.set_result(goes_on)
