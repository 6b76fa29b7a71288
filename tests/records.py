"""Records as a transport delivers them, made of events as another service emits them; and what a service emitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from sqlalchemy import select

from shared.db import Database, Origin
from shared.delivery.envelope import Record, own_headers, write_headers
from shared.events.catalogue import BY_TYPE
from shared.events.contract import Event
from shared.ids import new_id
from shared.tables import Outbox

MOMENT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
_numbers = count(1)


def record_of(
    event: Event, *, agency: str = "medan", causation: str | None = None, correlation: UUID | None = None
) -> Record:
    """A new record of an event; each is newer than the one made before it."""
    origin = Origin(agency=agency, service=event.publisher())
    own = own_headers(type(event), event.subject, causation=causation, correlation=correlation)
    return _record(origin, own, event.topic, event.subject, new_id(), event.model_dump_json().encode())


def tombstone_of(contract: type[Event], subject: UUID, *, agency: str = "medan") -> Record:
    """A new record that ends a state."""
    origin = Origin(agency=agency, service=contract.publisher())
    own = own_headers(contract, subject, causation=None, correlation=None)
    return _record(origin, own, contract.topic, subject, new_id(), None)


def event_id_of(record: Record) -> UUID:
    """The id under which a record's event is known as a cause."""
    return UUID(next(value for name, value in record.headers if name == "ce_id" and value).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """One event that stands in an outbox."""

    origin: Origin
    event_id: UUID
    event: Event
    causation: str | None
    correlation: UUID
    headers: dict[str, str]

    def as_record(self) -> Record:
        """The record that a relay makes of it."""
        event = self.event
        value = event.model_dump_json().encode()
        return _record(self.origin, self.headers, event.topic, event.subject, self.event_id, value)


async def emitted(database: Database) -> Sequence[Emitted]:
    """Everything a service has emitted, in the order of its commits."""
    async with database.session() as session:
        rows = (await session.scalars(select(Outbox).order_by(Outbox.seq))).all()
    return [_emitted(database.origin, row) for row in rows]


def _emitted(origin: Origin, row: Outbox) -> Emitted:
    assert row.value is not None, "a tombstone"
    return Emitted(
        origin=origin,
        event_id=row.event_id,
        event=BY_TYPE[row.headers["ce_type"]].model_validate_json(row.value),
        causation=row.headers.get("ce_causationid"),
        correlation=UUID(row.headers["ce_correlationid"]),
        headers=row.headers,
    )


def _record(
    origin: Origin, own: Mapping[str, str], topic: str, subject: UUID, event_id: UUID, value: bytes | None
) -> Record:
    number = next(_numbers)
    own = {**own, "ce_time": MOMENT.isoformat()}
    return Record(
        topic=topic,
        partition=subject.int % 12,
        offset=number,
        key=str(subject),
        headers=list(write_headers(origin, own, event_id=event_id, subject=str(subject), sequence=number).items()),
        value=value,
        timestamp_ms=int(MOMENT.timestamp() * 1000) + number,
    )
