"""Follow-ups: what evaluations make of them, and what their receivers report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import absences
from services.evaluation.commands.causes import BY_ITSELF, Causes, tell
from services.evaluation.domain.evaluations import ActivityKind, Case, Evaluation
from services.evaluation.domain.follow_ups import Action, CaseFile, ClosingReason, FollowUp, FollowUpStatus, Step, Turn
from services.evaluation.domain.rules import Target
from services.evaluation.queries import follow_ups as queries
from services.evaluation.rules import ROUNDS
from services.evaluation.tables import EvaluationRow, FollowUpRow, evaluation_values, follow_up_values
from shared import clock
from shared.db import insert_rows
from shared.events.evaluation import (
    EvaluationConcluded,
    FollowUpClosed,
    FollowUpDone,
    FollowUpEscalated,
    FollowUpOpened,
)
from shared.ids import new_id

WITH_A_GUIDE = frozenset({Target.MENTORING, Target.COACHING})
UNDER_WAY = frozenset({FollowUpStatus.CONFIRMED, FollowUpStatus.ACCEPTED})
STILL_BELOW = "STILL_BELOW_STANDARD"

REPLACE_EVALUATION = (
    "ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict, figure = excluded.figure, gain = excluded.gain,"
    " signal = excluded.signal, rule = excluded.rule, rule_version = excluded.rule_version,"
    " concluded_at = excluded.concluded_at, follow_up_id = excluded.follow_up_id"
)
REPLACE_FOLLOW_UP = (
    "ON CONFLICT (id) DO UPDATE SET signal = excluded.signal, target = excluded.target, guide_id = excluded.guide_id,"
    " status = excluded.status, changed_at = excluded.changed_at, closed_at = excluded.closed_at,"
    " closing_reason = excluded.closing_reason"
)
MOVE_REASONS = text(
    "UPDATE evaluations e SET follow_up_id = m.new"
    " FROM unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[])) AS m(old, new) WHERE e.follow_up_id = m.old"
)
WITHOUT_REASON = text(
    "SELECT id FROM unnest(CAST(:ids AS uuid[])) AS f(id)"
    " WHERE NOT EXISTS (SELECT 1 FROM evaluations e WHERE e.follow_up_id = f.id)"
)


async def settle(session: AsyncSession, evaluations: Sequence[Evaluation], causes: Causes) -> None:
    """Write down evaluations with the follow-ups they open, join, resolve or end, and tell of it all."""
    files = await _case_files(session, evaluations)
    settled = [_settle(each, files) for each in evaluations]
    opened_files = _distinct(files.values())
    moved = {old: new for file in opened_files for old, new in file.moved.items()}
    settled = [replace(each, follow_up_id=_final(each.follow_up_id, moved)) for each in settled]
    await write(session, [follow_up for file in opened_files for follow_up in file.changed.values()])
    await _move_reasons(session, moved)
    moment = await clock.now(session)
    await insert_rows(session, EvaluationRow, [evaluation_values(each, moment) for each in settled], REPLACE_EVALUATION)
    # What was found is told before what follows from it: journeys show both in this order.
    for each in settled:
        tell(session, _concluded(each), causes.get(each.activity.id), each.activity.need_ids)
    for file in opened_files:
        for step in file.steps:
            tell_step(session, step, causes)
    await _watch_absences(session, [step for file in opened_files for step in file.steps], causes)
    await _close_without_reason(session, opened_files, causes)


async def write(session: AsyncSession, follow_ups: Collection[FollowUp]) -> None:
    """Write follow-ups as they stand now: those that ended first, since a case has one active at a time."""
    moment = await clock.now(session)
    for active in (False, True):
        rows = [follow_up_values(each, moment) for each in follow_ups if each.is_active is active]
        await insert_rows(session, FollowUpRow, rows, REPLACE_FOLLOW_UP)


async def accepted(session: AsyncSession, causes: Causes) -> None:
    """A receiver has taken these follow-ups up."""
    await _advance(session, Action.ACCEPT, causes)


async def returned(session: AsyncSession, causes: Causes) -> None:
    """A receiver has let these go for now, and will take them up again."""
    await _advance(session, Action.RETURN, causes)


async def undone(session: AsyncSession, causes: Causes) -> None:
    """What was held to be done was not: a correction says so."""
    await _advance(session, Action.REOPEN, causes)


async def finished(session: AsyncSession, dates: Mapping[UUID, tuple[date, date]], causes: Causes) -> None:
    """What these follow-ups ordered was carried out: on which day, and from which day on its effect can be judged."""
    for follow_up in await _advance(session, Action.FINISH, {each: causes.get(each) for each in dates}):
        done_on, evaluate_from = dates[follow_up.id]
        event = FollowUpDone(**_names(follow_up), done_on=done_on, evaluate_from=evaluate_from)
        tell(session, event, causes.get(follow_up.id), follow_up.need_ids)


async def stopped(session: AsyncSession, causes: Causes) -> None:
    """Mentoring could not carry these out: each is closed, and another asks a person for a way, in its round."""
    known = await queries.locked(session, causes.keys())
    today = await clock.today(session)
    steps, moved = [], {}
    for each in known.values():
        if each.plan.target not in WITH_A_GUIDE or each.status not in UNDER_WAY:
            continue
        closed, again = each.closed(ClosingReason.STOPPED), each.reopened(new_id(), today)
        moved[closed.id] = again.id
        steps += [
            Step(turn=Turn.CLOSED, follow_up=closed, activity_id=each.id),
            Step(turn=Turn.OPENED, follow_up=again, activity_id=each.id),
        ]
    await _take_steps(session, steps, causes)
    await _move_reasons(session, moved)


async def closed_as_away(session: AsyncSession, follow_up_ids: Collection[UUID]) -> None:
    """Let go of what was planned for people who are not at work any more."""
    known = await queries.locked(session, follow_up_ids)
    steps = [
        Step(
            turn=Turn.CLOSED,
            follow_up=each.closed(ClosingReason.EMPLOYEE_AWAY),
            activity_id=each.case.employee_id,
        )
        for each in known.values()
        if each.is_active
    ]
    await _take_steps(session, steps, BY_ITSELF)


async def _take_steps(session: AsyncSession, steps: Sequence[Step], causes: Causes) -> None:
    await write(session, [step.follow_up for step in steps])
    for step in steps:
        tell_step(session, step, causes)


async def _watch_absences(session: AsyncSession, steps: Sequence[Step], causes: Causes) -> None:
    """A follow-up may be opened for somebody who has left."""
    opened = {
        step.follow_up.case.employee_id: causes.get(step.activity_id) for step in steps if step.turn is Turn.OPENED
    }
    if heard := {person: cause for person, cause in opened.items() if cause is not None}:
        await absences.watch(session, heard)


async def _advance(session: AsyncSession, action: Action, causes: Mapping[UUID, Any]) -> list[FollowUp]:
    """Those among the follow-ups that the action is possible for, after it; a late report changes nothing."""
    if not causes:
        return []
    known = await queries.locked(session, causes.keys())
    changed = [each.after(action) for each in known.values() if each.may(action)]
    await write(session, changed)
    return changed


async def _case_files(session: AsyncSession, evaluations: Sequence[Evaluation]) -> dict[UUID, CaseFile]:
    """Evaluation → the file of its case, for those that touch a follow-up; the cases are locked."""
    touching = [e for e in evaluations if e.conclusion.signal or e.follow_up_id or e.activity.follow_up_id]
    if not touching:
        return {}
    ids = {each for e in touching for each in (e.follow_up_id, e.activity.follow_up_id) if each}
    named = await queries.by_ids(session, ids)
    cases = {e.id: _case_of(e, named) for e in touching}
    ordered = await queries.lock_cases(session, cases.values())
    known = await queries.by_ids(session, ids)
    standing = await queries.standing_in_the_way(session, ordered)
    today = await clock.today(session)
    files: dict[Case, CaseFile] = {}
    for e in touching:
        rounds = ROUNDS.in_force_on(e.activity.end_date).rounds
        if cases[e.id] not in files:
            files[cases[e.id]] = CaseFile(case=cases[e.id], rounds=rounds, today=today, new_id=new_id)
    for follow_up in [*known.values(), *standing]:
        if file := files.get(follow_up.case):
            file.take_in(follow_up)
    return {evaluation_id: files[case] for evaluation_id, case in cases.items()}


def _case_of(evaluation: Evaluation, named: Mapping[UUID, FollowUp]) -> Case:
    """What a follow-up ordered belongs to its case, in whichever year it ended."""
    ordering = named.get(evaluation.activity.follow_up_id) if evaluation.activity.follow_up_id else None
    attached = named.get(evaluation.follow_up_id) if evaluation.follow_up_id else None
    found = ordering or attached
    return found.case if found else evaluation.activity.case


def _settle(evaluation: Evaluation, files: Mapping[UUID, CaseFile]) -> Evaluation:
    file = files.get(evaluation.id)
    return file.settle(evaluation) if file else evaluation


async def _move_reasons(session: AsyncSession, moved: Mapping[UUID, UUID]) -> None:
    if moved:
        old = list(moved)
        await session.execute(MOVE_REASONS, {"old": old, "new": [_final(each, moved) for each in old]})


async def _close_without_reason(session: AsyncSession, files: Iterable[CaseFile], causes: Causes) -> None:
    """Close those that no evaluation is a reason of any more."""
    let_go = {follow_up_id: file for file in files for follow_up_id in file.let_go}
    if not let_go:
        return
    steps = []
    for follow_up_id in (await session.execute(WITHOUT_REASON, {"ids": sorted(let_go)})).scalars():
        file = let_go[follow_up_id]
        follow_up = file.known.get(follow_up_id)
        if follow_up is not None and follow_up.is_active:
            ended = follow_up.closed(ClosingReason.CORRECTED)
            steps.append(Step(turn=Turn.CLOSED, follow_up=ended, activity_id=file.let_go[follow_up_id]))
    await _take_steps(session, steps, causes)


def _final(follow_up_id: UUID | None, moved: Mapping[UUID, UUID]) -> UUID | None:
    while follow_up_id is not None and follow_up_id in moved:
        follow_up_id = moved[follow_up_id]
    return follow_up_id


def _distinct(files: Iterable[CaseFile]) -> list[CaseFile]:
    return list({id(file): file for file in files}.values())


def tell_step(session: AsyncSession, step: Step, causes: Causes) -> None:
    """Tell of one turn of a follow-up."""
    follow_up = step.follow_up
    event: FollowUpOpened | FollowUpClosed | FollowUpEscalated
    if step.turn is Turn.OPENED:
        event = _opened(follow_up)
    elif step.turn is Turn.CLOSED:
        assert follow_up.closing_reason is not None
        event = FollowUpClosed(**_names(follow_up), reason=follow_up.closing_reason.value)
    else:
        event = FollowUpEscalated(**_names(follow_up), reason=STILL_BELOW, need_ids=follow_up.need_ids)
    tell(session, event, causes.get(step.activity_id), follow_up.need_ids)


def _names(follow_up: FollowUp) -> dict[str, Any]:
    return {"follow_up_id": follow_up.id, **follow_up.case._asdict(), "round": follow_up.round}


def _opened(follow_up: FollowUp) -> FollowUpOpened:
    return FollowUpOpened(
        **_names(follow_up),
        evaluation_id=follow_up.evaluation_id,
        kind=follow_up.plan.kind,
        cause=follow_up.plan.cause,
        target=follow_up.plan.target.value,
        due_date=follow_up.due_date,
        rule=follow_up.rule,
        rule_version=follow_up.rule_version,
        need_ids=follow_up.need_ids,
    )


def _concluded(evaluation: Evaluation) -> EvaluationConcluded:
    activity, conclusion = evaluation.activity, evaluation.conclusion

    def of(kind: ActivityKind) -> UUID | None:
        return activity.id if activity.kind is kind else None

    return EvaluationConcluded(
        evaluation_id=evaluation.id,
        enrolment_id=of(ActivityKind.TRAINING),
        class_id=activity.class_id,
        program_id=activity.program_id,
        pair_id=of(ActivityKind.MENTORING),
        follow_up_id=of(ActivityKind.TASK),
        employee_id=activity.employee_id,
        competency=activity.competency,
        level=evaluation.level,
        verdict=conclusion.verdict.value,
        figure=conclusion.figure,
        gain=conclusion.gain,
        rule=conclusion.rule,
        rule_version=conclusion.rule_version,
    )
