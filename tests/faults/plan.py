"""When which process dies: chosen by a seed, so that every run of it is the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a process does."""

    RELAY = "relay"
    WORKER = "worker"


class Moment(StrEnum):
    """On which side of a step."""

    BEFORE = "before"
    AFTER = "after"


STEPS: dict[Role, tuple[str, ...]] = {
    Role.RELAY: ("fetch_batch", "send_batch", "mark_published"),
    Role.WORKER: ("poll", "begin", "handle", "commit_db", "commit_offsets"),
}
LATEST_CALL = 4


@dataclass(frozen=True, slots=True)
class Death:
    """The process of a role dies at the nth call of a step."""

    role: Role
    step: str
    moment: Moment
    nth: int


def places(role: Role) -> list[tuple[str, Moment]]:
    """Everywhere between two steps of a role."""
    return [(step, moment) for step in STEPS[role] for moment in Moment]


def deaths(seed: int, role: Role, count: int) -> list[Death]:
    """Different places to die at, in the order of their coming."""
    chance = random.Random(f"{seed} {role}")
    return [
        Death(role, step, moment, chance.randint(1, LATEST_CALL)) for step, moment in chance.sample(places(role), count)
    ]
