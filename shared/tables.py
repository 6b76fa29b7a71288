"""The tables of delivery, the same in every service's database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import KernelBase
from shared.events.contract import STATE_TOPICS

STATES = f"topic IN {STATE_TOPICS}"
"""The rows of state topics, in SQL."""


class Outbox(KernelBase):
    """Every event this service emitted in the years it keeps; unpublished rows are what the relay still owes.

    The headers are those that vary; event_id, key and the type tell the others.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unpublished", "seq", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_states", "topic", "key", "seq", postgresql_where=text(STATES)),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    topic: Mapped[str]
    key: Mapped[str]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    published_at: Mapped[datetime | None]


class RefusedKey(KernelBase):
    """A key the broker refuses for good (a value too large …): its rows wait for an operator, other keys flow."""

    __tablename__ = "refused_keys"

    topic: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Inbox(KernelBase):
    """Ids of the events whose effects are in this database."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.transaction_timestamp(), index=True)


class HeldReason(StrEnum):
    """Why a record waits."""

    DEAD = "DEAD"
    DEFERRED = "DEFERRED"
    BEHIND = "BEHIND"


class HeldRecord(KernelBase):
    """A record that could not take effect yet: dead, deferred until a row arrives, or behind such a one of its key."""

    __tablename__ = "held_records"
    __table_args__ = (
        Index("ix_held_records_topic_key_id", "topic", "key", "id"),
        Index("ix_held_records_due", "retry_at", postgresql_where=text("status = 'DEFERRED'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    status: Mapped[str]
    reason: Mapped[str]
    event_type: Mapped[str | None]
    topic: Mapped[str]
    partition: Mapped[int]
    offset: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str | None]
    headers: Mapped[list[Any]] = mapped_column(JSONB)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    value_sha256: Mapped[bytes]
    timestamp_ms: Mapped[int] = mapped_column(BigInteger)
    held_at: Mapped[datetime] = mapped_column(server_default=func.transaction_timestamp())
    retry_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp() + interval '1 second'"))
    attempts: Mapped[int] = mapped_column(default=0)


class ParkedKey(KernelBase):
    """A key whose later events wait, in order, behind a held one."""

    __tablename__ = "parked_keys"

    topic: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=func.transaction_timestamp())


class ConsumerState(KernelBase):
    """Whether the consumer of this service was stopped because too much failed alike."""

    __tablename__ = "consumer_state"

    name: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class DeliveryEpoch(KernelBase):
    """Raised when a database was restored from a backup, so that its new state events count as newer."""

    __tablename__ = "delivery_epoch"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, default=True)
    epoch: Mapped[int]
