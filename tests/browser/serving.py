"""One service on a port of its own, with a database of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from shared.db import Database
from shared.event_log import EmbeddedTransport
from shared.runtime import Resources, Service, create_app
from shared.settings import Settings
from shared.web.home import HomeView
from tests.servers.kafka import free_ports
from tests.waiting import wait_until


@asynccontextmanager
async def served(service: Service, database: Database) -> AsyncIterator[str]:
    """Its address while it answers; the database also holds the accounts."""

    async def overview() -> HomeView:
        return HomeView(agency="medan", services=())

    given = Resources(
        settings=Settings(), database=database, identity=database, transport=EmbeddedTransport(""), overview=overview
    )
    [port] = free_ports(1)
    app = create_app(service, given)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off", server_header=False))
    serving = asyncio.create_task(server.serve())
    try:
        await wait_until(lambda: server.started, description=f"{service.name} answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
