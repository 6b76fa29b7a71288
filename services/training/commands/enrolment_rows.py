"""How many seats are told apart by their classes, and written back in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import Enrolment
from services.training.tables import enrolment_values

UPDATE_ENROLMENTS = text(
    "UPDATE enrolments e SET status = n.status, pre_score = n.pre_score, post_score = n.post_score,"
    " max_score = n.max_score, attendance_percent = n.attendance_percent, missed = n.missed,"
    " cancellation = n.cancellation, application = n.application, promised_on = n.promised_on"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:status AS text[]), CAST(:pre_score AS int[]),"
    "  CAST(:post_score AS int[]), CAST(:max_score AS int[]), CAST(:attendance_percent AS int[]),"
    "  CAST(:missed AS text[]), CAST(:cancellation AS text[]), CAST(:application AS text[]),"
    "  CAST(:promised_on AS date[]))"
    " AS n(id, status, pre_score, post_score, max_score, attendance_percent, missed, cancellation, application,"
    "  promised_on) WHERE e.id = n.id"
)
UPDATED = (
    "id",
    "status",
    "pre_score",
    "post_score",
    "max_score",
    "attendance_percent",
    "missed",
    "cancellation",
    "application",
    "promised_on",
)


def of_classes(seated: Mapping[UUID, Enrolment]) -> dict[UUID, dict[UUID, Enrolment]]:
    """Seats by class, and therein by id."""
    found: dict[UUID, dict[UUID, Enrolment]] = defaultdict(dict)
    for enrolment_id, enrolment in seated.items():
        found[enrolment.class_id][enrolment_id] = enrolment
    return found


async def keep_enrolments(session: AsyncSession, enrolments: Sequence[Enrolment]) -> None:
    """Write down what changed in seats whose class the caller holds the lock of."""
    if enrolments:
        rows = [enrolment_values(enrolment) for enrolment in enrolments]
        await session.execute(UPDATE_ENROLMENTS, {name: [row[name] for row in rows] for name in UPDATED})
