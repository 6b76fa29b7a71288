"""Records as other programs, broken programs and liars would write them, each made of a good event."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import orjson

from shared.events.training import LearningMeasured
from tests.conformance.logs import Foreign, cloud_event

Make = Callable[[LearningMeasured], Foreign]


def with_value(value: bytes | None) -> Make:
    return lambda event: replace(cloud_event(event), value=value)


def with_attributes(**changed: bytes | None) -> Make:
    return lambda event: cloud_event(event, **changed)


def with_data(**changed: object) -> Make:
    """Other fields in the data; None leaves one out."""

    def make(event: LearningMeasured) -> Foreign:
        data = orjson.loads(event.model_dump_json()) | changed
        return replace(cloud_event(event), value=orjson.dumps({n: v for n, v in data.items() if v is not None}))

    return make


def with_header(name: str, value: bytes | None) -> Make:
    def make(event: LearningMeasured) -> Foreign:
        record = cloud_event(event)
        return replace(record, headers=[*record.headers, (name, value)])

    return make


def with_key(key: str | None, **changed: bytes | None) -> Make:
    return lambda event: replace(cloud_event(event, **changed), key=key)


def structured(**changed: object) -> Make:
    """All attributes and the data in one document; None leaves one out."""

    def make(event: LearningMeasured) -> Foreign:
        good = cloud_event(event)
        document: dict[str, object] = {n[3:]: v.decode() for n, v in good.headers if v is not None}
        document["data"] = orjson.loads(event.model_dump_json())
        document = {n: v for n, v in (document | changed).items() if v is not None}
        headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
        return replace(good, value=orjson.dumps(document), headers=headers)

    return make


def structured_in_base64(event: LearningMeasured) -> Foreign:
    return structured(data=None, data_base64=base64.b64encode(event.model_dump_json().encode()).decode())(event)


def structured_not_json(event: LearningMeasured) -> Foreign:
    return replace(structured()(event), value=b"{")


BROKEN: dict[str, tuple[Make, str]] = {
    "not json": (with_value(b'{"enrolment_id": "'), "not_json"),
    "bytes": (with_value(bytes(range(256))), "not_json"),
    "empty": (with_value(b""), "not_json"),
    "another shape": (with_value(b"[1, 2]"), "wrong_shape"),
    "field removed": (with_data(max_score=None), "wrong_shape:max_score:missing"),
    "type of a field changed": (with_data(max_score="seratus"), "wrong_shape:max_score:int_parsing"),
    "no value": (with_value(None), "no_value"),
    "no headers": (lambda event: replace(cloud_event(event), headers=[]), "not_a_cloudevent"),
    "no type": (with_attributes(type=None), "not_a_cloudevent"),
    "another specification": (with_attributes(specversion=b"0.3"), "not_a_cloudevent"),
    "type of another publisher": (with_attributes(type=b"bangkom.evaluation.follow_up_closed.v1"), "forged_type"),
    "unknown type of another publisher": (with_attributes(type=b"bangkom.needs.need_closed.v1"), "forged_type"),
    "type of nobody": (with_attributes(type=b"com.example.paid.v1"), "forged_type"),
    "unknown agency": (with_attributes(agency=b"kupang", source=b"/kupang/training"), "unknown_agency"),
    "no agency": (with_attributes(agency=None), "unknown_agency"),
    "source of another service": (with_attributes(source=b"/medan/needs"), "forged_source"),
    "source of another agency": (with_attributes(source=b"/kupang/training"), "forged_source"),
    "about another subject": (with_attributes(subject=str(uuid4()).encode()), "key_differs_from_subject"),
    "data of another subject": (with_data(enrolment_id=str(uuid4())), "subject_differs_from_data"),
    "subject no uuid": (with_key("7", subject=b"7"), "subject_not_a_uuid"),
    "no key": (with_key(None), "key_differs_from_subject"),
    "time without zone": (with_attributes(time=b"2026-07-27T08:00:00"), "time_without_zone"),
    "sequence no number": (with_attributes(sequence=b"1e9"), "sequence_not_a_number"),
    "sequence beyond all numbers": (with_attributes(sequence=b"9" * 40), "sequence_not_a_number"),
    "correlation no uuid": (with_attributes(correlationid=b"x"), "correlation_not_a_uuid"),
    "structured, not json": (structured_not_json, "not_json"),
    "structured, no data": (structured(data=None), "wrong_shape"),
    "structured, forged": (structured(source="/medan/needs"), "forged_source"),
}
"""What must not take effect, and the reason that is noted of it."""

HARMLESS: dict[str, Make] = {
    "field added": with_data(catatan="baru"),
    "header without value": with_header("x-trace", None),
    "header of ours without value": with_header("ce_causationid", None),
    "header with words of the world": with_header("x-unit", "Kecamatan Belawan – 棉兰".encode()),
    "structured": structured(),
    "structured, data in base64": structured_in_base64,
    "identity no uuid": with_attributes(id=b"row 7"),
}
"""What differs from our own records and means the same."""

UNKNOWN: dict[str, Make] = {
    "unknown type": with_attributes(type=b"bangkom.training.seat_offered.v1"),
    "unknown version": with_attributes(type=b"bangkom.training.learning_measured.v2"),
    "known type that nobody here handles": with_attributes(type=b"bangkom.training.training_not_completed.v1"),
}
"""What a publisher may say and this service does not listen to."""
