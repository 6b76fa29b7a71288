"""What the checks of the installation's files share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT
from tests.deploy.compose import AGENCY, write_env


@pytest.fixture(scope="session")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the script fills for an agency."""
    folder = tmp_path_factory.mktemp("agency")
    env_file = write_env(folder, AGENCY)
    subprocess.run([ROOT / "deploy" / "make-secrets.sh", folder / "secrets", env_file], check=True)
    return folder / "secrets"
