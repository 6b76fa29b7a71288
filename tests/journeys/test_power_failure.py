"""The embedded run is killed at any moment, with its PostgreSQL, and started again: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import httpx
import pytest

from tests.journeys.first_hop import (
    Participant,
    check_exactly_once,
    concluded,
    employee_ids,
    hold_class,
    import_people,
    program_of,
)
from tests.journeys.installations import Embedded
from tests.waiting import pause

KILLS = 4
CLASSES = 3
SEATS = 5


@pytest.mark.parametrize("seed", [7])
async def test_nothing_acknowledged_is_lost_when_the_power_fails(embedded: Embedded, seed: int) -> None:
    await embedded.start()
    await import_people(embedded)
    employees = await employee_ids(embedded, KILLS * CLASSES * SEATS)
    chance = random.Random(seed)
    expected: dict[str, Participant] = {}
    attempted = 0
    embedded.token("training")

    for _ in range(KILLS):
        power = asyncio.create_task(_power_fails(embedded, chance.uniform(0.05, 1.5)))
        for _ in range(CLASSES):
            participants = [
                Participant(employee_id=employees.pop(), pre_score=30, post_score=chance.randint(50, 90))
                for _ in range(SEATS)
            ]
            attempted += 1
            with suppress(httpx.TransportError):
                enrolments = await hold_class(embedded, f"PROGRAM-{attempted}", participants)
                expected.update(zip(enrolments, participants, strict=True))
        await power
        await embedded.start()

    closed = await embedded.rows(
        "training", "SELECT e.id::text FROM enrolments e JOIN classes c ON c.id = e.class_id WHERE c.status = 'CLOSED'"
    )
    assert {enrolment for (enrolment,) in closed} >= set(expected)
    last = [Participant(employee_id=each, pre_score=30, post_score=60) for each in await employee_ids(embedded, SEATS)]
    expected.update(zip(await hold_class(embedded, "PROGRAM-TERAKHIR", last), last, strict=True))
    unacknowledged = await _closed_without_answer(embedded, expected)
    expected.update(unacknowledged)
    await concluded(embedded, len(expected))
    await check_exactly_once(embedded, expected)


async def _power_fails(embedded: Embedded, after: float) -> None:
    await pause(after)
    await asyncio.to_thread(embedded.kill)


async def _closed_without_answer(embedded: Embedded, known: dict[str, Participant]) -> dict[str, Participant]:
    """Classes that were closed although the answer did not reach us: they count as well."""
    rows = await embedded.rows(
        "training",
        "SELECT e.id::text, e.employee_id::text, e.pre_score, e.post_score FROM enrolments e"
        " JOIN classes c ON c.id = e.class_id WHERE c.status = 'CLOSED'",
    )
    return {
        enrolment: Participant(employee_id=employee, pre_score=pre, post_score=post)
        for enrolment, employee, pre, post in rows
        if enrolment not in known
    }


async def test_second_start_on_one_folder_says_so_and_stops(embedded: Embedded) -> None:
    await embedded.start()

    second = embedded.command("needs", "run", expected=2)

    assert (
        second.stderr.strip()
        == f"Bangkom sudah berjalan di folder {embedded.folder / 'data'} (proses {embedded.process.pid})."
    )
    first = await embedded.ready("needs")
    assert first is not None
    assert first.status_code == 200


async def test_stop_ends_postgres_too_and_start_finds_everything(embedded: Embedded) -> None:
    await embedded.start()
    await embedded.call("POST", "/training/programs", program_of("BIMTEK"))

    assert await embedded.process.stop() == 0

    assert embedded.postgres.pid is None
    await embedded.start()
    listed = await embedded.call("GET", "/training/programs")
    assert [program["code"] for program in listed] == ["BIMTEK"]
