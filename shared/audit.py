"""Who did what to what: entries that the database itself refuses to change or remove."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import Clock
from shared.db import Database, KernelBase
from shared.identity.actor import Actor


class AuditEntry(KernelBase):
    """One act. Ids, codes and figures only: an entry outlives the data of the people it is about."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_imports", "at", postgresql_where=text("subject_type = 'import'")),
        Index("ix_audit_entries_action", "action", "id"),
        Index("ix_audit_entries_actor_id", "actor_id", "id"),
        Index("ix_audit_entries_at", "at"),
    )

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


def note_reading(session: AsyncSession, actor: Actor, subject_type: str, subject_id: UUID, *about: UUID) -> None:
    """Note that the actor was shown a record about these people, the first above all; nothing if it is one of them.

    To be called in a session of reading(), which writes it.
    """
    if actor.employee_id not in about:
        details = {} if about[0] == subject_id else {"employee_id": str(about[0])}
        note = (actor, f"read_{subject_type}", subject_type, subject_id, details)
        session.info.setdefault("readings", []).append(note)


def note_export(session: AsyncSession, actor: Actor, title: str, rows: int) -> None:
    """Note that the actor took a list away as a file; written as note_reading says."""
    note = (actor, "export_list", "list", None, {"list": title, "rows": rows})
    session.info.setdefault("readings", []).append(note)


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncSession]:
    """A session that can only read; what was noted of the reading is written at its end, or the reading fails."""
    async with database.session() as session:
        await session.connection(execution_options={"postgresql_readonly": True})
        yield session
        if readings := session.info.pop("readings", None):
            await session.commit()
            for each in readings:
                record(session, *each)
            await session.commit()
