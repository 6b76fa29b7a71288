"""What outsiders read equals the contracts, is valid in itself and holds for every record we can publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.events.catalogue import BY_TYPE, CONTRACTS, TOPIC_PUBLISHER
from shared.events.contract import Event
from shared.events.documents.__main__ import ROOT, SCHEMAS, documents
from shared.events.documents.asyncapi import asyncapi
from shared.events.documents.schemas import description_of, schema_of
from shared.events.documents.yaml import to_yaml
from tests.contracts.values import values_of

MAKE_DOCS = "run `make docs` and commit what it writes"


def checker(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, part in node.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)


def resolve(document: dict[str, Any], reference: str) -> object:
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


@pytest.mark.parametrize("path", documents(), ids=str)
def test_document_equals_what_the_contracts_say(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == documents()[path], MAKE_DOCS


def test_every_schema_file_has_a_contract() -> None:
    assert {path.stem for path in (ROOT / SCHEMAS).iterdir()} == set(BY_TYPE), MAKE_DOCS


@pytest.mark.parametrize("contract", CONTRACTS)
def test_schema_accepts_the_example_and_so_does_the_model(contract: type[Event]) -> None:
    schema = schema_of(contract)
    Draft202012Validator.check_schema(schema)

    checker(schema).validate(contract.example)
    event = contract.model_validate_json(json.dumps(contract.example))

    assert json.loads(event.model_dump_json()) == contract.example
    assert event.subject == UUID(str(contract.example[contract.subject_field]))


@pytest.mark.parametrize("contract", CONTRACTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_model_accepts_whatever_the_schema_promises(contract: type[Event], data: st.DataObject) -> None:
    schema = schema_of(contract)
    value = data.draw(values_of(schema))

    event = contract.model_validate_json(json.dumps(value))

    checker(schema).validate(json.loads(event.model_dump_json()))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_says_who_publishes_who_consumes_and_stands_where_it_belongs(contract: type[Event]) -> None:
    _, service, fact, version = contract.type.split(".")

    assert f"Published by {service}" in description_of(contract)
    assert "consumed by" in description_of(contract)
    assert TOPIC_PUBLISHER[contract.topic] == service
    assert fact.replace("_", "") == contract.__name__.lower()
    assert version == "v1"


def test_asyncapi_document_is_whole() -> None:
    document = yaml.safe_load(to_yaml(asyncapi()))

    assert document == asyncapi()
    assert {message["name"] for message in document["components"]["messages"].values()} == set(BY_TYPE)
    for reference in references(document):
        resolve(document, reference)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_asyncapi_example_fits_its_own_schemas(contract: type[Event]) -> None:
    document = asyncapi()
    message: Any = resolve(document, f"#/components/messages/{contract.__name__}")

    for example in message["examples"]:
        for part in ("headers", "payload"):
            checker({**message[part], "components": document["components"]}).validate(example[part])


@pytest.mark.parametrize(
    "data",
    [
        {"a": [], "b": {}, "c": None, "d": True, "1": "no", "yes": "1.0", "x y": "# not a comment"},
        {"list": [{"a": 1, "b": [1, [2, "three"]]}, "text: with colon", "line\nbreak"]},
    ],
)
def test_yaml_is_read_back_as_it_was(data: dict[str, object]) -> None:
    assert yaml.safe_load(to_yaml(data)) == data
