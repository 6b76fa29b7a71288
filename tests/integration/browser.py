"""A service's pages as people meet them: a browser for each who comes in, and forms sent as a page would send them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import httpx

from shared.db import Database
from shared.event_log import EmbeddedTransport
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.sign_in import sign_in
from shared.ids import new_id
from shared.runtime import Resources, Service, create_app
from shared.settings import Settings
from shared.web.forms import ONCE, SEAL, form_seal, new_key
from shared.web.home import HomeView
from tests.integration.small_app import browsing

PASSWORD = "kopi-tubruk-di-pagi-hari"
Fields = Mapping[str, str | Sequence[str]]


class Browser:
    """Somebody who has signed in and looks at pages."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self._token = token

    async def see(self, path: str, status: int = 200) -> str:
        """The page at a path."""
        answer = await self.client.get(path)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        return answer.text

    async def download(self, path: str) -> httpx.Response:
        """The file at a path."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer

    async def send(self, path: str, fields: Fields, key: str | None = None) -> httpx.Response:
        """Send a form as it would be sent from a page of ours; the same key stands for the same form shown."""
        sealed = {SEAL: form_seal(self._token), ONCE: key or new_key()}
        return await self.client.post(path, data={**fields, **sealed})

    async def sent(self, path: str, fields: Fields, key: str | None = None) -> str:
        """Send a form that is taken, and see the page it leads to."""
        answer = await self.send(path, fields, key)
        assert answer.status_code == 303, f"{answer.status_code}: {answer.text}"
        return await self.see(answer.headers["location"])

    async def forged(self, path: str, fields: Fields) -> int:
        """The status of a form that another site made the browser send."""
        return (await self.client.post(path, data=dict(fields))).status_code


class Front:
    """The pages of a service on a database that also holds the accounts, unless those have one of their own."""

    def __init__(self, service: Service, database: Database, identity: Database, stack: AsyncExitStack) -> None:
        async def overview() -> HomeView:
            return HomeView(agency="medan", services=())

        self.database = database
        self._identity = identity
        self._service = service.name
        self._stack = stack
        given = Resources(
            settings=Settings(),
            database=database,
            identity=identity,
            transport=EmbeddedTransport(""),
            overview=overview,
        )
        self._app = create_app(service, given)

    async def browser(self, *roles: Role, employee_id: UUID | None = None) -> Browser:
        """Somebody signed in with these roles."""
        name = f"orang-{new_id().hex[-12:]}"
        async with self._identity.transaction() as session:
            await add_account(session, name, PASSWORD, roles, employee_id)
        signed = await sign_in(self._identity, name, PASSWORD)
        client = await self._stack.enter_async_context(browsing(self._app))
        client.cookies.set(f"bangkom-{self._identity.origin.service}", signed.token)
        return Browser(client, signed.token)


@asynccontextmanager
async def fronted(service: Service, database: Database, identity: Database | None = None) -> AsyncIterator[Front]:
    """The pages while they can be seen."""
    async with AsyncExitStack() as stack:
        yield Front(service, database, identity or database, stack)
