"""The compose file as the engine reads it, and where what it names is when its commands run as processes here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.architecture.conftest import ROOT
from tests.servers.kafka import free_ports

FILE = ROOT / "docker-compose.yml"
CHECK = ROOT / "build" / "compose-check"
AGENCY = {
    "BANGKOM_AGENCY": "medan",
    "BANGKOM_BASE_URL": "https://bangkom.medan.example",
    "ALERTS_URL": "http://127.0.0.1:9/",
}
SECRETS = "/run/secrets"
LISTENS = {"web": (8000, 9000), "worker": (9000,), "relay": (9000,), "gateway": (8443, 8080), "watch": (9000,)}


def check(file: Path, env_file: Path, *profiles: str) -> subprocess.CompletedProcess[str]:
    """Have the file read and checked; what would run stands on the output as JSON."""
    assert CHECK.exists(), f"{CHECK} is missing: deploy/setup-tests.sh builds it"
    return subprocess.run([CHECK, file, env_file, *profiles], capture_output=True, text=True, check=False)


def write_env(folder: Path, settings: Mapping[str, str]) -> Path:
    """Write the .env of an agency."""
    path = folder / ".env"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    return path


def resolved(env_file: Path, *profiles: str) -> dict[str, Any]:
    """The project with its variables filled in from the .env of an agency."""
    checked = check(FILE, env_file, *profiles)
    assert checked.returncode == 0, checked.stderr
    project: dict[str, Any] = json.loads(checked.stdout)
    return project


class Places:
    """Where on this machine the hosts, ports, files and volumes of the containers are."""

    def __init__(self, project: Mapping[str, Any], folder: Path, own: Mapping[tuple[str, int], str]) -> None:
        self._services: Mapping[str, Any] = project["services"]
        self._files = {name: Path(each["file"]).name for name, each in project["secrets"].items()}
        self._folder = folder
        self._addresses = dict(own)
        wanted = set(self._spoken_of(json.dumps(project))) | set(self._listening())
        missing = sorted(wanted - set(self._addresses))
        for place, port in zip(missing, free_ports(len(missing)), strict=True):
            self._addresses[place] = f"localhost:{port}"

    def _spoken_of(self, text: str) -> list[tuple[str, int]]:
        names = "|".join(map(re.escape, self._services))
        return [(name, int(port)) for name, port in re.findall(rf"\b({names}):(\d+)\b", text)]

    def _listening(self) -> list[tuple[str, int]]:
        return [(name, port) for name in self._services for port in LISTENS.get(name.split("-")[-1], ())]

    def address(self, service: str, port: int) -> str:
        """host:port by which this machine reaches a container's port."""
        return self._addresses[service, port]

    def knows(self, service: str, port: int) -> bool:
        """Whether anybody reaches that port of a container."""
        return (service, port) in self._addresses

    def port(self, service: str, port: int) -> str:
        """The port of this machine that stands for a container's."""
        return self.address(service, port).split(":")[1]

    def secrets(self, service: str) -> Path:
        """The folder that a container would see as /run/secrets, with the addresses of this machine in it."""
        folder = self._folder / "run" / service
        if not folder.exists():
            folder.mkdir(parents=True)
            for secret in self._services[service].get("secrets") or ():
                name = Path(secret["target"]).name
                content = (self._folder / "secrets" / self._files[secret["source"]]).read_text()
                (folder / name).write_text(self.hosts(content))
        return folder

    def forget_secrets(self) -> None:
        """Have containers that start from now on see what the secrets are now."""
        shutil.rmtree(self._folder / "run")

    def hosts(self, text: str) -> str:
        """The text with addresses of this machine for those of containers."""
        for (name, port), address in self._addresses.items():
            text = re.sub(rf"(?<![\w-]){re.escape(name)}:{port}\b", address, text)
        return text

    def here(self, service: str, text: str) -> str:
        """What a container is told, as a process of this machine must be told it."""
        text = self.hosts(text).replace(SECRETS, str(self.secrets(service)))
        for mount in self._services[service].get("volumes") or ():
            source = mount["source"] if mount["type"] == "bind" else str(self.volume(mount["source"]))
            text = text.replace(mount["target"], source)
        for (name, port), address in self._addresses.items():
            if name == service:
                host, number = address.split(":")
                text = re.sub(rf"127\.0\.0\.1([:/]){port}\b", rf"{host}\g<1>{number}", text)
        return text

    def volume(self, name: str) -> Path:
        """The folder that stands for a volume."""
        folder = self._folder / "volumes" / name
        folder.mkdir(parents=True, exist_ok=True)
        # Engines give it to the account of whoever uses it first.
        folder.chmod(0o777)
        return folder

    def environment(self, service: str) -> dict[str, str]:
        """The variables of a container."""
        given: Mapping[str, str | None] = self._services[service].get("environment") or {}
        return {name: self.here(service, value) for name, value in given.items() if value is not None}
