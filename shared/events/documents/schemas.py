"""JSON Schemas of the contracts: what a record's value looks like on the wire."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.events.contract import Event, schema_id

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOCAL = "#/$defs/{model}"

JsonSchema = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """A field's title would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 the library's signature
        return False


def description_of(contract: type[Event]) -> str:
    """The contract's docstring, one line per paragraph."""
    paragraphs = cleandoc(contract.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def schema_of(contract: type[Event], *, references: str = LOCAL) -> JsonSchema:
    """The schema of what is published. A field with a default may be missing in records older than the field."""
    schema = contract.model_json_schema(mode="serialization", schema_generator=_Untitled, ref_template=references)
    return {
        "$schema": DIALECT,
        "$id": schema_id(contract.type),
        "title": contract.__name__,
        "description": description_of(contract),
        "x-topic": contract.topic,
        "x-key": contract.subject_field,
        **{part: schema[part] for part in ("type", "properties", "required", "$defs") if part in schema},
        "examples": [contract.example],
    }
