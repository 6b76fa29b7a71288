"""The compose file: what the engine accepts, and what an agency may expect of it beyond that."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from services.embedded import COMMANDS, SERVICES
from shared.delivery.worker import group_of
from shared.events.catalogue import TOPIC_PUBLISHER
from shared.operate.service import PARTS, command_line
from shared.settings import PREFIX, SECRETS, Settings
from tests.architecture.conftest import ROOT
from tests.architecture.test_alerts import promtool
from tests.deploy.compose import AGENCY, FILE, check, resolved, write_env

TEXT = FILE.read_text(encoding="utf-8")
OPEN_TO_ALL = {"gateway": {"443:8443", "80:8080"}}
MAY = {"gateway": ["NET_BIND_SERVICE"]}
Plant = Callable[[dict[str, Any]], Any]


FAULTS: dict[str, tuple[Plant, str]] = {
    "unknown word": (lambda p: p["services"]["gateway"].update(imgae="caddy"), "imgae"),
    "no image": (lambda p: p["services"]["gateway"].pop("image"), "gateway"),
    "waits for one without health check": (lambda p: p["services"]["postgres"].pop("healthcheck"), "postgres"),
    "waits for one whose health check is off": (
        lambda p: p["services"]["kafka-1"].update(healthcheck={"disable": True}),
        "kafka-1",
    ),
    "waits for one that is not there": (lambda p: p["services"].pop("databases"), "databases"),
    "unknown network": (lambda p: p["services"]["gateway"].update(networks=["beside"]), "beside"),
    "unknown secret": (lambda p: p["services"]["gateway"].update(secrets=["key"]), "key"),
    "unknown volume": (lambda p: p["services"]["grafana"].update(volumes=["figures:/data"]), "figures"),
    "port that is none": (lambda p: p["services"]["gateway"].update(ports=["443:84430"]), "84430"),
    "circle": (
        lambda p: p["services"]["postgres"].update(depends_on={"needs-web": {"condition": "service_started"}}),
        "cycle",
    ),
    "memory that is none": (
        lambda p: p["services"]["gateway"]["deploy"]["resources"]["limits"].update(memory="much"),
        "memory",
    ),
}


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return write_env(tmp_path, AGENCY)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All containers there can be."""
    return resolved(write_env(tmp_path_factory.mktemp("agency"), AGENCY), "commands", "three")


def planted(folder: Path, plant: Plant) -> Path:
    """The file with a fault in it, beside what it names."""
    project = yaml.safe_load(TEXT)
    plant(project)
    path = folder / "docker-compose.yml"
    path.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
    return path


def test_file_is_accepted_also_after_it_was_taken_apart(tmp_path: Path, env_file: Path) -> None:
    assert check(FILE, env_file).returncode == 0
    assert check(planted(tmp_path, lambda _: None), env_file).returncode == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_refused(fault: str, tmp_path: Path, env_file: Path) -> None:
    plant, named = FAULTS[fault]

    checked = check(planted(tmp_path, plant), env_file)

    assert checked.returncode == 1
    assert named in checked.stderr


@pytest.mark.parametrize("name", ["BANGKOM_AGENCY", "BANGKOM_BASE_URL"])
def test_agency_that_does_not_say_who_it_is_gets_no_installation(name: str, tmp_path: Path) -> None:
    checked = check(FILE, write_env(tmp_path, {key: value for key, value in AGENCY.items() if key != name}))

    assert checked.returncode == 1
    assert name in checked.stderr


def test_three_brokers_are_one_line_of_the_env_file(tmp_path: Path) -> None:
    found = resolved(write_env(tmp_path, {**AGENCY, "COMPOSE_PROFILES": "three"}))["services"]
    brokers = ["kafka-1", "kafka-2", "kafka-3"]
    voters = ",".join(f"{number}@{name}:9093" for number, name in enumerate(brokers, 1))

    assert [name for name in sorted(found) if name[-1].isdigit()] == brokers
    assert {found[name]["environment"]["KAFKA_VOTERS"] for name in brokers} == {voters}
    assert found["needs-web"]["environment"]["BANGKOM_KAFKA_BOOTSTRAP"] == ",".join(f"{b}:9092" for b in brokers)
    assert set(found["topics"]["depends_on"]) == set(brokers)


def test_every_container_is_careful_and_limited(project: dict[str, Any]) -> None:
    for name, each in project["services"].items():
        limits = each["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits), name
        assert each["read_only"], name
        assert each["cap_drop"] == ["ALL"], name
        assert each.get("cap_add", []) == MAY.get(name, []), name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert int(each["user"].split(":")[0]) > 0, name
        assert "privileged" not in each, name
        assert "/tmp" in {place.split(":")[0] for place in each["tmpfs"]}, name
        assert each["restart"] == ("unless-stopped" if "healthcheck" in each else "no"), name
        assert all(mount.get("read_only") for mount in each.get("volumes", ()) if mount["type"] == "bind"), name


def test_images_are_pinned_and_ours_is_the_version_of_the_project(project: dict[str, Any]) -> None:
    images = {each["image"] for each in project["services"].values()}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert [image for image in images if not re.fullmatch(r"[a-z/]+:v?\d+(\.\d+)+", image)] == []
    assert f"bangkom:{version}" in images


def test_only_the_gateway_is_reached_from_elsewhere(project: dict[str, Any]) -> None:
    assert project["networks"]["inside"]["internal"]
    for name, each in project["services"].items():
        assert reached(each, but="127.0.0.1") == OPEN_TO_ALL.get(name, set()), name
        assert "inside" in each["networks"], name
        assert each.get("ports") or set(each["networks"]) == {"inside"}, name


def reached(service: dict[str, Any], *, but: str) -> set[str]:
    """The ports of a container on addresses of the host but this one."""
    ports = [port for port in service.get("ports", ()) if port.get("host_ip") != but]
    return {f"{port['published']}:{port['target']}" for port in ports}


def test_second_agency_on_the_host_takes_no_port_and_no_volume_of_the_first(tmp_path: Path) -> None:
    own = {"HOST_ADDRESS": "10.0.0.2", "OPERATORS_ADDRESS": "127.0.0.2"}
    second = resolved(write_env(tmp_path, AGENCY | own))
    addresses = {port["host_ip"] for each in second["services"].values() for port in each.get("ports", ())}

    assert addresses == {"10.0.0.2", "127.0.0.2"}
    # Names that the file gave itself would be the same in both.
    named = [kind for kind in ("volumes", "networks") for each in yaml.safe_load(TEXT)[kind].values() if "name" in each]
    assert named == []
    assert "container_name" not in TEXT


def test_no_password_stands_in_the_file_or_has_a_default(project: dict[str, Any]) -> None:
    for name, each in project["services"].items():
        for variable, value in (each.get("environment") or {}).items():
            secret = re.search(r"PASSWORD|SECRET|TOKEN|DATABASE_URL", variable)
            assert not secret or value.startswith("/run/secrets"), f"{name}: {variable}"
    assert "://bangkom" not in TEXT
    assert {each["file"].split("/")[-2] for each in project["secrets"].values()} == {"secrets"}


def test_secrets_script_makes_every_secret_the_file_names(project: dict[str, Any], made_secrets: Path) -> None:
    named = {Path(each["file"]).name for each in project["secrets"].values()}

    assert {path.name for path in made_secrets.iterdir()} == named | {"authority.key"}


def test_each_container_of_a_service_gets_its_own_secrets_only(project: dict[str, Any]) -> None:
    for name in SERVICES:
        for part, account in {"web": "", "worker": "", "relay": "", "migrate": "_owner"}.items():
            given = {each["source"]: each["target"].rpartition("/")[2] for each in secrets(project, f"{name}-{part}")}
            client = {} if part == "migrate" else {f"oidc_{name}_secret": "BANGKOM_OIDC_CLIENT_SECRET"}
            assert given == {
                "authority.pem": "authority.pem",
                f"{name}{account}_database_url": f"BANGKOM_{name.upper()}_DATABASE_URL",
                f"identity{account}_database_url": "BANGKOM_IDENTITY_DATABASE_URL",
                f"kafka_{name}_password": "BANGKOM_KAFKA_PASSWORD",
                **client,
            }


def secrets(project: dict[str, Any], name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = project["services"][name]["secrets"]
    return found


def test_commands_of_our_image_exist(project: dict[str, Any]) -> None:
    ours = {name: each for name, each in project["services"].items() if each["image"].startswith("bangkom:")}
    serving = {f"{name}-{part}": [f"services.{name}", part] for name in SERVICES for part in PARTS if part != "serve"}

    assert serving.items() <= {name: each["command"] for name, each in ours.items()}.items()
    assert len(serving) == 12
    of_all = {"bangkom", "restore", "wal", "watch"}
    for name in set(ours) - of_all:
        module, *words = ours[name]["command"]
        group: Any = command_line(SERVICES[module.split(".")[1]])
        for word in words:
            group = group.commands[word]
    assert ours["bangkom"]["entrypoint"][1:] == ["-m", "services"]
    assert ours["restore"]["entrypoint"][1:4] == ["-m", "services", "restore"]
    assert ours["wal"]["command"] == ["services", "wal"]
    assert ours["watch"]["command"] == ["services", "watch"]
    assert {"restore", "wal", "watch", "backup", "doctor"} <= {command.name for command in COMMANDS}


def test_variables_are_settings_of_the_product_with_its_defaults(project: dict[str, Any]) -> None:
    fields = {str(f.validation_alias or PREFIX + n.upper()): f for n, f in Settings.model_fields.items()}
    known = {*fields, SECRETS, *(f"{PREFIX}{name.upper()}_DATABASE_URL" for name in SERVICES)}
    for name, each in project["services"].items():
        given = {variable for variable in each.get("environment") or {} if variable.startswith(PREFIX)}
        assert given <= known, name
        assert {s["target"].rpartition("/")[2] for s in each.get("secrets", ()) if PREFIX in s["target"]} <= known, name
    defaults = dict(re.findall(r"\$\{(BANGKOM_\w+):-([^}]*)\}", TEXT))
    assert defaults
    assert defaults == {name: str(fields[name].default or "") for name in defaults}


def test_accounts_at_the_broker_have_the_rights_their_services_need() -> None:
    text = (ROOT / "deploy" / "kafka" / "accounts.sh").read_text(encoding="utf-8")
    tables = dict(re.findall(r"declare -rA (\w+)=\(\n(.*?)\n\)", text, re.DOTALL))
    rights = {
        table: {
            name: {f"bangkom.{topic}" for topic in topics.split()}
            for name, topics in re.findall(r'\[(\w+)\]="([^"]*)"', rows)
        }
        for table, rows in tables.items()
    }

    published = {name: {topic for topic, by in TOPIC_PUBLISHER.items() if by == name} for name in SERVICES}
    assert rights["writes"] == published
    assert rights["reads"] == {name: set(each.topics) for name, each in SERVICES.items()}
    assert {group_of(name) for name in SERVICES} == {f"bangkom.{name}" for name in SERVICES}


def test_prometheus_asks_each_of_the_twelve_processes_and_what_watches_beside_them(project: dict[str, Any]) -> None:
    folder = ROOT / "deploy" / "prometheus"
    told = yaml.safe_load((folder / "full.yml").read_text(encoding="utf-8"))
    targets = {t for job in told["scrape_configs"] for part in job["static_configs"] for t in part["targets"]}
    alone = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))

    checked = promtool("check", "config", folder / "full.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    twelve = {f"{name}-{part}:9000" for name in SERVICES for part in ("web", "worker", "relay")}
    assert targets == twelve | {"watch:9000"}
    assert told["rule_files"] == alone["rule_files"]
    assert told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == ["alertmanager:9093"]


def test_disk_of_every_volume_that_grows_and_every_certificate_is_watched(project: dict[str, Any]) -> None:
    watch = project["services"]["watch"]
    told = watch["environment"]
    mounted = {mount["source"]: mount["target"] for mount in watch["volumes"]}
    shown = {each["source"] for service in project["services"].values() for each in service.get("secrets", ())}

    assert not watch.get("secrets")
    assert all(mount["read_only"] for mount in watch["volumes"])
    assert set(told["BANGKOM_WATCH_FOLDERS"].split(",")) == set(mounted.values())
    assert {"postgres", "kafka-1", "backups", "prometheus"} == set(mounted)
    assert told["BANGKOM_BACKUPS"] == mounted["backups"]
    places = {urlsplit(place).hostname for place in told["BANGKOM_WATCH_CERTIFICATES"].split(",")}
    certificates = {name.removesuffix(".pem") for name in shown if name.endswith(".pem")} - {"authority"}
    assert {place.split("-")[0] for place in places} == certificates


def test_dashboards_ask_the_prometheus_beside_them(project: dict[str, Any]) -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((folder / "dashboards" / "bangkom.yml").read_text())["providers"]
    grafana = project["services"]["grafana"]
    [mounted] = [mount for mount in grafana["volumes"] if mount["type"] == "bind"]

    assert (source["url"], source["isDefault"]) == ("http://prometheus:9090", True)
    assert provider["options"]["path"] == f"{mounted['target']}/dashboards"
    assert grafana["environment"]["GF_PATHS_PROVISIONING"] == f"{mounted['target']}/provisioning"
    assert Path(mounted["source"]) == folder.parent


def test_env_example_explains_what_the_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", TEXT)) | {"ALERTS_URL"}
    explained = set(re.findall(r"(?:# .+\n)+#(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))

    assert asked <= explained
