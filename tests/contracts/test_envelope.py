"""The envelope is CloudEvents as others understand it, loses nothing, and takes nothing it cannot trust."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cloudevents.http import CloudEvent
from cloudevents.kafka import KafkaMessage, from_binary, to_binary, to_structured
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.db import Origin
from shared.delivery.envelope import (
    Received,
    Record,
    Unreadable,
    event_type_of,
    identity_of,
    own_headers,
    read,
    write_headers,
)
from shared.events.catalogue import CONTRACTS, TOPICS
from shared.events.contract import Event
from shared.events.documents.envelope import HEADERS, OPTIONAL, example_headers
from shared.events.documents.schemas import schema_of
from shared.events.employees import EmployeeRecorded
from shared.events.training import TrainingCompleted
from tests.contracts.values import values_of

AGENCY = "medan"
ACCEPTED = frozenset({AGENCY})
EVENT_ID = UUID("01920000-0000-7000-8000-0000000000aa")
CAUSE = UUID("01920000-0000-7000-8000-0000000000bb")
NEED = UUID("01920000-0000-7000-8000-0000000000cc")
TIME = datetime(2026, 3, 4, 9, tzinfo=UTC)


def example_of(contract: type[Event]) -> Event:
    return contract.model_validate(contract.example)


def written(
    event: Event, *, correlation: UUID | None, causation: str | None, time: datetime = TIME, sequence: int = 1042
) -> dict[str, str]:
    """The headers of an event of ours, as outbox and relay make them."""
    origin = Origin(agency=AGENCY, service=event.publisher())
    own = own_headers(type(event), event.subject, causation=causation, correlation=correlation)
    own["ce_time"] = time.isoformat()
    headers = write_headers(origin, own, event_id=EVENT_ID, subject=str(event.subject), sequence=sequence)
    return {name: value.decode() for name, value in headers.items()}


def headers_of(event: Event, **changes: str) -> dict[str, str]:
    """The same of an event that has a cause and belongs to a need."""
    return written(event, correlation=NEED, causation=str(CAUSE)) | changes


def record_of(event: Event, **changes: str) -> Record:
    return Record(
        topic=event.topic,
        partition=0,
        offset=7,
        key=str(event.subject),
        headers=[(name, value.encode()) for name, value in headers_of(event, **changes).items()],
        value=event.model_dump_json().encode(),
        timestamp_ms=1_772_614_800_000,
    )


def taken(record: Record) -> Received[Event]:
    received = read(record, identity_of(record), ACCEPTED)
    assert received is not None
    return received


def record_from(message: KafkaMessage, event: Event) -> Record:
    """What another implementation sends, as a transport of ours delivers it."""
    value = message.value.encode() if isinstance(message.value, str) else message.value
    return replace(record_of(event), headers=list(message.headers.items()), value=value)


def structured(document: dict[str, Any], event: Event) -> Record:
    headers = [("Content-Type", b"application/cloudevents+json; charset=UTF-8")]
    return replace(record_of(event), headers=headers, value=json.dumps(document).encode())


def structured_document(event: Event) -> dict[str, Any]:
    value = to_structured(cloud_event(event)).value
    document: dict[str, Any] = json.loads(value)
    return document


def cloud_event(event: Event) -> CloudEvent:
    """The same event as another implementation holds it."""
    attributes = {name.removeprefix("ce_"): value for name, value in headers_of(event).items() if name[:3] == "ce_"}
    return CloudEvent({**attributes, "datacontenttype": "application/json"}, json.loads(event.model_dump_json()))


TEXT = st.characters(codec="utf-8", exclude_characters="\0")
COMPLETED = example_of(TrainingCompleted)
EMPLOYEE = example_of(EmployeeRecorded)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_headers_are_read_by_another_implementation(contract: type[Event]) -> None:
    event = example_of(contract)
    record = record_of(event)
    headers = {name: value for name, value in record.headers if value is not None}

    there = from_binary(KafkaMessage(headers=headers, key=b"", value=record.value or b""))

    assert there.get_attributes().items() >= cloud_event(event).get_attributes().items()
    assert there.get_data() == contract.example


@pytest.mark.parametrize("contract", CONTRACTS)
def test_binary_mode_of_another_implementation_is_taken(contract: type[Event]) -> None:
    event = example_of(contract)

    received = taken(record_from(to_binary(cloud_event(event)), event))

    assert received == taken(record_of(event))
    assert received.data == event


@pytest.mark.parametrize("contract", CONTRACTS)
def test_structured_mode_of_another_implementation_is_taken(contract: type[Event]) -> None:
    event = example_of(contract)

    received = taken(structured(structured_document(event), event))

    assert received == taken(record_of(event))


def test_structured_mode_takes_data_in_base64() -> None:
    document = structured_document(COMPLETED)
    document["data_base64"] = base64.b64encode(json.dumps(document.pop("data")).encode()).decode()

    assert taken(structured(document, COMPLETED)).data == COMPLETED


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data_base64": "?"}, {"data_base64": 7}, {"data": "text"}])
def test_structured_mode_without_usable_data_never_ends_a_state(data: dict[str, object]) -> None:
    document = structured_document(EMPLOYEE)
    del document["data"]

    with pytest.raises(Unreadable):
        taken(structured(document | data, EMPLOYEE))


def test_identity_is_the_same_in_both_modes_and_at_every_offset() -> None:
    binary = record_of(COMPLETED)
    document = structured(structured_document(COMPLETED), COMPLETED)

    again = [replace(record, offset=99, partition=3, timestamp_ms=1) for record in (binary, document)]

    assert {identity_of(record) for record in (binary, document, *again)} == {EVENT_ID}


def test_identity_of_a_foreign_id_depends_on_its_source() -> None:
    one, other = (record_of(COMPLETED, ce_id="17", ce_source=f"/{agency}/training") for agency in ("medan", "kupang"))

    assert identity_of(one) == identity_of(replace(one, offset=99, timestamp_ms=1))
    assert identity_of(one) != identity_of(other)


def test_identity_without_id_is_told_by_bytes_and_time() -> None:
    bare = replace(record_of(COMPLETED), headers=[])

    assert identity_of(bare) == identity_of(replace(bare, offset=99))
    assert identity_of(bare) != identity_of(replace(bare, timestamp_ms=1))
    assert identity_of(bare) != identity_of(replace(bare, value=b"{}"))


@pytest.mark.parametrize("contract", CONTRACTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_back(contract: type[Event], data: st.DataObject) -> None:
    event = contract.model_validate(data.draw(values_of(schema_of(contract))))
    correlation, causation = data.draw(st.uuids()), data.draw(st.none() | st.text(TEXT, min_size=1))
    sequence = data.draw(st.integers(0, 10**18 - 1))
    moment = data.draw(st.datetimes(timezones=st.just(UTC)))
    headers = written(event, correlation=correlation, causation=causation, time=moment, sequence=sequence)

    received = taken(replace(record_of(event), headers=[(n, v.encode()) for n, v in headers.items()]))

    assert received == Received(
        event_id=EVENT_ID,
        type=contract,
        topic=contract.topic,
        subject=event.subject,
        time=moment,
        sequence=sequence,
        agency=AGENCY,
        correlation_id=correlation,
        causation_id=causation,
        payload=event,
    )


@pytest.mark.parametrize("contract", CONTRACTS)
def test_unknown_fields_and_headers_are_ignored(contract: type[Event]) -> None:
    event = example_of(contract)
    value = json.dumps({**contract.example, "added_later": {"deep": [1]}}).encode()

    assert taken(replace(record_of(event, ce_addedlater="x"), value=value)).data == event


def test_correlation_is_the_subject_when_nothing_else_is_said() -> None:
    headers = written(COMPLETED, correlation=None, causation=None)

    assert headers["ce_correlationid"] == str(COMPLETED.subject)
    assert "ce_causationid" not in headers


REFUSED: dict[str, tuple[Record, str]] = {
    "no headers": (replace(record_of(COMPLETED), headers=[]), "not_a_cloudevent"),
    "other version": (record_of(COMPLETED, ce_specversion="0.3"), "not_a_cloudevent"),
    "type of another topic": (record_of(COMPLETED, ce_type="bangkom.needs.unit_recorded.v1"), "forged_type"),
    "unknown type of another publisher": (record_of(COMPLETED, ce_type="bangkom.needs.x.v1"), "forged_type"),
    "known type on another topic": (replace(record_of(COMPLETED), topic="bangkom.needs"), "forged_type"),
    "unknown agency": (record_of(COMPLETED, ce_agency="kupang", ce_source="/kupang/training"), "unknown_agency"),
    "source of another service": (record_of(COMPLETED, ce_source="/medan/needs"), "forged_source"),
    "source of another agency": (record_of(COMPLETED, ce_source="/kupang/training"), "forged_source"),
    "no key": (replace(record_of(COMPLETED), key=None), "key_differs_from_subject"),
    "key of another subject": (replace(record_of(COMPLETED), key=str(NEED)), "key_differs_from_subject"),
    "subject not a uuid": (
        replace(record_of(COMPLETED, ce_subject="198001012005012000"), key="198001012005012000"),
        "subject_not_a_uuid",
    ),
    "other spelling of the subject": (
        replace(record_of(COMPLETED, ce_subject=COMPLETED.subject.hex), key=COMPLETED.subject.hex),
        "subject_not_a_uuid",
    ),
    "data of another subject": (
        replace(record_of(COMPLETED, ce_subject=str(NEED)), key=str(NEED)),
        "subject_differs_from_data",
    ),
    "correlation not a uuid": (record_of(COMPLETED, ce_correlationid="x"), "correlation_not_a_uuid"),
    "sequence not a number": (record_of(COMPLETED, ce_sequence="-1"), "sequence_not_a_number"),
    "sequence too long": (record_of(COMPLETED, ce_sequence="9" * 19), "sequence_not_a_number"),
    "time not a timestamp": (record_of(COMPLETED, ce_time="yesterday"), "time_not_a_timestamp"),
    "time without zone": (record_of(COMPLETED, ce_time="2026-03-04T09:00:00"), "time_without_zone"),
    "not JSON": (replace(record_of(COMPLETED), value=b"\xff{"), "not_json"),
    "fact without value": (replace(record_of(COMPLETED), value=None), "no_value"),
    "field missing": (replace(record_of(COMPLETED), value=b"{}"), "wrong_shape:enrolment_id:missing"),
    "attribute with NUL": (record_of(COMPLETED, ce_causationid="a\0"), "attribute_holds_nul"),
    "header not UTF-8": (
        replace(record_of(COMPLETED), headers=[*record_of(COMPLETED).headers, ("ce_causationid", b"\xff")]),
        "header_not_utf8",
    ),
}


@pytest.mark.parametrize(("record", "reason"), REFUSED.values(), ids=REFUSED)
def test_record_that_cannot_be_trusted_is_refused(record: Record, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        taken(record)

    assert refusal.value.reason == reason


def test_attribute_that_nobody_reads_may_be_unreadable() -> None:
    record = record_of(COMPLETED)

    received = taken(replace(record, headers=[*record.headers, ("ce_x", b"\xff")]))

    assert received.data == COMPLETED


@pytest.mark.parametrize("name", ["bangkom.training.training_completed.v2", "bangkom.training.unheard_of.v1"])
def test_unknown_type_or_version_is_skipped(name: str) -> None:
    assert read(record_of(COMPLETED, ce_type=name), EVENT_ID, ACCEPTED) is None


def test_tombstone_of_a_state_ends_it() -> None:
    received = taken(replace(record_of(EMPLOYEE), value=None))

    assert received.payload is None
    assert received.subject == EMPLOYEE.subject


def test_reason_of_a_refusal_holds_nothing_of_the_record() -> None:
    secret = "Budi Rekaan"
    value = json.dumps({**EmployeeRecorded.example, "unit_id": secret, secret: secret}).encode()

    with pytest.raises(Unreadable) as refusal:
        taken(replace(record_of(EMPLOYEE), value=value))

    assert secret not in refusal.value.reason


HEADER_NAMES = st.sampled_from([*HEADERS, "Content-Type", "CE_ID"]) | st.text(max_size=20)
HEADER_VALUES = st.none() | st.binary(max_size=40) | st.sampled_from([b"application/cloudevents+json", b"1.0"])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@st.composite
def garbage(draw: st.DrawFn) -> Record:
    """A good record of any contract with some parts replaced by anything."""
    record = record_of(draw(st.sampled_from([example_of(contract) for contract in CONTRACTS])))
    changed: list[tuple[str, bytes | None]] = draw(st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=4))
    kept = [pair for pair in record.headers if draw(st.integers(0, 9))]
    return replace(
        record,
        topic=draw(st.just(record.topic) | st.sampled_from(TOPICS)),
        key=draw(st.just(record.key) | st.none() | st.text()),
        headers=[*kept, *changed],
        value=draw(st.just(record.value) | st.none() | st.binary() | JSON_VALUES),
        timestamp_ms=draw(st.integers(-1, 2**62)),
    )


@settings(max_examples=500, deadline=None)
@given(record=garbage())
def test_garbage_is_refused_or_skipped_and_never_fails_otherwise(record: Record) -> None:
    event_type_of(record)
    received = None
    with suppress(Unreadable):
        received = read(record, identity_of(record), ACCEPTED)

    assert received is None or (str(received.subject), received.topic) == (record.key, record.topic)


def test_documented_headers_are_the_ones_written() -> None:
    names = set(headers_of(COMPLETED))

    assert names <= set(HEADERS)
    assert set(HEADERS) - names <= OPTIONAL


@pytest.mark.parametrize("contract", CONTRACTS)
def test_documented_example_is_taken_as_it_stands(contract: type[Event]) -> None:
    headers = [(name, value.encode()) for name, value in example_headers(contract).items()]

    received = taken(replace(record_of(example_of(contract)), headers=headers))

    assert received.data == example_of(contract)
    Draft202012Validator({"properties": HEADERS, "required": sorted(set(HEADERS) - OPTIONAL)}).validate(
        example_headers(contract)
    )
