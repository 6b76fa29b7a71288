"""A way between two programs that can be cut, made slow, left half open, or made to lose one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Self

from tests.servers.kafka import free_ports
from tests.waiting import pause

PIECE = 65_536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


class Proxy:
    """Listens on a port of its own and hands on what comes, both ways."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        (self.port,) = free_ports(1)
        self.latency = 0.0
        self.silent = False
        """Half open: connections stay, and nothing passes."""
        self.closed = False
        """Cut: nobody gets through, and who comes is turned away."""
        self.lose: Callable[[bytes], bool] = lambda _: False
        """Told of what a client sends: whether it shall reach the server, and its answer nobody."""
        self.lost = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Break every connection, and let no other be made."""
        self.closed = True
        self.break_all()

    def heal(self) -> None:
        """Let everything pass again."""
        self.closed = self.silent = False
        self.latency = 0.0

    def break_all(self) -> None:
        """Break the connections there are, as a network that resets them."""
        for writer in self._writers:
            writer.transport.abort()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Listen while the block lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.break_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        try:
            upstream, upward = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, upward}
        self._writers |= pair
        losing = asyncio.Event()
        ways = [
            asyncio.create_task(self._hand_on(reader, upward, losing, from_client=True)),
            asyncio.create_task(self._hand_on(upstream, writer, losing, from_client=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= pair
            for each in pair:
                each.close()

    async def _hand_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, losing: asyncio.Event, *, from_client: bool
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(PIECE):
                while self.silent:
                    await pause(0.1)
                if self.latency:
                    await pause(self.latency)
                if from_client and self.lose(piece):
                    losing.set()
                elif not from_client and losing.is_set():
                    # The server has answered, so what was asked is done; the client never learns of it.
                    self.lost += 1
                    return
                sink.write(piece)
                await sink.drain()
