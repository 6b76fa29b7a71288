"""Who did what to what: entries that the database itself refuses to change or remove."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import Clock
from shared.db import KernelBase
from shared.identity.actor import Actor


class AuditEntry(KernelBase):
    """One act. Ids, codes and figures only: an entry outlives the data of the people it is about."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_imports", "at", postgresql_where=text("subject_type = 'import'")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID]
    on_behalf_of: Mapped[UUID | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


def record(
    session: AsyncSession,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
    *,
    on_behalf_of: UUID | None = None,
) -> None:
    """Note an act in the transaction that does it, so that neither exists without the other."""
    entry = AuditEntry(
        actor_id=actor.id,
        on_behalf_of=on_behalf_of,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        details=dict(details or {}),
    )
    # The session's moment, so that many entries are written at once; where none was asked for yet, the database's, so
    # that recording needs no round trip of its own.
    entry.at = session.info.get("now") or func.clock_timestamp() + select(Clock.offset).scalar_subquery()
    session.add(entry)
