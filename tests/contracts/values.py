"""Values that a contract's JSON Schema promises, found without the models."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from hypothesis import strategies as st

from shared.events.documents.schemas import JsonSchema

Values = st.SearchStrategy[Any]

PLAIN: dict[str, Values] = {"null": st.none(), "boolean": st.booleans()}
FORMATS: dict[str, Values] = {
    "uuid": st.uuids().map(str),
    "date": st.dates(date(1900, 1, 1), date(2200, 1, 1)).map(date.isoformat),
    "time": st.times().map(time.isoformat),
}


def values_of(schema: JsonSchema, root: JsonSchema | None = None) -> Values:
    """Any value the schema allows, over the words our contracts use."""
    root = root or schema
    if "$ref" in schema:
        return values_of(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of([values_of(part, root) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "array":
        return st.lists(values_of(schema["items"], root), max_size=3)
    if schema["type"] == "object":
        return _objects(schema, root)
    return _scalars(schema)


def _objects(schema: JsonSchema, root: JsonSchema) -> Values:
    if "patternProperties" in schema:
        ((pattern, part),) = schema["patternProperties"].items()
        longest = schema["propertyNames"]["maxLength"]
        return st.dictionaries(st.from_regex(pattern, fullmatch=True).map(lambda t: t[:longest]), values_of(part, root))
    fields = {name: values_of(part, root) for name, part in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=fields)


def _scalars(schema: JsonSchema) -> Values:
    if schema["type"] in PLAIN:
        return PLAIN[schema["type"]]
    if schema["type"] == "integer":
        return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31))
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if "pattern" in schema:
        longest = schema.get("maxLength", 30)
        return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda t: len(t) <= longest)
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 300))
