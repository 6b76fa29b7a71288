"""The annual plan: propose items for validated needs, fix them by a decree, withdraw them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.commands.steps import Step, take_steps, tell_of_withdrawal, write_items
from services.needs.domain.needs import Need, NeedStatus
from services.needs.domain.people import EmploymentType
from services.needs.domain.plan import (
    Decree,
    DecreeStatus,
    ItemStatus,
    Particulars,
    PlanItem,
    PlannedHours,
    WithdrawalReason,
    over_agreement_hours,
)
from services.needs.queries import needs as need_reads
from services.needs.queries import plan as reads
from services.needs.tables import DecreeRow
from shared import audit, clock
from shared.delivery import outbox
from shared.errors import Conflict, Invalid, NotAllowed
from shared.events.needs import PlanItemApproved
from shared.identity.actor import Actor
from shared.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be planned for a need."""

    need_id: UUID
    particulars: Particulars


async def propose_items(session: AsyncSession, actor: Actor, proposals: Sequence[Proposal]) -> list[UUID]:
    """Plan validated needs, each with one item; a need that has a proposed item gets it changed. Gives the items' ids
    in the order of the proposals.
    """
    forms = rules.FORMS.on(await clock.today(session))
    if any(proposal.particulars.form not in forms for proposal in proposals):
        raise Invalid("Bentuk pengembangan ini tidak dikenal.")
    wanted = {proposal.need_id: proposal.particulars for proposal in proposals}
    if len(wanted) < len(proposals):
        raise Invalid("Satu kebutuhan hanya boleh memiliki satu butir rencana.")
    needs = await need_reads.needs_to_decide(session, actor, wanted, everywhere=True)
    if any(need.status is not NeedStatus.VALIDATED for need in needs):
        raise Conflict("Hanya kebutuhan yang sudah divalidasi yang dapat direncanakan.")
    known = await reads.active_items_of_needs(session, wanted)
    items = {need.id: _proposed(need, wanted[need.id], known.get(need.id)) for need in needs}
    await write_items(session, items.values())
    for item in items.values():
        audit.record(session, actor, "propose_item", "plan_item", item.id, {"form": item.particulars.form})
    return [items[proposal.need_id].id for proposal in proposals]


async def withdraw_items(
    session: AsyncSession, actor: Actor, item_ids: Collection[UUID], reason: WithdrawalReason
) -> None:
    """Withdraw items; the need of a fixed one may be planned anew."""
    needs = await need_reads.needs_for_update(session, set((await reads.needs_of_items(session, item_ids)).values()))
    items = await reads.items_for_update(session, item_ids)
    withdrawn = [item.withdraw(reason) for item in items]
    await write_items(session, withdrawn)
    fixed = {item.need_id for item in items if item.status is ItemStatus.APPROVED}
    for item in withdrawn:
        if item.need_id in fixed:
            tell_of_withdrawal(session, item)
        audit.record(session, actor, "withdraw_item", "plan_item", item.id, {"reason": reason.value})
    released = [need for need in needs if need.id in fixed and need.status is NeedStatus.PLANNED]
    await take_steps(session, [Step(before=need, after=need.release()) for need in released], actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecreeEntry:
    """A signed decree as it is entered; without item_ids it fixes all items of the cycle that are proposed."""

    cycle: int
    number: str
    decreed_on: date
    signatory: str
    item_ids: Collection[UUID] | None = None


async def enter_decree(session: AsyncSession, actor: Actor, entry: DecreeEntry) -> DecreeRow:
    """Enter a decree and submit its items (PP 11/2017 Pasal 207: drawn up by the PyB, fixed by the PPK)."""
    if entry.decreed_on > await clock.today(session):
        raise Invalid("Tanggal penetapan ada di masa depan.")
    row = DecreeRow(
        id=new_id(),
        cycle=entry.cycle,
        number=entry.number,
        decreed_on=entry.decreed_on,
        signatory=entry.signatory,
        status=DecreeStatus.ENTERED.value,
        entered_by=_person(actor),
        entered_at=await clock.now(session),
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("Penetapan dengan nomor dan tanggal ini sudah ada.") from None
    items = await _items_of(session, entry)
    await _refuse_too_many_hours(session, items)
    await write_items(session, [item.submit(row.id) for item in items])
    audit.record(session, actor, "enter_decree", "decree", row.id, {"cycle": entry.cycle, "items": len(items)})
    return row


async def confirm_decree(session: AsyncSession, actor: Actor, decree_id: UUID) -> DecreeRow:
    """Confirm a decree as the second person: its items are fixed, and the services that carry them out are told."""
    row = await reads.decree(session, decree_id, for_update=True)
    decree = row.to_domain().confirm(_person(actor))
    needs = {need.id: need for need in await _needs_of(session, decree)}
    items = [item for item in await _submitted(session, decree) if needs[item.need_id].status is NeedStatus.VALIDATED]
    if any(item.employee_id == actor.employee_id for item in items):
        raise NotAllowed("Tidak ada yang boleh menetapkan rencananya sendiri.")
    await _refuse_too_many_hours(session, items)
    approved = [item.approve() for item in items]
    await write_items(session, approved)
    steps = [Step(before=needs[item.need_id], after=needs[item.need_id].plan()) for item in approved]
    await take_steps(session, steps, actor)
    for item in approved:
        outbox.record(session, _plan_item_approved(item, needs[item.need_id]), correlation=item.need_id)
    return await _conclude(session, actor, row, decree, len(approved))


async def cancel_decree(session: AsyncSession, actor: Actor, decree_id: UUID) -> DecreeRow:
    """Take a decree back that was entered by mistake; its items are proposals again."""
    row = await reads.decree(session, decree_id, for_update=True)
    decree = row.to_domain().cancel()
    await _needs_of(session, decree)
    items = await _submitted(session, decree)
    await write_items(session, [item.recall() for item in items])
    return await _conclude(session, actor, row, decree, len(items))


def _person(actor: Actor) -> UUID:
    # One person with two accounts is one person.
    return actor.employee_id or actor.id


def _proposed(need: Need, particulars: Particulars, known: PlanItem | None) -> PlanItem:
    if known:
        return known.change(particulars)
    return PlanItem(
        id=new_id(),
        need_id=need.id,
        employee_id=need.employee_id,
        competency=need.competency,
        cycle=need.cycle,
        particulars=particulars,
    )


async def _items_of(session: AsyncSession, entry: DecreeEntry) -> list[PlanItem]:
    """The items a decree is to fix, locked after their needs."""
    if entry.item_ids is None:
        need_ids = set(await reads.needs_of_proposals(session, entry.cycle))
        needs = await need_reads.needs_for_update(session, need_ids)
        proposed = await reads.active_items_of_needs(session, need_ids)
        validated = {need.id for need in needs if need.status is NeedStatus.VALIDATED}
        items = [
            item
            for item in proposed.values()
            if item.need_id in validated and item.status is ItemStatus.PROPOSED and item.cycle == entry.cycle
        ]
    else:
        need_ids = set((await reads.needs_of_items(session, entry.item_ids)).values())
        await need_reads.needs_for_update(session, need_ids)
        items = await reads.items_for_update(session, entry.item_ids)
    if not items:
        raise Conflict("Tidak ada butir rencana yang dapat ditetapkan.")
    if any(item.cycle != entry.cycle for item in items):
        raise Invalid("Semua butir rencana harus dari tahun yang sama dengan penetapannya.")
    return items


async def _needs_of(session: AsyncSession, decree: Decree) -> list[Need]:
    return await need_reads.needs_for_update(session, set(await reads.needs_of_decree(session, decree.id)))


async def _submitted(session: AsyncSession, decree: Decree) -> list[PlanItem]:
    items = await reads.items_of_decree_for_update(session, decree.id)
    return [item for item in items if item.status is ItemStatus.SUBMITTED]


async def _refuse_too_many_hours(session: AsyncSession, items: Sequence[PlanItem]) -> None:
    """Of the agency's plan, people under an agreement get at most the hours of the rule in each year of it."""
    people = await reads.agreements(session, {item.employee_id for item in items})
    bound = {person for person, (kind, _) in people.items() if EmploymentType(kind).by_agreement}
    if not bound:
        return
    fixed = await reads.fixed_items_of(session, bound)
    planned: dict[int, list[PlannedHours]] = {}
    for item in {each.id: each for each in (*fixed, *items)}.values():
        hours = _planned_hours(item, people)
        if hours and item.employee_id in bound:
            planned.setdefault(rules.PEOPLE.on(hours.starts_on).agreement_hours, []).append(hours)
    over = {person for allowed, each in planned.items() for person in over_agreement_hours(each, allowed)}
    if over:
        raise Conflict(
            f"Melebihi batas JP dari instansi per tahun perjanjian kerja untuk {len(over)} PPPK. Kurangi rencananya;"
            " selebihnya dapat ditempuh sebagai inisiatif mandiri dengan izin."
        )


def _planned_hours(item: PlanItem, people: Mapping[UUID, tuple[str, date]]) -> PlannedHours | None:
    hours, starts_on = item.particulars.learning_hours, item.particulars.scheduled_from
    if hours is None or starts_on is None or item.employee_id not in people:
        return None
    since = people[item.employee_id][1]
    return PlannedHours(employee_id=item.employee_id, agreement_from=since, starts_on=starts_on, hours=hours)


def _plan_item_approved(item: PlanItem, need: Need) -> PlanItemApproved:
    return PlanItemApproved(
        plan_item_id=item.id,
        need_id=need.id,
        employee_id=need.employee_id,
        competency=need.competency,
        cycle=item.cycle,
        form=item.particulars.form,
        program=item.particulars.program,
        standard_level=need.standard_level,
        current_level=need.current_level,
    )


async def _conclude(session: AsyncSession, actor: Actor, row: DecreeRow, decree: Decree, items: int) -> DecreeRow:
    row.status = decree.status.value
    row.concluded_by, row.concluded_at = _person(actor), await clock.now(session)
    audit.record(session, actor, f"decree_{decree.status.value.lower()}", "decree", row.id, {"items": items})
    return row
