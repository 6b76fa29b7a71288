"""Signing in through a real Keycloak with a real browser, by the realm and the start script that come along."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.architecture.conftest import ROOT
from tests.journeys.installations import SERVICES, Embedded
from tests.servers.kafka import free_ports
from tests.waiting import wait_until

pytestmark = pytest.mark.sso

KEYCLOAK = ROOT / "build" / "keycloak"
START_SECONDS, ANSWER_SECONDS = 600.0, 120.0
PASSWORD = "kopi-tubruk-di-pagi-hari"
SIGNED_IN = "SELECT client, roles, employee_id FROM provider_sign_ins"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Keycloak:
    """Keycloak with the realm, on this machine and a database file of its own."""

    def __init__(self, folder: Path, base_url: str) -> None:
        port, management = free_ports(2)
        self.root = f"http://127.0.0.1:{port}/auth"
        self.issuer = f"{self.root}/realms/bangkom"
        self.secrets = {name: secrets.token_hex(16) for name in ("keycloak_admin_password", *map(secret_of, SERVICES))}
        self._home, self._log = folder / "keycloak", folder / "keycloak.log"
        self._health = f"http://127.0.0.1:{management}/auth/health/ready"
        self._environment = {
            **os.environ,
            "KEYCLOAK_HOME": str(self._home),
            "KEYCLOAK_SECRETS": str(folder / "secrets"),
            "BANGKOM_BASE_URL": base_url,
            "KC_DB": "dev-file",
            "KC_HOSTNAME": self.root,
            "KC_HTTP_HOST": "127.0.0.1",
            "KC_HTTP_PORT": str(port),
            "KC_HTTP_MANAGEMENT_PORT": str(management),
            "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx384m",
            **{f"OIDC_{service.upper()}_INSIDE": base_url for service in SERVICES},
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare(folder / "secrets")

    def _prepare(self, folder: Path) -> None:
        folder.mkdir()
        for name, value in self.secrets.items():
            (folder / name).write_text(value)
        (self._home / "data" / "import").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "keycloak" / "bangkom-realm.json", self._home / "data" / "import")
        shutil.copytree(KEYCLOAK / "bin", self._home / "bin")
        for name in ("lib", "conf", "providers", "themes"):
            (self._home / name).symlink_to(KEYCLOAK / name)

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", ROOT / "deploy" / "keycloak" / "start.sh"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def becomes_ready(self) -> None:
        process = self._process
        assert process is not None

        async def answers() -> bool:
            assert process.poll() is None, self._log.read_text(errors="replace")[-4000:]
            with suppress(httpx.TransportError):
                async with httpx.AsyncClient() as client:
                    return (await client.get(self._health)).status_code == 200
            return False

        await wait_until(answers, within=START_SECONDS, description="Keycloak is ready")

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    async def administer(self, method: str, path: str, json: object = None) -> Any:
        """Ask as the administrator; gives the answer's JSON."""
        async with httpx.AsyncClient(timeout=60) as client:
            form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin"}
            form["password"] = self.secrets["keycloak_admin_password"]
            told = await client.post(f"{self.root}/realms/master/protocol/openid-connect/token", data=form)
            assert told.is_success, told.text
            headers = {"Authorization": f"Bearer {told.json()['access_token']}"}
            url = f"{self.root}/admin/realms/bangkom/{path}"
            answer = await client.request(method, url, json=json, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def person(self, name: str, employee_id: UUID) -> str:
        """The id of one of the made-up people, who is this employee and can sign in from now on."""
        [found] = await self.administer("GET", f"users?username={name}&exact=true")
        known = {**found, "attributes": {"employee_id": [str(employee_id)]}}
        await self.administer("PUT", f"users/{found['id']}", known)
        new = {"type": "password", "value": PASSWORD, "temporary": False}
        await self.administer("PUT", f"users/{found['id']}/reset-password", new)
        return str(found["id"])

    async def program_token(self) -> str:
        """An access token of the connector, switched on."""
        [client] = await self.administer("GET", "clients?clientId=bangkom-connector")
        await self.administer("PUT", f"clients/{client['id']}", {**client, "enabled": True})
        secret = (await self.administer("GET", f"clients/{client['id']}/client-secret"))["value"]
        form = {"grant_type": "client_credentials", "client_id": "bangkom-connector", "client_secret": secret}
        async with httpx.AsyncClient(timeout=60) as http:
            told = await http.post(f"{self.issuer}/protocol/openid-connect/token", data=form)
        return str(told.json()["access_token"])


def secret_of(service: str) -> str:
    return f"oidc_{service}_secret"


class Place(Embedded):
    """Bangkom in one process, as the client of the needs service."""

    def joined(self, keycloak: Keycloak) -> None:
        self._settings["BANGKOM_OIDC_ISSUER"] = keycloak.issuer
        self._settings["BANGKOM_OIDC_CLIENT_ID"] = "bangkom-needs"
        self._settings["BANGKOM_OIDC_CLIENT_SECRET"] = keycloak.secrets["oidc_needs_secret"]
        self.process._environment.update({name: str(value) for name, value in self._settings.items()})


@pytest.fixture
async def bangkom(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    try:
        yield place
    finally:
        await place.close()


@pytest.fixture
def keycloak(tmp_path: Path, bangkom: Place) -> Iterator[Keycloak]:
    assert KEYCLOAK.is_dir(), f"{KEYCLOAK} is missing: deploy/setup-keycloak.sh makes it"
    keycloak = Keycloak(tmp_path, bangkom.address("needs"))
    try:
        yield keycloak
    finally:
        keycloak.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        await browser.close()


async def fill_in(page: Page, name: str, password: str) -> None:
    """The form of Keycloak."""
    await page.fill("#username", name)
    await page.fill("#password", password)
    await page.click("#kc-login")


async def is_signed_in(page: Page, url: str) -> bool:
    answer = await page.goto(url)
    assert answer is not None
    return page.url == url and answer.status == 200


async def test_people_and_programs_come_in_through_keycloak_and_go_out(
    bangkom: Place, keycloak: Keycloak, browser: Browser
) -> None:
    keycloak.start()
    await keycloak.becomes_ready()
    bangkom.joined(keycloak)
    await bangkom.start()
    employee_id = uuid4()
    analyst = await keycloak.person("contoh.analis", employee_id)
    wanted = f"{bangkom.address('needs')}/needs/pages/people"
    context = await browser.new_context(locale="id-ID")
    context.set_default_timeout(ANSWER_SECONDS * 1000)
    page = await context.new_page()

    await page.goto(wanted)
    assert page.url.startswith(keycloak.issuer)
    await fill_in(page, "contoh.analis", "bukan-kata-sandinya")
    assert page.url.startswith(keycloak.root)
    await fill_in(page, "contoh.analis", PASSWORD)
    await page.wait_for_url(wanted)

    [cookie] = [each for each in await context.cookies(wanted) if each["name"] == "bangkom-identity"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert await bangkom.rows("identity", SIGNED_IN) == [("bangkom-needs", ["analis"], employee_id)]
    assert await is_signed_in(page, f"{bangkom.address('training')}/training/pages/classes")
    await check_sign_out(page, keycloak, wanted)
    await check_end_from_there(page, keycloak, analyst, wanted)
    await check_program(bangkom, keycloak)


async def check_sign_out(page: Page, keycloak: Keycloak, wanted: str) -> None:
    """Signing out ends the session here, leads to Keycloak and ends it there too, and leads back."""
    await page.click("text=Keluar")
    await page.wait_for_url(f"{keycloak.issuer}/**")
    await page.click("#kc-logout")
    await page.wait_for_url(wanted.replace("/needs/pages/people", "/"))

    await page.goto(wanted)
    assert await page.locator("#kc-login").count() == 1


async def check_end_from_there(page: Page, keycloak: Keycloak, person: str, wanted: str) -> None:
    """What the administrator of Keycloak ends is ended here."""
    await fill_in(page, "contoh.analis", PASSWORD)
    await page.wait_for_url(wanted)

    await keycloak.administer("POST", f"users/{person}/logout")

    async def ended() -> bool:
        return not await is_signed_in(page, wanted)

    await wait_until(ended, within=ANSWER_SECONDS, description="the session is ended here too")


async def check_program(bangkom: Place, keycloak: Keycloak) -> None:
    """A program acts with the roles of its client, in every service that its token names."""
    token = await keycloak.program_token()

    assert await bangkom.call("GET", "/needs/units", bearer=token) is not None
    await bangkom.call("GET", "/needs/employees", bearer=token, expected=403)
    await bangkom.call("GET", "/needs/units", bearer=token[:-8] + "AAAAAAAA", expected=401)
