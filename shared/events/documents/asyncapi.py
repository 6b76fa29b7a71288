"""The catalogue as an AsyncAPI 3 document, for those who write consumers in any language."""

from __future__ import annotations

from shared.events.catalogue import CONTRACTS, TOPIC_PUBLISHER, TOPICS
from shared.events.contract import Event, is_state_topic
from shared.events.documents.envelope import HEADERS, OPTIONAL, UUID_TEXT, example_headers
from shared.events.documents.schemas import JsonSchema, description_of, schema_of

COMPONENTS = "#/components/schemas/{model}"
DOCUMENT_VERSION = "1.0.0"
NOT_IN_COMPONENTS = ("$schema", "$id", "$defs", "examples", "x-topic", "x-key")

Node = dict[str, object]


def asyncapi() -> Node:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bangkom",
            "version": DOCUMENT_VERSION,
            "description": "Events of the competency development of one agency. A topic prefix, where the installation"
            " sets one, stands before every address.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {topic: _channel(topic) for topic in TOPICS},
        "operations": {f"publish.{topic}": _operation(topic) for topic in TOPICS if _contracts_on(topic)},
        "components": {
            "messages": {contract.__name__: _message(contract) for contract in CONTRACTS},
            "schemas": {"Envelope": _envelope(), **_payloads()},
        },
    }


def _contracts_on(topic: str) -> list[type[Event]]:
    return [contract for contract in CONTRACTS if contract.topic == topic]


def _server() -> Node:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "The agency's broker, or the broker several agencies share.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "Host and port of a broker."}},
    }


def _channel(topic: str) -> Node:
    policy = "compact" if is_state_topic(topic) else "delete"
    kind = "The newest record of a key is its state" if is_state_topic(topic) else "Facts, in order per key"
    return {
        "address": topic,
        "description": f"{kind}. Published by {TOPIC_PUBLISHER[topic]}.",
        "messages": {c.__name__: {"$ref": f"#/components/messages/{c.__name__}"} for c in _contracts_on(topic)},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": [policy]}, "bindingVersion": "0.5.0"}},
    }


def _operation(topic: str) -> Node:
    return {
        "action": "send",
        "summary": f"{TOPIC_PUBLISHER[topic]} publishes what became true.",
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{c.__name__}"} for c in _contracts_on(topic)],
    }


def _message(contract: type[Event]) -> Node:
    summary, _, rest = description_of(contract).partition("\n\n")
    headers = {"type": "object", "properties": {"ce_type": {"const": contract.type}}}
    return {
        "name": contract.type,
        "title": contract.__name__,
        "summary": summary,
        "description": rest,
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": COMPONENTS.format(model="Envelope")}, headers]},
        "payload": {"$ref": COMPONENTS.format(model=contract.__name__)},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {"kafka": {"key": {**UUID_TEXT, "description": contract.subject_field}, "bindingVersion": "0.5.0"}},
        "examples": [{"name": "made-up", "headers": example_headers(contract), "payload": contract.example}],
    }


def _envelope() -> Node:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in Kafka's binary mode.",
        "properties": HEADERS,
        "required": [name for name in HEADERS if name not in OPTIONAL],
    }


def _payloads() -> dict[str, JsonSchema]:
    payloads: dict[str, JsonSchema] = {}
    for contract in CONTRACTS:
        schema = schema_of(contract, references=COMPONENTS)
        payloads |= schema.get("$defs", {})
        payloads[contract.__name__] = {part: schema[part] for part in schema if part not in NOT_IN_COMPONENTS}
    return payloads
