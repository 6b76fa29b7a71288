"""The image: its file holds to what hadolint asks, and leaves nothing in it that a service does not need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
HADOLINT = Path(sys.executable).parent / "hadolint"
FAULTS = {
    "base without version": (r"FROM python:\S+\n", "FROM python\n"),
    "base of any version": (r"FROM python:\S+\n", "FROM python:latest\n"),
    "command as text": (r"ENTRYPOINT .*", "ENTRYPOINT python -m"),
    "relative folder": (r"WORKDIR /srv", "WORKDIR srv"),
    "root at the end": (r"USER .*", "USER root"),
    "cache left behind": (r"pip wheel --no-cache-dir", "pip install"),
}


def hadolint(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HADOLINT, "-"], input=text, capture_output=True, text=True, check=False)


def test_file_holds_to_the_rules() -> None:
    checked = hadolint(DOCKERFILE)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_noticed(fault: str) -> None:
    pattern, instead = FAULTS[fault]
    planted, count = re.subn(pattern, instead, DOCKERFILE)
    assert count

    assert hadolint(planted).returncode == 1


def test_image_runs_one_of_our_programs_as_an_account_without_rights() -> None:
    final = DOCKERFILE.split("\nFROM ")[-1]

    assert re.findall(r"^USER (\d+):(\d+)$", final, re.MULTILINE) == [("10001", "10001")]
    assert json.loads(re.findall(r"^ENTRYPOINT (.*)$", final, re.MULTILINE)[0])[1:] == ["-m"]
    assert "--require-hashes" in DOCKERFILE
    removed = re.findall(r"rm -rf ((?:.*\\\n)*.*)$", final, re.MULTILINE)[0].split()
    assert {"/usr/bin/bash", "/usr/bin/dash", "/usr/bin/sh", "/usr/bin/apt*", "/usr/local/bin/pip*"} <= set(removed)


def test_image_is_made_of_listed_files_only() -> None:
    listed = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in listed if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }

    assert listed[1] == "*"
    assert kept == copied
    assert all((ROOT / name).exists() for name in kept)
