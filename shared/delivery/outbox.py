"""The one way to emit: events wait in the session and are written in the transaction that made them true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from shared import clock
from shared.db import DeliverySession, copy_rows
from shared.delivery.envelope import Received, own_headers
from shared.errors import Invalid
from shared.events.contract import Event
from shared.ids import new_id
from shared.tables import Outbox

LIMIT = 900_000
"""Bytes of one event: below every broker's default limit of one record."""

WAKE = text("SELECT pg_notify('outbox', '')")
COLUMNS = ("event_id", "topic", "key", "headers", "value")


class TooLarge(Invalid):
    """An event that no broker would take."""

    code = "event-too-large"


Emission = tuple[UUID, str, str, dict[str, str], bytes | None]
"""The columns of one event on its way into the outbox; the time is still missing among its headers."""


@dataclass(slots=True)
class Pending:
    """What a session will emit, and how far each open savepoint would take it back."""

    emissions: list[Emission] = field(default_factory=list)
    savepoints: dict[SessionTransaction, int] = field(default_factory=dict)


def record(
    session: AsyncSession, event: Event, *, caused_by: Received[Event] | None = None, correlation: UUID | None = None
) -> None:
    """Emit one event with this transaction. Lock the subject's row first: order of events = order of commits.

    The cause is the given event, else what the session says of itself (a command, a timer).
    """
    value = event.__pydantic_serializer__.to_json(event)
    if len(value) > LIMIT:
        raise TooLarge(f"Peristiwa {event.type} terlalu besar ({len(value)} bita, paling banyak {LIMIT}).")
    _emit(session, type(event), event.subject, value, caused_by, correlation)


def record_all(session: AsyncSession, events: Iterable[Event], *, caused_by: Received[Event] | None = None) -> None:
    """Emit many events that have one cause."""
    for event in events:
        record(session, event, caused_by=caused_by)


def record_tombstone(session: AsyncSession, contract: type[Event], subject: UUID) -> None:
    """Emit the end of a state: directories remove the subject, compaction forgets it."""
    _emit(session, contract, subject, None, None, None)


def _emit(
    session: AsyncSession,
    contract: type[Event],
    subject: UUID,
    value: bytes | None,
    caused_by: Received[Event] | None,
    correlation: UUID | None,
) -> None:
    headers = own_headers(
        contract,
        subject,
        causation=str(caused_by.event_id) if caused_by else session.info.get("cause"),
        correlation=correlation or (caused_by.correlation_id if caused_by else None),
    )
    if not session.in_transaction():
        # Else a rollback before the first statement would have nothing to roll back, and the event would stay.
        session.sync_session.begin()
    _pending(session.sync_session).emissions.append((new_id(), contract.topic, str(subject), headers, value))


def _pending(session: Session) -> Pending:
    pending: Pending | None = session.info.get("outbox")
    if pending is None:
        pending = session.info["outbox"] = Pending()
    return pending


def _rows(emissions: list[Emission], time: datetime) -> Iterator[tuple[Any, ...]]:
    stamped = time.isoformat()
    for event_id, topic, key, headers, value in emissions:
        yield event_id, topic, key, orjson.dumps(headers | {"ce_time": stamped}).decode(), value


@sqlalchemy_event.listens_for(DeliverySession, "before_commit")
def _write(session: Session) -> None:
    # The hook also fires when a savepoint is released: only the outermost commit carries the events.
    if session.in_nested_transaction():
        return
    pending = _pending(session)
    if pending.emissions:
        session.flush()
        copy_rows(session, Outbox, COLUMNS, _rows(pending.emissions, clock.now_sync(session)))
        session.execute(WAKE)


@sqlalchemy_event.listens_for(DeliverySession, "after_transaction_create")
def _open_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        pending = _pending(session)
        pending.savepoints[transaction] = len(pending.emissions)


@sqlalchemy_event.listens_for(DeliverySession, "after_commit")
def _release_savepoint(session: Session) -> None:
    if savepoint := session.get_nested_transaction():
        del _pending(session).savepoints[savepoint]


@sqlalchemy_event.listens_for(DeliverySession, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    # A savepoint that was not released has ended in a rollback, whether or not anybody asked for one.
    if transaction.parent is None:
        session.info.pop("outbox", None)
    elif transaction.nested:
        pending = _pending(session)
        del pending.emissions[pending.savepoints.pop(transaction, len(pending.emissions)) :]
