"""What holds for the whole tree: names, rooms, the lock, and services that stand alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

SERVICES = ("needs", "training", "mentoring", "evaluation")
EVERY_SERVICE_HAS = ("__main__.py", "app.py", "domain", "tables", "commands", "queries", "migrations")
SAYS_NOTHING = re.compile(r"(utils?|helpers?|common|misc|managers?)\.py")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|raise NotImplemented" r"Error")
DOTLESS_REGISTRIES = (
    *("pypi org", "pypi python org", "files pythonhosted org", "test pypi org", "conda anaconda org"),
    *("registry npmjs org", "registry yarnpkg com", "unpkg com", "cdn jsdelivr net", "cdnjs cloudflare com"),
    *("repo1 maven org", "repo maven apache org", "central sonatype com", "oss sonatype org", "jcenter bintray com"),
    *(
        "proxy golang org",
        "sum golang org",
        "static crates io",
        "index crates io",
        "rubygems org",
        "docker io",
        "ghcr io",
    ),
)
"""Hosts of package registries, spelt without dots, so that this file does not name one either."""

ALONE = """
import sys
from services.{service}.app import SERVICE
import services, shared
loaded = sorted({{name.split(".")[1] for name in sys.modules if name.startswith("services.")}})
print(SERVICE.name, *loaded, services.__file__, shared.__file__, sep="\\n")
"""


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def matches(files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [f"{path.relative_to(ROOT)}: {found.group()}" for path in files for found in pattern.finditer(text_of(path))]


def unhashed(lock: str) -> list[str]:
    """What in a lock is not a pinned name followed by the hashes of its files."""
    requirements = lock.replace("\\\n", " ").splitlines()
    shape = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( *;[^#]*?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    return [
        line
        for line in requirements
        if line.strip() and not line.lstrip().startswith("#") and not shape.fullmatch(line)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_the_rooms_every_service_has(service: str) -> None:
    rooms = {path.name for path in (ROOT / "services" / service).iterdir()}

    missing = [room for room in EVERY_SERVICE_HAS if not {room, f"{room}.py"} & rooms]

    assert missing == []


def test_no_module_has_a_name_that_says_nothing(project_files: list[Path]) -> None:
    assert [path for path in project_files if SAYS_NOTHING.fullmatch(path.name)] == []


def test_nothing_we_ship_is_unfinished(project_files: list[Path]) -> None:
    sources = [path for path in project_files if path.relative_to(ROOT).parts[0] in {"services", "shared", "deploy"}]

    assert sources
    assert matches(sources, UNFINISHED) == []


def test_no_file_names_a_package_registry(project_files: list[Path]) -> None:
    hosts = [r"\.".join(host.split()) for host in DOTLESS_REGISTRIES]

    assert matches(project_files, re.compile(rf"\b({'|'.join(hosts)})\b")) == []


def test_no_file_names_a_path_of_this_machine(project_files: list[Path]) -> None:
    assert matches(project_files, re.compile(re.escape(f"{ROOT}/"))) == []


def test_lock_pins_every_package_with_hashes_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert unhashed(lock) == []
    assert "://" not in lock


@pytest.mark.parametrize(
    "line", ["attrs==25.1", "attrs>=25 --hash=sha256:" + "0" * 64, "--index-url https://index.example", "-e ."]
)
def test_lock_check_refuses_what_is_not_pinned(line: str) -> None:
    assert unhashed(line) == [line]


@pytest.mark.parametrize("service", SERVICES)
def test_service_stands_alone(service: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared", tmp_path / "shared")
    shutil.copytree(ROOT / "services" / service, tmp_path / "services" / service)
    shutil.copy(ROOT / "services" / "__init__.py", tmp_path / "services")

    imported = run_alone(service, tmp_path, "-c", ALONE.format(service=service))
    helped = run_alone(service, tmp_path, "-m", f"services.{service}", "--help")

    assert imported.returncode == 0, imported.stderr
    name, loaded, *places = imported.stdout.splitlines()
    assert (name, loaded) == (service, service)
    assert all(Path(place).is_relative_to(tmp_path) for place in places)
    assert helped.returncode == 0, helped.stderr


def run_alone(service: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "BANGKOM_TRANSPORT": "kafka",
        f"BANGKOM_{service.upper()}_DATABASE_URL": "postgresql+asyncpg://127.0.0.1/nowhere",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
