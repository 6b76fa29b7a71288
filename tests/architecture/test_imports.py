"""The import rules hold, and each is able to fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

PLANTED = [
    ("services", "services/needs/commands.py", "import services.training.domain", "services.needs"),
    ("services", "services/training/app.py", "import services.embedded", "services.embedded"),
    ("services", "services/courier.py", "", "courier"),
    ("shared", "shared/errors.py", "import services.needs.domain", "services.needs.domain"),
    ("rooms", "services/training/domain.py", "import services.training.settings", "services.training.settings"),
    ("rooms", "services/training/settings.py", "import services.training.tables", "services.training.tables"),
    ("rooms", "services/evaluation/rules.py", "import services.evaluation.queries", "services.evaluation.queries"),
    ("rooms", "services/evaluation/tables.py", "import services.evaluation.rules", "services.evaluation.rules"),
    ("rooms", "services/mentoring/queries.py", "import services.mentoring.commands", "services.mentoring.commands"),
    ("rooms", "services/needs/commands.py", "import services.needs.exports", "services.needs.exports"),
    ("rooms", "services/needs/imports/planted.py", "import services.needs.jobs", "services.needs.jobs"),
    ("rooms", "services/needs/handlers.py", "import services.needs.api", "services.needs.api"),
    ("rooms", "services/needs/pages.py", "import services.needs.app", "services.needs.app"),
    ("rooms", "services/needs/app.py", "import services.needs.__main__", "services.needs.__main__"),
    ("rooms", "services/needs/manager.py", "", "manager"),
    ("domain", "services/evaluation/domain.py", "import sqlalchemy", "sqlalchemy"),
    ("domain", "services/evaluation/domain.py", "import shared.clock", "shared.clock"),
    ("domain", "services/evaluation/domain.py", "import time", "imports time"),
    ("domain", "shared/errors.py", "import fastapi", "fastapi"),
    ("events", "shared/events/training.py", "import shared.db", "shared.db"),
    ("events", "shared/events/training.py", "import orjson", "orjson"),
]


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def plant(tree: Path, place: str, line: str) -> None:
    """Add a line to a module; the module and the one it imports come to be where they are not."""
    target = tree / (line.removeprefix("import ").replace(".", "/") + ".py")
    if line.startswith(("import services", "import shared")) and not target.with_suffix("").is_dir():
        target.touch()
    module = tree / place
    if module.with_suffix("").is_dir():
        module = module.with_suffix("") / "__init__.py"
    if not module.parent.is_dir():
        module.parent.mkdir()
        (module.parent / "__init__.py").touch()
    with module.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def test_imports_keep_every_contract() -> None:
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("contract", "place", "line", "named"), PLANTED)
def test_imports_refuse_a_planted_offence(copied_tree: Path, contract: str, place: str, line: str, named: str) -> None:
    plant(copied_tree, place, line)

    result = lint_imports(copied_tree, "--contract", contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert named in result.stdout
