"""The headers of every record: CloudEvents 1.0 in Kafka's binary mode, and what we add."""

from __future__ import annotations

from shared.events.contract import Event, schema_id

UUID_TEXT = {"type": "string", "format": "uuid"}

HEADERS: dict[str, dict[str, object]] = {
    "ce_specversion": {"const": "1.0", "description": "Version of CloudEvents."},
    "ce_id": {**UUID_TEXT, "description": "Names the event; a consumer that has seen it drops the repetition."},
    "ce_source": {
        "type": "string",
        "format": "uri-reference",
        "description": "Who publishes: `/<agency>/<service>`.",
    },
    "ce_type": {
        "type": "string",
        "description": "`bangkom.<service>.<fact>.v<version>`; skip unknown ones.",
    },
    "ce_time": {"type": "string", "format": "date-time", "description": "When the change was committed."},
    "ce_subject": {**UUID_TEXT, "description": "Whom or what the event is about; equal to the record's key."},
    "ce_dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the value's JSON Schema."},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{1,18}$",
        "description": "Grows with every event of the source; of two state events the greater one is the newer.",
    },
    "ce_agency": {"type": "string", "description": "Code of the agency."},
    "ce_correlationid": {
        **UUID_TEXT,
        "description": "What the event belongs to: a need, a class, or else the subject itself.",
    },
    "ce_causationid": {
        "type": "string",
        "description": "What triggered the event: an event's id, a command or a timer. Absent when nothing is known.",
    },
    "traceparent": {"type": "string", "description": "W3C trace context; absent when nothing was traced."},
    "content-type": {"const": "application/json", "description": "The value is JSON in UTF-8."},
}

OPTIONAL = frozenset({"ce_causationid", "traceparent"})


def example_headers(contract: type[Event]) -> dict[str, str]:
    """Headers of the contract's example as they would travel."""
    subject = str(contract.example[contract.subject_field])
    return {
        "ce_specversion": "1.0",
        "ce_id": "01920000-0000-7000-8000-0000000000ff",
        "ce_source": f"/medan/{contract.publisher()}",
        "ce_type": contract.type,
        "ce_time": "2026-03-04T09:00:00+00:00",
        "ce_subject": subject,
        "ce_dataschema": schema_id(contract.type),
        "ce_sequence": "1042",
        "ce_agency": "medan",
        "ce_correlationid": subject,
        "content-type": "application/json",
    }
