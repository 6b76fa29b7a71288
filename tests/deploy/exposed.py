"""What processes tell on their operators' ports, as a scrape finds it, and all that alerts and dashboards ask for."""

from __future__ import annotations

import re
from collections import defaultdict

import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from deploy.grafana.make_dashboards import DASHBOARDS
from services.embedded import SERVICES
from tests.journeys.installations import ROOT

RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
OF_THE_WORK = {figure.gauge._name for service in SERVICES.values() for figure in service.figures}
MOST_SERIES = 5_000

Labels = dict[str, str]
Series = dict[str, list[Labels]]
"""The labels of every sample, by its name."""


def rules() -> list[str]:
    """The expression of every alert."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [rule["expr"] for document in documents for group in document["groups"] for rule in group["rules"]]


def panels() -> list[str]:
    """Every query of every panel."""
    return [query for board in DASHBOARDS for panel in board.panels for query in panel.queries.values()]


def series_of(page: str) -> Series:
    """What a page holds."""
    found: Series = defaultdict(list)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found[sample.name].append(sample.labels)
    return found


def known(*pages: str) -> dict[str, set[str]]:
    """The labels of each name in these pages.

    A figure of ours that a process names and has nothing to tell of yet has the labels that it was declared with.
    """
    named = {name for page in pages for name in re.findall(r"^# TYPE (\S+)", page, re.MULTILINE)}
    found = {
        f"{figure._name}{ending}": {*figure._labelnames, "le"}
        for figure in REGISTRY._collector_to_names
        if isinstance(figure, MetricWrapperBase) and {figure._name, f"{figure._name}_total"} & named
        for ending in ("", "_total", "_bucket", "_sum", "_count")
    }
    told = [series_of(page) for page in pages]
    for name in {name for each in told for name in each}:
        found[name] = {label for each in told for labels in each.get(name, ()) for label in labels}
    return found
