"""Servers that may be killed, for an installation that is watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.stage import Stage
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer


@pytest.fixture
def stage(own_kafka_server: KafkaServer, own_postgres_server: PostgresServer, tmp_path: Path) -> Stage:
    return Stage(broker=own_kafka_server, postgres=own_postgres_server, folder=tmp_path, seed=1, events=0)
