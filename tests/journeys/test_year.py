"""A year of the loop, lived by people on real servers; what it left behind is held against the rules by the oracle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.disturbances import duplicated, read_again
from tests.journeys.first_hop import SAMPLES, import_people
from tests.journeys.installations import SERVICES, Apart, Embedded, Installation
from tests.journeys.oracle import samples, year
from tests.journeys.oracle.comparison import differences
from tests.journeys.oracle.product import Product
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres

PEOPLE, MONTHS, SEED = 300, 12, 1
SHARE_TWICE = 0.2
CYCLE = 2026
DAYS_TO_LAST_ACTIVITY = "10"
WORKBOOKS = {
    "needs": {
        "standards": "standar-kompetensi.xlsx",
        "assessments": "rekap-asesmen.xlsx",
        "performance": "skp.xlsx",
    },
    "training": {"activities": "kegiatan-20jp.xlsx"},
    "evaluation": {"citizen-surveys": "skm-triwulan.xlsx"},
}
HELPED = (
    "SELECT count(*) FROM follow_ups WHERE status = 'CLOSED' AND closing_reason = 'RESOLVED'"
    " AND target IN ('MENTORING', 'COACHING') AND jsonb_array_length(need_ids) > 0"
)
ESCALATED = "SELECT count(*) FROM follow_ups WHERE status = 'ESCALATED' AND round = 2"
TOLD = "SELECT count(*) FROM outbox"


@pytest.fixture
async def split(
    folder: Path, postgres_server: NamedPostgres, kafka_server: NamedKafka, topic_prefix: str
) -> AsyncIterator[Apart]:
    """Every service as three processes, in a simulation, not started yet."""
    installation = Apart(
        folder,
        postgres_server,
        kafka_server.bootstrap,
        topic_prefix,
        parts=("web", "worker", "relay"),
        simulation=True,
    )
    yield installation
    await installation.close()


@pytest.fixture
async def simulated(folder: Path) -> AsyncIterator[Embedded]:
    """Everything in one process, in a simulation, not started yet."""
    installation = Embedded(folder, simulation=True)
    yield installation
    await installation.close()


async def bangkom(installation: Installation, *arguments: str) -> None:
    """Run a command of the whole installation, and let other work go on meanwhile."""
    await asyncio.to_thread(installation.bangkom, *arguments)


async def live(installation: Installation, *arguments: str) -> None:
    """Let the year pass."""
    await bangkom(installation, "demo", "--months", str(MONTHS), "--seed", str(SEED), *arguments)


async def require_what_the_rules_say(installation: Installation) -> None:
    """Hold everything that the product concluded against the rules."""
    found = await asyncio.to_thread(year.differences, *access(installation))
    assert found == [], "\n".join(found)


def access(installation: Installation) -> tuple[dict[str, str], dict[str, str]]:
    """Where to read each service, and the token for it."""
    addresses = {service: installation.address(service) for service in SERVICES}
    return addresses, {service: installation.token(service) for service in SERVICES}


def differing_from_workbooks(installation: Installation, cycle: int) -> list[str]:
    """What the product makes of the workbooks otherwise than the rules say."""
    with closing(Product(*access(installation))) as product:
        compared = list(samples.compared(product, SAMPLES, cycle))
    return [f"{subject}: {each}" for subject, facts, seen in compared for each in differences(facts, seen)]


async def count(installation: Installation, service: str, query: str) -> int:
    [(found,)] = await installation.rows(service, query)
    return int(found)


async def filled_from_workbooks(simulated: Embedded) -> None:
    """Take in every workbook as agencies send them, and find the needs of the plan year."""
    await simulated.start()
    await import_people(simulated)
    # Some activities of the workbook end in days to come, and only what has ended counts.
    await bangkom(simulated, "clock", "advance", "--days", DAYS_TO_LAST_ACTIVITY)
    for service, workbooks in WORKBOOKS.items():
        for kind, workbook in workbooks.items():
            simulated.command(service, "import", kind, str(SAMPLES / workbook))
    await simulated.call("POST", "/needs/analyses", {"cycle": CYCLE})


async def test_workbooks_alone_give_what_the_rules_say(simulated: Embedded) -> None:
    await filled_from_workbooks(simulated)

    assert await asyncio.to_thread(differing_from_workbooks, simulated, CYCLE) == []


@pytest.mark.year
async def test_year_that_starts_from_workbooks_is_what_the_rules_say(simulated: Embedded) -> None:
    await filled_from_workbooks(simulated)

    await live(simulated)

    await require_what_the_rules_say(simulated)


@pytest.mark.year
async def test_year_of_split_services_is_what_the_rules_say_whatever_comes_twice(
    split: Apart, kafka_server: NamedKafka, topic_prefix: str
) -> None:
    await split.start()
    async with duplicated(kafka_server.bootstrap, topic_prefix, share=SHARE_TWICE, seed=SEED) as counts:
        await live(split, "--people", str(PEOPLE))

    assert counts[1] > counts[0] * SHARE_TWICE * 0.9
    await require_what_the_rules_say(split)
    assert await count(split, "evaluation", HELPED) > 0
    assert await count(split, "evaluation", ESCALATED) > 0

    before = await count(split, "evaluation", TOLD)
    await split.stop_services(["evaluation"])
    assert await read_again(kafka_server.bootstrap, topic_prefix, "bangkom.evaluation") > counts[0] // 2
    await split.start_services(["evaluation"])
    await bangkom(split, "clock", "advance", "--days", "1")

    assert await count(split, "evaluation", TOLD) == before
    await require_what_the_rules_say(split)


@pytest.mark.year
async def test_evaluation_that_was_away_for_the_year_catches_up(split: Apart) -> None:
    present = [service for service in SERVICES if service != "evaluation"]
    split.prepare("evaluation")
    await split.start_services(present)
    await live(split, "--people", str(PEOPLE), "--without", "evaluation")
    assert await count(split, "evaluation", TOLD) == 0

    await split.start_services(["evaluation"])
    await bangkom(split, "demo")
    await bangkom(split, "clock", "advance", "--days", "30")

    assert await count(split, "evaluation", TOLD) > 0
    await require_what_the_rules_say(split)
