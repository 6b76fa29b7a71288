"""The import rules hold, and each is able to fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

PLANTED = [
    ("services", "services.needs.commands", "import services.training.domain", "services.needs"),
    ("services", "services.training.app", "import services.embedded", "services.embedded"),
    ("services", "services.courier", "", "courier"),
    ("shared", "shared.errors", "import services.needs.domain", "services.needs.domain"),
    ("rooms", "services.training.domain", "import services.training.settings", "services.training.settings"),
    ("rooms", "services.training.settings", "import services.training.tables", "services.training.tables"),
    ("rooms", "services.evaluation.rules", "import services.evaluation.queries", "services.evaluation.queries"),
    ("rooms", "services.evaluation.tables", "import services.evaluation.rules", "services.evaluation.rules"),
    ("rooms", "services.mentoring.queries", "import services.mentoring.commands", "services.mentoring.commands"),
    ("rooms", "services.needs.commands", "import services.needs.exports", "services.needs.exports"),
    ("rooms", "services.needs.imports.planted", "import services.needs.jobs", "services.needs.jobs"),
    ("rooms", "services.needs.handlers", "import services.needs.api", "services.needs.api"),
    ("rooms", "services.needs.pages", "import services.needs.app", "services.needs.app"),
    ("rooms", "services.needs.app", "import services.needs.__main__", "services.needs.__main__"),
    ("rooms", "services.needs.manager", "", "manager"),
    ("domain", "services.evaluation.domain", "import sqlalchemy", "sqlalchemy"),
    ("domain", "services.evaluation.domain", "import shared.clock", "shared.clock"),
    ("domain", "services.evaluation.domain", "import time", "imports time"),
    ("domain", "shared.errors", "import fastapi", "fastapi"),
    ("events", "shared.events.training", "import shared.db", "shared.db"),
    ("events", "shared.events.training", "import orjson", "orjson"),
]


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def source_of(tree: Path, module: str) -> Path:
    """The file of a module: of a package its __init__.py, where there is none yet a new one beside its siblings."""
    package = tree.joinpath(*module.split("."), "__init__.py")
    source = package if package.is_file() else package.parent.with_suffix(".py")
    source.parent.mkdir(exist_ok=True)
    (source.parent / "__init__.py").touch()
    return source


def plant(tree: Path, module: str, line: str) -> None:
    """Add a line to a module; a module of ours that it imports comes to be if it is not there."""
    imported = line.removeprefix("import ")
    if imported.startswith(("services.", "shared.")):
        source_of(tree, imported).touch()
    with source_of(tree, module).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def test_imports_keep_every_contract() -> None:
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("contract", "module", "line", "named"), PLANTED)
def test_imports_refuse_a_planted_offence(copied_tree: Path, contract: str, module: str, line: str, named: str) -> None:
    plant(copied_tree, module, line)

    result = lint_imports(copied_tree, "--contract", contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert named in result.stdout
