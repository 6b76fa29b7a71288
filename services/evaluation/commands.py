"""What evaluation concludes, and the follow-ups that open and close with it. Nothing commits here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation import domain, queries
from services.evaluation.domain import Case, ClosingReason, Enrolment, Evaluation, FollowUp, Standing
from services.evaluation.rules import LEARNING_OF_PERSON
from services.evaluation.tables import (
    EnrolmentRow,
    EvaluationRow,
    FollowUpRow,
    enrolment_values,
    evaluation_values,
    follow_up_values,
)
from shared import clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.events.evaluation import EvaluationConcluded, FollowUpClosed, FollowUpOpened
from shared.ids import new_id

Causes = Mapping[UUID, Received[Any]]
"""The event that changed each enrolment."""

REPLACE_ENROLMENT = (
    "ON CONFLICT (id) DO UPDATE SET need_ids = excluded.need_ids, pre_score = excluded.pre_score,"
    " post_score = excluded.post_score, max_score = excluded.max_score, outcome = excluded.outcome,"
    " competency = excluded.competency, pass_mark = excluded.pass_mark, end_date = excluded.end_date"
)
REPLACE_EVALUATION = (
    "ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict, figure = excluded.figure, gain = excluded.gain,"
    " rule = excluded.rule, rule_version = excluded.rule_version, concluded_at = excluded.concluded_at,"
    " follow_up_id = excluded.follow_up_id"
)
# Changes nothing in a follow-up that is open already, but locks it, so that it cannot close before the end.
JOIN_OPEN_FOLLOW_UP = (
    "ON CONFLICT (employee_id, competency, cycle) WHERE status = 'OPEN' DO UPDATE SET status = follow_ups.status"
)
LOCK_FOLLOW_UPS = text("SELECT id FROM follow_ups WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
CLOSE_WITHOUT_REASON = text(
    "UPDATE follow_ups f SET status = 'CLOSED', closed_at = :moment, closing_reason = :reason"
    " WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.status = 'OPEN'"
    " AND NOT EXISTS (SELECT 1 FROM evaluations e WHERE e.follow_up_id = f.id)"
    " RETURNING f.id, f.employee_id, f.competency, f.cycle, f.round"
)


async def keep_enrolments(session: AsyncSession, enrolments: Iterable[Enrolment]) -> None:
    """Write down what is now known of these enrolments."""
    await insert_rows(session, EnrolmentRow, [enrolment_values(e) for e in enrolments], REPLACE_ENROLMENT)


async def conclude_learning(session: AsyncSession, enrolments: Sequence[Enrolment], causes: Causes) -> None:
    """Conclude level 2 for those that are completed, anew where a correction changes what stood before."""
    before = await queries.standings(session, [e.id for e in enrolments if e.completion], domain.LEARNING)
    judged = (domain.evaluate(e, before.get(e.id), LEARNING_OF_PERSON, new_id()) for e in enrolments)
    changed = [evaluation for evaluation in judged if evaluation is not None]
    if not changed:
        return
    changed = await _give_follow_ups(session, changed, causes)
    await insert_rows(session, EvaluationRow, await _rows(session, changed), REPLACE_EVALUATION)
    for evaluation in changed:
        outbox.record(session, _evaluation_concluded(evaluation), caused_by=causes[evaluation.enrolment.id])
    await _close_follow_ups(session, _let_go(changed, before), causes)


async def _give_follow_ups(
    session: AsyncSession, evaluations: Sequence[Evaluation], causes: Causes
) -> list[Evaluation]:
    """Give each failed evaluation the follow-up of its case: the one that is open already, or a new one."""
    planned = await _plan(session, evaluations)
    if not planned:
        return list(evaluations)
    moment = await clock.now(session)
    # In one order: workers that meet at the same cases wait in a row and not in a circle.
    rows = [follow_up_values(planned[case], moment) for case in sorted(planned)]
    await insert_rows(session, FollowUpRow, rows, JOIN_OPEN_FOLLOW_UP)
    open_ids = await queries.open_follow_up_ids(session, planned)
    for case, follow_up in planned.items():
        if open_ids[case] == follow_up.id:
            cause = causes[follow_up.evaluation.enrolment.id]
            outbox.record(session, _follow_up_opened(follow_up), caused_by=cause)
    return [replace(e, follow_up_id=open_ids[e.case]) if e.needs_follow_up else e for e in evaluations]


async def _plan(session: AsyncSession, evaluations: Sequence[Evaluation]) -> dict[Case, FollowUp]:
    today = await clock.today(session)
    planned: dict[Case, FollowUp] = {}
    for evaluation in evaluations:
        if evaluation.needs_follow_up and evaluation.case not in planned:
            planned[evaluation.case] = domain.plan_follow_up(evaluation, LEARNING_OF_PERSON, today, new_id())
    return planned


def _let_go(evaluations: Sequence[Evaluation], before: Mapping[UUID, Standing]) -> dict[UUID, Evaluation]:
    """The follow-ups that lost a reason, and the evaluation that was it."""
    found: dict[UUID, Evaluation] = {}
    for evaluation in evaluations:
        standing = before.get(evaluation.enrolment.id)
        if standing and standing.follow_up_id and evaluation.follow_up_id is None:
            found[standing.follow_up_id] = evaluation
    return found


async def _close_follow_ups(session: AsyncSession, let_go: Mapping[UUID, Evaluation], causes: Causes) -> None:
    """Close those that no evaluation is a reason of any more."""
    if not let_go:
        return
    ids = sorted(let_go)
    # Locked by a statement of its own: only one that begins after the lock sees a reason that was just added.
    await session.execute(LOCK_FOLLOW_UPS, {"ids": ids})
    moment = await clock.now(session)
    closed = await session.execute(
        CLOSE_WITHOUT_REASON, {"ids": ids, "moment": moment, "reason": ClosingReason.CORRECTED.value}
    )
    for row in closed:
        cause = causes[let_go[row.id].enrolment.id]
        outbox.record(session, _follow_up_closed(row), caused_by=cause)


async def _rows(session: AsyncSession, evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    moment = await clock.now(session)
    return [evaluation_values(evaluation, moment) for evaluation in evaluations]


def _evaluation_concluded(evaluation: Evaluation) -> EvaluationConcluded:
    conclusion = evaluation.conclusion
    return EvaluationConcluded(
        evaluation_id=evaluation.id,
        enrolment_id=evaluation.enrolment.id,
        class_id=evaluation.enrolment.class_id,
        program_id=evaluation.enrolment.program_id,
        employee_id=evaluation.enrolment.employee_id,
        competency=evaluation.completion.competency,
        level=domain.LEARNING,
        verdict=conclusion.verdict.value,
        figure=conclusion.figure,
        gain=conclusion.gain,
        rule=conclusion.rule,
        rule_version=conclusion.rule_version,
    )


def _follow_up_opened(follow_up: FollowUp) -> FollowUpOpened:
    evaluation = follow_up.evaluation
    return FollowUpOpened(
        follow_up_id=follow_up.id,
        evaluation_id=evaluation.id,
        **evaluation.case._asdict(),
        round=follow_up.round,
        kind=follow_up.plan.kind,
        cause=follow_up.plan.cause,
        target=follow_up.plan.target.value,
        due_date=follow_up.due_date,
        rule=evaluation.conclusion.rule,
        rule_version=evaluation.conclusion.rule_version,
        need_ids=evaluation.enrolment.need_ids,
    )


def _follow_up_closed(row: Row[Any]) -> FollowUpClosed:
    return FollowUpClosed(
        follow_up_id=row.id,
        employee_id=row.employee_id,
        competency=row.competency,
        cycle=row.cycle,
        round=row.round,
        reason=ClosingReason.CORRECTED.value,
    )
