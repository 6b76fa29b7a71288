"""The gate: whether what is published today keeps what was promised by the schema published before.

Two sides are promised something. Who validates by the published schema must be able to take what we publish now; and
what we read now must take what was published then, since topics keep it for years.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from jsoncompat import check_compat

from shared.events.contract import Event
from shared.events.documents.schemas import JsonSchema, schema_of

Role = Literal["serializer", "deserializer"]

ROUTING = ("x-topic", "x-key")
NO_RULE = {"$id", "$schema", "default", "description", "examples", "title"}


def broken_promises(published: JsonSchema, contract: type[Event]) -> list[str]:
    """What the contract as it stands breaks of the schema published for its type."""
    current = schema_of(contract)
    accepted = contract.model_json_schema(mode="validation")
    broken = [f"{word} changed" for word in ROUTING if published[word] != current[word]]
    if not _compatible(published, current, "serializer"):
        broken.append("a consumer that relies on the published schema would refuse what is published now")
    if not _compatible(_closed(published), accepted, "deserializer"):
        broken.append("a record published before would be refused now")
    return broken


def _compatible(old: JsonSchema, new: JsonSchema, role: Role) -> bool:
    return check_compat(json.dumps(_frozen(old)), json.dumps(_frozen(new)), role)


def _frozen(schema: Any) -> Any:
    """jsoncompat looks past formats and patterns: such a text becomes one value, equal only to itself."""
    if isinstance(schema, list):
        return [_frozen(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and ("format" in schema or "pattern" in schema):
        rules = {rule: schema[rule] for rule in sorted(schema) if rule not in NO_RULE}
        return {"const": json.dumps(rules)}
    return {name: _frozen(part) for name, part in schema.items() if isinstance(part, dict) or name not in NO_RULE}


def _closed(schema: Any) -> Any:
    """What was published held the named fields only: an optional field added later was not in it with another type."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {**closed, "additionalProperties": False} if "properties" in schema else closed
