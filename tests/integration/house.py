"""One service with its doors, for tests through its routes: a client for each person who comes in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import httpx
from fastapi import FastAPI

from shared.db import Database
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.sign_in import sign_in
from shared.ids import new_id
from shared.runtime import Service
from shared.web.shell import install_shell
from tests.integration.small_app import browsing

PASSWORD = "kopi-tubruk-di-pagi-hari"


class House:
    """A service's routes on a database that also holds the accounts."""

    def __init__(self, service: Service, database: Database, stack: AsyncExitStack) -> None:
        self.database = database
        self._stack = stack
        self.app = FastAPI(openapi_url=None)
        self.app.include_router(service.router)
        install_shell(self.app)
        self.app.state.database = self.app.state.identity = database

    async def visitor(self) -> httpx.AsyncClient:
        """Somebody who has not signed in."""
        return await self._stack.enter_async_context(browsing(self.app))

    async def person(self, *roles: Role, employee_id: UUID | None = None) -> httpx.AsyncClient:
        """Somebody signed in with these roles."""
        name = f"orang-{new_id().hex[-12:]}"
        async with self.database.transaction() as session:
            await add_account(session, name, PASSWORD, roles, employee_id)
        signed = await sign_in(self.database, name, PASSWORD)
        return await self._stack.enter_async_context(browsing(self.app, signed.token))


@asynccontextmanager
async def opened(service: Service, database: Database) -> AsyncIterator[House]:
    """The house while it is open."""
    async with AsyncExitStack() as stack:
        yield House(service, database, stack)
