"""Everything in one process: four services, a PostgreSQL on a folder of ours, and the event log in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial

import click

from services.demo.cli import clock_group, demo
from services.evaluation.app import SERVICE as EVALUATION
from services.evaluation.cli import import_group as imports_of_evaluation
from services.evaluation.cli import journey
from services.mentoring.app import SERVICE as MENTORING
from services.needs.app import SERVICE as NEEDS
from services.needs.cli import import_group as imports_of_needs
from services.training.app import SERVICE as TRAINING
from services.training.cli import import_group as imports_of_training
from shared.db import Database, Lineage, differing_lineages, migrate, plain
from shared.errors import Conflict
from shared.event_log import EmbeddedTransport
from shared.folder import Folder, InUse
from shared.identity.tables import IDENTITY_LINEAGES
from shared.operate.backup import Standing, backup
from shared.operate.doctor import doctor
from shared.operate.installation import KafkaInstallation, Log, opened
from shared.operate.move import move
from shared.operate.restore import restore
from shared.operate.service import COMMON
from shared.operate.surroundings import surroundings_of, watch
from shared.operate.wal import wal
from shared.process import Part, Process
from shared.runtime import Node, Resources, Service
from shared.settings import Settings, embedded_settings, settings_for
from shared.web.home import HomeView

SERVICES: Mapping[str, Service] = {each.name: each for each in (NEEDS, TRAINING, MENTORING, EVALUATION)}
EVENTS = "events"
LINEAGES: Mapping[str, tuple[Lineage, ...]] = {
    **{name: service.lineages for name, service in SERVICES.items()},
    "identity": IDENTITY_LINEAGES,
    EVENTS: (),
}
IMPORTS = click.CommandCollection(
    "import",
    sources=[imports_of_needs, imports_of_training, imports_of_evaluation],
    help="Impor dari .xlsx atau .csv. Seluruh berkas diperiksa lebih dahulu.\n\n"
    "Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat; 2: berkas tidak dapat dibaca.",
)
COMMANDS: Sequence[click.Command] = (
    *(IMPORTS, *COMMON, backup, restore, wal, watch),
    *(move, doctor, journey, demo, clock_group),
)
FIRST_STEPS = ("bangkom import units unit.xlsx", "bangkom import employees pegawai.xlsx")
CONNECTIONS = 8
"""Per service: together with relays and log they stay below the server's limit."""


def prepare(folder: Folder) -> None:
    """Start PostgreSQL and see that every database is there."""
    folder.postgres.start()
    folder.ensure_databases(LINEAGES)


async def migrate_all(folder: Folder, settings: Settings) -> None:
    """Bring every database to the version of this program."""
    for name, lineages in LINEAGES.items():
        async with opened(folder.url(name), settings, name) as database:
            if await differing_lineages(database, lineages):
                await migrate(database, lineages)


class EmbeddedInstallation:
    """What operators' commands work on: a running Bangkom, or one that is started for the command alone."""

    services = SERVICES

    @cached_property
    def settings(self) -> Settings:
        """Read when a command first needs them, so that help needs none; raises WrongSetting."""
        return embedded_settings(SERVICES)

    @cached_property
    def _folder(self) -> Folder:
        return Folder(self.settings.data)

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[Folder]:
        try:
            with self._folder.claimed():
                await asyncio.to_thread(prepare, self._folder)
                try:
                    yield self._folder
                finally:
                    await asyncio.to_thread(self._folder.postgres.stop)
        except InUse:
            # Whoever has the folder has its server running, or is about to; starting and migrating wait for each other.
            await asyncio.to_thread(prepare, self._folder)
            yield self._folder

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[Folder]:
        async with self._started() as folder:
            await migrate_all(folder, self.settings)
            yield folder

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[Standing]:
        """Its server with what is in it, unchanged; raises Conflict when the folder holds no data yet."""
        if not self._folder.postgres.folder.exists():
            raise Conflict(f"{self._folder.path} belum berisi data.")
        async with self._started() as folder:
            urls = {name: folder.url(name) for name in LINEAGES}
            yield Standing(kind="embedded", server=folder.dsn(EVENTS), databases=urls)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """The service's database."""
        async with self._running() as folder, opened(folder.url(service), self.settings, service) as database:
            yield database

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""
        return self.database("identity")

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Log]:
        """The event log."""
        async with self._running() as folder:
            yield EmbeddedTransport(folder.dsn(EVENTS))


class ManyServices(KafkaInstallation):
    """All services, each with a database of its own, and Kafka as their log."""

    def __init__(self) -> None:
        super().__init__(SERVICES)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[Standing]:
        """All databases and, where it is named, the account that may copy their server whole; raises WrongSetting."""
        urls = {name: self.settings.database_url(name) for name in SERVICES}
        named = self.settings.backup_database_url is not None
        server = plain(self.settings.database_url("backup")) if named else None
        yield Standing(kind="full", server=server, databases={**urls, "identity": self.identity_url})


class WholeInstallation:
    """All services, wherever the settings say they are: in a folder of ours, or each with a database over Kafka."""

    services = SERVICES
    lineages = LINEAGES

    @cached_property
    def _chosen(self) -> EmbeddedInstallation | ManyServices:
        if settings_for(*SERVICES).transport == "kafka":
            return ManyServices()
        return EmbeddedInstallation()

    @property
    def settings(self) -> Settings:
        """Read when a command first needs them, so that help needs none; raises WrongSetting."""
        return self._chosen.settings

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The service's database."""
        return self._chosen.database(service)

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""
        return self._chosen.identity()

    def transport(self) -> AbstractAsyncContextManager[Log]:
        """The log."""
        return self._chosen.transport()

    def standing(self) -> AbstractAsyncContextManager[Standing]:
        """Its server with what is in it, unchanged."""
        return self._chosen.standing()


async def run(
    folder: Folder,
    settings: Settings,
    starting: Future[None],
    on_ready: Callable[[], None],
    on_end: Callable[[], None],
) -> None:
    """Run Bangkom on a folder that is ours, whose PostgreSQL is starting, until told to stop."""
    try:
        await asyncio.wrap_future(starting)
        await asyncio.to_thread(folder.ensure_databases, LINEAGES)
        await migrate_all(folder, settings)
        await _serve(folder, settings, on_ready)
    finally:
        await asyncio.to_thread(on_end)
        await asyncio.to_thread(folder.postgres.stop)


async def _serve(folder: Folder, settings: Settings, on_ready: Callable[[], None]) -> None:
    nodes: list[Node] = []

    async def overview() -> HomeView:
        views = await asyncio.gather(*(node.view() for node in nodes))
        return HomeView(
            agency=settings.agency,
            services=views,
            simulation=settings.simulation,
            simulated=await nodes[0].simulated(),
            first_steps=FIRST_STEPS,
        )

    async with AsyncExitStack() as stack:
        databases = {
            name: await stack.enter_async_context(opened(folder.url(name), settings, name, CONNECTIONS))
            for name in (*SERVICES, "identity")
        }
        log = EmbeddedTransport(folder.dsn(EVENTS))
        kept = timedelta(days=settings.topic_retention_days)
        for name, service in SERVICES.items():
            given = Resources(
                settings=settings,
                database=databases[name],
                identity=databases["identity"],
                transport=log,
                overview=overview,
                links=[link for each in SERVICES.values() for link in each.navigation],
                # Of the log they share, so one of them does it.
                chores=() if nodes else (partial(log.forget_old, kept),),
            )
            nodes.append(Node(service, given))
        around = surroundings_of(settings)
        await Process(settings, nodes, {}, frozenset(Part), around.refresh).run(on_ready)
