"""The full installation, each container of the compose file as the process it would run, on real servers here."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import make_url

from shared.postgres import program
from tests.architecture.conftest import ROOT
from tests.deploy.compose import AGENCY, Places, resolved, write_env
from tests.deploy.postgres import ContainerPostgres
from tests.journeys.installations import SERVICES, Installation
from tests.servers.kafka import JAVA, free_ports
from tests.waiting import wait_until

LIBS = ROOT / "build" / "kafka" / "libs"
KAFKA_PROGRAMS = {
    "kafka-storage.sh": "kafka.tools.StorageTool",
    "kafka-server-start.sh": "kafka.Kafka",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
}
PROGRAMS = {"/opt/bangkom/bin/python": sys.executable, "pg_isready": program("pg_isready")}
ELSEWHERE = {"prometheus", "alertmanager", "grafana"}
"""Their programs are not among what tests install; what they are told is checked by itself."""
READY_SECONDS = 120.0
STOP_SECONDS = 30.0


class Composed(Installation):
    """What `make up` starts, from the same file, the same script for secrets and the same .env."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        [gateway] = free_ports(1)
        self._env_file = write_env(folder, {**AGENCY, "BANGKOM_BASE_URL": f"https://localhost:{gateway}"})
        self.make_secrets()
        project = resolved(self._env_file, "commands")
        self.services: dict[str, Any] = {n: s for n, s in project["services"].items() if n not in ELSEWHERE}
        self.places = Places(project, folder, {("gateway", 8443): f"localhost:{gateway}"})
        self.trust = ssl.create_default_context(cafile=folder / "secrets" / "authority.pem")
        self._client = httpx.AsyncClient(timeout=30, verify=self.trust)
        self._postgres = ContainerPostgres(
            data=self.places.volume("postgres") / "18",
            sockets=self.places.volume("postgres-socket"),
            port=int(self.places.port("postgres", 5432)),
        )
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._done = {name: asyncio.Event() for name in self.services}

    def make_secrets(self) -> None:
        """Make those that are missing."""
        subprocess.run([ROOT / "deploy" / "make-secrets.sh", self.folder / "secrets", self._env_file], check=True)

    async def run_again(self, name: str, *words: str, stdin: str = "") -> None:
        """Run a job once more, with these words behind its command."""
        command = [*self._command(name), *words]
        ran = await asyncio.to_thread(
            subprocess.run, command, env=self._full(name), input=stdin, text=True, capture_output=True, check=False
        )
        assert ran.returncode == 0, f"{name}: {ran.stdout}\n{ran.stderr}"

    async def start(self) -> None:
        """Start every container in the order that dependencies ask for; return when all are healthy or through."""
        self._place_kafka_programs()
        self._place_caddyfile()
        async with asyncio.TaskGroup() as group:
            for name, service in self.services.items():
                if not service.get("profiles"):
                    group.create_task(self._bring_up(name))

    async def _bring_up(self, name: str) -> None:
        for other, how in (self.services[name].get("depends_on") or {}).items():
            if how["required"] or other in self._done:
                await self._done[other].wait()
        if name == "postgres":
            started = await asyncio.to_thread(
                self._postgres.start, self._command(name), self._full(name), self._log(name)
            )
            self._processes[name] = started
        else:
            self._spawn(name)
        if self.services[name]["restart"] == "no":
            await self._succeeded(name)
        else:
            await self._healthy(name)
        self._done[name].set()

    def _spawn(self, name: str) -> None:
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(name),
                env=self._full(name),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _command(self, name: str) -> list[str]:
        service = self.services[name]
        words = [*(service["entrypoint"] or ()), *(service["command"] or ())]
        if service["image"].startswith("bangkom:"):
            words = [*self._python(service["user"]), *words]
        elif name == "gateway":
            words[0] = str(Path(sys.executable).parent / words[0])
        return [self.places.here(name, word) for word in words]

    def _python(self, account: str) -> list[str]:
        """What starts a program of ours: this Python, or the one of the image whose files BANGKOM_TEST_IMAGE names."""
        if root := os.environ.get("BANGKOM_TEST_IMAGE"):
            return ["chroot", f"--userspec={account}", root, "/opt/bangkom/bin/python", "-m"]
        return [sys.executable, "-m"]

    async def _succeeded(self, name: str) -> None:
        job = self._processes[name]
        await wait_until(lambda: job.poll() is not None, within=READY_SECONDS, description=f"{name} is through")
        assert job.returncode == 0, f"{name}: {job.returncode}\n{self._log(name).read_text()}"

    async def _healthy(self, name: str) -> None:
        words = [self.places.here(name, word) for word in self.services[name]["healthcheck"]["test"][1:]]
        words[0] = PROGRAMS.get(words[0], words[0])

        async def passes() -> bool:
            self.require_running(name)
            asked = await asyncio.to_thread(
                subprocess.run, words, env=self._full(name), capture_output=True, check=False
            )
            return asked.returncode == 0

        await wait_until(passes, within=READY_SECONDS, every=1.0, description=f"{name} is healthy")

    def require_running(self, name: str) -> None:
        process = self._processes.get(name)
        assert process is None or process.poll() is None, f"{name} ended:\n{self._log(name).read_text()[-4000:]}"

    def _full(self, name: str) -> dict[str, str]:
        """The variables of the container, and what its image has in places of its own."""
        return {
            "PATH": f"{Path(program('psql')).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.folder / "tmp"),
            "KAFKA_HOME": str(self.folder / "kafka"),
            "KAFKA_SECRETS": str(self.places.secrets(name)),
            "POSTGRES_SECRETS": str(self.places.secrets(name)),
            **self._environment(name),
        }

    def _environment(self, name: str) -> dict[str, str]:
        told = self.places.environment(name)
        if "BANGKOM_BIND" in told:
            told["BANGKOM_BIND"] = "127.0.0.1"
        if "PGHOST" in told:
            told["PGPORT"] = self.places.port("postgres", 5432)
        for setting, port in {"BANGKOM_PORT": 8000, "BANGKOM_OPS_PORT": 9000}.items():
            if self.places.knows(name, port):
                told[setting] = self.places.port(name, port)
        return told

    def _place_kafka_programs(self) -> None:
        folder = self.folder / "kafka" / "bin"
        folder.mkdir(parents=True)
        java = " ".join(JAVA)
        for name, main in KAFKA_PROGRAMS.items():
            (folder / name).write_text(
                f'#!/bin/sh\nexec {java} $KAFKA_JVM_PERFORMANCE_OPTS -cp "{LIBS}/*" {main} "$@"\n', encoding="utf-8"
            )
            (folder / name).chmod(0o755)

    def _place_caddyfile(self) -> None:
        """A copy for the ports of this machine, in the place of the mounted one."""
        [mount] = self.services["gateway"]["volumes"]
        text = self.places.here("gateway", (Path(mount["source"]) / "Caddyfile").read_text(encoding="utf-8"))
        for port in (8443, 8080):
            text = text.replace(f"\n:{port} {{", f"\n:{self.places.port('gateway', port)} {{")
        mount["source"] = str(self.folder / "gateway")
        (self.folder / "gateway").mkdir()
        (self.folder / "gateway" / "Caddyfile").write_text(text, encoding="utf-8")

    def settings(self, service: str) -> dict[str, object]:
        return dict(self._environment(f"{service}-web"))

    def program(self, service: str) -> list[str]:
        return [f"services.{service}"]

    @property
    def everything(self) -> dict[str, object]:
        return dict(self._environment("bangkom"))

    def address(self, service: str) -> str:
        return f"https://{self.places.address('gateway', 8443)}"

    def dsn(self, service: str) -> str:
        return self.database(service, self.places.secrets(f"{service}-web"))

    def database(self, name: str, secrets: Path) -> str:
        """The address of a database as the holder of these secrets has it."""
        url = (secrets / f"BANGKOM_{name.upper()}_DATABASE_URL").read_text().strip()
        return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def stop(self) -> dict[str, int]:
        """End the programs of ours in order, as `make down` does; gives their exit codes."""
        names = [name for name in self._processes if name.split("-")[0] in SERVICES and not name.endswith("migrate")]
        for name in names:
            self._processes[name].terminate()
        ended: Mapping[str, subprocess.Popen[bytes]] = {name: self._processes[name] for name in names}
        await wait_until(lambda: all(each.poll() is not None for each in ended.values()), within=STOP_SECONDS)
        return {name: each.returncode for name, each in ended.items()}

    async def close(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        await super().close()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"
