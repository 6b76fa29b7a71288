"""Files, functions and the delivery kernel stay small enough to be read in one sitting."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

FILE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 7
DELIVERY_LINES = 1_100

NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def too_long(source: str) -> Iterator[str]:
    if (lines := source.count("\n")) > FILE_LINES:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"
            parameters = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
            if parameters > PARAMETERS:
                yield f"{node.name}: {parameters} parameters"


def code_lines(source: str) -> int:
    """Lines that do something: no blanks, no comments, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * (FILE_LINES + 1),
        "def long():\n" + "    x = 1\n" * FUNCTION_LINES,
        "async def long():\n" + "    x = 1\n" * FUNCTION_LINES,
        "def wide(a, b, c, d, e, f, *, g, h): ...\n",
    ],
)
def test_sizes_report_what_is_too_long(source: str) -> None:
    assert list(too_long(source))


def test_sizes_hold_in_every_file(project_files: list[Path]) -> None:
    sources = [path for path in project_files if path.suffix == ".py"]

    found = [
        f"{path.relative_to(ROOT)}: {finding}"
        for path in sources
        for finding in too_long(path.read_text(encoding="utf-8"))
    ]

    assert sources
    assert found == []


def test_code_lines_counts_no_docstrings_blanks_or_comments() -> None:
    assert code_lines('"""One\n\ntwo."""\n\n# why\nx = [  # here\n    1,\n]\n') == 3


def test_delivery_fits_one_sitting() -> None:
    folder = ROOT / "shared" / "delivery"

    lines = {str(p.relative_to(folder)): code_lines(p.read_text(encoding="utf-8")) for p in folder.rglob("*.py")}

    assert lines
    assert sum(lines.values()) <= DELIVERY_LINES, lines
