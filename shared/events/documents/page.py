"""The catalogue as a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator

from shared.events.catalogue import CONTRACTS, TOPIC_PUBLISHER, TOPICS
from shared.events.contract import Event, is_state_topic
from shared.events.documents.envelope import HEADERS, OPTIONAL, example_headers
from shared.events.documents.schemas import JsonSchema, description_of, schema_of

INTRODUCTION = """\
# Events

Made from the contracts in `shared/events` by `make docs`; change them there.

Every record is a CloudEvent 1.0 in Kafka's binary mode: the headers below, the value in JSON, the key equal to the
subject. Records of one key keep their order. Delivery is at least once: remember the `ce_id` you have taken. Skip types
and fields you do not know; a breaking change comes as a new type (`.v2`) beside the old one. A field that is not
required may be missing in records older than the field.
"""


def events_page() -> str:
    """The whole page in Markdown."""
    return "\n".join([INTRODUCTION, *_headers(), *(line for topic in TOPICS for line in _topic(topic))]).rstrip() + "\n"


def _headers() -> Iterator[str]:
    yield "## Headers\n"
    yield "| header | always there | meaning |\n|---|---|---|"
    for name, schema in HEADERS.items():
        yield f"| `{name}` | {'no' if name in OPTIONAL else 'yes'} | {schema['description']} |"
    yield ""


def _topic(topic: str) -> Iterator[str]:
    contracts = [contract for contract in CONTRACTS if contract.topic == topic]
    yield f"## {topic}\n"
    state = "states: the newest record of a key holds, one without value ends it"
    kind = state if is_state_topic(topic) else "facts"
    yield f"Published by {TOPIC_PUBLISHER[topic]}; {kind}.\n"
    if not contracts:
        yield "No event yet.\n"
    for contract in contracts:
        yield from _event(contract)


def _event(contract: type[Event]) -> Iterator[str]:
    schema = schema_of(contract)
    yield f"### {contract.__name__}\n"
    yield f"`{contract.type}`, key `{contract.subject_field}`\n"
    yield description_of(contract) + "\n"
    yield from _fields(schema)
    for name, part in schema.get("$defs", {}).items():
        yield f"{name}: {part.get('description', '')}\n"
        yield from _fields(part)
    example = {"headers": example_headers(contract), "value": contract.example}
    yield f"```json\n{json.dumps(example, ensure_ascii=False, indent=2)}\n```\n"


def _fields(schema: JsonSchema) -> Iterator[str]:
    yield "| field | required | value |\n|---|---|---|"
    for name, field in schema["properties"].items():
        yield f"| `{name}` | {'yes' if name in schema['required'] else 'no'} | {_value(field)} |"
    yield ""


def _value(field: JsonSchema) -> str:
    """What a field holds, in words."""
    if "anyOf" in field:
        return " or ".join(_value(part) for part in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_value(field['items'])}"
    if field["type"] == "object":
        return "object with " + " or ".join(_value(part) for part in field["patternProperties"].values()) + " by code"
    return _scalar(field)


def _scalar(field: JsonSchema) -> str:
    if field["type"] == "integer":
        bounds = [f"from {field['minimum']}"] if "minimum" in field else []
        bounds += [f"to {field['maximum']}"] if "maximum" in field else []
        return " ".join(["integer", *bounds])
    if field["type"] == "string":
        if "format" in field:
            return str(field["format"])
        if "pattern" in field:
            return "code" if "maxLength" in field else "decimal number as text"
        return f"text of at most {field['maxLength']} characters" if "maxLength" in field else "text"
    return str(field["type"])
