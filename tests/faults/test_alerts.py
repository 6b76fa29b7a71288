"""The alerts of deploy/prometheus are asked with figures as processes told them."""

from __future__ import annotations

from tests.faults.alerts import Watched

OLDEST = 'bangkom_outbox_oldest_seconds{service="training", instance="training relay"}'


def told(ages: list[float]) -> Watched:
    watched = Watched()
    for age in ages:
        watched.take([(OLDEST, age)])
    return watched


def test_alert_fires_by_what_was_told() -> None:
    assert told([float(5 * number) for number in range(40)]).fires("BangkomOutboxOld")


def test_alert_stays_silent_while_all_is_well() -> None:
    assert not told([0.2] * 40).fires("BangkomOutboxOld")


def test_alert_holds_before_it_calls_anybody() -> None:
    watched = told([61.0, 66.0])

    assert watched.holds("BangkomOutboxOld")
    assert not watched.fires("BangkomOutboxOld")


def test_alert_does_not_hold_once_all_is_well_again() -> None:
    assert not told([61.0, 66.0, 0.2]).holds("BangkomOutboxOld")


def test_series_that_came_late_stands_at_its_times() -> None:
    watched = Watched()

    watched.take([])
    watched.take([(OLDEST, 1.5)])
    watched.take([])
    watched.take([(OLDEST, 2.5)])

    assert watched.series == {OLDEST: ["_", "1.5", "_", "2.5"]}
