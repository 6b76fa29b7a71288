"""Which queries the routes and pages call, and which of them do not ask who reads."""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from collections.abc import Iterator
from pathlib import Path

from shared.identity.actor import Actor

ROOT = Path(__file__).parent.parent.parent
DOORS = ("api", "pages", "exports")


def queries_of_doors(service: str) -> Iterator[tuple[str, str]]:
    """(file, query) for every query of the service that one of its routes or pages names."""
    for room in DOORS:
        for path in sorted((ROOT / "services" / service / room).rglob("*.py")):
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for function in _named(ast.parse(path.read_text(encoding="utf-8")), module):
                if f".{service}.queries" in function.__module__ and _reads(function):
                    home = function.__module__.removeprefix(f"services.{service}.queries").strip(".")
                    yield f"{room}/{path.name}", f"{home}.{function.__name__}"


def takes_actor(service: str, query: str) -> bool:
    """Whether a query cannot be called without the actor."""
    home, name = query.rsplit(".", 1)
    function = getattr(importlib.import_module(f"services.{service}.queries.{home}"), name)
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    return any(each.annotation is Actor and each.default is inspect.Parameter.empty for each in parameters)


def _reads(function: types.FunctionType) -> bool:
    """Whether a function gives rows, or a statement that does."""
    given = str(inspect.signature(function).return_annotation)
    return inspect.iscoroutinefunction(function) or given.startswith("Select")


def _named(tree: ast.Module, module: types.ModuleType) -> Iterator[types.FunctionType]:
    """Every function that the file names, as a bare name or behind the name of a module."""
    for node in ast.walk(tree):
        found: object = None
        if isinstance(node, ast.Name):
            found = getattr(module, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = getattr(module, node.value.id, None)
            found = getattr(holder, node.attr, None) if isinstance(holder, types.ModuleType) else None
        if isinstance(found, types.FunctionType):
            yield found
