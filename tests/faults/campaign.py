"""The faults that are tried on the first hop: each does its harm while classes end, and says what it counted."""

from __future__ import annotations

import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from tests.faults.hop import DRAIN_SECONDS, Hop
from tests.faults.plan import LATEST_CALL, Role, deaths, places
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

Counts = dict[str, int]
TAKEN_OVER_SECONDS = 20.0
SESSION_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a fault happens; its choices come from the seed."""

    hop: Hop
    kafka: KafkaServer
    postgres: PostgresServer
    folder: Path
    chance: random.Random
    seed: int


Fault = Callable[[Scene], Awaitable[Counts]]


async def _killed_everywhere(scene: Scene, role: Role) -> Counts:
    plan = deaths(scene.seed, role, len(places(role)))
    for each in Role:
        scene.hop.supervise(each, plan if each is role else (), scene.folder)
    async with scene.hop.dying():
        await scene.hop.complete_classes(LATEST_CALL)
    return {"killed": len(plan)}


async def relay_killed(scene: Scene) -> Counts:
    """kill -9 of the relay before and after each of its steps."""
    return await _killed_everywhere(scene, Role.RELAY)


async def worker_killed(scene: Scene) -> Counts:
    """kill -9 of the worker before and after each of its steps."""
    return await _killed_everywhere(scene, Role.WORKER)


async def relay_stopped(scene: Scene) -> Counts:
    """SIGSTOP of the active relay: another takes over; SIGCONT: the first does no harm."""
    relays = [scene.hop.supervise(Role.RELAY, (), scene.folder) for _ in range(2)]
    scene.hop.supervise(Role.WORKER, (), scene.folder)
    async with scene.hop.dying():
        await scene.hop.complete_classes(5)
        await wait_until(scene.hop.drained, within=DRAIN_SECONDS)
        for relay in relays:
            relay.signal(signal.SIGSTOP)
            await scene.hop.complete_classes(5)
            await wait_until(scene.hop.drained, within=TAKEN_OVER_SECONDS)
            relay.signal(signal.SIGCONT)
    return {"stopped": len(relays)}


async def worker_stopped(scene: Scene) -> Counts:
    """SIGSTOP of a worker beyond its session: another takes over; SIGCONT: the zombie does no harm."""
    scene.hop.supervise(Role.RELAY, (), scene.folder)
    workers = [scene.hop.supervise(Role.WORKER, (), scene.folder) for _ in range(2)]
    async with scene.hop.dying():
        await scene.hop.complete_classes(5)
        await wait_until(scene.hop.drained, within=DRAIN_SECONDS)
        workers[0].signal(signal.SIGSTOP)
        await scene.hop.complete_classes(5)
        await wait_until(scene.hop.drained, within=SESSION_SECONDS)
        workers[0].signal(signal.SIGCONT)
        await scene.hop.complete_classes(5)
    return {"stopped": 1}


async def everything_again(scene: Scene) -> Counts:
    """Every event delivered twice more, as after a broker that lost its disk."""
    for role in Role:
        scene.hop.supervise(role, (), scene.folder)
    again = 0
    async with scene.hop.dying():
        for _ in range(2):
            await scene.hop.complete_classes(10)
            await wait_until(scene.hop.drained, within=DRAIN_SECONDS)
            async with scene.hop.training.database.transaction() as session:
                await session.execute(text("UPDATE outbox SET published_at = NULL"))
            again += 3 * len(scene.hop.training.participants)
    return {"delivered_again": again}


FAULTS: dict[str, Fault] = {
    "F2 relay killed at every step": relay_killed,
    "F3 worker killed at every step": worker_killed,
    "F12 everything delivered again": everything_again,
    "F20 relay stopped and continued": relay_stopped,
    "F20 worker stopped and continued": worker_stopped,
}
