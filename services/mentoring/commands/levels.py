"""What mentoring keeps of assessments: levels by person and competency, and the kinds of competencies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.tables import CompetencyRow, LevelRow
from shared.db import insert_rows
from shared.delivery.envelope import Received
from shared.events.needs import CompetencyAssessed
from shared.events.reference import CompetencyRecorded

REPLACE_LEVEL = (
    "ON CONFLICT (assessment_id, competency) DO UPDATE SET employee_id = excluded.employee_id,"
    " source = excluded.source, assessed_on = excluded.assessed_on, valid_until = excluded.valid_until,"
    " level = excluded.level"
)
NEWER_COMPETENCY = (
    "ON CONFLICT (id) DO UPDATE SET code = excluded.code, kind = excluded.kind, sequence = excluded.sequence"
    " WHERE competencies.sequence < excluded.sequence"
)


async def keep_levels(session: AsyncSession, assessments: Sequence[CompetencyAssessed]) -> None:
    """Keep every level of these assessments; one told again stands as told last."""
    rows = {
        (assessment.assessment_id, competency): {
            "assessment_id": assessment.assessment_id,
            "competency": competency,
            "employee_id": assessment.employee_id,
            "source": assessment.source,
            "assessed_on": assessment.assessed_on,
            "valid_until": assessment.valid_until,
            "level": level,
        }
        for assessment in assessments
        for competency, level in assessment.levels.items()
    }
    await insert_rows(session, LevelRow, [rows[key] for key in sorted(rows)], REPLACE_LEVEL)


async def keep_competencies(session: AsyncSession, events: Sequence[Received[CompetencyRecorded]]) -> None:
    """Keep the newest state of each competency."""
    rows = [
        {"id": event.subject, "code": event.data.code, "kind": event.data.kind, "sequence": event.sequence}
        for event in sorted(events, key=lambda event: event.subject.int)
        if event.payload is not None
    ]
    await insert_rows(session, CompetencyRow, rows, NEWER_COMPETENCY)
