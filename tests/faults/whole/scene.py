"""One fault tried on the whole installation: people at work, the harm, then quiet, then what is left is checked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from tests.faults.stage import Stage
from tests.faults.whole.checker import broken, summary
from tests.faults.whole.evidence import gather
from tests.faults.whole.generator import Sender, working
from tests.faults.whole.history import History
from tests.faults.whole.installation import BATCH, Whole
from tests.faults.whole.people import People, gather_people
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

Counts = dict[str, int]
REST_SECONDS = 0.1
"""Between two pieces of work of one person."""

WARM_UP_COMMANDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeScene:
    """Where a fault happens. Findings are what the fault itself saw to be wrong; counts what it did and saw."""

    whole: Whole
    sender: Sender
    people: People
    broker: KafkaServer
    postgres: PostgresServer
    chance: random.Random
    stack: AsyncExitStack
    """Ended when all is over: ways that processes go through must last as long as they do."""
    findings: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=dict)
    forgotten: set[UUID] = field(default_factory=set)
    """Events on the log whose publisher has lost them with its database."""

    async def acknowledged(self, more: int, within: float = 60.0) -> None:
        """Wait until so many more commands have been answered."""
        wanted = sum(self.sender.statuses.values()) + more
        await wait_until(
            lambda: sum(self.sender.statuses.values()) >= wanted,
            within=within,
            every=0.1,
            description=f"{more} more answers",
        )

    def must(self, holds: bool, what: str) -> None:
        """Note a finding unless it holds."""
        if not holds:
            self.findings.append(what)


WholeFault = Callable[[WholeScene], Awaitable[None]]


@asynccontextmanager
async def opened(
    stage: Stage, name: str, *, batch: int = BATCH, sewn: Mapping[str, Mapping[str, float]] | None = None
) -> AsyncIterator[WholeScene]:
    """The whole installation at work, and people who are about to begin; sewn is what goes wrong throughout."""
    whole = Whole(stage.folder, stage.postgres, stage.broker, batch=batch, sewn=sewn or {})
    chance = stage.chance(name)
    try:
        async with AsyncExitStack() as stack, whole.at_work():
            sender = Sender(whole, History(stage.folder / "history.jsonl"), chance)
            stack.push_async_callback(sender.close)
            people = await gather_people(whole, sender, chance)
            yield WholeScene(
                whole=whole,
                sender=sender,
                people=people,
                broker=stage.broker,
                postgres=stage.postgres,
                chance=chance,
                stack=stack,
            )
    finally:
        await whole.leave_nothing()


async def try_whole(name: str, fault: WholeFault, stage: Stage) -> tuple[list[str], Counts]:
    """Do the harm under load; gives every promise that was broken, and what was counted."""
    async with opened(stage, name) as scene:
        async with working(scene.people.workers(), lambda: REST_SECONDS):
            await scene.acknowledged(WARM_UP_COMMANDS)
            await fault(scene)
        await scene.whole.drained()
        await scene.whole.stop_all()
        found = await gather(scene.whole, scene.sender.history.path)
        findings = [*scene.findings, *await asyncio.to_thread(broken, found, forgotten=scene.forgotten)]
        return findings, scene.counts | summary(found)
