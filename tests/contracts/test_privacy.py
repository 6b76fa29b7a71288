"""Nothing that names a person and no free text travels, but on the employees topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, create_model

from shared.events.catalogue import CONTRACTS
from shared.events.contract import CODE_PATTERN, FIGURE_PATTERN, Code, Event, Figure, Title
from shared.events.documents.schemas import JsonSchema, schema_of

PERSONAL_TOPIC = "bangkom.employees"

TITLES = {
    ("bangkom.needs.unit_recorded.v1", "name"),
    ("bangkom.needs.unit_recorded.v1", "unit_type"),
    ("bangkom.needs.position_recorded.v1", "title"),
    ("bangkom.needs.competency_recorded.v1", "title"),
    ("bangkom.training.program_recorded.v1", "title"),
}
"""Public titles of units, positions, competencies and programmes; every one is a decision."""

PERSONAL_WORDS = {
    *("name", "nama", "nip", "nik", "npwp", "email", "mail", "phone", "telephone", "mobile", "whatsapp", "address"),
    *(
        "birth",
        "birthday",
        "birthplace",
        "born",
        "gender",
        "sex",
        "religion",
        "marital",
        "number",
        "photo",
        "signature",
    ),
    *("note", "notes", "comment", "comments", "remark", "text", "answer", "description", "message", "free"),
}
CODE_LENGTH = 64
TITLE_LENGTH = 200
PLAIN_FORMATS = {"uuid", "date", "time", "date-time"}


def personal_parts(contract: type[Event]) -> list[str]:
    """The fields of a contract that may hold more than ids, codes, numbers, dates, times, booleans, listed titles."""
    schema = schema_of(contract)
    return list(_fields(schema, schema, contract.type, ""))


def _fields(schema: JsonSchema, root: JsonSchema, event_type: str, place: str) -> Iterator[str]:
    for name, part in schema["properties"].items():
        here = f"{place}{name}"
        if (event_type, here) in TITLES:
            if not _is_title(part):
                yield f"{here}: a title holds at most {TITLE_LENGTH} characters"
            continue
        if PERSONAL_WORDS & set(name.split("_")):
            yield f"{here}: named like something about a person or written by one"
        yield from _values(part, root, event_type, here)


def _values(part: JsonSchema, root: JsonSchema, event_type: str, here: str) -> Iterator[str]:
    if "$ref" in part:
        yield from _fields(root["$defs"][part["$ref"].rpartition("/")[2]], root, event_type, f"{here}.")
    elif "anyOf" in part:
        for choice in part["anyOf"]:
            yield from _values(choice, root, event_type, here)
    elif part.get("type") == "array" and "items" in part:
        yield from _values(part["items"], root, event_type, here)
    elif part.get("type") == "object" and set(part.get("patternProperties", ())) == {CODE_PATTERN}:
        for choice in part["patternProperties"].values():
            yield from _values(choice, root, event_type, here)
    elif not _is_plain(part):
        yield f"{here}: may hold anything"


def _is_plain(part: JsonSchema) -> bool:
    if "enum" in part or "const" in part or part.get("type") in {"integer", "number", "boolean", "null"}:
        return True
    if part.get("type") != "string":
        return False
    is_code = part.get("pattern") == CODE_PATTERN and part.get("maxLength", CODE_LENGTH + 1) <= CODE_LENGTH
    return is_code or part.get("pattern") == FIGURE_PATTERN or part.get("format") in PLAIN_FORMATS


def _is_title(part: JsonSchema) -> bool:
    choices = [choice for choice in part.get("anyOf", [part]) if choice.get("type") != "null"]
    return all(c["type"] == "string" and c.get("maxLength", TITLE_LENGTH + 1) <= TITLE_LENGTH for c in choices)


class Person(BaseModel):
    name: Code


class Remark(BaseModel):
    line: str


class Planted(Event):
    type: ClassVar[str] = "bangkom.training.planted.v1"
    topic: ClassVar[str] = "bangkom.training"
    subject_field: ClassVar[str] = "planted_id"
    example: ClassVar[dict[str, object]] = {}

    planted_id: UUID


PLANTED: dict[str, dict[str, Any]] = {
    "a name, though short as a code": {"name": (Code, ...)},
    "a name in a longer word": {"mentor_name": (Code | None, None)},
    "an employee number": {"employee_number": (Code, ...)},
    "a mail address": {"email": (Code, ...)},
    "a date of birth": {"birth_date": (date, ...)},
    "free text": {"reason": (str, ...)},
    "free text of bounded length": {"reason": (Annotated[str, Field(max_length=64)], ...)},
    "a code too long to be one": {"reason": (Annotated[str, Field(max_length=500, pattern=CODE_PATTERN)], ...)},
    "a title nobody listed": {"title": (Title, ...)},
    "a list of texts": {"reasons": (tuple[str, ...], ())},
    "anything": {"payload": (Any, None)},
    "an open object": {"payload": (dict[str, object], ...)},
    "a map to text": {"answers_by_code": (dict[Code, str], ...)},
    "a map by text": {"levels": (dict[str, int], ...)},
    "a person in a part": {"person": (Person, ...)},
    "text in a list of parts": {"parts": (tuple[Remark, ...], ())},
}

PLAIN: dict[str, Any] = {
    "class_id": (UUID | None, None),
    "reason": (Code, ...),
    "held_on": (date, ...),
    "starts_at": (time, ...),
    "share": (Figure | None, None),
    "count": (int, ...),
    "mandatory": (bool, ...),
    "capacity": (Literal["PLT", "PLH"], ...),
    "levels": (dict[Code, int], ...),
    "need_ids": (tuple[UUID, ...], ()),
}


@pytest.mark.parametrize("contract", [c for c in CONTRACTS if c.topic != PERSONAL_TOPIC])
def test_contract_holds_nothing_personal(contract: type[Event]) -> None:
    assert personal_parts(contract) == []


@pytest.mark.parametrize("fields", PLANTED.values(), ids=PLANTED)
def test_privacy_walk_refuses_a_planted_field(fields: dict[str, Any]) -> None:
    assert personal_parts(create_model("Planted", __base__=Planted, **fields))


def test_privacy_walk_lets_plain_fields_pass() -> None:
    assert personal_parts(create_model("Planted", __base__=Planted, **PLAIN)) == []


def test_titles_listed_are_fields_that_exist() -> None:
    fields = {(contract.type, name) for contract in CONTRACTS for name in contract.model_fields}

    assert fields >= TITLES


def test_people_are_named_by_one_contract_only() -> None:
    assert [c.__name__ for c in CONTRACTS if c.topic == PERSONAL_TOPIC] == ["EmployeeRecorded"]
    assert personal_parts(next(c for c in CONTRACTS if c.topic == PERSONAL_TOPIC))
