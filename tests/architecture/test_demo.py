"""The demo acts by commands alone: it writes into no table and no outbox of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.conftest import ROOT

CALLED = re.compile(r"\b(session|outbox)\.(add|add_all|merge|delete|record\w*|_emit)\b")
MODULES = {"shared.delivery.outbox", "shared.tables"}
STATEMENT = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY)\b")


def writes(source: str) -> Iterator[str]:
    """What a source would write past the commands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            if {node.module, *names} & MODULES:
                yield f"imports {node.module}"
            yield from (name for name in names if re.fullmatch(r"sqlalchemy\S*\.(insert|update|delete)", name))
            yield from (name for name in names if name == "shared.db.insert_rows")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.search(node.value):
            yield node.value
        elif isinstance(node, ast.Call) and CALLED.search(called := ast.unparse(node.func)):
            yield called


@pytest.mark.parametrize(
    "source",
    [
        "from shared.delivery import outbox",
        "from shared.delivery.outbox import record",
        "from sqlalchemy import select, update",
        "from sqlalchemy.dialects.postgresql import insert",
        "from shared.db import insert_rows",
        "session.add(row)",
        "stage.session.merge(row)",
        "await session.delete(row)",
        "text('UPDATE needs SET status = 1')",
    ],
)
def test_write_past_the_commands_is_found(source: str) -> None:
    assert list(writes(source))


def test_demo_writes_by_commands_alone() -> None:
    files = sorted((ROOT / "services" / "demo").rglob("*.py"))

    assert files
    assert {path.name: found for path in files if (found := list(writes(path.read_text())))} == {}
