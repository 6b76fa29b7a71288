"""The whole installation at work, with Prometheus and Alertmanager beside it as an agency has them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from tests.alerts.programs import Alert, Alertmanager, Called, Prometheus
from tests.faults.stage import Stage
from tests.faults.whole.generator import working
from tests.faults.whole.installation import PARTS, Whole
from tests.faults.whole.member import SERVICES
from tests.faults.whole.outages import lead_through, to_postgres
from tests.faults.whole.proxy import Proxy
from tests.faults.whole.scene import WholeScene, opened
from tests.waiting import pause, wait_until

TOLD_SECONDS = 120.0
"""Within which somebody must be called, before the factor."""

CALM_SECONDS = 1200.0
"""What failed a quarter of an hour ago still counts for one of the rules."""

AFTERWARDS_SECONDS = 60.0
"""For how long nothing may follow once all is well again, before the factor."""

HOUR_SECONDS = 3600.0
REST_SECONDS = 1.0
"""Between two pieces of work of one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An installation that is watched; the database of evaluation is reached through a proxy."""

    scene: WholeScene
    proxy: Proxy
    prometheus: Prometheus
    alertmanager: Alertmanager
    called: Called
    factor: float

    @property
    def whole(self) -> Whole:
        return self.scene.whole

    async def calm(self) -> None:
        """Wait until nothing fires, here or there, and what was told is forgotten."""

        left: set[Alert] = set()

        async def is_calm() -> bool:
            nonlocal left
            left = await self.prometheus.firing() | await self.alertmanager.known()
            return not left

        try:
            await wait_until(is_calm, within=CALM_SECONDS / self.factor, every=0.5)
        except AssertionError:
            raise AssertionError(f"it does not become calm: {sorted(left)}") from None
        self.called.forget()

    async def hour(self) -> set[Alert]:
        """Let an hour of the rules pass; gives what fired in it."""
        fired: set[Alert] = set()
        ends = time.monotonic() + HOUR_SECONDS / self.factor
        while time.monotonic() < ends:
            fired |= await self.prometheus.firing()
            await pause(1)
        return fired


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of what somebody was called and after how many seconds, and what fired behind it without a call."""

    told: dict[Alert, float]
    silenced: set[Alert]

    def longest(self, factor: float) -> float:
        """Seconds until the last of them was told, as it would be without the factor."""
        return max(self.told.values()) * factor

    def line(self, name: str, factor: float) -> str:
        """One row of the table: how long it took, as it would be without the factor, and what was kept from people."""
        called = ", ".join(
            f"{'/'.join(part for part in alert if part)} {at * factor:.0f} s" for alert, at in self.told.items()
        )
        silenced = ", ".join(sorted({alert.name for alert in self.silenced}))
        return f"{name}: {called}; silenced: {silenced or 'nothing'}"


Harm = Callable[[Watched], AbstractAsyncContextManager[None]]


async def suffer(watched: Watched, harm: Harm) -> Outcome:
    """Do harm for as long as it may take until somebody is called, mend it, and wait until all is calm."""
    await watched.calm()
    silenced: set[Alert] = set()
    began = time.monotonic()
    async with harm(watched):
        mended = time.monotonic() + TOLD_SECONDS / watched.factor
        while time.monotonic() < mended:
            silenced |= await watched.alertmanager.inhibited()
            await pause(0.2)
    await pause(AFTERWARDS_SECONDS / watched.factor)
    silenced |= await watched.alertmanager.inhibited()
    told = watched.called.since(began)
    await watched.calm()
    return Outcome(told=told, silenced=silenced)


@asynccontextmanager
async def watched_installation(stage: Stage, factor: float) -> AsyncIterator[Watched]:
    """Everything runs, people work, and operators are called if something fires."""
    async with opened(stage, "alerts") as scene, Proxy(lambda: to_postgres(scene)).open() as proxy:
        for part in PARTS:
            await lead_through(scene, "evaluation", part, proxy)
        await scene.whole.all_ready()
        called = Called()
        alertmanager = Alertmanager(stage.folder / "alertmanager")
        prometheus = Prometheus(stage.folder / "prometheus")
        try:
            await alertmanager.start(called.url, factor)
            ports = {
                (service, part): scene.whole._operations_port(service, part) for service in SERVICES for part in PARTS
            }
            await prometheus.start(ports, alertmanager.address, factor)
            await wait_until(lambda: prometheus.all_answer(len(ports)), within=60, every=0.5)
            async with working(scene.people.workers(), lambda: REST_SECONDS):
                yield Watched(
                    scene=scene,
                    proxy=proxy,
                    prometheus=prometheus,
                    alertmanager=alertmanager,
                    called=called,
                    factor=factor,
                )
        finally:
            prometheus.stop()
            alertmanager.stop()
            called.close()
