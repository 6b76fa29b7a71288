"""Wait until nothing is under way: every event told, taken and followed up, every timer that is due executed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.db import Database
from shared.delivery import relay
from shared.delivery.transport import Transport
from shared.delivery.worker import group_of
from shared.errors import Conflict
from shared.runtime import Service

PATIENCE_SECONDS = 60.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.1
ENOUGH = 1_000

# What waits is counted up to a bound: a flood must not be counted anew with every look.
FIGURES = text(
    "SELECT (SELECT coalesce(max(seq), 0) FROM outbox) AS told,"
    " (SELECT coalesce(min(seq), 0) FROM outbox WHERE published_at IS NULL) AS unpublished_from,"
    " (SELECT count(*) FROM (SELECT FROM held_records WHERE status = 'DEFERRED' LIMIT :enough) AS d) AS deferred,"
    " (SELECT count(*) FROM (SELECT FROM timers, clock"
    '  WHERE due_at <= clock_timestamp() + clock."offset" LIMIT :enough) AS t) AS due'
)
RELAYS = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND objid = :lock AND granted"
)


TOLD = text("SELECT topic, event_id FROM outbox WHERE seq > :after AND seq <= :until ORDER BY seq")
MISSING = text(
    "SELECT id FROM unnest(CAST(:ids AS uuid[])) AS given(id)"
    " WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = given.id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one service has told so far, and what waits in it."""

    told: int
    unpublished_from: int
    deferred: int
    due: int

    @property
    def waiting(self) -> str | None:
        """What waits, in words for the operator; None when nothing does."""
        found = [
            f"peristiwa belum terkirim sejak nomor {self.unpublished_from}" if self.unpublished_from else "",
            f"{self.deferred} peristiwa ditunda" if self.deferred else "",
            f"{self.due} timer jatuh tempo" if self.due else "",
        ]
        return ", ".join(filter(None, found)) or None


class Settling:
    """Watches services of one installation."""

    def __init__(
        self,
        services: Mapping[str, Service],
        databases: Mapping[str, Database],
        transport: Transport,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._topics = {name: service.topics for name, service in services.items()}
        self._databases = {name: databases[name] for name in services}
        self._transport = transport
        self._patience = patience
        # Service → up to where its outbox is known to have been taken by all; unknown until the log was asked once.
        self._taken: dict[str, int] | None = None
        self._awaited: dict[str, list[UUID]] = {name: [] for name in services}

    async def settle(self) -> None:
        """Return once nothing is under way; raises Conflict when something is and has not moved for a minute."""
        seen: object = None
        moved_at = time.monotonic()
        pause = SHORTEST_PAUSE
        while True:
            figures = await self._figures()
            behind: dict[str, int] = {}
            if not any(each.waiting for each in figures.values()):
                behind = await self._behind(figures)
                # What was told before is taken by now, and if nobody told more meanwhile, nothing is left.
                if not any(behind.values()) and await self._figures() == figures:
                    return
            if (figures, behind) != seen:
                seen, moved_at, pause = (figures, behind), time.monotonic(), SHORTEST_PAUSE
            elif time.monotonic() - moved_at > self._patience:
                raise Conflict(_stuck(figures, behind))
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def require_running(self) -> None:
        """Return once every service carries its events on; raises Conflict when one does not within the patience."""
        deadline = time.monotonic() + self._patience
        while absent := [name for name in self._databases if not await self._is_carried(name)]:
            if time.monotonic() > deadline:
                raise Conflict(f"Layanan ini belum berjalan: {', '.join(absent)}.")
            await asyncio.sleep(LONGEST_PAUSE)

    async def _is_carried(self, name: str) -> bool:
        async with self._databases[name].session() as session:
            return bool(await session.scalar(RELAYS, {"lock": relay.LOCK}))

    async def _figures(self) -> dict[str, Figures]:
        found = await asyncio.gather(*(_figures_of(database) for database in self._databases.values()))
        return dict(zip(self._databases, found, strict=True))

    async def _behind(self, figures: Mapping[str, Figures]) -> dict[str, int]:
        """Service → how many events that were told it has not taken.

        Asking the log takes seconds where it is Kafka, so it is asked once; from then on inboxes tell.
        """
        told = {name: each.told for name, each in figures.items()}
        if self._taken is None:
            behind = await self._lag()
            self._taken = None if any(behind.values()) else told
            return behind
        for name, until in told.items():
            await self._await_what_is_told(name, self._taken[name], until)
        self._taken = told
        left = await asyncio.gather(*(self._not_taken(name) for name in self._databases))
        return dict(zip(self._databases, left, strict=True))

    async def _await_what_is_told(self, name: str, after: int, until: int) -> None:
        if until == after:
            return
        async with self._databases[name].session() as session:
            rows = (await session.execute(TOLD, {"after": after, "until": until})).all()
        for consumer, topics in self._topics.items():
            self._awaited[consumer] += [event_id for topic, event_id in rows if topic in topics]

    async def _not_taken(self, name: str) -> int:
        """Forget what is taken by now, from the oldest on; gives how many are left."""
        awaited = self._awaited[name]
        async with self._databases[name].session() as session:
            while awaited:
                missing = list(await session.scalars(MISSING, {"ids": awaited[:ENOUGH]}))
                awaited[:ENOUGH] = missing
                if missing:
                    break
        return len(awaited)

    async def _lag(self) -> dict[str, int]:
        asked = [self._transport.lag(group_of(name), topics) for name, topics in self._topics.items()]
        return {
            name: sum(behind.values()) for name, behind in zip(self._topics, await asyncio.gather(*asked), strict=True)
        }


async def _figures_of(database: Database) -> Figures:
    async with database.session() as session:
        row = (await session.execute(FIGURES, {"enough": ENOUGH})).one()
    return Figures(told=row.told, unpublished_from=row.unpublished_from, deferred=row.deferred, due=row.due)


def _stuck(figures: Mapping[str, Figures], behind: Mapping[str, int]) -> str:
    found: Sequence[str] = [
        *(f"{name}: {each.waiting}" for name, each in figures.items() if each.waiting),
        *(f"{name}: {count} catatan belum diolah" for name, count in behind.items() if count),
    ]
    return f"Tidak ada kemajuan. {'; '.join(found)}."
