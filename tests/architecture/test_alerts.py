"""Alerts fire when they should and only then, and each tells the operator what to do."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from services.__main__ import bangkom
from services.training.app import SERVICE as TRAINING
from shared import metrics
from shared.operate.service import command_line
from tests.alerts.programs import program
from tests.architecture.conftest import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text(encoding="utf-8")
EXPLAINED = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
PROGRAMS: dict[str, click.Group] = {
    "bangkom": bangkom,
    "python -m services.training": command_line(TRAINING),
}


def alerts(rules: Any) -> list[dict[str, Any]]:
    """The rules of a file's only group."""
    (group,) = rules["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


ALERTS = [alert for path in RULES for alert in alerts(yaml.safe_load(path.read_text(encoding="utf-8")))]
NAMES = [alert["alert"] for alert in ALERTS]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of rules and their tests, to plant faults in."""
    shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    return tmp_path / "prometheus"


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    return promtool("test", "rules", *sorted((folder / "tests").glob("*.yml")))


def test_rules_and_configuration_are_valid() -> None:
    checked = promtool("check", "config", PROMETHEUS / "prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert sum(int(count) for count in re.findall(r"(\d+) rules found", checked.stdout)) == len(NAMES)


def test_alerts_fire_in_the_faults_they_are_for_and_only_then() -> None:
    ran = run_tests(PROMETHEUS)

    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("expression", ["vector(0) > 0", "vector(1)"], ids=["never", "always"])
def test_alert_that_fires_never_or_always_is_noticed(copied: Path, expression: str) -> None:
    for path in (copied / "rules").glob("*.yml"):
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        for alert in alerts(rules):
            alert["expr"] = expression
        path.write_text(yaml.safe_dump(rules), encoding="utf-8")

    ran = run_tests(copied)

    assert ran.returncode == 1
    assert [name for name in NAMES if name not in ran.stdout + ran.stderr] == []


def test_each_alert_leads_to_its_cause_check_and_action() -> None:
    chapters = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))

    for alert in ALERTS:
        name, annotations = alert["alert"], alert["annotations"]
        assert annotations["summary"]
        assert annotations["runbook"] == f"deploy/runbook.md#{name.lower()}"
        assert re.findall(r"^- \*\*(\w+)\*\*: ", chapters[name], re.MULTILINE) == ["Cause", "Check", "Action"], name


@pytest.mark.parametrize("document", [RUNBOOK, EXPLAINED], ids=["runbook", "delivery"])
def test_document_names_commands_that_exist(document: str) -> None:
    written = re.findall(r"`((?:bangkom|python -m services\.training) [^`…]+)`", document)

    assert len(written) > 10
    assert [line for line in written if not exists(line)] == []


def test_document_names_figures_that_exist() -> None:
    written = set(re.findall(r"`(bangkom_\w+)`", EXPLAINED))
    there = {sample for each in vars(metrics).values() if isinstance(each, MetricWrapperBase) for sample in names(each)}

    assert written
    assert written <= there
    assert {name for alert in ALERTS for name in asked(alert)} <= there


def names(figure: MetricWrapperBase) -> set[str]:
    """What the samples of a figure are called, without a word for what a histogram's are of."""
    (family,) = figure.describe()
    return {family.name, *(f"{family.name}_{ending}" for ending in ("total", "bucket", "count"))}


def asked(rule: dict[str, Any]) -> list[str]:
    return re.findall(r"\bbangkom_\w+", rule["expr"])


@pytest.mark.parametrize("line", ["bangkom repair", "bangkom resume --now", "bangkom dead-letters bury 3"])
def test_command_that_does_not_exist_is_noticed(line: str) -> None:
    assert not exists(line)


def exists(line: str) -> bool:
    """Whether a command with these options is there; nothing is run."""
    name = next(program for program in PROGRAMS if line.startswith(f"{program} "))
    group: click.Command = PROGRAMS[name]
    words = shlex.split(line.removeprefix(name))
    context = click.Context(group)
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        found = group.get_command(context, words.pop(0))
        if found is None:
            return False
        group = found
    options = {option for parameter in group.params for option in parameter.opts}
    return {word for word in words if word.startswith("--")} <= options
