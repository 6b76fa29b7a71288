"""What Prometheus finds on the operators' port of a real process."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.installations import ROOT, SERVICES, Embedded

RULES = ROOT / "deploy" / "prometheus" / "rules" / "delivery.yml"
LABELS = {"service", "topic", "partition", "type", "status", "reason", "outcome", "le"}

Labels = dict[str, str]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Embedded]:
    installation = Embedded(tmp_path)
    try:
        await installation.start()
        yield installation
    finally:
        await installation.close()


async def scrape(installation: Embedded) -> dict[str, list[Labels]]:
    """The labels of every sample of ours, by its name."""
    async with httpx.AsyncClient() as client:
        port = installation.settings("needs")["BANGKOM_OPS_PORT"]
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
    found: dict[str, list[Labels]] = defaultdict(list)
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name.startswith("bangkom_"):
                found[sample.name].append(sample.labels)
    return found


async def test_every_figure_that_an_alert_asks_for_is_told_for_each_service(running: Embedded) -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"\bbangkom_\w+", rule["expr"])}

    told = await scrape(running)

    assert len(asked) > 10
    assert {name: {labels["service"] for labels in told[name]} for name in asked} == {
        name: set(SERVICES) for name in asked
    }
    assert {label for series in told.values() for labels in series for label in labels} <= LABELS
