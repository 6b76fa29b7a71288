"""What a migration of tables in use may do: nothing that reads or rewrites them while it keeps others out."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

AT_ONCE = {"create_table", "drop_table", "drop_column", "drop_index", "get_context"}
"""Done in a moment, whatever the tables hold; or with tables that nobody has yet."""


def locking_forms(source: str) -> Iterator[str]:
    """The steps of a migration, unless it is the first of its lineage, that could keep others out for long."""
    tree = ast.parse(source)
    if _first(tree):
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_step(node)]
    made = {_text(call.args[0]) for call in calls if _name(call) == "create_table"}
    for call in calls:
        name = _name(call)
        new = name in {"create_index", "create_foreign_key"} and len(call.args) > 1 and _text(call.args[1]) in made
        new = new or (name == "execute" and _at_once(_text(call.args[0]), made))
        if name not in AT_ONCE and not new and not (name == "add_column" and _free(call.args[1])):
            yield f"{name} in line {call.lineno}"


def _first(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "down_revision" for target in node.targets)
        and isinstance(node.value, ast.Constant)
        and node.value.value is None
        for node in tree.body
    )


def _is_step(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "op"


def _name(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _at_once(statement: object, made: Collection[object]) -> bool:
    """Whether the statement gives or takes rights, or puts a trigger on a table that nobody has yet."""
    if not isinstance(statement, str):
        return False
    trigger = re.match(r"CREATE TRIGGER \w+ BEFORE [A-Z ]+ ON (\w+) ", statement)
    return statement.startswith(("GRANT ", "REVOKE ")) or (trigger is not None and trigger[1] in made)


def _free(column: ast.expr) -> bool:
    """Whether the column may be empty or has a constant from the beginning, and nothing else is to be checked."""
    if not isinstance(column, ast.Call) or any(isinstance(each, ast.Call) for each in column.args[2:]):
        return False
    words = {word.arg: word.value for word in column.keywords}
    required = "nullable" in words and _text(words["nullable"]) is False
    default = words.get("server_default")
    return (default is None or isinstance(default, ast.Constant)) and not (required and default is None)
