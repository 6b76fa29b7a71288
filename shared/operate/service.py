"""The command line of one service that runs apart: python -m services.<name> …"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cached_property

import click
import uvloop

from shared import kafka, telemetry
from shared.db import Database, migrate
from shared.delivery.transport import Transport
from shared.identity.cli import accounts, tokens
from shared.identity.tables import IDENTITY, IDENTITY_LINEAGES
from shared.operate.delivery import lag, outbox, resume
from shared.operate.installation import Installation, execute, opened
from shared.operate.letters import dead_letters
from shared.operate.program import run_program
from shared.process import Part, Process
from shared.runtime import Node, Resources, Service
from shared.settings import Settings, WrongSetting, settings_for
from shared.web.home import HomeView

COMMON: Sequence[click.Command] = (dead_letters, lag, outbox, resume, accounts, tokens)


class ServiceInstallation:
    """One service with a database of its own and Kafka as its log."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.services: Mapping[str, Service] = {service.name: service}

    @cached_property
    def settings(self) -> Settings:
        """Read when a command first needs them, so that help needs none; raises WrongSetting."""
        settings = settings_for(self.service.name)
        if settings.transport != "kafka":
            raise WrongSetting("BANGKOM_TRANSPORT harus kafka bila layanan dijalankan sendiri.")
        settings.database_url(self.service.name)
        return settings

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The service's database."""
        return opened(self.settings.database_url(service), self.settings, service)

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database: the service's own, unless another is set."""
        return opened(self.identity_url, self.settings, self.service.name)

    @property
    def identity_url(self) -> str:
        """The address of the identity database."""
        url = self.settings.identity_database_url
        return url.get_secret_value() if url else self.settings.database_url(self.service.name)

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Transport]:
        """Kafka."""
        yield kafka.transport(self.settings)


def run_service(service: Service) -> None:
    """The command line of a service."""
    run_program(command_line(service), ServiceInstallation(service))


def command_line(service: Service) -> click.Group:
    """Every command of a service."""
    group = click.Group(service.name, help=f"Layanan {service.title}.")
    group.add_command(migrate_command)
    for name, parts in PARTS.items():
        group.add_command(_serve_command(name, parts))
    for command in (*COMMON, topics, *service.commands):
        group.add_command(command)
    return group


PARTS = {"serve": frozenset(Part), **{part.value: frozenset({part}) for part in Part}}


def _serve_command(name: str, parts: frozenset[Part]) -> click.Command:
    @click.command(name, help=f"Jalankan {', '.join(sorted(parts))}.")
    @click.pass_obj
    def serve(installation: ServiceInstallation) -> None:
        telemetry.configure_logs()
        uvloop.run(_serve(installation, parts))

    return serve


async def _serve(installation: ServiceInstallation, parts: frozenset[Part]) -> None:
    service, settings = installation.service, installation.settings
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(installation.database(service.name))
        identity = await stack.enter_async_context(installation.identity())

        async def overview() -> HomeView:
            return HomeView(agency=settings.agency, services=[await node.view()], simulation=settings.simulation)

        given = Resources(
            settings=settings,
            database=database,
            identity=identity,
            transport=kafka.transport(settings),
            overview=overview,
        )
        node = Node(service, given)
        await Process(settings, [node], kafka.checks(settings), parts).run()


@click.command("migrate")
@click.pass_obj
def migrate_command(installation: ServiceInstallation) -> None:
    """Bawa tabel ke versi program ini."""
    execute(_migrate(installation))
    click.echo("Tabel sudah mutakhir.")


async def _migrate(installation: ServiceInstallation) -> None:
    own = installation.settings.identity_database_url is None
    async with installation.database(installation.service.name) as database:
        await migrate(database, (*installation.service.lineages, IDENTITY) if own else installation.service.lineages)
    if not own:
        async with installation.identity() as identity:
            await migrate(identity, IDENTITY_LINEAGES)


@click.group()
def topics() -> None:
    """Topik di Kafka."""


@topics.command("apply")
@click.pass_obj
def apply_topics(installation: Installation) -> None:
    """Buat topik yang belum ada."""
    made = execute(kafka.apply_topics(installation.settings))
    click.echo("\n".join(made) or "Semua topik sudah ada.")
