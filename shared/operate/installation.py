"""What an operator's command works on: the services of an installation and where their databases are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

import asyncpg
import click
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from shared.db import Database, Origin
from shared.delivery.transport import Transport
from shared.errors import DomainError
from shared.runtime import Service
from shared.settings import Settings

T = TypeVar("T")
AWAY = (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError)


class Installation(Protocol):
    """One service that runs apart, or several in one place."""

    services: Mapping[str, Service]

    @property
    def settings(self) -> Settings:
        """Its settings; raises WrongSetting."""
        ...

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The service's database, for the time of a command."""
        ...

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The database of accounts and tokens."""
        ...

    def transport(self) -> AbstractAsyncContextManager[Transport]:
        """The log."""
        ...


@asynccontextmanager
async def opened(url: str, settings: Settings, service: str, pool_size: int = 10) -> AsyncIterator[Database]:
    """A database, closed at the end."""
    database = Database(url, Origin(agency=settings.agency, service=service, zone=settings.zone), pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


def execute(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; an expected failure ends it with one line and exit code 1."""
    try:
        return asyncio.run(work)
    except DomainError as refusal:
        raise click.ClickException(refusal.detail) from None
    except AWAY as error:
        raise click.ClickException(f"Basis data atau Kafka tidak terjangkau ({type(error).__name__}).") from None
