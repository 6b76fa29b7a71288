"""Bangkom as agencies run it: everything in one process, or each service as a process of its own over Kafka."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy import make_url

from shared.postgres import EmbeddedPostgres
from tests.servers.kafka import free_ports
from tests.servers.postgres import NamedPostgres, kill_postgres
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SERVICES = ("needs", "training", "mentoring", "evaluation")
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
ROLES = ("analis", "penyelenggara", "auditor")


class Program:
    """One process of ours, started in a folder with settings; it ends with the test."""

    def __init__(self, folder: Path, arguments: Sequence[str], settings: dict[str, object]) -> None:
        self._folder = folder
        self._command = [sys.executable, "-m", *arguments]
        self._environment = environment(settings)
        self.log = folder / f"{settings['BANGKOM_PORT']}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> int:
        """End in order; gives the exit code."""
        assert self._process is not None
        self._process.terminate()
        process = self._process
        try:
            await wait_until(lambda: process.poll() is not None, within=STOP_SECONDS)
        finally:
            self.kill()
        return process.returncode

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def require_running(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended:\n{self.log.read_text(errors='replace')[-4000:]}"


def environment(settings: dict[str, object]) -> dict[str, str]:
    """Ours without settings of the person who runs the tests, with these instead."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BANGKOM_")}
    return {**ours, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in settings.items()}}


class Installation:
    """What both kinds have in common: people call routes, operators run commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._client = httpx.AsyncClient(timeout=30)
        self._tokens: dict[str, str] = {}

    def settings(self, service: str) -> dict[str, object]:
        raise NotImplementedError

    def program(self, service: str) -> list[str]:
        raise NotImplementedError

    @property
    def everything(self) -> dict[str, object]:
        """The settings of the program that knows all services."""
        raise NotImplementedError

    def dsn(self, service: str) -> str:
        raise NotImplementedError

    async def start(self) -> None:
        raise NotImplementedError

    async def call(
        self, method: str, path: str, json: object = None, *, expected: int | None = None, bearer: str | None = None
    ) -> Any:
        """Call a route as whoever bears the token, else as an analyst who also organises; gives the answer's JSON."""
        service = path.split("/")[1]
        answer = await self._client.request(
            method,
            f"{self.address(service)}{path}",
            json=json,
            headers={"Authorization": f"Bearer {bearer or self.token(service)}"},
        )
        if expected is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == expected, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def address(self, service: str) -> str:
        """Where people reach the service."""
        return f"http://127.0.0.1:{self.settings(service)['BANGKOM_PORT']}"

    def token(self, service: str) -> str:
        if service not in self._tokens:
            roles = [part for role in ROLES for part in ("--role", role)]
            shown = self.command(service, "tokens", "issue", f"uji-{service}", *roles)
            self._tokens[service] = next(word for word in shown.stdout.split() if word.startswith("bkm_"))
        return self._tokens[service]

    def command(
        self, service: str, *arguments: str, expected: int = 0, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run an operator's command of one service."""
        program = [*self.program(service), *arguments]
        return self._run(program, self.settings(service), expected=expected, stdin=stdin)

    def bangkom(self, *arguments: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        """Run an operator's command of the whole installation."""
        return self._run(["services", *arguments], self.everything, expected=expected)

    def _run(
        self, arguments: Sequence[str], settings: dict[str, object], *, expected: int, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=environment(settings),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == expected, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    async def rows(self, service: str, query: str) -> list[tuple[Any, ...]]:
        """Read from a service's database."""
        connection = await asyncpg.connect(self.dsn(service))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def ready(self, service: str) -> httpx.Response | None:
        """What readiness answers now; None when nobody does."""
        with suppress(httpx.TransportError):
            port = self.settings(service)["BANGKOM_OPS_PORT"]
            return await self._client.get(f"http://127.0.0.1:{port}/health/ready")
        return None

    async def home(self, service: str) -> str:
        """The home page as a person without an account gets it."""
        answer = await self._client.get(f"{self.address(service)}/")
        assert answer.status_code == 200
        return answer.text

    async def close(self) -> None:
        await self._client.aclose()


class Embedded(Installation):
    """One process with its own PostgreSQL."""

    def __init__(self, folder: Path, *, simulation: bool = False) -> None:
        super().__init__(folder)
        port, ops_port = free_ports(2)
        self._settings: dict[str, object] = {
            "BANGKOM_AGENCY": "medan",
            "BANGKOM_PORT": port,
            "BANGKOM_OPS_PORT": ops_port,
            "BANGKOM_DATA": folder / "data",
            "BANGKOM_SIMULATION": simulation,
        }
        self.postgres = EmbeddedPostgres(folder / "data" / "postgres")
        self.process = Program(folder, ["services", "run"], self._settings)

    def settings(self, service: str) -> dict[str, object]:
        return self._settings

    def program(self, service: str) -> list[str]:
        return ["services"]

    @property
    def everything(self) -> dict[str, object]:
        return self._settings

    def dsn(self, service: str) -> str:
        return self.postgres.dsn(f"bangkom_{service}")

    async def start(self, within: float = READY_SECONDS) -> None:
        self.process.start()

        async def answers() -> bool:
            self.process.require_running()
            answer = await self.ready("needs")
            return answer is not None and answer.status_code == 200

        await wait_until(answers, within=within, description="Bangkom is ready")

    def kill(self) -> None:
        """End it and its PostgreSQL at once, as when the power fails."""
        self.process.kill()
        kill_postgres(self.postgres)

    async def close(self) -> None:
        self.kill()
        await super().close()


class Apart(Installation):
    """Each service as processes of its own, with a database of its own, and Kafka between them."""

    def __init__(
        self,
        folder: Path,
        postgres: NamedPostgres,
        bootstrap: str,
        prefix: str,
        *,
        parts: Sequence[str] = ("serve",),
        simulation: bool = False,
    ) -> None:
        super().__init__(folder)
        self._postgres = postgres
        self._urls = {service: postgres.create_database() for service in (*SERVICES, "identity")}
        self._common: dict[str, object] = {
            "BANGKOM_AGENCY": "medan",
            "BANGKOM_TRANSPORT": "kafka",
            "BANGKOM_KAFKA_BOOTSTRAP": bootstrap,
            "BANGKOM_TOPIC_PREFIX": prefix,
            "BANGKOM_IDENTITY_DATABASE_URL": self._urls["identity"],
            "BANGKOM_SIMULATION": simulation,
        }
        ports = iter(free_ports(2 * len(SERVICES) * len(parts)))
        self._settings = {
            (service, part): {
                **self._common,
                "BANGKOM_PORT": next(ports),
                "BANGKOM_OPS_PORT": next(ports),
                f"BANGKOM_{service.upper()}_DATABASE_URL": self._urls[service],
            }
            for service in SERVICES
            for part in parts
        }
        self._first = parts[0]
        self.parts = {
            (service, part): Program(folder, [f"services.{service}", part], settings)
            for (service, part), settings in self._settings.items()
        }

    def tell_all(self, settings: dict[str, object]) -> None:
        """Have every process, not started yet, know these settings too."""
        for key, own in self._settings.items():
            own.update(settings)
            self.parts[key] = Program(self.folder, [f"services.{key[0]}", key[1]], own)

    @property
    def everything(self) -> dict[str, object]:
        """The settings of the program that knows all services."""
        addresses = {f"BANGKOM_{name.upper()}_DATABASE_URL": url for name, url in self._urls.items()}
        return {**self._common, **addresses}

    @property
    def processes(self) -> dict[str, Program]:
        """The process of each service that answers people."""
        return {service: self.parts[service, self._first] for service in SERVICES}

    def settings(self, service: str) -> dict[str, object]:
        return self._settings[service, self._first]

    def program(self, service: str) -> list[str]:
        return [f"services.{service}"]

    def dsn(self, service: str) -> str:
        return make_url(self._urls[service]).set(drivername="postgresql").render_as_string(hide_password=False)

    def prepare(self, service: str) -> None:
        """Bring the service's tables up to date."""
        self.command(service, "migrate")

    async def start(self, within: float = READY_SECONDS) -> None:
        await self.start_services(SERVICES, within)

    async def start_services(self, services: Sequence[str], within: float = READY_SECONDS) -> None:
        """Start every process of these services, and return when they are ready."""
        for service in services:
            self.prepare(service)
            for process in self._of(service):
                process.start()
        for service in services:
            await self.become(service, 200, within)

    async def stop_services(self, services: Sequence[str]) -> None:
        """End every process of these services in order."""
        for service in services:
            for process in self._of(service):
                assert await process.stop() == 0, process.log

    def _of(self, service: str) -> list[Program]:
        return [process for (name, _), process in self.parts.items() if name == service]

    async def become(self, service: str, status: int, within: float = READY_SECONDS) -> dict[str, str]:
        """Wait until readiness answers with that status; gives what is missing."""

        async def answer() -> httpx.Response | None:
            self.processes[service].require_running()
            answer = await self.ready(service)
            return answer if answer is not None and answer.status_code == status else None

        found = await wait_until(answer, within=within, description=f"{service} answers {status} to readiness")
        missing: dict[str, str] = found.json()["missing"]
        return missing

    async def close(self) -> None:
        for process in self.parts.values():
            process.kill()
        for url in self._urls.values():
            self._postgres.drop_database(url)
        await super().close()
