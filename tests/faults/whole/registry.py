"""The faults that are tried on the whole installation, by name."""

from __future__ import annotations

from tests.faults.whole.killing import everything_killed_at_random
from tests.faults.whole.scene import WholeFault

FAULTS: dict[str, WholeFault] = {
    "F4 every process killed at random": everything_killed_at_random,
}
