"""The command line of one service that runs apart: python -m services.<name> …"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

import click
import uvloop

from shared import kafka, telemetry
from shared.db import migrate
from shared.identity.cli import accounts, tokens
from shared.identity.tables import IDENTITY, IDENTITY_LINEAGES
from shared.operate.audit import audit
from shared.operate.delivery import lag, resume
from shared.operate.installation import Installation, KafkaInstallation, execute
from shared.operate.letters import dead_letters, deferred
from shared.operate.outbox import outbox
from shared.operate.program import run_program
from shared.operate.rebuild import rebuild
from shared.operate.restored import restored
from shared.process import Part, Process
from shared.runtime import Node, Resources, Service
from shared.web.home import HomeView

COMMON: Sequence[click.Command] = (
    dead_letters,
    deferred,
    lag,
    outbox,
    rebuild,
    restored,
    resume,
    accounts,
    tokens,
    audit,
)


class ServiceInstallation(KafkaInstallation):
    """One service with a database of its own and Kafka as its log."""

    def __init__(self, service: Service) -> None:
        super().__init__({service.name: service})
        self.service = service


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
            return HomeView(
                agency=settings.agency,
                services=[await node.view()],
                simulation=settings.simulation,
                simulated=await node.simulated(),
            )

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
