"""The rules, routes and intervals of deploy/, sped up: every duration in them divided by one factor."""

from __future__ import annotations

import re
from typing import Any

PART = re.compile(r"(\d+)(ms|s|m|h|d|w)")
MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
GROWING = (
    "bangkom_outbox_oldest_seconds",
    "bangkom_deferred_oldest_seconds",
    "bangkom_timers_late_seconds",
    "bangkom_effect_delay_seconds",
)
"""Figures that grow while one waits, so that what they are held against is a duration too."""

WAITS = ("for", "keep_firing_for", "group_wait", "group_interval", "repeat_interval")
INTERVALS = ("scrape_interval", "evaluation_interval")


def sooner(duration: str, factor: float) -> str:
    """A duration such as 1h30m divided by the factor."""
    parts = PART.findall(duration)
    assert "".join(number + unit for number, unit in parts) == duration, f"no duration: {duration}"
    return f"{round(sum(int(number) * MILLISECONDS[unit] for number, unit in parts) / factor)}ms"


def sped_up(told: Any, factor: float) -> Any:
    """Rules or routes with all their durations divided, and nothing else changed."""
    if isinstance(told, list):
        return [sped_up(each, factor) for each in told]
    if not isinstance(told, dict):
        return told
    return {name: _sped_up_field(name, value, factor) for name, value in told.items()}


def _sped_up_field(name: str, value: Any, factor: float) -> Any:
    if name in (*WAITS, *INTERVALS):
        return sooner(value, factor)
    if name == "expr":
        return _sped_up_expression(value, factor)
    return sped_up(value, factor)


def _sped_up_expression(expression: str, factor: float) -> str:
    ranges = re.sub(r"\[(\w+)\]", lambda found: f"[{sooner(found[1], factor)}]", expression)
    if not any(figure in expression for figure in GROWING):
        return ranges
    threshold, count = re.subn(r"> (\d+)$", lambda found: f"> {int(found[1]) / factor:g}", ranges)
    assert count == 1, f"held against no number of seconds: {expression}"
    return threshold
