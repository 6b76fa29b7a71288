"""What a campaign gives each of its faults."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The servers of a campaign, a folder for one fault, and the seed of its choices."""

    broker: KafkaServer
    postgres: PostgresServer
    folder: Path
    seed: int
    events: int
    """How many events the headline run brings through."""

    def chance(self, name: str) -> random.Random:
        """The choices of a fault, the same in each run with this seed."""
        return random.Random(f"{self.seed} {name}")
