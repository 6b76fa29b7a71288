"""The dashboards are those that the code makes, and Grafana and Prometheus can read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana.make_dashboards import DASHBOARDS, FOLDER
from deploy.grafana.panels import text_of
from services.embedded import SERVICES
from shared import metrics
from tests.architecture.test_alerts import promtool
from tests.deploy.exposed import panels
from tests.deploy.queries import missing
from tests.journeys.installations import ROOT

EXPOSED = {"bangkom_outbox_unpublished": {"service"}, "bangkom_consumer_lag": {"service", "topic"}}
EXPLAINED = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"


def test_files_are_those_that_the_code_makes() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert written == {f"{board.name}.json": text_of(board) for board in DASHBOARDS}


def test_panels_lie_beside_and_below_each_other() -> None:
    for board in DASHBOARDS:
        places = [panel["gridPos"] for panel in json.loads(text_of(board))["panels"]]
        taken = [
            (x, y)
            for at in places
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]

        assert len(taken) == len(set(taken)), board.name
        assert max(x for x, _ in taken) < 24


def test_panels_ask_the_source_that_is_provisioned() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())["datasources"]
    asked = {panel["datasource"]["uid"] for board in DASHBOARDS for panel in json.loads(text_of(board))["panels"]}

    assert asked == {source["uid"]}


def parsed(path: Path, expressions: list[str]) -> str:
    """What Prometheus says of queries, as rules that record them."""
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions)
    ]
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    checked = promtool("check", "rules", path)
    return checked.stdout + checked.stderr


def test_prometheus_reads_every_query(tmp_path: Path) -> None:
    assert f"SUCCESS: {len(panels())} rules found" in parsed(tmp_path / "panels.yml", panels())


def test_query_that_prometheus_cannot_read_is_noticed(tmp_path: Path) -> None:
    assert "could not parse expression" in parsed(tmp_path / "panels.yml", [*panels(), "sum by (service (up)"])


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("max by (service) (bangkom_outbox_unpublished)", set()),
        ('sum(rate(bangkom_consumer_lag{topic="x"}[5m])) by (job)', set()),
        ("sum(bangkom_outbox_unsent)", {"bangkom_outbox_unsent"}),
        ('bangkom_outbox_unpublished{unit="x"} > 0', {"bangkom_outbox_unpublished{unit}"}),
        ("sum by (person) (bangkom_consumer_lag)", {"by person"}),
        ("bangkom_consumer_lag unless on (service) histogram_quantile(0.9, lag_bucket)", {"lag_bucket"}),
    ],
)
def test_name_or_label_that_nobody_tells_is_noticed(query: str, unknown: set[str]) -> None:
    assert missing(query, EXPOSED) == unknown


def test_page_explains_every_figure_of_the_work_with_its_labels() -> None:
    rows = dict(re.findall(r"^\| `(bangkom_\w+)` \| (.*?) \|", EXPLAINED, re.MULTILINE))
    figures = [figure for service in SERVICES.values() for figure in service.figures]

    for figure in figures:
        assert re.findall(r"`(\w+)`", rows[figure.gauge._name]) == list(figure.labels), figure.gauge._name
    told = {f"{each._name}{ending}" for each in _ours() for ending in ("", "_total")}
    assert set(re.findall(r"`(bangkom_\w+)`", EXPLAINED)) <= told


def _ours() -> list[MetricWrapperBase]:
    """The figures of the work and all that processes have alike."""
    shared = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    return [*shared, *(figure.gauge for service in SERVICES.values() for figure in service.figures)]


def test_page_shows_every_dashboard() -> None:
    shown = re.findall(r"!\[\w+\]\((monitoring/\w+\.svg)\)", EXPLAINED)

    assert shown == [f"monitoring/{board.name}.svg" for board in DASHBOARDS]
    assert all((ROOT / "docs" / path).is_file() for path in shown)
