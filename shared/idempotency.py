"""A command sent twice under one Idempotency-Key has one effect, and both senders get the same answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Index, LargeBinary, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import KernelBase
from shared.errors import Invalid

FORM = re.compile(r"[!-~]{8,128}")
KEEP = timedelta(hours=48)


class IdempotencyKey(KernelBase):
    """One command and its answer. Other transactions see the row only with the answer in it."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.transaction_timestamp())


class KeyReused(Invalid):
    """The key came before with another content."""

    code = "idempotency-key-reused"


class KeyMalformed(Invalid):
    """The key is too short, too long, or has characters no key needs."""

    code = "idempotency-key-malformed"


class Serialisable(Protocol):
    """What an answer must offer: its JSON."""

    def model_dump_json(self, *, by_alias: bool) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One sending of a command: who, where to (method and path), under which key, with which content."""

    actor_id: UUID
    route: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender gets, byte for byte."""

    status: int
    body: bytes
    replayed: bool = False


# A second sending waits here until the first has committed (then it claims nothing) or failed (then it claims).
CLAIM = text(
    "INSERT INTO idempotency_keys (actor_id, route, key, body_sha256, status, answer)"
    " VALUES (:actor_id, :route, :key, :body_sha256, 0, '') ON CONFLICT DO NOTHING RETURNING true"
)
SAME = "actor_id = :actor_id AND route = :route AND key = :key"
EARLIER = text(f"SELECT body_sha256, status, answer FROM idempotency_keys WHERE {SAME}")  # noqa: S608 constant
KEEP_ANSWER = text(f"UPDATE idempotency_keys SET status = :status, answer = :answer WHERE {SAME}")  # noqa: S608 constant
FORGET = text("DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - CAST(:keep AS interval)")


def sending(actor_id: UUID, route: str, key: str, content: bytes) -> Sending:
    """One sending, its key checked."""
    if not FORM.fullmatch(key):
        raise KeyMalformed("Idempotency-Key harus 8–128 karakter ASCII tanpa spasi.")
    return Sending(actor_id=actor_id, route=route, key=key, body_sha256=hashlib.sha256(content).digest())


async def once(
    session: AsyncSession, sent: Sending, work: Callable[[AsyncSession], Awaitable[Serialisable]], status: int
) -> Answer:
    """Do the work and keep its answer in the same transaction, or give the answer kept by an earlier sending."""
    claimed = await session.scalar(CLAIM, _identity(sent) | {"body_sha256": sent.body_sha256})
    if not claimed:
        return await _earlier_answer(session, sent)
    body = serialise(await work(session))
    await session.execute(KEEP_ANSWER, _identity(sent) | {"status": status, "answer": body})
    return Answer(status=status, body=body)


async def forget_old(session: AsyncSession, keep: timedelta = KEEP) -> None:
    """Remove answers nobody will ask for again."""
    await session.execute(FORGET, {"keep": keep})


def serialise(answer: Serialisable) -> bytes:
    """The bytes of an answer, first and repeated alike."""
    return answer.model_dump_json(by_alias=True).encode()


async def _earlier_answer(session: AsyncSession, sent: Sending) -> Answer:
    earlier = (await session.execute(EARLIER, _identity(sent))).one()
    if earlier.body_sha256 != sent.body_sha256:
        raise KeyReused("Idempotency-Key ini sudah dipakai untuk permintaan lain.")
    return Answer(status=earlier.status, body=earlier.answer, replayed=True)


def _identity(sent: Sending) -> dict[str, object]:
    return {"actor_id": sent.actor_id, "route": sent.route, "key": sent.key}
