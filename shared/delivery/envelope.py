"""CloudEvents 1.0 over Kafka: how an event becomes headers and bytes, and comes back as one that can be trusted."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from shared.db import Origin
from shared.events.catalogue import BY_TYPE, CONTRACTS, TOPIC_PUBLISHER
from shared.events.contract import Event
from shared.ids import parse_id

E_co = TypeVar("E_co", bound=Event, covariant=True)

NAMESPACE = UUID("6f0d2d0c-6a67-5d5f-9d4e-2b7d3a1c9e10")
STRUCTURED = b"application/cloudevents+json"
SEQUENCE_EPOCH = 10**15
"""A sequence is epoch * SEQUENCE_EPOCH + the outbox number, so that a restored database still counts upwards."""

ATTRIBUTES = ("type", "specversion", "source", "subject", "agency", "time", "sequence", "correlationid", "causationid")
"""What we read of an event's attributes; id has been read before."""

_HEADERS = {f"ce_{name}": name for name in ATTRIBUTES}

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Record:
    """One record as a transport delivers it."""

    topic: str
    partition: int
    offset: int
    key: str | None
    headers: Headers
    value: bytes | None
    timestamp_ms: int
    named: dict[str, bytes] = field(init=False, repr=False, compare=False)
    """The headers by their names in small letters."""

    def __post_init__(self) -> None:
        named = {name.lower(): value for name, value in self.headers if value is not None}
        object.__setattr__(self, "named", named)

    @property
    def is_structured(self) -> bool:
        """Whether the whole event stands in the value, its attributes too."""
        return self.named.get("content-type", b"").lower().startswith(STRUCTURED)


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


def write_headers(
    contract: type[Event], subject: UUID, origin: Origin, *, causation: str | None, correlation: UUID | None
) -> dict[str, str]:
    """The CloudEvents attributes of an event of ours; id, time and sequence follow when they are known."""
    key = str(subject)
    own = {"ce_subject": key, "ce_correlationid": str(correlation) if correlation else key}
    if causation:
        own["ce_causationid"] = causation
    return _constant_headers(contract, origin.agency, origin.service) | own


@cache
def _constant_headers(contract: type[Event], agency: str, service: str) -> dict[str, str]:
    return {
        "ce_specversion": "1.0",
        "ce_source": f"/{agency}/{service}",
        "ce_type": contract.type,
        "ce_dataschema": contract.schema_id(),
        "ce_agency": agency,
        "content-type": "application/json",
    }


def _document(record: Record) -> dict[str, Any]:
    try:
        document = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        raise Unreadable("not_json") from None
    if not isinstance(document, dict):
        raise Unreadable("wrong_shape")
    return document


def _attributes(record: Record) -> tuple[dict[str, str], bytes | None]:
    """The record's attributes by their CloudEvents names, and its data; both content modes."""
    attributes, data = _structured(record) if record.is_structured else (_binary(record), record.value)
    # They go into text columns, and PostgreSQL's text holds no NUL.
    if "\0" in "".join(attributes.values()):
        raise Unreadable("attribute_holds_nul")
    return attributes, data


def _binary(record: Record) -> dict[str, str]:
    try:
        named = record.named
        return {name: named[header].decode() for header, name in _HEADERS.items() if header in named}
    except UnicodeDecodeError:
        raise Unreadable("header_not_utf8") from None


def _structured(record: Record) -> tuple[dict[str, str], bytes]:
    document = _document(record)
    # Only a record without value is a tombstone: absent data is a wrong shape and never the end of a state.
    data, encoded = orjson.dumps(document.pop("data", None)), document.pop("data_base64", None)
    if encoded is not None:
        try:
            data = base64.b64decode(encoded, validate=True)
        except (TypeError, ValueError):
            raise Unreadable("data_not_base64") from None
    return {name: str(value) for name, value in document.items() if value is not None}, data


def event_type_of(record: Record) -> str | None:
    """The type a record claims, or None when it claims none that can be read."""
    try:
        return _attributes(record)[0].get("type")
    except Unreadable:
        return None


def identity_of(record: Record) -> UUID:
    """Who the event is, wherever it stands in a log: its id, else a hash of its bytes and time, never its offset."""
    source, name = record.named.get("ce_source", b""), record.named.get("ce_id", b"")
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
    if value is None and record.key is not None and "type" not in attributes:
        # Compaction keeps a bare tombstone: its key is all it says.
        return None
    contract = _contract(record.topic, attributes)
    if contract is None or contract not in wanted:
        return None
    subject = _check_origin(record, attributes, contract, accepted_agencies)
    return Received(
        event_id=event_id,
        type=contract,
        topic=record.topic,
        subject=subject,
        time=_time(attributes.get("time")),
        sequence=_sequence(attributes.get("sequence")),
        agency=attributes["agency"],
        correlation_id=_uuid(attributes.get("correlationid") or str(subject), "correlation_not_a_uuid"),
        causation_id=attributes.get("causationid"),
        payload=_payload(contract, value, subject),
    )


def _contract(topic: str, attributes: Mapping[str, str]) -> type[Event] | None:
    name = attributes.get("type")
    if not name or attributes.get("specversion") != "1.0":
        raise Unreadable("not_a_cloudevent")
    contract = BY_TYPE.get(name)
    claimed = contract.topic == topic if contract else name.startswith(f"bangkom.{TOPIC_PUBLISHER.get(topic)}.")
    if not claimed:
        raise Unreadable("forged_type")
    return contract


def _check_origin(
    record: Record, attributes: Mapping[str, str], contract: type[Event], accepted_agencies: frozenset[str]
) -> UUID:
    agency = attributes.get("agency", "")
    if agency not in accepted_agencies:
        raise Unreadable("unknown_agency")
    if attributes.get("source") != f"/{agency}/{TOPIC_PUBLISHER[contract.topic]}":
        raise Unreadable("forged_source")
    if record.key is None or attributes.get("subject") != record.key:
        raise Unreadable("key_differs_from_subject")
    subject = _uuid(record.key, "subject_not_a_uuid")
    if str(subject) != record.key:
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
