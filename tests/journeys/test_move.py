"""An agency outgrows the one process: its embedded installation is moved to a full one, and the loop goes on there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.embedded import SERVICES as PUT_TOGETHER
from shared import kafka
from shared.delivery.worker import group_of
from shared.settings import Settings
from tests.journeys.first_hop import (
    Participant,
    check_causes,
    check_exactly_once,
    concluded,
    employee_ids,
    hold_class,
    import_people,
)
from tests.journeys.installations import SERVICES, Apart, Embedded
from tests.journeys.kept_state import states
from tests.waiting import wait_until

pytestmark = pytest.mark.recovery

CHANGED = {"outbox", "audit_entries"}
"""All events are owed to Kafka, and the move is noted."""
EVENTS = "SELECT seq, event_id, topic, key, headers::text, value, created_at FROM outbox ORDER BY seq"
OWED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
AUDIT = "SELECT * FROM audit_entries WHERE action <> 'installation_moved' ORDER BY id"
SCORES = (40, 55, 80, None)


async def test_embedded_installation_is_moved_to_a_full_one_and_goes_on_there(embedded: Embedded, apart: Apart) -> None:
    await embedded.start()
    await import_people(embedded)
    people = await employee_ids(embedded, 2 * len(SCORES))
    first, second = (
        [
            Participant(employee_id=each, pre_score=30, post_score=score)
            for each, score in zip(some, SCORES, strict=True)
        ]
        for some in (people[: len(SCORES)], people[len(SCORES) :])
    )
    expected = dict(zip(await hold_class(embedded, "SEBELUM", first), first, strict=True))
    await concluded(embedded, len(expected))
    embedded.bangkom("backup")
    assert await embedded.process.stop() == 0
    [backup] = (embedded.folder / "backups").glob("bangkom-*")
    sums = file_sums(embedded.folder)
    for service in SERVICES:
        apart.prepare(service)
    apart.command("needs", "topics", "apply")

    moved = apart.bangkom("move", str(backup), "--yes")

    assert "sama dengan asalnya" in moved.stdout
    assert file_sums(embedded.folder) == sums
    await check_moved(embedded, apart)
    again = apart.bangkom("move", str(backup), "--yes", expected=1)
    assert "sudah berisi" in again.stderr

    await apart.start()
    await wait_until(lambda: all_told(apart), within=120, description="the archive is told to Kafka")
    await wait_until(
        lambda: all_taken(apart), within=120, every=1.0, description="the archive is taken by all services"
    )
    await check_exactly_once(apart, expected)
    apart._tokens = {"training": embedded.token("training")}
    expected |= dict(zip(await hold_class(apart, "SESUDAH", second), second, strict=True))
    await concluded(apart, len(expected))
    await check_exactly_once(apart, expected)
    await check_causes(apart)
    assert apart.bangkom("dead-letters", "list").stdout == "0 catatan.\n"


async def check_moved(embedded: Embedded, apart: Apart) -> None:
    """Everything is there as it was; and every event is owed to Kafka."""
    embedded.postgres.start()
    was, now = await states(embedded), await states(apart)
    assert {name: without_changed(tables) for name, tables in now.items()} == {
        name: without_changed(tables) for name, tables in was.items()
    }
    for service in SERVICES:
        assert await apart.rows(service, EVENTS) == await embedded.rows(service, EVENTS)
        assert await apart.rows(service, AUDIT) == await embedded.rows(service, AUDIT)
        assert await apart.rows(service, OWED) == [(was[service]["outbox"].rows,)]
    embedded.postgres.stop()


def without_changed(tables: Mapping[str, object]) -> dict[str, object]:
    return {name: state for name, state in tables.items() if name not in CHANGED}


async def all_told(apart: Apart) -> bool:
    owed = [await apart.rows(service, OWED) for service in SERVICES]
    return owed == [[(0,)]] * len(SERVICES)


async def all_taken(apart: Apart) -> bool:
    told = {name: str(apart.everything[f"BANGKOM_{name}"]) for name in ("KAFKA_BOOTSTRAP", "TOPIC_PREFIX")}
    log = kafka.transport(Settings(kafka_bootstrap=told["KAFKA_BOOTSTRAP"], topic_prefix=told["TOPIC_PREFIX"]))
    behind = [await log.lag(group_of(name), PUT_TOGETHER[name].topics) for name in SERVICES]
    return not any(count for each in behind for count in each.values())


def file_sums(folder: Path) -> dict[Path, str]:
    """What stands in the files of the installation and of its backups."""
    files = [path for part in ("data", "backups") for path in (folder / part).rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
