"""What a service is to the process that runs it: its application, its loops, its checks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from shared import clock, idempotency, metrics, retention
from shared.clock import Simulated
from shared.db import KERNEL, Database, Lineage, differing_lineages
from shared.delivery.consumer import Consumer, ConsumerStopped, Handlers
from shared.delivery.relay import Relay
from shared.delivery.transport import Transport
from shared.delivery.worker import Worker, group_of
from shared.directory import DIRECTORY_HANDLERS
from shared.identity import sign_in
from shared.identity.routes import session_routes
from shared.operate.audit_pages import AuditPages, auditor_link
from shared.operate.figures import Figure, take_figures
from shared.operate.pages import DeliveryPages, operator_link
from shared.operate.status import set_gauges
from shared.pool import tell_of_pool
from shared.seals import seal_entries
from shared.settings import Settings
from shared.telemetry import Check, findings
from shared.timers import TimerFunction, run_due
from shared.web.cookies import Cookies
from shared.web.entrance import entrance_routes
from shared.web.frame import Link, Shell
from shared.web.home import Overview, ServiceView
from shared.web.language import speak_from
from shared.web.own_password import password_routes
from shared.web.pages import environment
from shared.web.shell import install_pages, install_shell
from shared.web.traffic import Traffic

if TYPE_CHECKING:
    from shared.tracing import Traces

TIMER_SECONDS = 1.0
SIMULATED_TIMER_SECONDS = 0.1
"""How long timers are left alone where half a month passes in a second."""
LONGEST_PAUSE = 30.0
LAG_SECONDS = 10.0
REFRESH_SECONDS = 5.0
"""Prometheus gives up after ten: a server that does not answer must not take the other figures along."""
FIGURE_SECONDS = 60.0
SEAL_SECONDS = 60.0
DAY_SECONDS = 86_400.0

COUNTS = text("SELECT (SELECT count(*) FROM directory_employees), (SELECT count(*) FROM directory_units)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as its app.py puts it together.

    folder holds its migrations and templates, links are its part of the navigation, commands are for its operators,
    figures are what it counts of its work.
    """

    name: str
    title: str
    summary: str
    folder: Path
    router: APIRouter
    pages: APIRouter | None = None
    links: Sequence[Link] = ()
    handlers: Handlers = field(default_factory=dict)
    timers: Mapping[str, TimerFunction] = field(default_factory=dict)
    commands: Sequence[click.Command] = ()
    figures: Sequence[Figure] = ()

    @property
    def navigation(self) -> tuple[Link, ...]:
        """Its part of the navigation, the pages of auditors and operators last."""
        return (*self.links, auditor_link(self.name, self.title), operator_link(self.name, self.title))

    @property
    def listens(self) -> Handlers:
        """What happens in it on which event: the directory's part, which all services share, and its own."""
        return {**DIRECTORY_HANDLERS, **self.handlers}

    @property
    def topics(self) -> list[str]:
        """The topics it reads."""
        return sorted({contract.topic for contract in self.listens})

    @property
    def lineage(self) -> Lineage:
        """Its own line of migrations."""
        return Lineage(name=self.name, versions=self.folder / "migrations" / "versions")

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        """Every line its database follows."""
        return (KERNEL, self.lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a service is given to work with; identity holds accounts and tokens, alone or for several services.

    links are the navigation of all services that stand beside it; without them, its own. chores are done with its own,
    once a day: what is forgotten of things that it shares with them.
    """

    settings: Settings
    database: Database
    identity: Database
    transport: Transport
    overview: Overview
    links: Sequence[Link] | None = None
    chores: Sequence[Callable[[], Awaitable[None]]] = ()


def create_app(service: Service, given: Resources) -> FastAPI:
    """The web application of one service."""
    app = FastAPI(title=f"Bangkom: {service.title}", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings, app.state.database, app.state.identity = given.settings, given.database, given.identity
    app.state.overview = given.overview
    install_shell(app, speak_from(service.folder))
    app.add_middleware(Traffic, service=service.name)
    app.include_router(service.router)
    install_pages(app, _shell(service, given), service.pages, _entrances(service, app))
    app.include_router(_delivery_pages(service, given).router(), include_in_schema=False)
    app.include_router(AuditPages(service.title, given.database, given.identity).router(), include_in_schema=False)
    return app


def _entrances(service: Service, app: FastAPI) -> list[APIRouter]:
    """The ways in: by accounts of our own, or by the OpenID provider of the agency alone."""
    settings: Settings = app.state.settings
    app.state.provider = None
    if settings.oidc_issuer is None:
        return [session_routes(service.name), entrance_routes(service.name), password_routes(service.name)]
    # What they need is loaded only where there is a provider.
    from shared.identity.provider import Provider  # noqa: PLC0415
    from shared.web.provider_entrance import provider_routes  # noqa: PLC0415

    app.state.provider = Provider(settings)
    return [provider_routes(service.name)]


def _delivery_pages(service: Service, given: Resources) -> DeliveryPages:
    return DeliveryPages(
        title=service.title,
        database=given.database,
        consumer=_consumer(service, given),
        transport=given.transport,
    )


def _consumer(service: Service, given: Resources) -> Consumer:
    return Consumer(given.database, service.listens, given.settings.accepted)


def _shell(service: Service, given: Resources) -> Shell:
    settings = given.settings
    return Shell(
        service=service.name,
        settings=settings,
        templates=environment({service.name: service.folder / "templates"}, settings.zone, speak_from(service.folder)),
        links=service.navigation if given.links is None else given.links,
        cookies=Cookies(
            accounts=given.identity.origin.service, secure=(settings.base_url or "").startswith("https://")
        ),
    )


def _traces(service: str, settings: Settings) -> Traces | None:
    if settings.traces_url is None:
        return None
    # What it needs is loaded only for those who ask for traces.
    from shared.tracing import traces  # noqa: PLC0415

    return traces(settings.traces_url, settings.agency, service)


class Node:
    """One service at work in this process."""

    def __init__(self, service: Service, given: Resources) -> None:
        traces = _traces(service.name, given.settings)
        if traces:
            service, given = traces.sewn_into(service, given)
        self.service = service
        self.database = given.database
        self._identity = given.identity
        self._settings = given.settings
        self._chores = given.chores
        self.app = create_app(service, given)
        if traces:
            traces.stand_around(self.app)
        self._transport = given.transport
        self.consumer = _consumer(service, given)
        self.worker = Worker(service.name, self.consumer, given.transport)
        self.relay = Relay(given.database, given.transport)
        metrics.begin_at_zero(service.name)
        for each in (given.database, given.identity):
            metrics.begin_pool_at_zero(each.origin.service)

    def checks(self) -> dict[str, Check]:
        """What must be there for this service to be ready."""
        return {"database": self._database, "migrations": self._migrations, "consumer": self._consumer}

    async def _database(self) -> str | None:
        async with self.database.session() as session:
            await session.execute(text("SELECT 1"))
        return None

    async def _migrations(self) -> str | None:
        # A release only adds to what the one before it uses: beside newer tables an older program goes on.
        differing = await differing_lineages(self.database, self.service.lineages)
        behind = [name for name, difference in differing.items() if not difference.is_newer]
        return f"not up to date: {', '.join(behind)}" if behind else None

    async def _consumer(self) -> str | None:
        try:
            await self.consumer.load_state()
        except ConsumerStopped as stopped:
            return f"stopped: {stopped}"
        return None

    async def view(self) -> ServiceView:
        """What the home page shows of this service."""
        missing = await findings(self.checks())
        counts: tuple[int | None, int | None] = (None, None)
        if not missing:
            async with self.database.session() as session:
                counts = tuple((await session.execute(COUNTS)).one())
        return ServiceView(
            name=self.service.name,
            title=self.service.title,
            summary=self.service.summary,
            missing=list(missing),
            employees=counts[0],
            units=counts[1],
            documents=self._documents(),
        )

    async def simulated(self) -> Simulated | None:
        """The day that a simulation pretends; None outside one, and while the database cannot be asked."""
        if self._settings.simulation:
            with contextlib.suppress(Exception):
                async with self.database.session() as session:
                    return await clock.simulated(session)
        return None

    def _documents(self) -> str | None:
        # The operators' port is nobody else's: where others reach the page, it offers no way there.
        settings = self._settings
        if not settings.loopback:
            return None
        host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
        return f"http://{host}:{settings.ops_port}/openapi/{self.service.name}.json"

    async def refresh(self) -> None:
        """Bring this service's gauges up to date; what cannot be read keeps its last figure, and says so in another."""
        name = self.service.name
        for each in (self.database, self._identity):
            tell_of_pool(each.engine.pool)
        database, event_log = await asyncio.gather(_done(set_gauges(self.database)), _done(self._measure_lag()))
        metrics.DATABASE_ANSWERS.labels(name).set(database)
        metrics.LOG_ANSWERS.labels(name).set(event_log)

    async def _measure_lag(self) -> None:
        lag = await self._transport.lag(group_of(self.service.name), self.consumer.topics)
        for (topic, partition), behind in lag.items():
            metrics.LAG.labels(self.service.name, topic, str(partition)).set(behind)

    async def run_timers(self, stopping: asyncio.Event) -> None:
        """Execute due timers until stopping; a database that is away is waited for.

        After a start the service first learns what happened meanwhile: a timer long due must not ask people who left.
        """
        await self._catch_up(stopping)
        usual = SIMULATED_TIMER_SECONDS if self._settings.simulation else TIMER_SECONDS
        pause = usual
        while not stopping.is_set():
            try:
                await run_due(self.database, self.service.timers)
                pause = usual
            except Exception as error:  # noqa: BLE001 timers are rows: whatever fails here is tried again
                log.warning("timers_wait", service=self.service.name, error=type(error).__name__)
                pause = min(pause * 2, LONGEST_PAUSE)
            await _wait(stopping, pause)

    async def _catch_up(self, stopping: asyncio.Event) -> None:
        pause = TIMER_SECONDS
        while not stopping.is_set():
            try:
                async with asyncio.timeout(LAG_SECONDS):
                    lag = await self._transport.lag(group_of(self.service.name), self.consumer.topics)
                if not any(lag.values()):
                    return
                pause = TIMER_SECONDS
            except Exception as error:  # noqa: BLE001 a log that is away comes back, and nothing can be sent meanwhile
                log.warning("timers_wait", service=self.service.name, error=type(error).__name__)
                pause = min(pause * 2, LONGEST_PAUSE)
            await _wait(stopping, pause)

    async def run_chores(self, stopping: asyncio.Event) -> None:
        """Forget at the start and once a day what nobody will ask for again, until stopping."""
        while not stopping.is_set():
            pause = DAY_SECONDS
            try:
                await self._forget_old()
            except Exception as error:  # noqa: BLE001 what is not forgotten now is forgotten later
                log.warning("chores_wait", service=self.service.name, error=type(error).__name__)
                pause = LONGEST_PAUSE
            await _wait(stopping, pause)

    async def run_figures(self, stopping: asyncio.Event) -> None:
        """Count the service's work at the start and once a minute until stopping; what fails keeps its last figures."""
        while not stopping.is_set():
            try:
                await take_figures(self.database, self.service.figures)
            except Exception as error:  # noqa: BLE001 what cannot be counted now is counted in a minute
                log.warning("figures_wait", service=self.service.name, error=type(error).__name__)
            await _wait(stopping, FIGURE_SECONDS)

    async def run_seals(self, stopping: asyncio.Event) -> None:
        """Seal the audit log of the service and of the accounts at the start and once a minute until stopping.

        The log of the process names each seal, so that its hash stands in a place that the database cannot reach.
        """
        while not stopping.is_set():
            try:
                for each in (self.database, self._identity):
                    for seal in await seal_entries(each):
                        log.info("audit_sealed", service=each.origin.service, number=seal.number, digest=seal.digest)
            except Exception as error:  # noqa: BLE001 what is not sealed now is sealed in a minute
                log.warning("seals_wait", service=self.service.name, error=type(error).__name__)
            await _wait(stopping, SEAL_SECONDS)

    async def _forget_old(self) -> None:
        async with self.database.transaction() as session:
            await idempotency.forget_old(session)
        await retention.forget_old(self.database, timedelta(days=self._settings.topic_retention_days))
        async with self._identity.transaction() as session:
            await sign_in.forget_old(session)
        for chore in self._chores:
            await chore()


async def _done(reading: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(reading, REFRESH_SECONDS)
    except Exception:  # noqa: BLE001 that it failed is the figure
        return False
    return True


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
