"""The figures that operators watch say what is in the database, and stop saying it when it is gone."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, text

from services.mentoring.app import SERVICE
from shared.db import Database
from shared.delivery.envelope import Record
from shared.event_log import EmbeddedTransport
from shared.ids import new_id
from shared.operate.letters import dead_letters
from shared.operate.status import set_gauges
from shared.runtime import Node, Resources
from shared.settings import settings_for
from shared.tables import ConsumerState, HeldRecord, Outbox, ParkedKey, RefusedKey
from shared.timers import TimerRow
from shared.web.home import HomeView
from tests.conftest import MakeDatabase
from tests.integration.operate.office import NAME, Office, measured, park


async def figure(office: Office, name: str, **labels: str) -> float | None:
    """What a gauge of evaluation says after it was brought up to date."""
    async with office.database("evaluation") as database:
        await set_gauges(database)
    return value(name, service="evaluation", **labels)


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"bangkom_{name}", labels)


async def test_held_records_are_told_by_kind_of_reason_until_they_are_gone(office: Office) -> None:
    number = await park(office, measured(new_id(), 61), measured(new_id(), 62))
    held = {"status": "DEAD", "reason": "handler"}
    before = await figure(office, "held_records", **held), value("parked_keys", service="evaluation")

    await office.operate(dead_letters, "replay", str(number))
    between = await figure(office, "held_records", **held), value("parked_keys", service="evaluation")
    await office.operate(dead_letters, "replay", str(number + 1))

    assert (before, between) == ((2, 2), (1, 1))
    assert await figure(office, "held_records", **held) is None
    assert value("held_records", service="evaluation", status="DEAD", reason="") == 0
    assert value("parked_keys", service="evaluation") == 0


def held_types() -> set[str]:
    """The types of which any held record was counted."""
    return {sample.labels["type"] for sample in samples("bangkom_events_held") if "type" in sample.labels}


async def test_what_strangers_write_makes_no_series_of_its_own(office: Office) -> None:
    before = value("events_held_total", service="evaluation", type="unknown", status="DEAD", reason="forged_type")
    types = held_types()
    headers = [("ce_specversion", b"1.0"), ("ce_type", NAME.encode())]

    await office.take(*(Record("bangkom.training", 0, n, str(new_id()), headers, b"{}", n) for n in range(3)))

    after = value("events_held_total", service="evaluation", type="unknown", status="DEAD", reason="forged_type")
    assert (after or 0) - (before or 0) == 3
    assert held_types() == types | {"unknown"}


def samples(name: str) -> list[Any]:
    return [sample for metric in REGISTRY.collect() if metric.name == name for sample in metric.samples]


def id_of(second: float) -> UUID:
    """A uuid7 of that moment."""
    return UUID(int=int(second * 1000) << 80 | 7 << 76 | 2 << 62)


async def test_figures_say_since_when_something_waits(office: Office) -> None:
    hour = text("interval '1 hour'")
    hour_ago, in_an_hour = func.clock_timestamp() - hour, func.clock_timestamp() + hour
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(_deferred(held_at=hour_ago))
        session.add(ParkedKey(topic="bangkom.training", key="kunci-1"))
        session.add(ConsumerState(name="evaluation", stopped_at=func.clock_timestamp(), reason="handler:KeyError"))
        session.add(TimerRow(id=id_of(time.time() - 7200), kind="bell", subject_id=new_id(), due_at=hour_ago))
        session.add(TimerRow(id=new_id(), kind="bell", subject_id=new_id(), due_at=in_an_hour))

    assert await figure(office, "held_records", status="DEFERRED", reason="not_yet") == 1
    assert (value("deferred_oldest_seconds", service="evaluation") or 0) >= 3600
    assert (value("timers_late_seconds", service="evaluation") or 0) >= 3600
    assert value("timers_due", service="evaluation") == 1
    assert value("consumer_stopped", service="evaluation") == 1


async def test_timer_waits_since_it_was_set_when_its_day_was_over_by_then(office: Office) -> None:
    year_ago = func.clock_timestamp() - text("interval '1 year'")
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(TimerRow(id=new_id(), kind="bell", subject_id=new_id(), due_at=year_ago))

    assert await figure(office, "timers_due") == 1
    assert (value("timers_late_seconds", service="evaluation") or 0) < 3600


async def test_row_behind_a_refused_key_does_not_make_the_outbox_old(office: Office) -> None:
    hour_ago = func.clock_timestamp() - text("interval '1 hour'")
    common = {"topic": "bangkom.training", "headers": {}, "created_at": hour_ago}
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(Outbox(event_id=new_id(), key="kunci-1", **common))
    before = await figure(office, "outbox_oldest_seconds")
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(RefusedKey(topic="bangkom.training", key="kunci-1", seq=1, reason="MessageSizeTooLargeError"))

    after = await figure(office, "outbox_oldest_seconds")

    assert (before or 0) >= 3600
    assert after == 0
    assert value("outbox_unpublished", service="evaluation") == 1
    assert value("outbox_refused_keys", service="evaluation") == 1


def _deferred(**columns: Any) -> HeldRecord:
    return HeldRecord(
        event_id=new_id(),
        status="DEFERRED",
        reason="not_yet",
        topic="bangkom.training",
        partition=0,
        offset=1,
        key="kunci-1",
        headers=[],
        value_sha256=b"",
        timestamp_ms=0,
        **columns,
    )


async def test_servers_that_do_not_answer_are_figures_too(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overview() -> HomeView:
        return HomeView(agency="medan", services=())

    monkeypatch.chdir(tmp_path)
    database = await make_database(service="mentoring", lineages=SERVICE.lineages)
    away = Database("postgresql+asyncpg://127.0.0.1:1/nowhere", database.origin)
    log = EmbeddedTransport("postgresql://127.0.0.1:1/nowhere")
    given = Resources(settings=settings_for(), database=database, identity=database, transport=log, overview=overview)

    told = []
    for each in (database, away):
        await Node(SERVICE, replace(given, database=each)).refresh()
        told.append(value("database_answers", service="mentoring"))

    assert told == [1, 0]
    assert value("log_answers", service="mentoring") == 0
