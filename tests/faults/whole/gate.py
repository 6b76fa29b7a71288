"""The door of a service with several web processes: a visitor goes to one that takes visitors."""

from __future__ import annotations

import asyncio
from itertools import count

from tests.faults.whole.proxy import Proxy, Streams


class Gate(Proxy):
    """Hands each connection to the next web process; those that are away get none."""

    def __init__(self) -> None:
        super().__init__(self._next)
        self.ports: list[int] = []
        self.away: set[int] = set()
        self._turn = count()

    async def _next(self) -> Streams:
        present = [port for port in self.ports if port not in self.away]
        first = next(self._turn)
        for number in range(len(present)):
            try:
                return await asyncio.open_connection("127.0.0.1", present[(first + number) % len(present)])
            except ConnectionRefusedError:
                continue
        raise ConnectionRefusedError("no web process takes visitors")
