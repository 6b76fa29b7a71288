"""Who is called for which alert, and which alerts silence which: amtool, and an Alertmanager with our routes."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.programs import DEPLOY, Alert, Alertmanager, Called, program, routes
from tests.waiting import wait_until

FACTOR = 100.0
SERVICE = "training"
FOLLOWERS: dict[Alert, set[str]] = {
    Alert("BangkomDatabaseAway"): {
        *("BangkomBatchesFail", "BangkomNotTaking", "BangkomLagHigh", "BangkomEffectLate"),
        *("BangkomOutboxOld", "BangkomTimersLate", "BangkomTimersFail", "BangkomFiguresOld"),
        *("BangkomWebFails", "BangkomWebSlow", "BangkomConnectionsExhausted"),
    },
    Alert("BangkomLogAway"): {
        *("BangkomNotTaking", "BangkomLagHigh", "BangkomEffectLate", "BangkomOutboxOld", "BangkomTimersLate"),
    },
    Alert("BangkomProcessDown", part="worker"): {
        *("BangkomNotTaking", "BangkomLagHigh", "BangkomEffectLate", "BangkomTimersLate"),
    },
    Alert("BangkomProcessDown", part="relay"): {"BangkomOutboxOld"},
    Alert("BangkomProcessDown", part="web"): set(),
    Alert("BangkomConsumerStopped"): {
        *("BangkomBatchesFail", "BangkomNotTaking", "BangkomLagHigh", "BangkomEffectLate", "BangkomDeadLetters"),
    },
    Alert("BangkomBatchesFail"): {"BangkomNotTaking", "BangkomLagHigh", "BangkomEffectLate"},
    Alert("BangkomNotTaking"): {"BangkomLagHigh", "BangkomEffectLate"},
    Alert("BangkomWebFails"): {"BangkomWebSlow"},
    Alert("BangkomTimersFail"): {"BangkomTimersLate"},
}
"""What nobody is told of a service while the cause is told."""


def rules() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


SEVERITIES = {rule["alert"]: rule["labels"]["severity"] for rule in rules()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The routes with an address in them."""
    written = tmp_path / "alertmanager.yml"
    written.write_text(yaml.safe_dump(routes("http://127.0.0.1:9/")), encoding="utf-8")
    return written


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[tuple[Alertmanager, Called]]:
    called, server = Called(), Alertmanager(tmp_path / "alertmanager")
    try:
        await server.start(called.url, FACTOR)
        yield server, called
    finally:
        server.stop()
        called.close()


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("amtool"), *arguments], capture_output=True, text=True, check=False)


def routed(file: Path, **labels: str) -> str:
    told = [f"{name}={value}" for name, value in labels.items()]
    return amtool("config", "routes", "test", f"--config.file={file}", *told).stdout.strip()


def test_routes_are_valid(file: Path) -> None:
    checked = amtool("check-config", file)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(routes('')['inhibit_rules'])} inhibit rules" in checked.stdout


def test_route_to_nobody_is_refused(file: Path) -> None:
    told = routes("http://127.0.0.1:9/")
    told["route"]["routes"][0]["receiver"] = "nobody"
    file.write_text(yaml.safe_dump(told), encoding="utf-8")

    assert amtool("check-config", file).returncode != 0


@pytest.mark.parametrize("name", SEVERITIES)
def test_person_is_called_for_what_is_critical_and_finds_a_ticket_for_the_rest(file: Path, name: str) -> None:
    wanted = {"critical": "pager", "warning": "tickets"}[SEVERITIES[name]]

    assert routed(file, alertname=name, severity=SEVERITIES[name], service=SERVICE) == wanted


def test_person_is_called_for_what_nobody_has_sorted(file: Path) -> None:
    assert routed(file, alertname="SomethingElse") == "pager"


def test_inhibitions_name_alerts_that_exist() -> None:
    named = {alert.name for alert in FOLLOWERS}.union(*FOLLOWERS.values())

    assert named <= SEVERITIES.keys()
    assert all(rule["equal"] == ["service"] for rule in routes("")["inhibit_rules"])


@pytest.mark.parametrize("cause", FOLLOWERS, ids=lambda cause: cause.name + cause.part)
async def test_cause_is_told_and_what_follows_from_it_in_its_service_is_not(
    alertmanager: tuple[Alertmanager, Called], cause: Alert
) -> None:
    server, called = alertmanager
    others = SEVERITIES.keys() - {cause.name}
    elsewhere = {Alert(name, "needs") for name in FOLLOWERS[cause]}
    silenced = {Alert(name, SERVICE) for name in FOLLOWERS[cause]}

    await server.post(labels(Alert(cause.name, SERVICE, cause.part)))
    await wait_until(lambda: called.first, within=20)
    # What follows from another follower is silenced by that one, so each is tried alone beside the cause.
    for name in sorted(others):
        await server.post(labels(Alert(name, SERVICE)), *(labels(each) for each in elsewhere if each.name == name))
        inhibited = await server.inhibited()
        assert (Alert(name, SERVICE) in inhibited) == (Alert(name, SERVICE) in silenced), name
        assert not inhibited & elsewhere, name
        await server.resolve(labels(Alert(name, SERVICE)), *(labels(each) for each in elsewhere if each.name == name))


def labels(alert: Alert) -> dict[str, str]:
    told = {"alertname": alert.name, "service": alert.service, "severity": SEVERITIES[alert.name]}
    return told | ({"part": alert.part} if alert.part else {})
