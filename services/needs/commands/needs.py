"""Verify, return, reject and validate needs in bulk: all of them or none; and follow changes of people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.commands.steps import Cause, Step, take_steps
from services.needs.domain.analysis import levels_of
from services.needs.domain.changes import PersonNow, after_change
from services.needs.domain.needs import Need, NeedStatus, Reason
from services.needs.queries import competencies as reads
from services.needs.queries import deputies as deputy_reads
from services.needs.queries import needs as need_reads
from shared import audit, clock
from shared.errors import NotAllowed
from shared.identity.actor import Actor, Role

_BEFORE_VALIDATION = frozenset({NeedStatus.IDENTIFIED, NeedStatus.RETURNED})
_MARK = text(
    "UPDATE needs SET review_since = m.since, review_follow_up_id = m.follow_up_id"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:follow_up_ids AS uuid[]), CAST(:moments AS timestamptz[]))"
    " AS m(id, follow_up_id, since) WHERE needs.id = m.id AND needs.review_since IS NULL"
)


async def verify_needs(session: AsyncSession, actor: Actor, need_ids: Collection[UUID]) -> None:
    """Confirm needs for the unit (AKPK, second stage): a superior decides; staff of the unit enter what the direct
    superior decided, and both are recorded.
    """
    needs = await need_reads.needs_to_decide(session, actor, need_ids, everywhere=False)
    deciders = await _deciders(session, actor, needs)
    await _decide(session, actor, needs, "verify_needs", lambda need: need.verify(actor.employee_id), deciders)


async def validate_needs(session: AsyncSession, actor: Actor, need_ids: Collection[UUID]) -> None:
    """Confirm verified needs for the agency (AKPK, third stage)."""
    needs = await need_reads.needs_to_decide(session, actor, need_ids, everywhere=True)
    await _decide(session, actor, needs, "validate_needs", lambda need: need.validate(actor.employee_id))


async def return_needs(session: AsyncSession, actor: Actor, need_ids: Collection[UUID], reason: Reason) -> None:
    """Give verified or validated needs back to the unit."""
    needs = await need_reads.needs_to_decide(session, actor, need_ids, everywhere=True)
    await _decide(session, actor, needs, "return_needs", lambda need: need.give_back(actor.employee_id, reason))


async def reject_needs(session: AsyncSession, actor: Actor, need_ids: Collection[UUID], reason: Reason) -> None:
    """Refuse needs: analysts at any stage before the plan, the unit before it has verified them."""
    analyst = Role.ANALYST in actor.roles
    needs = await need_reads.needs_to_decide(session, actor, need_ids, everywhere=analyst)
    deciders: Mapping[UUID, UUID | None] = {}
    if not analyst:
        deciders = await _deciders(session, actor, needs)
        if any(need.status not in _BEFORE_VALIDATION for need in needs):
            raise NotAllowed("Kebutuhan yang sudah diverifikasi hanya dapat ditolak oleh analis.")
    await _decide(session, actor, needs, "reject_needs", lambda need: need.reject(actor.employee_id, reason), deciders)


async def follow_people(session: AsyncSession, causes: Mapping[UUID, Cause], removed: Collection[UUID]) -> None:
    """Bring the open needs of people in line with where they now work; person → the event that tells of the change."""
    needs = await need_reads.open_needs_for_update(session, causes)
    if not needs:
        return
    now = await _people_now(session, {need.employee_id for need in needs})
    steps = [
        Step(before=need, after=after_change(need, now.get(need.employee_id)), cause=causes[need.employee_id])
        for need in needs
        if need.employee_id in now or need.employee_id in removed
    ]
    await take_steps(session, steps)


async def mark_for_review(session: AsyncSession, follow_up_of_need: Mapping[UUID, UUID]) -> None:
    """Mark needs whose follow-ups did not help for a review of job and person; need → the follow-up that says so."""
    needs = await need_reads.needs_for_update(session, follow_up_of_need)
    moment = await clock.now(session)
    marked = [need.id for need in needs if need.is_open]
    columns = {
        "ids": marked,
        "follow_up_ids": [follow_up_of_need[need_id] for need_id in marked],
        "moments": [moment for _ in marked],
    }
    await session.execute(_MARK, columns)


async def _decide(
    session: AsyncSession,
    actor: Actor,
    needs: Sequence[Need],
    action: str,
    decide: Callable[[Need], Need],
    deciders: Mapping[UUID, UUID | None] | None = None,
) -> None:
    on_behalf = deciders or {}
    steps = [Step(before=need, after=decide(need), on_behalf_of=on_behalf.get(need.id)) for need in needs]
    await take_steps(session, steps, actor)
    for step in steps:
        details = {"status": step.after.status.value, "reason": step.after.reason}
        audit.record(session, actor, action, "need", step.after.id, details, on_behalf_of=step.on_behalf_of)


async def _deciders(session: AsyncSession, actor: Actor, needs: Sequence[Need]) -> dict[UUID, UUID | None]:
    """Need → the direct superior or that one's deputy, where the actor is not a superior but enters for one."""
    people = {need.employee_id for need in needs}
    superiors = await deputy_reads.entered_for(session, actor, people, await clock.today(session))
    if any(superior is None for superior in superiors.values()):
        raise NotAllowed("Pegawai tanpa atasan langsung tidak dapat diverifikasi atas nama atasan.")
    return {need.id: superiors.get(need.employee_id) for need in needs}


async def _people_now(session: AsyncSession, employee_ids: Collection[UUID]) -> dict[UUID, PersonNow]:
    today = await clock.today(session)
    standards = await reads.standards(session, today)
    statuses = await need_reads.legal_statuses(session, employee_ids)
    evidence = await reads.evidence_of(session, employee_ids)
    found = {}
    for employee_id, person in (await reads.placed(session, employee_ids)).items():
        standard = standards.levels(person.position_id, person.position_class)
        proved = evidence.get(employee_id, {})
        found[employee_id] = PersonNow(
            presence=rules.PEOPLE.on(today).presence(statuses[employee_id]),
            unit_id=person.unit_id,
            position_id=person.position_id,
            standard=standard,
            levels=levels_of(proved, standard, today, rules.EVIDENCE.on(today), reads.core_codes(today)),
        )
    return found
