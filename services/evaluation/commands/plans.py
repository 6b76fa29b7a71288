"""What people decide about follow-ups: confirm, decline, report a task done, close one that cannot be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import follow_ups, reviews
from services.evaluation.commands.causes import BY_ITSELF, tell
from services.evaluation.domain.evaluations import Activity, ActivityKind
from services.evaluation.domain.follow_ups import Action, ClosingReason, FollowUp, Step, Turn
from services.evaluation.domain.rules import Target
from services.evaluation.queries import follow_ups as queries
from services.evaluation.queries import people as directory
from services.evaluation.tables import FollowUpRow
from shared import audit, clock
from shared.errors import Conflict, NotAllowed, NotFound
from shared.events.evaluation import FollowUpConfirmed, FollowUpDone
from shared.identity.actor import Actor, Role

NONE_SUCH = "Tindak lanjut ini tidak ada."
GUIDED = frozenset({Target.COACHING, Target.SUPERIOR})


async def confirm(session: AsyncSession, actor: Actor, targets: Mapping[UUID, Target | None]) -> list[FollowUpRow]:
    """Confirm follow-ups, so that they may begin (UU 27/2022: no plan by a machine alone); all of them or none.

    A target other than the rule's may be chosen between class and mentor. Nobody confirms a follow-up about themselves.
    """
    known = await _known(session, targets)
    _require_no_own_case(actor, known.values())
    today = await clock.today(session)
    around = await directory.neighbourhood(session, {each.case.employee_id for each in known.values()}, today)
    confirmed = []
    for follow_up_id, target in targets.items():
        follow_up = known[follow_up_id]
        guided = (target or follow_up.plan.target) in GUIDED
        guide_id = around.superior_of(follow_up.case.employee_id) if guided else None
        confirmed.append(follow_up.confirmed(target, guide_id))
    await follow_ups.write(session, confirmed)
    for follow_up in confirmed:
        tell(session, _confirmed(follow_up), None, follow_up.need_ids)
        details = {"target": follow_up.plan.target.value}
        audit.record(session, actor, "confirm_follow_up", "follow_up", follow_up.id, details)
    return await queries.rows_by_ids(session, targets)


async def decline(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> FollowUpRow:
    """Decline a follow-up that a rule opened: it does not fit the person or the case."""
    return await _end(session, actor, follow_up_id, Action.DECLINE, ClosingReason.DECLINED)


async def give_up(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> FollowUpRow:
    """Close a follow-up whose effect cannot be evaluated, as when no superior answers."""
    return await _end(session, actor, follow_up_id, Action.GIVE_UP, ClosingReason.NOT_EVALUABLE)


async def report_done(session: AsyncSession, actor: Actor, follow_up_id: UUID) -> FollowUpRow:
    """The superior (or an analyst) reports the task of a follow-up done; its effect is reviewed like any activity."""
    known = await _known(session, [follow_up_id])
    follow_up = known[follow_up_id]
    if Role.ANALYST not in actor.roles and not await queries.is_for(session, actor, follow_up_id):
        raise NotFound(NONE_SUCH)
    _require_no_own_case(actor, [follow_up])
    if follow_up.plan.target is not Target.SUPERIOR:
        raise Conflict("Hanya tugas atasan yang dilaporkan selesai di sini; yang lain selesai di layanan pelaksananya.")
    done = follow_up.after(Action.FINISH)
    await follow_ups.write(session, [done])
    today = await clock.today(session)
    activity = Activity(
        kind=ActivityKind.TASK,
        id=done.id,
        employee_id=done.case.employee_id,
        competency=done.case.competency,
        end_date=today,
        need_ids=done.need_ids,
        follow_up_id=done.id,
    )
    await reviews.plan_reviews(session, [activity])
    event = FollowUpDone(
        follow_up_id=done.id,
        **done.case._asdict(),
        round=done.round,
        done_on=today,
        evaluate_from=reviews.due_date_of(activity),
    )
    tell(session, event, None, done.need_ids)
    audit.record(session, actor, "report_follow_up_done", "follow_up", done.id)
    return (await queries.rows_by_ids(session, [done.id]))[0]


async def _end(
    session: AsyncSession, actor: Actor, follow_up_id: UUID, action: Action, reason: ClosingReason
) -> FollowUpRow:
    known = await _known(session, [follow_up_id])
    _require_no_own_case(actor, known.values())
    ended = known[follow_up_id].after(action).closed(reason)
    await follow_ups.write(session, [ended])
    step = Step(turn=Turn.CLOSED, follow_up=ended, activity_id=ended.id)
    follow_ups.tell_step(session, step, BY_ITSELF)
    audit.record(session, actor, "close_follow_up", "follow_up", ended.id, {"reason": reason.value})
    return (await queries.rows_by_ids(session, [ended.id]))[0]


async def _known(session: AsyncSession, ids: Mapping[UUID, object] | list[UUID]) -> dict[UUID, FollowUp]:
    known = await queries.locked(session, list(ids))
    if len(known) < len(ids):
        raise NotFound(NONE_SUCH)
    return known


def _require_no_own_case(actor: Actor, decided: Iterable[FollowUp]) -> None:
    """Raise NotAllowed when somebody decides on what is about themselves, whatever their role."""
    if any(each.case.employee_id == actor.employee_id for each in decided):
        raise NotAllowed("Tindak lanjut tentang diri sendiri diputuskan oleh orang lain.")


def _confirmed(follow_up: FollowUp) -> FollowUpConfirmed:
    return FollowUpConfirmed(
        follow_up_id=follow_up.id,
        **follow_up.case._asdict(),
        round=follow_up.round,
        kind=follow_up.plan.kind,
        cause=follow_up.plan.cause,
        target=follow_up.plan.target.value,
        guide_id=follow_up.guide_id,
        due_date=follow_up.due_date,
        need_ids=follow_up.need_ids,
    )
