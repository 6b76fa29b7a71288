"""Keycloak beside the full installation: its compose file, its image and the realm it takes at the first start."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.identity.actor import Role
from shared.web.provider_entrance import provider_routes
from tests.architecture.conftest import ROOT
from tests.deploy.compose import AGENCY, FILE, check, write_env
from tests.deploy.test_image import hadolint
from tests.journeys.installations import SERVICES

FOLDER = ROOT / "deploy" / "keycloak"
REALM: dict[str, Any] = json.loads((FOLDER / "bangkom-realm.json").read_text(encoding="utf-8"))
CLIENTS: dict[str, dict[str, Any]] = {client["clientId"]: client for client in REALM["clients"]}
Plant = Callable[[dict[str, Any]], Any]
FAULTS: dict[str, tuple[Plant, str]] = {
    "unknown secret": (lambda keycloak: keycloak["secrets"].append("oidc_secret"), "oidc_secret"),
    "unknown network": (lambda keycloak: keycloak.update(networks=["beside"]), "beside"),
    "waits for one that is not there": (
        lambda keycloak: keycloak.update(depends_on={"database": {"condition": "service_healthy"}}),
        "database",
    ),
}


def together(folder: Path, plant: Plant = lambda _: None) -> Path:
    """Both compose files as one, which is what COMPOSE_FILE makes of them: this one only adds."""
    whole = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    added = yaml.safe_load((FOLDER / "compose.yml").read_text(encoding="utf-8"))
    assert set(added) == {"services"}
    assert not set(added["services"]) & set(whole["services"])
    plant(added["services"]["keycloak"])
    path = folder / "docker-compose.yml"
    path.write_text(yaml.safe_dump({**whole, "services": {**whole["services"], **added["services"]}}, sort_keys=False))
    return path


def test_it_joins_the_installation_as_carefully_as_every_other_container(tmp_path: Path) -> None:
    checked = check(together(tmp_path), write_env(tmp_path, AGENCY))
    assert checked.returncode == 0, checked.stderr
    project = json.loads(checked.stdout)
    keycloak = project["services"]["keycloak"]

    assert (keycloak["read_only"], keycloak["cap_drop"], keycloak["user"]) == (True, ["ALL"], "1000:1000")
    assert keycloak["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "memory", "pids"} <= set(keycloak["deploy"]["resources"]["limits"])
    assert (set(keycloak["networks"]), keycloak.get("ports")) == ({"inside"}, None)
    assert keycloak["healthcheck"]["test"][0] == "CMD"
    assert all(mount["read_only"] for mount in keycloak["volumes"])
    assert not [name for name in keycloak["environment"] if re.search("PASSWORD|SECRET|TOKEN", name)]


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_refused(fault: str, tmp_path: Path) -> None:
    plant, named = FAULTS[fault]

    checked = check(together(tmp_path, plant), write_env(tmp_path, AGENCY))

    assert (checked.returncode, named in checked.stderr) == (1, True)


def test_gateway_and_start_script_reach_what_the_files_name(made_secrets: Path) -> None:
    gateway = (ROOT / "deploy" / "gateway" / "Caddyfile").read_text(encoding="utf-8")
    script = (FOLDER / "start.sh").read_text(encoding="utf-8")
    [service] = yaml.safe_load((FOLDER / "compose.yml").read_text(encoding="utf-8"))["services"].values()

    assert "import service auth keycloak:8080\n" in gateway
    assert set(service["secrets"]) <= {path.name for path in made_secrets.iterdir()}
    assert set(service["secrets"]) == {
        *re.findall(r"\$secrets/(keycloak_\w+)", script),
        "authority.pem",
        *(f"oidc_{name}_secret" for name in SERVICES),
    }


def test_image_holds_to_the_rules() -> None:
    checked = hadolint((FOLDER / "Dockerfile").read_text(encoding="utf-8"))

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_a_client_that_comes_back_to_its_own_routes_alone(service: str) -> None:
    client = CLIENTS[f"bangkom-{service}"]
    routes = {path for route in provider_routes(service).routes if (path := getattr(route, "path", None))}
    back, end = f"/{service}/pages/sign-in/back", f"/{service}/back-channel-logout"

    assert {back, end} <= routes
    assert client["redirectUris"] == [f"${{BANGKOM_BASE_URL}}{back}"]
    assert client["secret"] == f"${{OIDC_{service.upper()}_SECRET}}"
    assert (client["standardFlowEnabled"], client["directAccessGrantsEnabled"]) == (True, False)
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert client["attributes"]["backchannel.logout.url"] == f"${{OIDC_{service.upper()}_INSIDE}}{end}"
    assert {mapper["config"]["claim.name"] for mapper in client["protocolMappers"]} == {"roles", "employee_id"}


def test_connector_is_for_every_service_and_off() -> None:
    connector = CLIENTS["bangkom-connector"]
    named = {mapper["config"].get("included.client.audience") for mapper in connector["protocolMappers"]} - {None}

    assert named == {f"bangkom-{service}" for service in SERVICES}
    assert (connector["enabled"], connector["serviceAccountsEnabled"], "secret" in connector) == (False, True, False)


def test_realm_has_every_role_and_a_made_up_person_for_each_who_cannot_sign_in() -> None:
    people = [user for user in REALM["users"] if "serviceAccountClientId" not in user]

    assert {role["name"] for role in REALM["roles"]["realm"]} == set(Role)
    assert sorted(role for person in people for role in person["realmRoles"]) == sorted(Role)
    assert not [person for person in people if "credentials" in person or "Contoh" not in person["lastName"]]
    assert (REALM["bruteForceProtected"], REALM["registrationAllowed"]) == (True, False)
