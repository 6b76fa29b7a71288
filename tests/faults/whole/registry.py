"""The faults that are tried on the whole installation, by name."""

from __future__ import annotations

from tests.faults.whole.backups import database_restored_behind_the_log
from tests.faults.whole.commits import answer_to_commit_lost
from tests.faults.whole.killing import everything_killed_at_random, web_killed_at_each_step, worker_killed_at_each_step
from tests.faults.whole.outages import (
    broker_away_for_long,
    broker_killed,
    connections_exhausted,
    database_away_while_the_log_delivers,
    postgres_killed,
)
from tests.faults.whole.restarts import everything_restarted_in_turn, two_versions_at_once
from tests.faults.whole.scene import WholeFault
from tests.faults.whole.zombies import stopped_past_session_and_lock

FAULTS: dict[str, WholeFault] = {
    "F1 web killed at each step of a command": web_killed_at_each_step,
    "F3 workers killed at each step of a batch": worker_killed_at_each_step,
    "F4 every process killed at random": everything_killed_at_random,
    "F5 broker killed": broker_killed,
    "F6 broker away for minutes": broker_away_for_long,
    "F8 PostgreSQL killed": postgres_killed,
    "F9 database away while the log delivers": database_away_while_the_log_delivers,
    "F10 connections exhausted": connections_exhausted,
    "F20 stopped past session and lock at work": stopped_past_session_and_lock,
    "F23 answer to COMMIT lost": answer_to_commit_lost,
    "F24 everything restarted in turn": everything_restarted_in_turn,
    "F25 two versions at once": two_versions_at_once,
    "F28 database restored behind the log": database_restored_behind_the_log,
}
