"""People at work: they send commands over HTTP, again under the same key when they do not learn what became of one."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from tests.faults.whole.history import Command, History
from tests.faults.whole.installation import Whole
from tests.waiting import pause

PATIENCE_SECONDS = 25.0
"""How long one sending is waited for: longer than anybody here waits for a connection."""

GIVEN_UP = 0.1
"""The share of senders who never ask again after a sending whose outcome they did not learn."""

LAST_TRIES_SECONDS = 90.0
AGAIN_SECONDS = 0.3
UNAVAILABLE = 500


class Sender:
    """Sends commands until they are answered, and keeps a record of every attempt and answer."""

    def __init__(self, whole: Whole, history: History, chance: random.Random) -> None:
        self.whole = whole
        self.history = history
        self.chance = chance
        self.gives_up = GIVEN_UP
        self.failures = 0
        self.statuses: dict[int, int] = {}
        self.took: list[float] = []
        self.replayed: list[tuple[Command, bytes]] = []
        self.tokens = {service: whole.token(service) for service in ("needs", "training", "mentoring", "evaluation")}
        self._client = httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))

    async def send(self, command: Command) -> Any:
        """The answer's JSON; None when it was refused, or given up without knowing what became of it."""
        while True:
            self.history.attempt(command)
            answer = await self._sent(command)
            if answer is not None and answer.status_code < UNAVAILABLE:
                replayed = "idempotency-replayed" in answer.headers
                self.history.answer(command, answer.status_code, answer.content, replayed=replayed)
                if replayed:
                    self.replayed.append((command, answer.content))
                return answer.json() if answer.is_success else None
            self.failures += 1
            if self.chance.random() < self.gives_up:
                return None
            await pause(AGAIN_SECONDS)

    async def answer_again(self, command: Command) -> bytes | None:
        """What a command that was answered is answered when it is sent once more."""
        answer = await self._sent(command)
        return None if answer is None else answer.content

    async def take_in(self, command: Command) -> None:
        """Have an operator take a file in, again until it is taken; the same file again changes nothing."""
        while True:
            self.history.attempt(command)
            arguments = ("import", "employees", command.path)
            code = await asyncio.to_thread(self.whole.try_command, "needs", *arguments)
            if code == 0:
                self.history.answer(command, 200, b"", replayed=False)
                return
            self.failures += 1
            if self.chance.random() < self.gives_up:
                return
            await pause(AGAIN_SECONDS)

    async def read(self, path: str) -> Any:
        """What a page shows; None when it cannot be had now."""
        service = path.split("/")[1]
        with suppress(httpx.TransportError):
            answer = await self._client.get(self.whole.address(service) + path, headers=self._bearer(service))
            return answer.json() if answer.is_success else None
        return None

    async def _sent(self, command: Command) -> httpx.Response | None:
        service = command.path.split("/")[1]
        headers = self._bearer(service) | {"Idempotency-Key": command.token}
        url = self.whole.address(service) + command.path
        began = time.monotonic()
        try:
            answer = await self._client.request(command.method, url, json=command.body, headers=headers)
        except httpx.TransportError:
            return None
        self.took.append(time.monotonic() - began)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        return answer

    def _bearer(self, service: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[service]}"}

    async def close(self) -> None:
        await self._client.aclose()
        self.history.close()


Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def working(workers: Sequence[Work], rest: Callable[[], float]) -> AsyncIterator[None]:
    """Each worker does one piece of work after the other until the block ends; the pieces in hand are finished."""
    ending = asyncio.Event()

    async def go_on(work: Work) -> None:
        while not ending.is_set():
            await work()
            await pause(rest())

    tasks = [asyncio.create_task(go_on(work)) for work in workers]
    try:
        yield
        ending.set()
        async with asyncio.timeout(LAST_TRIES_SECONDS):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
