"""What people send names its fields: anything else, such as a status or an owner, is refused and not taken along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.embedded import SERVICES
from shared.db import Database, Origin
from tests.security.test_matrix import app_of

REFERENCE = "#/components/schemas/"


def taken_in(part: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """The names of the models that a part of an API document consists of."""
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            name = reference.removeprefix(REFERENCE)
            yield name
            yield from taken_in(schemas[name], schemas)
        for inner in part.values():
            yield from taken_in(inner, schemas)
    elif isinstance(part, list):
        for inner in part:
            yield from taken_in(inner, schemas)


@pytest.mark.parametrize("service", SERVICES)
async def test_bodies_take_no_field_they_do_not_name(service: str) -> None:
    database = Database("postgresql+asyncpg://127.0.0.1/nowhere", Origin(agency="medan", service=service))
    document = app_of(service, database).openapi()
    schemas = document["components"]["schemas"]
    bodies = [
        way["requestBody"] for ways in document["paths"].values() for way in ways.values() if "requestBody" in way
    ]

    models = {name for body in bodies for name in taken_in(body, schemas) if schemas[name].get("type") == "object"}

    assert models
    assert {name for name in models if schemas[name].get("additionalProperties") is not False} == set()
