"""What the checks of the tree share: where it is and what belongs to it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file of the project that exists: tracked or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """A copy of what import rules speak about, to plant offences in."""
    for name in ("services", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "architecture").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "architecture" / "only.py", tmp_path / "tests" / "architecture")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path
