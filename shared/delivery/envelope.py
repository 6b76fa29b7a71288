"""CloudEvents 1.0 over Kafka: how an event becomes headers and bytes, and comes back as one that can be trusted."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from shared.db import Origin
from shared.events.catalogue import BY_TYPE, CONTRACTS, TOPIC_PUBLISHER
from shared.events.contract import Event, schema_id
from shared.ids import parse_id

E_co = TypeVar("E_co", bound=Event, covariant=True)

NAMESPACE = UUID("6f0d2d0c-6a67-5d5f-9d4e-2b7d3a1c9e10")
STRUCTURED = b"application/cloudevents+json"
SEQUENCE_EPOCH = 10**15
"""A sequence is epoch * SEQUENCE_EPOCH + the outbox number, so that a restored database still counts upwards."""

Headers = Sequence[tuple[str, bytes | None]]
Attributes = Mapping[str, bytes]
"""Headers by their names in small letters; in both content modes those of an event begin with ce_."""


@dataclass(slots=True)
class Record:
    """One record as a transport delivers it; never changed, and not frozen only since that takes longer to make."""

    topic: str
    partition: int
    offset: int
    key: str | None
    headers: Headers
    value: bytes | None
    timestamp_ms: int
    named: Attributes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[str, Any] = dict(self.headers)
        if None in named.values() or not "".join(named).islower():
            named = {name.lower(): value for name, value in self.headers if value is not None}
        self.named = named

    @property
    def is_structured(self) -> bool:
        """Whether the whole event stands in the value, its attributes too."""
        content = self.named.get("content-type")
        return content is not None and content.lower().startswith(STRUCTURED)


class Received(NamedTuple, Generic[E_co]):
    """A checked event with the facts of its envelope; data is None for a tombstone."""

    event_id: UUID
    type: type[E_co]
    topic: str
    subject: UUID
    time: datetime | None
    sequence: int
    agency: str
    correlation_id: UUID
    causation_id: str | None
    payload: E_co | None

    @property
    def data(self) -> E_co:
        """The event itself; a tombstone has none."""
        if self.payload is None:
            raise ValueError("a tombstone carries no data")
        return self.payload


class Unreadable(Exception):
    """A record that claims to be ours and cannot be taken: reason is a code with no content of the record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def own_headers(
    contract: type[Event], subject: UUID, *, causation: str | None, correlation: UUID | None
) -> dict[str, str]:
    """What an outbox row says of its event beside its columns; its time follows when it is known."""
    own = {"ce_type": contract.type, "ce_correlationid": str(correlation or subject)}
    if causation:
        own["ce_causationid"] = causation
    return own


def write_headers(
    origin: Origin, own: Mapping[str, str], *, event_id: UUID, subject: str, sequence: int
) -> dict[str, bytes]:
    """The CloudEvents attributes of an outbox row on the wire."""
    varying = {**own, "ce_id": str(event_id), "ce_subject": subject, "ce_sequence": str(sequence)}
    constant = _constant_headers(own["ce_type"], origin.agency, origin.service)
    return constant | {name: value.encode() for name, value in varying.items()}


@lru_cache
def _constant_headers(event_type: str, agency: str, service: str) -> dict[str, bytes]:
    return {
        "ce_specversion": b"1.0",
        "ce_source": f"/{agency}/{service}".encode(),
        "ce_dataschema": schema_id(event_type).encode(),
        "ce_agency": agency.encode(),
        "content-type": b"application/json",
    }


def _document(record: Record) -> dict[str, Any]:
    try:
        document = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        raise Unreadable("not_json") from None
    if not isinstance(document, dict):
        raise Unreadable("wrong_shape")
    return document


def _attributes(record: Record) -> tuple[Attributes, bytes | None]:
    """The record's attributes and its data; both content modes."""
    return _structured(record) if record.is_structured else (record.named, record.value)


def _text(value: bytes | None) -> str | None:
    """An attribute as text that PostgreSQL can hold, which is without NUL."""
    if b"\0" in (value or b""):
        raise Unreadable("attribute_holds_nul")
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        raise Unreadable("header_not_utf8") from None


def _structured(record: Record) -> tuple[Attributes, bytes]:
    document = _document(record)
    # Only a record without value is a tombstone: absent data is a wrong shape and never the end of a state.
    data, encoded = orjson.dumps(document.pop("data", None)), document.pop("data_base64", None)
    if encoded is not None:
        try:
            data = base64.b64decode(encoded, validate=True)
        except (TypeError, ValueError):
            raise Unreadable("data_not_base64") from None
    return {f"ce_{name}": str(value).encode() for name, value in document.items() if value is not None}, data


def event_type_of(record: Record) -> str | None:
    """The type a record claims, or None when it claims none that can be read."""
    try:
        return _text(_attributes(record)[0].get("ce_type"))
    except Unreadable:
        return None


def identity_of(record: Record) -> UUID:
    """Who the event is, wherever it stands in a log: its id, else a hash of its bytes and time, never its offset."""
    source, name = record.named.get("ce_source", b""), record.named.get("ce_id")
    if record.is_structured:
        with suppress(Unreadable):
            document = _document(record)
            source, name = (str(document.get(part) or "").encode() for part in ("source", "id"))
    if name:
        try:
            return parse_id(name.decode())
        except ValueError:
            return uuid5(NAMESPACE, hashlib.sha256(source + b"\0" + name).hexdigest())
    digest = hashlib.sha256(f"{record.topic}\0{record.key}\0{record.timestamp_ms}\0".encode() + (record.value or b""))
    return uuid5(NAMESPACE, digest.hexdigest())


def read(
    record: Record, event_id: UUID, accepted_agencies: frozenset[str], wanted: Container[type[Event]] = CONTRACTS
) -> Received[Event] | None:
    """The event of a record; None when it is of no type wanted here; raises Unreadable when it must not be handled."""
    attributes, value = _attributes(record)
    get = attributes.get
    if value is None and record.key is not None and get("ce_type") is None:
        # Compaction keeps a bare tombstone: its key is all it says.
        return None
    contract = _contract(record.topic, get("ce_type"), get("ce_specversion"))
    if contract is None or contract not in wanted:
        return None
    agency = _check_origin(contract, get("ce_agency"), get("ce_source"), accepted_agencies)
    subject = _subject(record.key, get("ce_subject"))
    return Received(
        event_id=event_id,
        type=contract,
        topic=record.topic,
        subject=subject,
        time=_time(_text(get("ce_time"))),
        sequence=_sequence(_text(get("ce_sequence"))),
        agency=agency,
        correlation_id=_uuid(_text(get("ce_correlationid")) or str(subject), "correlation_not_a_uuid"),
        causation_id=_text(get("ce_causationid")),
        payload=_payload(contract, value, subject),
    )


# Few types come in great numbers: what they all have in common is looked at once.
@lru_cache(1024)
def _contract(topic: str, event_type: bytes | None, version: bytes | None) -> type[Event] | None:
    name = _text(event_type)
    if not name or version != b"1.0":
        raise Unreadable("not_a_cloudevent")
    contract = BY_TYPE.get(name)
    claimed = contract.topic == topic if contract else name.startswith(f"bangkom.{TOPIC_PUBLISHER.get(topic)}.")
    if not claimed:
        raise Unreadable("forged_type")
    return contract


@lru_cache(1024)
def _check_origin(
    contract: type[Event], agency: bytes | None, source: bytes | None, accepted_agencies: frozenset[str]
) -> str:
    name = _text(agency)
    if name not in accepted_agencies:
        raise Unreadable("unknown_agency")
    if source != f"/{name}/{TOPIC_PUBLISHER[contract.topic]}".encode():
        raise Unreadable("forged_source")
    return name


def _subject(key: str | None, named: bytes | None) -> UUID:
    if key is None or named != key.encode():
        raise Unreadable("key_differs_from_subject")
    subject = _uuid(key, "subject_not_a_uuid")
    if str(subject) != key:
        # Another spelling of the same uuid is another key, and order is kept per key.
        raise Unreadable("subject_not_a_uuid")
    return subject


def _payload(contract: type[Event], value: bytes | None, subject: UUID) -> Event | None:
    if value is None:
        if contract.is_state:
            return None
        raise Unreadable("no_value")
    try:
        event: Event = contract.__pydantic_validator__.validate_json(value)
    except ValidationError as error:
        # Positions and kinds of error only: the values may be personal.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Unreadable("not_json") from None
        place = ".".join(str(part) for part in first["loc"] if part in contract.model_fields or isinstance(part, int))
        raise Unreadable(f"wrong_shape:{place}:{first['type']}") from None
    if event.subject != subject:
        raise Unreadable("subject_differs_from_data")
    return event


def _time(value: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if value else None
    except ValueError:
        raise Unreadable("time_not_a_timestamp") from None
    if time and time.tzinfo is None:
        raise Unreadable("time_without_zone")
    return time


def _sequence(value: str | None) -> int:
    if value is None:
        return 0
    if not value.isdecimal() or len(value) > 18:  # noqa: PLR2004 a bigint holds 18 digits
        raise Unreadable("sequence_not_a_number")
    return int(value)


def _uuid(value: str, reason: str) -> UUID:
    try:
        return parse_id(value)
    except ValueError:
        raise Unreadable(reason) from None
