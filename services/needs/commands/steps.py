"""Steps of needs: written down, told, and followed by the items of the plan that hang on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.domain.needs import Need, NeedStatus, Reason
from services.needs.domain.plan import ItemStatus, PlanItem, WithdrawalReason
from services.needs.queries import plan as plan_reads
from services.needs.tables import NeedStepRow, PlanItemRow
from services.needs.tables.plan import item_values
from shared import clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import Conflict
from shared.events.contract import Event
from shared.events.needs import (
    NeedClosed,
    NeedRejected,
    NeedReturned,
    NeedStandardChanged,
    NeedValidated,
    NeedVerified,
    PlanItemWithdrawn,
)
from shared.identity.actor import SYSTEM, Actor
from shared.ids import new_id

Cause = Received[Any] | None

_WRITE_NEEDS = text(
    "UPDATE needs SET status = n.status, reason = n.reason, standard_level = n.standard_level, unit_id = n.unit_id,"
    " position_id = n.position_id, closing_assessment_id = n.assessment_id, closing_level = n.level,"
    " changed_at = :moment"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:reasons AS text[]),"
    " CAST(:standards AS integer[]), CAST(:units AS uuid[]), CAST(:positions AS uuid[]),"
    " CAST(:assessments AS uuid[]), CAST(:levels AS integer[]))"
    " AS n(id, status, reason, standard_level, unit_id, position_id, assessment_id, level) WHERE needs.id = n.id"
)
_END_ITEMS = text(
    "UPDATE plan_items SET status = i.status, reason = i.reason, changed_at = :moment"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:reasons AS text[])) AS i(id, status, reason)"
    " WHERE plan_items.id = i.id"
)
WRITE_ITEMS = (
    "ON CONFLICT (id) DO UPDATE SET form = excluded.form, program = excluded.program, provider = excluded.provider,"
    " scheduled_from = excluded.scheduled_from, scheduled_to = excluded.scheduled_to,"
    " learning_hours = excluded.learning_hours, fits_curriculum = excluded.fits_curriculum, cost = excluded.cost,"
    " funding_source = excluded.funding_source, status = excluded.status, decree_id = excluded.decree_id,"
    " reason = excluded.reason, changed_at = excluded.changed_at"
)
_OF_PERSON = {
    Reason.POSITION_CHANGED: WithdrawalReason.POSITION_CHANGED,
    Reason.EMPLOYEE_AWAY: WithdrawalReason.EMPLOYEE_AWAY,
    Reason.EMPLOYEE_LEFT: WithdrawalReason.EMPLOYEE_LEFT,
}
# A need that is validated because its item was withdrawn is not validated anew; what is planned, the item tells.
_EVENTS: Mapping[tuple[NeedStatus | None, NeedStatus], type[Event]] = {
    (None, NeedStatus.VERIFIED): NeedVerified,
    (None, NeedStatus.RETURNED): NeedReturned,
    (NeedStatus.VERIFIED, NeedStatus.VALIDATED): NeedValidated,
    (None, NeedStatus.REJECTED): NeedRejected,
    (None, NeedStatus.CLOSED): NeedClosed,
}
_KEEPS_ITEM = frozenset({NeedStatus.VALIDATED, NeedStatus.PLANNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A need before and after what happened to it; fulfilled: by what came of its item of the plan."""

    before: Need
    after: Need
    cause: Cause = None
    on_behalf_of: UUID | None = None
    fulfilled: bool = False

    @property
    def moved(self) -> bool:
        """Whether the need stands elsewhere now."""
        return self.before.status is not self.after.status


async def take_steps(session: AsyncSession, steps: Iterable[Step], actor: Actor = SYSTEM) -> None:
    """Write steps of locked needs, tell of them, and let go of the items of needs that are not planned any more."""
    changed = [step for step in steps if step.after != step.before]
    if not changed:
        return
    moment = await clock.now(session)
    needs = [step.after for step in changed]
    columns = {
        "ids": [need.id for need in needs],
        "statuses": [need.status.value for need in needs],
        "reasons": [need.reason.value if need.reason else None for need in needs],
        "standards": [need.standard_level for need in needs],
        "units": [need.unit_id for need in needs],
        "positions": [need.position_id for need in needs],
        "assessments": [need.closing_assessment_id for need in needs],
        "levels": [need.closing_level for need in needs],
    }
    await session.execute(_WRITE_NEEDS, {**columns, "moment": moment})
    for step in changed:
        if step.after.standard_level != step.before.standard_level:
            _tell_of_standard(session, step)
    moved = [step for step in changed if step.moved]
    await note_steps(session, moved, actor)
    for step in moved:
        _tell(session, step)
    await _let_go_of_items(session, [step for step in moved if step.after.status not in _KEEPS_ITEM])


async def note_steps(session: AsyncSession, steps: Sequence[Step], actor: Actor) -> None:
    """Write down who brought needs where they stand."""
    moment = await clock.now(session)
    rows = [
        {
            "id": new_id(),
            "need_id": step.after.id,
            "status": step.after.status.value,
            "reason": step.after.reason.value if step.after.reason else None,
            "taken_at": moment,
            "actor_id": actor.id,
            "on_behalf_of": step.on_behalf_of,
        }
        for step in steps
    ]
    await insert_rows(session, NeedStepRow, rows)


async def write_items(session: AsyncSession, items: Iterable[PlanItem]) -> None:
    """Write items, new or changed."""
    moment = await clock.now(session)
    await insert_rows(session, PlanItemRow, [item_values(item, moment) for item in items], WRITE_ITEMS)


def tell_of_withdrawal(session: AsyncSession, item: PlanItem, cause: Cause = None) -> None:
    """Tell that a fixed item will not be carried out."""
    if item.reason is None:
        raise Conflict("Butir rencana ini tidak ditarik.")
    event = PlanItemWithdrawn(
        plan_item_id=item.id, need_id=item.need_id, employee_id=item.employee_id, reason=item.reason.value
    )
    outbox.record(session, event, caused_by=cause, correlation=item.need_id)


async def _let_go_of_items(session: AsyncSession, steps: Sequence[Step]) -> None:
    if not steps:
        return
    items = await plan_reads.active_items_of_needs(session, [step.after.id for step in steps])
    after: list[PlanItem] = []
    for step in steps:
        if item := items.get(step.after.id):
            fixed = item.status is ItemStatus.APPROVED
            # What was not fixed yet has not been carried out: an earlier item has met the need.
            after.append(item.fulfil() if step.fulfilled and fixed else item.withdraw(_why(step.after)))
            if fixed and not step.fulfilled:
                tell_of_withdrawal(session, after[-1], step.cause)
    await _end_items(session, after)


async def _end_items(session: AsyncSession, items: Sequence[PlanItem]) -> None:
    if items:
        columns = {
            "ids": [item.id for item in items],
            "statuses": [item.status.value for item in items],
            "reasons": [item.reason.value if item.reason else None for item in items],
        }
        await session.execute(_END_ITEMS, {**columns, "moment": await clock.now(session)})


def _why(need: Need) -> WithdrawalReason:
    if need.reason in _OF_PERSON:
        return _OF_PERSON[need.reason]
    return WithdrawalReason.NEED_MET if need.status is NeedStatus.CLOSED else WithdrawalReason.NEED_RETURNED


def _tell_of_standard(session: AsyncSession, step: Step) -> None:
    need = step.after
    event = NeedStandardChanged(
        need_id=need.id,
        employee_id=need.employee_id,
        competency=need.competency,
        cycle=need.cycle,
        standard_level=need.standard_level,
    )
    outbox.record(session, event, caused_by=step.cause, correlation=need.id)


def _tell(session: AsyncSession, step: Step) -> None:
    need = step.after
    contract = _EVENTS.get((step.before.status, need.status)) or _EVENTS.get((None, need.status))
    if contract is None:
        return
    event = contract.model_validate(
        {
            "need_id": need.id,
            "employee_id": need.employee_id,
            "competency": need.competency,
            "cycle": need.cycle,
            "reason": need.reason,
            "level": need.closing_level,
            "assessment_id": need.closing_assessment_id,
        }
    )
    outbox.record(session, event, caused_by=step.cause, correlation=need.id)
