"""Write all documents anew: ``python -m shared.events.documents``."""

from __future__ import annotations

import json
from pathlib import Path

from shared.events.catalogue import CONTRACTS
from shared.events.documents.asyncapi import asyncapi
from shared.events.documents.page import events_page
from shared.events.documents.schemas import schema_of
from shared.events.documents.yaml import to_yaml

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = Path("shared/events/schemas")


def documents() -> dict[Path, str]:
    """What every generated file has to hold, by its place in the project."""
    schemas = {SCHEMAS / f"{c.type}.json": json.dumps(schema_of(c), ensure_ascii=False, indent=2) for c in CONTRACTS}
    return {
        **{path: f"{text}\n" for path, text in schemas.items()},
        Path("docs/events.md"): events_page(),
        Path("docs/asyncapi.yaml"): to_yaml(asyncapi()),
    }


def main() -> None:
    for path, content in documents().items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
