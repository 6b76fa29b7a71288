"""Plain data as YAML: block style with JSON scalars, so that nothing can be read as something else."""

from __future__ import annotations

import json
from collections.abc import Iterator


def to_yaml(data: dict[str, object]) -> str:
    """A YAML document; keys and text are quoted where YAML might take them for more than text."""
    return "\n".join(_lines(data, "")) + "\n"


def _lines(data: object, indent: str) -> Iterator[str]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _entry(f"{indent}{_key(str(key))}:", value, indent + "  ")
    elif isinstance(data, list) and data:
        for value in data:
            first, *rest = _lines(value, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
    else:
        yield indent + json.dumps(data, ensure_ascii=False)


def _entry(head: str, value: object, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, indent)
    else:
        yield f"{head} {json.dumps(value, ensure_ascii=False)}"


def _key(key: str) -> str:
    safe = key.replace("_", "").replace(".", "").isalpha() and key not in {"null", "true", "false", "yes", "no", "on"}
    return key if safe else json.dumps(key)
