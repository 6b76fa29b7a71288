"""Published contracts stay what they were, and the gate that says so is able to refuse."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, StringConstraints, create_model

from shared.events.catalogue import BY_TYPE
from shared.events.contract import Code, Event, Figure, Level, Title
from shared.events.documents.__main__ import ROOT, SCHEMAS
from shared.events.documents.schemas import schema_of
from tests.contracts.compatibility import broken_promises

PUBLISHED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / SCHEMAS).glob("*.json")}


class Part(BaseModel):
    part_id: UUID
    weight: int


class PartWithNote(Part):
    noted_on: date | None = None


class PartWithDuty(Part):
    duty: Code


class PartWithoutWeight(BaseModel):
    part_id: UUID


class Sample(Event):
    type: ClassVar[str] = "bangkom.training.sample_taken.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "sample_id"
    example: ClassVar[dict[str, object]] = {}


class Moved(Sample):
    topic: ClassVar[str] = "bangkom.needs"


class Rekeyed(Sample):
    subject_field: ClassVar[str] = "other_id"


FIELDS: dict[str, Any] = {
    "sample_id": (UUID, ...),
    "other_id": (UUID | None, None),
    "place": (Code, ...),
    "title": (Title, ...),
    "count": (Annotated[int, Field(ge=0)], ...),
    "figure": (Figure | None, None),
    "taken_on": (date | None, None),
    "choice": (Literal["A", "B"], ...),
    "levels": (dict[Code, Level], Field(default_factory=dict)),
    "parts": (tuple[Part, ...], ()),
}


def sample(base: type[Event] = Sample, *, without: str = "", **changes: Any) -> type[Event]:
    fields = {name: field for name, field in (FIELDS | changes).items() if name != without}
    return create_model("Sample", __base__=base, **fields)


LOW_LEVELS = dict[Code, Annotated[int, Field(ge=1, le=3)]]
PUBLISHED_SAMPLE = schema_of(sample())

BREAKING = {
    "required field removed": sample(without="place"),
    "optional field removed": sample(without="taken_on"),
    "required field added": sample(added=(Code, ...)),
    "optional field made required": sample(taken_on=(date | None, ...)),
    "required field made optional": sample(place=(Code | None, None)),
    "absence no longer taken": sample(taken_on=(date, date(2026, 1, 1))),
    "type changed": sample(count=(Code, ...)),
    "type narrowed for the reader": sample(count=(Annotated[int, Field(ge=1)], ...)),
    "type widened for consumers": sample(count=(float, ...)),
    "text longer than promised": sample(title=(Annotated[str, StringConstraints(min_length=1, max_length=300)], ...)),
    "format changed": sample(taken_on=(UUID | None, None)),
    "code became free text": sample(place=(str, ...)),
    "number became text": sample(figure=(str | None, None)),
    "enum value added": sample(choice=(Literal["A", "B", "C"], ...)),
    "enum value removed": sample(choice=(Literal["A"], ...)),
    "values of a map narrowed": sample(levels=(LOW_LEVELS, Field(default_factory=dict))),
    "field of a part removed": sample(parts=(tuple[PartWithoutWeight, ...], ())),
    "required field of a part added": sample(parts=(tuple[PartWithDuty, ...], ())),
    "topic moved": sample(Moved),
    "key changed": sample(Rekeyed),
}

SAFE = {
    "nothing changed": sample(),
    "optional field added": sample(added=(Code | None, None)),
    "optional list added": sample(added=(tuple[UUID, ...], ())),
    "optional field of a part added": sample(parts=(tuple[PartWithNote, ...], ())),
    "description changed": sample(place=(Code, Field(description="Where it was taken."))),
}


@pytest.mark.parametrize("contract", BREAKING.values(), ids=BREAKING)
def test_gate_refuses_a_breaking_change(contract: type[Event]) -> None:
    assert broken_promises(PUBLISHED_SAMPLE, contract)


@pytest.mark.parametrize("contract", SAFE.values(), ids=SAFE)
def test_gate_lets_a_safe_change_pass(contract: type[Event]) -> None:
    assert broken_promises(PUBLISHED_SAMPLE, contract) == []


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_type_keeps_its_promises(name: str) -> None:
    assert name in BY_TYPE, "a published type stays in the catalogue as long as topics hold its records"
    assert broken_promises(PUBLISHED[name], BY_TYPE[name]) == []
