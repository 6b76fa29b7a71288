"""Sped up, rules and routes keep everything but their durations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.programs import DEPLOY, routes
from tests.alerts.speed import GROWING, sooner, sped_up

RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))


@pytest.mark.parametrize(("duration", "third"), [("45s", "15000ms"), ("1m", "20000ms"), ("1h30m", "1800000ms")])
def test_duration_is_divided(duration: str, third: str) -> None:
    assert sooner(duration, 3) == third


def test_word_that_is_no_duration_is_refused() -> None:
    with pytest.raises(AssertionError, match="no duration: soon"):
        sooner("soon", 3)


def test_range_and_number_of_seconds_are_divided_and_other_numbers_are_not() -> None:
    delay = "rate(bangkom_effect_delay_seconds_bucket[5m]) > 60"
    lag = "bangkom_consumer_lag > 10000"

    assert sped_up({"expr": delay}, 3) == {"expr": "rate(bangkom_effect_delay_seconds_bucket[100000ms]) > 20"}
    assert sped_up({"expr": lag, "for": "5m"}, 3) == {"expr": lag, "for": "100000ms"}


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_rules_keep_all_but_their_durations(file: Path) -> None:
    own = yaml.safe_load(file.read_text(encoding="utf-8"))

    faster = sped_up(own, 3)

    assert faster != own
    assert without_durations(faster) == without_durations(own)


def without_durations(rules: Any) -> list[dict[str, Any]]:
    found = [rule for group in rules["groups"] for rule in group["rules"]]
    return [{name: rule[name] for name in ("alert", "labels", "annotations")} for rule in found]


def test_figures_that_grow_while_one_waits_are_told_by_a_rule() -> None:
    everything = "".join(file.read_text(encoding="utf-8") for file in RULES)

    assert [figure for figure in GROWING if figure not in everything] == []


def test_routes_keep_their_receivers_and_inhibitions() -> None:
    own, faster = routes("http://127.0.0.1:9/"), sped_up(routes("http://127.0.0.1:9/"), 3)

    assert faster["inhibit_rules"] == own["inhibit_rules"]
    assert faster["receivers"] == own["receivers"]
    assert faster["route"]["group_wait"] == "3333ms"
