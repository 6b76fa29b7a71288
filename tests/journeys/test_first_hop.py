"""A completed training becomes a verdict, and a verdict what has to follow: in both ways to run Bangkom."""

from __future__ import annotations

import random

from tests.journeys.first_hop import (
    Participant,
    check_causes,
    check_exactly_once,
    concluded,
    employee_ids,
    hold_class,
    import_people,
)
from tests.journeys.installations import Installation

DIRECTORIES = {
    "directory_employees": "id, name, employee_number, unit_id, position_id, superior_id, valid_from",
    "directory_units": "id, code, name, parent_id, unit_type",
    "directory_positions": "id, title, job_kind, position_class",
}


async def test_first_hop_happens_exactly_once(installation: Installation) -> None:
    await installation.start()
    await import_people(installation)
    for table, columns in DIRECTORIES.items():
        wanted = await installation.rows("needs", f"SELECT {columns} FROM {table} ORDER BY id")
        for service in ("training", "mentoring", "evaluation"):
            assert await installation.rows(service, f"SELECT {columns} FROM {table} ORDER BY id") == wanted, service
    employees = await employee_ids(installation, 40)
    scores = random.Random(3)
    participants = [
        Participant(
            employee_id=employee,
            pre_score=scores.choice([None, scores.randint(0, 100)]),
            post_score=scores.choice([None, *(scores.randint(40, 100) for _ in range(5))]),
        )
        for employee in employees
    ]

    enrolments = await hold_class(installation, "BIMTEK-LAYANAN", participants)

    await concluded(installation, len(participants))
    await check_exactly_once(installation, dict(zip(enrolments, participants, strict=True)))
    await check_causes(installation)
