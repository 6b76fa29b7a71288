"""Some faults of the campaign on the whole installation, and the headline run in short; `make faults` tries all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.stage import Stage
from tests.faults.whole.headline import headline
from tests.faults.whole.killing import web_killed_at_each_step
from tests.faults.whole.scene import try_whole
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer

FEW_EVENTS = 3_000


@pytest.fixture
def stage(own_kafka_server: KafkaServer, own_postgres_server: PostgresServer, tmp_path: Path) -> Stage:
    """Servers that may be killed."""
    return Stage(broker=own_kafka_server, postgres=own_postgres_server, folder=tmp_path, seed=1, events=FEW_EVENTS)


async def test_every_promise_holds_after_web_was_killed_at_each_step(stage: Stage) -> None:
    broken, counts = await try_whole("F1", web_killed_at_each_step, stage)

    assert broken == []
    assert counts["acknowledged"] > 0
    assert counts["effects"] > counts["events"]


async def test_nothing_is_lost_doubled_mixed_up_or_invented_while_everything_goes_wrong(stage: Stage) -> None:
    broken, counts = await headline("headline", stage)

    assert broken == []
    assert counts["events_of_two_services"] >= FEW_EVENTS
    assert {kind for kind in counts if kind.startswith("killed_")} == {
        "killed_broker",
        "killed_relay",
        "killed_web",
        "killed_worker",
    }
    assert counts["records"] > counts["events"]
