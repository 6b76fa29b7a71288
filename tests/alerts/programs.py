"""A Prometheus and an Alertmanager of the tests' own, with the files of deploy/ sped up, and whoever is called."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from tests.alerts.speed import sped_up
from tests.architecture.conftest import ROOT
from tests.servers.kafka import free_ports
from tests.waiting import wait_until

DEPLOY = ROOT / "deploy"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0


def program(name: str) -> str:
    """Where one of the programs is that deploy/setup-tests.sh puts in place."""
    found = shutil.which(name) or str(ROOT / "build" / "prometheus" / name)
    assert Path(found).exists(), f"{name} is missing: deploy/setup-tests.sh fetches it"
    return found


class Alert(NamedTuple):
    """An alert as far as it tells what is wrong where."""

    name: str
    service: str = ""
    part: str = ""


def alert_of(labels: Mapping[str, str]) -> Alert:
    return Alert(labels["alertname"], labels.get("service", ""), labels.get("part", ""))


class Called:
    """Takes what Alertmanager posts: who was called, of what, and when first."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, Alert], float] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def since(self, moment: float) -> dict[Alert, float]:
        """The alerts that somebody was first called for since then, with seconds since then."""
        return {alert: at - moment for (_, alert), at in list(self.first.items()) if at >= moment}

    def receiver(self, name: str) -> str:
        """Who was called for an alert of that name."""
        (receiver,) = {receiver for receiver, alert in self.first if alert.name == name}
        return receiver

    def forget(self) -> None:
        """Have every alert be news again."""
        self.first.clear()

    def take(self, posted: Any) -> None:
        for each in posted["alerts"]:
            if each["status"] == "firing":
                self.first.setdefault((posted["receiver"], alert_of(each["labels"])), time.monotonic())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        called = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                called.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler


class Server:
    """A program that listens on a port and says when it is ready."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        self.folder, self.name = folder, name
        self.address = f"127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    async def _start(self, *arguments: str) -> None:
        command = [program(self.name), *arguments, f"--web.listen-address={self.address}", "--log.level=warn"]
        self._process = self._begin(command)
        await wait_until(self._ready, within=READY_SECONDS, every=0.1, description=f"{self.name} is ready")

    def _begin(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            return httpx.get(f"http://{self.address}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    async def ask(self, path: str) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return (await client.get(f"http://{self.address}{path}")).raise_for_status().json()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Alertmanager(Server):
    """With our routes; it calls an address of the tests."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "alertmanager")

    async def start(self, url: str, factor: float) -> None:
        file = self.folder / "alertmanager.yml"
        file.write_text(yaml.safe_dump(sped_up(routes(url), factor)), encoding="utf-8")
        store = f"--storage.path={self.folder / 'data'}"
        await self._start(f"--config.file={file}", store, "--cluster.listen-address=")

    async def inhibited(self) -> set[Alert]:
        """The alerts that nobody is called for because of another."""
        return {alert_of(each["labels"]) for each in await self._alerts() if each["status"]["inhibitedBy"]}

    async def known(self) -> set[Alert]:
        """All that fires, told or not."""
        return {alert_of(each["labels"]) for each in await self._alerts()}

    async def _alerts(self) -> list[Any]:
        found: list[Any] = await self.ask("/api/v2/alerts")
        return found

    async def post(self, *alerts: Mapping[str, str], **times: str) -> None:
        """Fire alerts with these labels, as a Prometheus does; with endsAt in the past they are over."""
        async with httpx.AsyncClient(trust_env=False) as client:
            body = [{"labels": dict(each), **times} for each in alerts]
            (await client.post(f"http://{self.address}/api/v2/alerts", json=body)).raise_for_status()

    async def resolve(self, *alerts: Mapping[str, str]) -> None:
        """Have alerts be over."""
        await self.post(*alerts, startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-01T00:00:01Z")


def routes(url: str) -> Any:
    """Our routes with an address in the place of the file that holds it, which older versions do not know."""
    told = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
    for receiver in told["receivers"]:
        for webhook in receiver["webhook_configs"]:
            assert webhook.pop("url_file") == "/run/secrets/alerts_url"
            webhook["url"] = url
    return told


class Prometheus(Server):
    """With our rules; it asks processes of this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "prometheus")
        self._targets: dict[tuple[str, str], int] = {}

    async def start(self, targets: Mapping[tuple[str, str], int], alertmanager: str, factor: float) -> None:
        """Ask the processes at these ports, by service and part."""
        (self.folder / "rules").mkdir()
        for file in (DEPLOY / "prometheus" / "rules").glob("*.yml"):
            rules = yaml.safe_load(file.read_text(encoding="utf-8"))
            (self.folder / "rules" / file.name).write_text(yaml.safe_dump(sped_up(rules, factor)), encoding="utf-8")
        config = self.folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(self._config(alertmanager, factor)), encoding="utf-8")
        self._targets = dict(targets)
        self._tell()
        await self._start(f"--config.file={config}", f"--storage.tsdb.path={self.folder / 'data'}")

    def _config(self, alertmanager: str, factor: float) -> Any:
        told = sped_up(yaml.safe_load((DEPLOY / "prometheus" / "full.yml").read_text(encoding="utf-8")), factor)
        # Processes here take as long to answer as any.
        told["global"]["scrape_timeout"] = told["global"]["scrape_interval"]
        told["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
        (job,) = told["scrape_configs"]
        # Ports of this machine do not tell whose they are as the names of containers do.
        del job["relabel_configs"], job["static_configs"]
        job["file_sd_configs"] = [{"files": [str(self.folder / "targets.json")]}]
        return told

    def _tell(self) -> None:
        told = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"service": service, "part": part}}
            for (service, part), port in self._targets.items()
        ]
        written = self.folder / "targets.part"
        written.write_text(json.dumps(told), encoding="utf-8")
        written.rename(self.folder / "targets.json")

    def forget(self, service: str, part: str) -> int:
        """Ask this process no more; gives its port."""
        port = self._targets.pop((service, part))
        self._tell()
        return port

    def know(self, service: str, part: str, port: int) -> None:
        """Ask this process too from now on."""
        self._targets[service, part] = port
        self._tell()

    async def firing(self) -> set[Alert]:
        """What fires now."""
        return {alert_of(each["labels"]) for each in await self._alerts() if each["state"] == "firing"}

    async def _alerts(self) -> list[Any]:
        found: list[Any] = (await self.ask("/api/v1/alerts"))["data"]["alerts"]
        return found

    async def all_answer(self, count: int) -> bool:
        """Whether so many processes were asked and have answered."""
        answered = (await self.ask('/api/v1/query?query=sum(up{job="bangkom"})'))["data"]["result"]
        return bool(answered) and int(answered[0]["value"][1]) == count
