"""What an operator may do about records that wait; each act is noted with who did it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Unreadable
from shared.delivery.held import blocks, held_by_id, record_of
from shared.errors import Conflict, NotFound
from shared.identity.actor import Actor
from shared.tables import HeldReason, HeldRecord

WAITING = text(
    "SELECT id, status, event_type, reason, topic, partition, h.offset, held_at, retry_at, attempts,"
    " (SELECT count(*) FROM held_records b WHERE b.topic = h.topic AND b.key = h.key AND b.id > h.id) AS behind"
    " FROM held_records h WHERE status = ANY(CAST(:statuses AS text[])) ORDER BY id LIMIT :most"
)
DEAD = text("SELECT id FROM held_records WHERE status = 'DEAD' ORDER BY id")
HEAD = text("SELECT id FROM held_records WHERE topic = :topic AND key = :key ORDER BY id LIMIT 1")
RESUME = text(
    "UPDATE consumer_state SET stopped_at = NULL WHERE name = :name AND stopped_at IS NOT NULL RETURNING reason"
)
FREE_KEYS = text("DELETE FROM refused_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One held record without its content; behind is how many later ones of its key wait for it."""

    id: int
    status: str
    event_type: str | None
    reason: str
    topic: str
    partition: int
    offset: int
    held_at: datetime
    retry_at: datetime
    attempts: int
    behind: int

    @property
    def place(self) -> str:
        """Where it stands in the log."""
        return f"{self.topic}/{self.partition}/{self.offset}"


async def waiting(session: AsyncSession, statuses: Collection[HeldReason], most: int | None = None) -> list[Waiting]:
    """The held records of these statuses, oldest first, at most so many."""
    which = {"statuses": [status.value for status in statuses], "most": most}
    return [Waiting(**row) for row in (await session.execute(WAITING, which)).mappings()]


async def release_refused(session: AsyncSession, actor: Actor) -> None:
    """Have the relay try again what the log refused."""
    audit.record(session, actor, "refused_keys_released", "outbox")
    await session.execute(FREE_KEYS)


@dataclass(frozen=True, slots=True)
class Repair:
    """The repairs of one service: what its consumer holds, done in the name of actor."""

    database: Database
    consumer: Consumer
    actor: Actor

    async def replay(self, number: int) -> bool:
        """Try one held record and all that wait behind it; False when something still fails.

        Raises NotFound, and Conflict for a record whose bytes were not kept.
        """
        async with self.database.transaction() as session:
            row = await held_by_id(session, number)
            try:
                record_of(row)
            except Unreadable:
                words = "Isi catatan ini data pribadi dan tidak disimpan; keadaan terbaru akan datang lagi."
                raise Conflict(words) from None
            self._note(session, "dead_letter_replayed", row)
        return await self.consumer.replay(number)

    async def replay_key(self, topic: str, key: str) -> bool:
        """Try all that is held of a key, oldest first; False when something still fails. Raises NotFound."""
        async with self.database.session() as session:
            number = await session.scalar(HEAD, {"topic": topic, "key": key})
        if number is None:
            raise NotFound("Tidak ada catatan tertahan dengan topik dan kunci itu.")
        return await self.replay(number)

    async def replay_all(self) -> tuple[int, int]:
        """Try every dead letter, oldest first; returns how many took effect and how many are still held."""
        async with self.database.session() as session:
            numbers: Sequence[int] = (await session.execute(DEAD)).scalars().all()
        failed = sum([not await self._replay_if_held(number) for number in numbers])
        return len(numbers) - failed, failed

    async def _replay_if_held(self, number: int) -> bool:
        try:
            return await self.replay(number)
        except NotFound:
            # It took effect behind one that was tried before it.
            return True
        except Conflict:
            return False

    async def discard(self, number: int) -> bool:
        """Drop one held record; those behind it go on. False when one of them fails. Raises NotFound."""
        async with self.database.transaction() as session:
            row = await held_by_id(session, number)
            self._note(session, "dead_letter_discarded", row)
            key = blocks(row)
            await session.delete(row)
        return key is None or await self.consumer.release(*key)

    async def resume(self) -> str | None:
        """Let a stopped consumer go on; returns why it had stopped, None when it had not."""
        async with self.database.transaction() as session:
            reason: str | None = await session.scalar(RESUME, {"name": self.database.origin.service})
            if reason is not None:
                audit.record(session, self.actor, "consumer_resumed", "consumer", details={"reason": reason})
        return reason

    def _note(self, session: AsyncSession, action: str, row: HeldRecord) -> None:
        details = {"event_id": str(row.event_id), "reason": row.reason}
        audit.record(session, self.actor, action, "held_record", row.event_id, details)
