"""Each fault has somebody called for it, of nothing else, and within two minutes."""

from __future__ import annotations

import pytest

from tests.alerts.faults import FAULTS
from tests.alerts.scene import TOLD_SECONDS, suffer, watched_installation
from tests.faults.stage import Stage

FACTOR = 3.0
"""By which every duration of rules, routes and intervals is divided here; what is measured is told as it is without it.

What processes and brokers take for themselves is not divided: it weighs three times as much as it does in earnest.
"""


@pytest.mark.alerts
async def test_operators_are_called_for_each_fault_by_its_alert_and_no_other(stage: Stage) -> None:
    wrong: list[str] = []
    async with watched_installation(stage, FACTOR) as watched:
        for name, (harm, expected) in FAULTS.items():
            outcome = await suffer(watched, harm)
            print(outcome.line(name, watched.factor))  # noqa: T201 the table of what was seen
            if outcome.told.keys() != expected:
                wrong.append(f"{name}: {sorted(outcome.told)} instead of {sorted(expected)}")
            elif outcome.longest(watched.factor) > TOLD_SECONDS:
                wrong.append(f"{name}: told too late")
    assert wrong == []


@pytest.mark.alerts
async def test_nobody_is_called_in_an_hour_in_which_nothing_is_wrong(stage: Stage) -> None:
    async with watched_installation(stage, FACTOR) as watched:
        fired = await watched.hour()

        assert watched.called.first == {}
        assert fired == set()
        assert sum(watched.scene.sender.statuses.values()) > 1_000
