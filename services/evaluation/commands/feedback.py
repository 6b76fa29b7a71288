"""Level 1, and level 2 of whole classes: participants are asked as they finish, the class is judged days later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands.days import CONCLUDE_CLASSES, schedule_days
from services.evaluation.domain.behaviour import Role
from services.evaluation.domain.evaluations import Activity
from services.evaluation.domain.learning import ClassFinding, conclude_class
from services.evaluation.domain.reaction import conclude_reaction, months_before
from services.evaluation.queries import evaluations as queries
from services.evaluation.rules import LEARNING_OF_CLASS, REACTION_OF_CLASS
from services.evaluation.tables import ClassFindingRow, ClassRow, FormRow, FormStatus
from shared import clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.events.evaluation import ProgramRevisionRequested
from shared.ids import new_id

AT_ONCE = 500
"""Classes judged in one transaction; the rest follows in the next."""

KEEP_CLASS = (
    "ON CONFLICT (id) DO UPDATE SET feedback_until = coalesce(classes.feedback_until, excluded.feedback_until),"
    " end_date = excluded.end_date"
)
UNTIL = text("SELECT id, feedback_until FROM classes WHERE id = ANY(CAST(:ids AS uuid[]))")
ASK_AGAIN = "ON CONFLICT (class_id, respondent_id) DO UPDATE SET status = 'OPEN' WHERE forms.status = 'DROPPED'"
DROP = text(
    "UPDATE forms f SET status = 'DROPPED' FROM unnest(CAST(:classes AS uuid[]), CAST(:people AS uuid[]))"
    " AS d(class_id, person) WHERE f.class_id = d.class_id AND f.respondent_id = d.person AND f.status = 'OPEN'"
)
EXPIRE = text("UPDATE forms SET status = 'EXPIRED' WHERE class_id = ANY(CAST(:ids AS uuid[])) AND status = 'OPEN'")
SET_CONCLUDED = text("UPDATE classes SET concluded_at = :moment WHERE id = ANY(CAST(:ids AS uuid[]))")


async def ask_participants(session: AsyncSession, activities: Sequence[Activity]) -> None:
    """Send a form about the class to each who completed it."""
    seats = sorted((a for a in activities if a.class_id and a.program_id), key=lambda a: (str(a.class_id), a.id))
    if not seats:
        return
    today, moment = await clock.today(session), await clock.now(session)
    last_days = {
        seat.class_id: today + timedelta(days=REACTION_OF_CLASS.in_force_on(seat.end_date).answer_within_days)
        for seat in seats
    }
    classes = {seat.class_id: _class(seat, last_days[seat.class_id]) for seat in seats}
    await insert_rows(session, ClassRow, list(classes.values()), KEEP_CLASS)
    # The first who finished set the day for all: a form that comes later ends with the others.
    until = {row.id: row.feedback_until for row in await session.execute(UNTIL, {"ids": list(classes)})}
    forms = [
        {
            "id": new_id(),
            "role": Role.PARTICIPANT,
            "respondent_id": seat.employee_id,
            "subject_id": seat.employee_id,
            "class_id": seat.class_id,
            "status": FormStatus.OPEN,
            "answer_by": until[seat.class_id],
            "opened_at": moment,
        }
        for seat in seats
        if until[seat.class_id] >= today
    ]
    await insert_rows(session, FormRow, forms, ASK_AGAIN)
    await schedule_days(session, CONCLUDE_CLASSES, {day + timedelta(days=1) for day in until.values()})


async def drop_forms(session: AsyncSession, activities: Sequence[Activity]) -> None:
    """Take the forms back from those who did not complete the class after all."""
    if activities:
        given = {"classes": [a.class_id for a in activities], "people": [a.employee_id for a in activities]}
        await session.execute(DROP, given)


async def conclude_classes(session: AsyncSession) -> None:
    """Judge the classes whose participants have had their say; weak ones call for a revision of the programme."""
    today = await clock.today(session)
    classes = await queries.classes_to_conclude(session, today, AT_ONCE)
    if not classes:
        return
    ids = [row.id for row in classes]
    moment = await clock.now(session)
    found: list[tuple[ClassRow, ClassFinding]] = []
    reactions, scores = await queries.reactions(session, ids), await queries.scores_of_classes(session, ids)
    for row in classes:
        found.append((row, await _reaction(session, row, reactions.get(row.id, []))))
        found.append((row, conclude_class(scores.get(row.id, []), row.end_date, LEARNING_OF_CLASS)))
    await insert_rows(session, ClassFindingRow, [_row(row, f) | {"concluded_at": moment} for row, f in found])
    await session.execute(EXPIRE, {"ids": ids})
    await session.execute(SET_CONCLUDED, {"ids": ids, "moment": moment})
    for row, finding in found:
        if finding.calls_for_revision:
            _request_revision(session, row, finding)
    if len(classes) == AT_ONCE:
        await schedule_days(session, CONCLUDE_CLASSES, [today])


async def _reaction(session: AsyncSession, row: ClassRow, own: Sequence[dict[str, int]]) -> ClassFinding:
    version = REACTION_OF_CLASS.in_force_on(row.end_date)
    pool: Sequence[dict[str, int]] = ()
    if len(own) < version.minimum_answers:
        pool = await queries.pool_of(session, row, months_before(row.end_date, version.pool_months))
    return conclude_reaction(own, pool, row.end_date, REACTION_OF_CLASS)


def _request_revision(session: AsyncSession, row: ClassRow, finding: ClassFinding) -> None:
    event = ProgramRevisionRequested(
        program_id=row.program_id,
        class_id=row.id,
        rule=finding.rule,
        rule_version=finding.rule_version,
        figure=finding.figure if finding.figure is not None else Decimal(0),
    )
    outbox.record(session, event, correlation=row.id)


def _class(seat: Activity, feedback_until: object) -> dict[str, object]:
    return {
        "id": seat.class_id,
        "program_id": seat.program_id,
        "end_date": seat.end_date,
        "feedback_until": feedback_until,
    }


def _row(row: ClassRow, finding: ClassFinding) -> dict[str, object]:
    return {
        "class_id": row.id,
        "level": finding.level,
        "program_id": row.program_id,
        "count": finding.count,
        "verdict": finding.verdict,
        "figure": finding.figure,
        "low_share": finding.low_share,
        "pooled": finding.pooled,
        "rule": finding.rule,
        "rule_version": finding.rule_version,
        "items": None if finding.items is None else orjson.dumps(finding.items).decode(),
    }
