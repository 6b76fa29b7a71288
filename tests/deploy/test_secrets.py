"""The script for secrets: random ones, kept from others on the host, and never written over."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT
from tests.deploy.compose import AGENCY, write_env

SCRIPT = ROOT / "deploy" / "make-secrets.sh"


def make(folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    env_file = write_env(folder, settings)
    return subprocess.run([SCRIPT, folder / "secrets", env_file], capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_the_owner_comes_into_the_folder_and_nobody_changes_a_file(made_secrets: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made_secrets.iterdir()}

    assert stat.S_IMODE(made_secrets.stat().st_mode) == 0o700
    assert modes.pop("authority.key") == 0o400
    assert set(modes.values()) == {0o444}


def test_passwords_are_long_random_and_different(made_secrets: Path, tmp_path: Path) -> None:
    made = [contents(made_secrets), contents(made_again(tmp_path))]
    passwords = [
        found
        for folder in made
        for name, content in folder.items()
        for found in re.findall(r"\b[0-9a-f]{48}\b", content.decode())
        if name.endswith(("_password", "_url", "_secret"))
    ]

    assert len(set(passwords)) == len(passwords) == 2 * 24


def made_again(folder: Path) -> Path:
    assert make(folder, AGENCY).returncode == 0
    return folder / "secrets"


def test_what_is_there_stays_and_what_is_missing_is_made_anew(made_secrets: Path, tmp_path: Path) -> None:
    shutil.copytree(made_secrets, tmp_path / "secrets")
    (tmp_path / "secrets" / "kafka_needs_password").unlink()
    before = contents(tmp_path / "secrets")

    assert make(tmp_path, AGENCY).returncode == 0

    after = contents(tmp_path / "secrets")
    assert after.pop("kafka_needs_password") != (made_secrets / "kafka_needs_password").read_bytes()
    assert after == before


@pytest.mark.parametrize(
    ("file", "host"),
    [
        ("kafka.pem", "kafka-1"),
        ("kafka.pem", "kafka-3"),
        ("postgres.pem", "postgres"),
        ("gateway.pem", "bangkom.medan.example"),
    ],
)
def test_certificates_stand_for_their_hosts_and_no_other(made_secrets: Path, file: str, host: str) -> None:
    authority, certificate = made_secrets / "authority.pem", made_secrets / file

    assert verified(authority, certificate, host)
    assert not verified(authority, certificate, "elsewhere.example")


def verified(authority: Path, certificate: Path, host: str) -> bool:
    command = ["openssl", "verify", "-CAfile", str(authority), "-verify_hostname", host, str(certificate)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"BANGKOM_BASE_URL": ""}, "BANGKOM_BASE_URL"),
        ({"BANGKOM_BASE_URL": "http://bangkom.medan.example"}, "https://"),
        ({"ALERTS_URL": ""}, "ALERTS_URL"),
    ],
)
def test_missing_address_is_named_and_nothing_is_made(changed: dict[str, str], named: str, tmp_path: Path) -> None:
    made = make(tmp_path, AGENCY | changed)

    assert made.returncode == 1
    assert named in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert not (tmp_path / "secrets").exists()
