"""The records that a story publishes, good and bad ones, and what the model has to know of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from uuid import UUID

from shared.delivery.envelope import Record, identity_of
from shared.events.reference import UnitRecorded
from shared.events.training import LearningMeasured
from tests.model.paper import Fact, Kind, State, Told
from tests.records import record_of, tombstone_of

LEARNING = LearningMeasured.model_validate(LearningMeasured.example)
UNIT = UnitRecorded.model_validate(UnitRecorded.example)


def _with_header(name: str, value: str, record: Record) -> Record:
    return replace(record, headers=[(n, value.encode() if n == name else v) for n, v in record.headers])


def _of_type(name: str) -> Callable[[Record], Record]:
    return partial(_with_header, "ce_type", name)


def _as_it_is(record: Record) -> Record:
    return record


CONDITIONS: dict[str, tuple[Kind, Callable[[Record], Record]]] = {
    "good": (Kind.GOOD, _as_it_is),
    "fails": (Kind.FAILS, _as_it_is),
    "early": (Kind.EARLY, _as_it_is),
    "not_json": (Kind.UNREADABLE, lambda record: replace(record, value=b"{")),
    "wrong_shape": (Kind.UNREADABLE, lambda record: replace(record, value=b'{"enrolment_id": 7}')),
    "no_key": (Kind.UNREADABLE, lambda record: replace(record, key=None)),
    "forged_type": (Kind.UNREADABLE, _of_type("bangkom.needs.learning_measured.v1")),
    "unknown_type": (Kind.UNKNOWN, _of_type("bangkom.training.never_heard_of.v1")),
    "unknown_version": (Kind.UNKNOWN, _of_type("bangkom.training.learning_measured.v2")),
}
"""In which condition a record may come, what that means to who takes it, and how it is brought about."""


@dataclass
class PublishedLog:
    """One partition of a log: the records as a transport brings them, and the same as the model knows them."""

    records: list[Record] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def fact(self, subject: UUID, condition: str) -> Told:
        """Publish the next fact of a subject."""
        number = next(self._numbers)
        event = LEARNING.model_copy(update={"enrolment_id": subject, "post_score": number, "max_score": 10**6})
        kind, spoil = CONDITIONS[condition]
        record = spoil(record_of(event))
        event_id, key = identity_of(record), record.key
        told = Fact(event_id=event_id, topic=record.topic, key=key, kind=kind, subject=subject, number=number)
        return self._append(record, told)

    def state(self, subject: UUID, sequence: int, condition: str) -> Told:
        """Publish a state of a subject, or its end when it is removed, as old or new as the sequence says."""
        name = None if condition == "removed" else f"Dinas {sequence}"
        kind, spoil = CONDITIONS["good" if name is None else condition]
        event = UNIT.model_copy(update={"unit_id": subject, "name": name})
        record = tombstone_of(UnitRecorded, subject) if name is None else record_of(event)
        record = spoil(_with_header("ce_sequence", str(sequence), record))
        told = State(
            event_id=identity_of(record),
            topic=record.topic,
            key=record.key,
            kind=kind,
            subject=subject,
            sequence=sequence,
            name=name,
        )
        return self._append(record, told)

    def again(self, index: int) -> None:
        """Publish a record once more, as a relay does that did not learn that it had arrived."""
        self._append(self.records[index], self.told[index])

    def _append(self, record: Record, told: Told) -> Told:
        self.records.append(replace(record, partition=0, offset=len(self.records)))
        self.told.append(told)
        return told
