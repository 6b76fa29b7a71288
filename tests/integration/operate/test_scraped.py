"""What Prometheus finds on the operators' port of a real process, and what alerts and dashboards ask of it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.embedded import SERVICES as PUT_TOGETHER
from shared.db import Database, Origin
from shared.kafka import PARTITIONS
from shared.web.traffic import templates
from tests.deploy.exposed import MOST_SERIES, OF_THE_WORK, Series, known, panels, rules, series_of
from tests.deploy.queries import missing
from tests.journeys.installations import SERVICES, Embedded
from tests.security.test_matrix import app_of
from tests.waiting import wait_until

LABELS = {
    *("service", "topic", "partition", "type", "status", "reason", "outcome", "le", "database", "method", "route"),
    *("kind", "form", "phase", "standing", "about", "age", "step", "volume", "agency", "place"),
}
PARTS = 3
"""A service runs as three processes at most: each tells of the delivery, one of the work, one of the web."""
PROCESSES = PARTS * len(SERVICES)
TIMES_A_TYPE = 3
ANSWERS = ("2xx", "3xx", "4xx", "5xx")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Embedded]:
    installation = Embedded(tmp_path)
    try:
        await installation.start()
        yield installation
    finally:
        await installation.close()


async def exposition(installation: Embedded) -> str:
    """What the process tells, once somebody has asked for a page and the work was counted."""

    async def counted() -> str | None:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
        there = answer.text.count("bangkom_figures_taken_timestamp_seconds{")
        return answer.text if there == len(SERVICES) else None

    await installation.home("needs")
    port = installation.settings("needs")["BANGKOM_OPS_PORT"]
    async with httpx.AsyncClient() as client:
        return await wait_until(counted, within=30, description="each service has counted its work")


async def test_what_alerts_and_dashboards_ask_for_is_told(running: Embedded) -> None:
    page = await exposition(running)
    told, names = series_of(page), known(page)

    assert {query: unknown for query in (*rules(), *panels()) if (unknown := missing(query, names))} == {}
    assert missing("sum by (service) (bangkom_planted)", names) == {"bangkom_planted", "by service"}

    asked = {name for rule in rules() for name in re.findall(r"\bbangkom_\w+", rule)}
    assert len(asked) > 10
    of_delivery = {name for name in asked if "service" in names[name] and not name.startswith("bangkom_http_")}
    of_delivery -= OF_THE_WORK
    assert {name: {labels["service"] for labels in told[name]} for name in of_delivery} == {
        name: set(SERVICES) for name in of_delivery
    }
    ours = {name: each for name, each in told.items() if name.startswith("bangkom_")}
    assert {label for series in ours.values() for labels in series for label in labels} <= LABELS
    assert 1_000 < most_series(told) <= MOST_SERIES


def most_series(told: Series) -> int:
    """How many series a full installation can have at most, whoever works in it.

    Figures of the work have the labels that were foreseen and OTHER. Requests have a series for each route and method
    by class of the answer, and those of the duration. The lag has one for each partition of each topic. A type of
    event is handled, and in a fault held for a reason or two. All else is told by every process alike.
    """
    services = PUT_TOGETHER.values()
    counted_apart = OF_THE_WORK | {"bangkom_consumer_lag", "bangkom_events_handled_total", "bangkom_events_held_total"}
    web = {name for name in told if name.startswith("bangkom_http_")}
    process = {name for name in told if not name.startswith("bangkom_")}
    alike = sum(len(series) for name, series in told.items() if name not in counted_apart | web | process)
    of_duration = len({labels["le"] for labels in told["bangkom_http_request_duration_seconds_bucket"]}) + 2
    return (
        sum(figure.most_series for service in services for figure in service.figures)
        + sum(map(routes_of, SERVICES)) * (len(ANSWERS) + of_duration)
        + sum(len(service.listens) for service in services) * TIMES_A_TYPE
        + PARTS * (alike + sum(len(service.topics) for service in services) * PARTITIONS)
        + PROCESSES * sum(len(told[name]) for name in process)
    )


def routes_of(service: str) -> int:
    """How many pairs of route and method a service has, with its files and with what meets no route."""
    nowhere = Database("postgresql+asyncpg://127.0.0.1:1/nowhere", Origin(agency="medan", service=service))
    app = app_of(service, nowhere)
    return sum(len(methods) for _, methods in templates(app.routes).values()) + 2
