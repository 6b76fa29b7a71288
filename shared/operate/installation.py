"""What an operator's command works on: the services of an installation and where their databases are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any, Protocol, TypeVar

import asyncpg
import click
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from shared import kafka
from shared.db import Database, Origin
from shared.delivery.envelope import Record
from shared.delivery.failures import is_transient
from shared.delivery.transport import Transport
from shared.errors import DomainError
from shared.runtime import Service
from shared.settings import Settings, WrongSetting, settings_for

T = TypeVar("T")
AWAY = (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError)


class Log(Transport, Protocol):
    """A transport whose records can also be read from the beginning, by an operator or again by a group."""

    def history(self, topics: Sequence[str]) -> AsyncIterator[list[Record]]:
        """Every record of these topics from the oldest on, up to those there are now, outside of any group."""
        ...

    async def read_again(self, group: str, topics: Sequence[str]) -> None:
        """Set a group back to the beginning of these topics; raises while somebody reads for it."""
        ...


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

    def transport(self) -> AbstractAsyncContextManager[Log]:
        """The log."""
        ...


class KafkaInstallation:
    """Services with databases of their own and Kafka as their log: one of them, or all."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self.services = services

    @cached_property
    def settings(self) -> Settings:
        """Read when a command first needs them, so that help needs none; raises WrongSetting."""
        settings = settings_for(*self.services)
        if settings.transport != "kafka":
            raise WrongSetting("BANGKOM_TRANSPORT harus kafka bila layanan dijalankan sendiri.")
        for service in self.services:
            settings.database_url(service)
        return settings

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The service's database."""
        return opened(self.settings.database_url(service), self.settings, service)

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""
        alone = len(self.services) == 1
        return opened(self.identity_url, self.settings, next(iter(self.services)) if alone else "identity")

    @property
    def identity_url(self) -> str:
        """The address of the identity database: its own, unless there is but one service that keeps it."""
        if self.settings.identity_database_url is not None:
            return self.settings.database_url("identity")
        if len(self.services) > 1:
            raise WrongSetting("BANGKOM_IDENTITY_DATABASE_URL belum diisi: tiap layanan menyimpan akunnya sendiri.")
        return self.settings.database_url(next(iter(self.services)))

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Log]:
        """Kafka."""
        yield kafka.transport(self.settings)


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
        name = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        if isinstance(error, OSError | KafkaError) or is_transient(error):
            raise click.ClickException(f"Basis data atau Kafka tidak terjangkau ({name}).") from None
        raise click.ClickException(f"Basis data menolak ({name}); apakah tabelnya mutakhir (migrate)?") from None
