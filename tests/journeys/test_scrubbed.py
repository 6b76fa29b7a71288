"""Names, employee numbers and addresses stay where they belong: no log, dead letter, metric or event repeats them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

import asyncpg
import httpx

from services.embedded import EVENTS
from shared.events.employees import EmployeeRecorded
from tests.conformance.logs import Foreign, cloud_event
from tests.journeys.first_hop import Participant, concluded, employee_ids, hold_class, import_people
from tests.journeys.installations import SERVICES, Embedded, Installation
from tests.waiting import wait_until

PERSONAL = "SELECT name, employee_number, coalesce(email, '') FROM employees"
HELD = "SELECT h::text || coalesce(encode(value, 'escape'), '') FROM held_records h"
TOLD = "SELECT headers::text || coalesce(encode(value, 'escape'), '') FROM outbox WHERE topic <> 'bangkom.employees'"
AUDITED = "SELECT a::text FROM audit_entries a"
EMPLOYEES = "SELECT convert_from(value, 'UTF8') FROM outbox WHERE topic = 'bangkom.employees'"


async def seeded_values(installation: Installation) -> set[str]:
    """What was imported of people, as far as it is long enough to be nothing else."""
    values = {value for row in await installation.rows("needs", PERSONAL) for value in row}
    return {value for value in values if len(value) > 8}


def repeated(values: Iterable[str], where: str) -> set[str]:
    return {value for value in values if value in where}


async def plant(installation: Embedded, *records: Foreign) -> None:
    """Write records straight into the event log, as somebody with access to it could."""
    connection = await asyncpg.connect(installation.dsn(EVENTS))
    try:
        for record in records:
            headers = json.dumps([(name, value and value.decode()) for name, value in record.headers])
            columns = (record.topic, record.key, headers, record.value)
            await connection.execute(
                "INSERT INTO event_log (topic, key, headers, value, timestamp_ms) VALUES ($1, $2, $3, $4, 0)", *columns
            )
    finally:
        await connection.close()


async def broken_records_of(installation: Embedded) -> list[Foreign]:
    """Records of real people that cannot be taken: cut off, of another shape, from an unknown agency."""
    rows = await installation.rows("needs", f"{EMPLOYEES} LIMIT 3")
    good = [cloud_event(EmployeeRecorded.model_validate_json(value)) for (value,) in rows]
    assert all(record.value for record in good)
    return [
        replace(good[0], value=(good[0].value or b"")[:-2]),
        replace(good[1], value=(good[1].value or b"").replace(b'"valid_from":', b'"valid_from":1,"since":')),
        replace(good[2], headers=[(n, b"kupang" if n == "ce_agency" else v) for n, v in good[2].headers]),
    ]


async def test_journey_repeats_no_personal_value_outside_the_directories(embedded: Embedded) -> None:
    await embedded.start()
    await import_people(embedded)
    values = await seeded_values(embedded)
    broken = await broken_records_of(embedded)
    await plant(embedded, *broken)
    employees = await employee_ids(embedded, 10)
    await hold_class(embedded, "BIMTEK", [Participant(employee_id=e, pre_score=20, post_score=50) for e in employees])
    await concluded(embedded, len(employees))
    # What people mistype is refused, and refusals are logged too.
    for value in sorted(values)[::100]:
        await embedded.call("POST", "/training/programs", {"code": value, "title": value, "name": value}, expected=422)
        await embedded.call("GET", f"/training/classes/{quote(value)}", expected=422)

    async def all_held() -> bool:
        held = [await embedded.rows(service, "SELECT 1 FROM held_records") for service in SERVICES]
        return sum(map(len, held)) >= len(broken) * len(SERVICES)

    await wait_until(all_held, within=30, description="the broken records are dead letters everywhere")
    told = await everything_told(embedded)
    archive = "".join(value for (value,) in await embedded.rows("needs", EMPLOYEES))

    assert repeated(values, archive) == values, "the search finds what is there"
    assert {place: found for place, text in told.items() if (found := repeated(values, text))} == {}


async def everything_told(installation: Embedded) -> dict[str, str]:
    """All that a running Bangkom says where anybody may read who may not read of people, by its place."""
    port = installation.settings("needs")["BANGKOM_OPS_PORT"]
    async with httpx.AsyncClient(trust_env=False) as client:
        told = {"figures": (await client.get(f"http://127.0.0.1:{port}/metrics")).text}
    told["log"] = installation.process.log.read_text(errors="replace")
    for service in SERVICES:
        for place, query in {"held": HELD, "outbox": TOLD, "audit": AUDITED}.items():
            told[f"{place} of {service}"] = "\n".join(row for (row,) in await installation.rows(service, query))
    (number,) = (await installation.rows("training", "SELECT id FROM held_records LIMIT 1"))[0]
    told["letter"] = installation.bangkom("dead-letters", "show", str(number), "--service", "training").stdout
    told["list"] = installation.bangkom("dead-letters", "list").stdout
    assert all(told[f"held of {service}"] for service in SERVICES)
    assert re.search(r"bangkom_held_records.* [1-9]", told["figures"])
    assert "event_parked" in told["log"]
    return told
