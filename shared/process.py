"""One process: opens its ports, runs the parts of its services side by side, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import telemetry
from shared.runtime import Node
from shared.settings import Settings, WrongSetting
from shared.telemetry import Check

STOP_SECONDS = 15.0
GARBAGE_AFTER = 50_000
"""Objects between two looks for garbage: a batch of events makes many, and all of them live until it ends."""

log = structlog.get_logger()


class Part(StrEnum):
    """What a process may do for its services."""

    WEB = "web"
    WORKER = "worker"
    RELAY = "relay"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The process ends all its parts together, so signals are its own business.
        yield


class Gateway:
    """Sends each request to the service its path names; everything else is answered by the first, alike for all."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps
        self._first = next(iter(apps.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        segment = scope.get("path", "/").split("/")[1]
        await self._apps.get(segment, self._first)(scope, receive, send)


class Process:
    """Runs nodes; checks are those that concern all of them, such as the brokers, and beside are figures of no node."""

    def __init__(
        self,
        settings: Settings,
        nodes: Sequence[Node],
        checks: Mapping[str, Check],
        parts: frozenset[Part],
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._settings = settings
        self._nodes = nodes
        self._parts = parts
        self._checks = {**_named(nodes), **checks}
        self._refreshes = [*(node.refresh for node in nodes), *([beside] if beside else [])]
        self.stopping = asyncio.Event()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until told to stop; on_ready is called once the ports are ours. Raises WrongSetting when one is taken."""
        ports: list[tuple[ASGIApp, socket.socket]] = []
        ports.append((self._operations(), listen(self._settings.bind, self._settings.ops_port, "BANGKOM_OPS_PORT")))
        if Part.WEB in self._parts:
            ports.append((self._web(), listen(self._settings.bind, self._settings.port, "BANGKOM_PORT")))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        servers = [_Server(self._config(app)) for app, _ in ports]
        work = [
            *(server.serve(sockets=[port]) for server, (_, port) in zip(servers, ports, strict=True)),
            *(loop_ for node in self._nodes for loop_ in self._loops(node)),
        ]
        keep_what_is_loaded()
        tasks = [asyncio.create_task(each) for each in work]
        on_ready()
        ending = asyncio.create_task(self.stopping.wait())
        # A loop that ends by itself is a fault of ours: then everything ends, and whoever watches starts us again.
        await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
        self.stopping.set()
        ending.cancel()
        for server in servers:
            server.should_exit = True
        await _end(tasks)

    def _config(self, app: ASGIApp) -> uvicorn.Config:
        # Where others reach us, a gateway stands before us and names the address of who asks.
        believed = "127.0.0.1" if self._settings.loopback else "*"
        return uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            server_header=False,
            access_log=False,
            forwarded_allow_ips=believed,
        )

    def _loops(self, node: Node) -> list[Coroutine[Any, Any, None]]:
        loops: list[Coroutine[Any, Any, None]] = []
        if Part.WORKER in self._parts:
            loops += [node.worker.run(self.stopping), node.run_timers(self.stopping)]
            loops += [node.run_chores(self.stopping), node.run_figures(self.stopping), node.run_seals(self.stopping)]
        if Part.RELAY in self._parts:
            loops.append(node.relay.run(self.stopping))
        return loops

    def _web(self) -> ASGIApp:
        return Gateway({node.service.name: node.app for node in self._nodes})

    def _operations(self) -> FastAPI:
        documents = {node.service.name: node.app for node in self._nodes}
        return telemetry.operations_app(documents, self._checks, self._refresh)

    async def _refresh(self) -> None:
        await asyncio.gather(*(refresh() for refresh in self._refreshes))


def _named(nodes: Sequence[Node]) -> dict[str, Check]:
    if len(nodes) == 1:
        return nodes[0].checks()
    return {f"{node.service.name}.{name}": check for node in nodes for name, check in node.checks().items()}


def keep_what_is_loaded() -> None:
    """Spare the garbage collector the modules: looking through them again and again cost the worker a third."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, *gc.get_threshold()[1:])


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; raises WrongSetting that names the setting when it cannot be had."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WrongSetting(f"{setting}: porta {port} sudah dipakai program lain.") from None
        raise WrongSetting(f"BANGKOM_BIND atau {setting}: alamat {host}:{port} tidak dapat dipakai.") from None


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
