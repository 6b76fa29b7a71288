"""Mentors: enlisted, paused, ready again; and declared conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.mentors import Mentor, MentorStatus, PauseReason, offer
from services.mentoring.domain.people import in_force_on
from services.mentoring.queries import matching, people
from services.mentoring.rules import MATCHING
from services.mentoring.tables import ConflictRow, MentorRow, as_json
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Invalid, NotAllowed, NotFound
from shared.events.mentoring import MentorEnlisted
from shared.identity.actor import Actor, Role

REPLACE_OFFER = (
    "ON CONFLICT (id) DO UPDATE SET competencies = excluded.competencies, capacity = excluded.capacity,"
    " online = excluded.online"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a person is ready to do as a mentor; without a capacity the agency's usual one."""

    employee_id: UUID
    competencies: tuple[str, ...]
    capacity: int | None = None
    online: bool = False


async def enlist_mentors(session: AsyncSession, actor: Actor, offers: Sequence[Offer]) -> list[Mentor]:
    """Enlist people who are ready to mentor, or change what they offer: all or none. A pause stays a pause."""
    rule = in_force_on(MATCHING, await clock.today(session)).capacity
    given = {each.employee_id: each for each in offers}
    if len(given) < len(offers):
        raise Invalid("Daftar menyebut orang yang sama lebih dari sekali.")
    known = await matching.mentors_for_update(session, given)
    if given.keys() - await people.people_on_duty(session, given):
        raise Invalid("Daftar memuat orang yang tidak ada dalam direktori atau sedang tidak aktif.")
    before = {row.id: row.to_domain() for row in known.values()}
    offered = [
        offer(each.employee_id, each.competencies, each.capacity, rule, online=each.online) for each in given.values()
    ]
    mentors = [before[each.id].with_offer(each) if each.id in before else each for each in offered]
    moment = await clock.now(session)
    await insert_rows(session, MentorRow, [_values(each) | {"enlisted_at": moment} for each in mentors], REPLACE_OFFER)
    for mentor in mentors:
        audit.record(session, actor, "enlist_mentor", "mentor", mentor.id, {"capacity": mentor.capacity})
        outbox.record(session, _enlisted(mentor))
    return mentors


async def pause_mentor(session: AsyncSession, actor: Actor, mentor_id: UUID, reason: PauseReason) -> Mentor:
    """Give a mentor nobody new for a while; a sanction is entered by an analyst."""
    row = await _row(session, actor, mentor_id)
    if reason is PauseReason.DISCIPLINE and Role.ANALYST not in actor.roles:
        raise NotAllowed("Alasan ini dicatat oleh analis.")
    return _change(session, actor, row, row.to_domain().pause(reason))


async def resume_mentor(session: AsyncSession, actor: Actor, mentor_id: UUID) -> Mentor:
    """Have a mentor take people again; a sanction is lifted by an analyst."""
    row = await _row(session, actor, mentor_id)
    if row.pause_reason == PauseReason.DISCIPLINE and Role.ANALYST not in actor.roles:
        raise NotAllowed("Jeda ini diakhiri oleh analis.")
    return _change(session, actor, row, row.to_domain().resume())


async def declare_conflict(session: AsyncSession, actor: Actor, employee_id: UUID, mentor_id: UUID) -> None:
    """Rule out that one person mentors another; each of the two may, and an analyst."""
    if Role.ANALYST not in actor.roles and actor.employee_id not in {employee_id, mentor_id}:
        raise NotAllowed("Benturan kepentingan dinyatakan oleh salah satu dari keduanya atau oleh analis.")
    if employee_id == mentor_id:
        raise Invalid("Benturan kepentingan menyangkut dua orang.")
    row = {"employee_id": employee_id, "mentor_id": mentor_id, "declared_at": await clock.now(session)}
    await insert_rows(session, ConflictRow, [row], "ON CONFLICT DO NOTHING")
    audit.record(session, actor, "declare_conflict", "employee", employee_id, {"mentor_id": str(mentor_id)})


async def _row(session: AsyncSession, actor: Actor, mentor_id: UUID) -> MentorRow:
    row = (await matching.mentors_for_update(session, [mentor_id])).get(mentor_id)
    if row is None or (Role.ANALYST not in actor.roles and actor.employee_id != mentor_id):
        raise NotFound("Mentor ini tidak ada.")
    return row


def _change(session: AsyncSession, actor: Actor, row: MentorRow, mentor: Mentor) -> Mentor:
    row.status, row.pause_reason = mentor.status, mentor.pause_reason
    act = "pause_mentor" if mentor.status is MentorStatus.PAUSED else "resume_mentor"
    audit.record(session, actor, act, "mentor", mentor.id, {"reason": mentor.pause_reason})
    outbox.record(session, _enlisted(mentor))
    return mentor


def _values(mentor: Mentor) -> dict[str, object]:
    return {
        "id": mentor.id,
        "competencies": as_json(mentor.competencies),
        "capacity": mentor.capacity,
        "online": mentor.online,
        "status": mentor.status,
    }


def _enlisted(mentor: Mentor) -> MentorEnlisted:
    return MentorEnlisted(mentor_id=mentor.id, competencies=mentor.competencies, capacity=mentor.open_capacity)
