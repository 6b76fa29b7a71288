"""Everything in one process: four services, a PostgreSQL on a folder of ours, and the event log in it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from services.evaluation.app import SERVICE as EVALUATION
from services.mentoring.app import SERVICE as MENTORING
from services.needs.app import SERVICE as NEEDS
from services.training.app import SERVICE as TRAINING
from shared.db import Database, Lineage, lineages_behind, migrate
from shared.delivery.transport import Transport
from shared.errors import Conflict
from shared.event_log import EmbeddedTransport
from shared.identity.tables import IDENTITY_LINEAGES
from shared.operate.installation import opened
from shared.postgres import EmbeddedPostgres
from shared.process import Part, Process
from shared.runtime import Node, Resources, Service
from shared.settings import Settings, WrongSetting, settings_for
from shared.web.home import HomeView

SERVICES: Mapping[str, Service] = {each.name: each for each in (NEEDS, TRAINING, MENTORING, EVALUATION)}
EVENTS = "events"
LINEAGES: Mapping[str, tuple[Lineage, ...]] = {
    **{name: service.lineages for name, service in SERVICES.items()},
    "identity": IDENTITY_LINEAGES,
    EVENTS: (),
}
FIRST_STEPS = ("bangkom import units unit.xlsx", "bangkom import employees pegawai.xlsx")
CONNECTIONS = 8
"""Per service: together with relays and log they stay below the server's limit."""


class InUse(Conflict):
    """Another process of ours works on the folder."""


class Folder:
    """The folder of an embedded installation; one process at a time may have it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = EmbeddedPostgres(self.path / "postgres")

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Have the folder alone; the kernel gives it back whatever ends us. Raises InUse and WrongSetting."""
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise InUse(f"Bangkom sudah berjalan di folder {self.path} (proses {lock.read().strip()}).") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def _lock_file(self) -> IO[str]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return (self.path / "bangkom.lock").open("a+")
        except OSError:
            raise WrongSetting(f"BANGKOM_DATA: folder {self.path} tidak dapat ditulisi.") from None

    def prepare(self) -> None:
        """Start PostgreSQL and see that every database is there."""
        self.postgres.start()
        for name in LINEAGES:
            self.postgres.ensure_database(f"bangkom_{name}")

    def url(self, name: str) -> str:
        """The address of one of our databases."""
        return self.postgres.url(f"bangkom_{name}")

    def events(self) -> EmbeddedTransport:
        """The event log."""
        return EmbeddedTransport(self.postgres.dsn(f"bangkom_{EVENTS}"))


async def migrate_all(folder: Folder, settings: Settings) -> None:
    """Bring every database to the version of this program."""
    for name, lineages in LINEAGES.items():
        async with opened(folder.url(name), settings, name) as database:
            if await lineages_behind(database, lineages):
                await migrate(database, lineages)


class EmbeddedInstallation:
    """What operators' commands work on: a running Bangkom, or one that is started for the command alone."""

    services = SERVICES

    @cached_property
    def settings(self) -> Settings:
        """Read when a command first needs them, so that help needs none; raises WrongSetting."""
        settings = settings_for(*SERVICES)
        if settings.transport != "embedded":
            raise WrongSetting("BANGKOM_TRANSPORT harus embedded di sini; dengan kafka, jalankan tiap layanan sendiri.")
        return settings

    @cached_property
    def _folder(self) -> Folder:
        return Folder(self.settings.data)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[Folder]:
        try:
            with self._folder.claimed():
                await asyncio.to_thread(self._folder.prepare)
                try:
                    await migrate_all(self._folder, self.settings)
                    yield self._folder
                finally:
                    await asyncio.to_thread(self._folder.postgres.stop)
        except InUse:
            # Whoever has the folder has its server running, or is about to; starting and migrating wait for each other.
            await asyncio.to_thread(self._folder.prepare)
            await migrate_all(self._folder, self.settings)
            yield self._folder

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """The service's database."""
        async with self._running() as folder, opened(folder.url(service), self.settings, service) as database:
            yield database

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""
        return self.database("identity")

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Transport]:
        """The event log."""
        async with self._running() as folder:
            yield folder.events()


async def run(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Run Bangkom on the folder of the settings until told to stop; raises InUse and WrongSetting."""
    folder = Folder(settings.data)
    with folder.claimed():
        await asyncio.to_thread(folder.prepare)
        try:
            await migrate_all(folder, settings)
            await _serve(folder, settings, on_ready)
        finally:
            await asyncio.to_thread(folder.postgres.stop)


async def _serve(folder: Folder, settings: Settings, on_ready: Callable[[], None]) -> None:
    nodes: list[Node] = []

    async def overview() -> HomeView:
        views = await asyncio.gather(*(node.view() for node in nodes))
        return HomeView(agency=settings.agency, services=views, simulation=settings.simulation, first_steps=FIRST_STEPS)

    async with AsyncExitStack() as stack:
        databases = {
            name: await stack.enter_async_context(opened(folder.url(name), settings, name, CONNECTIONS))
            for name in (*SERVICES, "identity")
        }
        for name, service in SERVICES.items():
            given = Resources(
                settings=settings,
                database=databases[name],
                identity=databases["identity"],
                transport=folder.events(),
                overview=overview,
            )
            nodes.append(Node(service, given))
        await Process(settings, nodes, {}, frozenset(Part)).run(on_ready)
