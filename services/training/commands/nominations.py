"""Nominations: superiors and unit staff propose people for a class, the organiser decides."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.commands.seats import Newcomer, seat_newcomers
from services.training.domain import Action, ClassStatus, Enrolment, Nomination, NominationAction, status_after
from services.training.tables import NominationRow
from shared import audit, clock
from shared.errors import Conflict, Invalid, NotFound
from shared.identity.actor import Actor
from shared.ids import new_id


async def nominate(
    session: AsyncSession, actor: Actor, class_id: UUID, lines: Sequence[Newcomer], reason: str | None
) -> list[Nomination]:
    """Propose people whom the actor leads, or whose unit the actor works for; all of them or none."""
    row = await queries.class_for_update(session, actor, class_id)
    status_after(ClassStatus(row.status), Action.ENROL)
    own = await queries.nominable_by(session, actor, {line.employee_id for line in lines})
    for number, line in enumerate(lines, start=1):
        if line.employee_id not in own:
            raise Invalid(f"Peserta ke-{number}: pegawai tidak dikenal.")
    now = await clock.now(session)
    rows = [
        NominationRow(
            id=new_id(),
            class_id=class_id,
            employee_id=line.employee_id,
            nominated_by=actor.id,
            nominator_id=actor.employee_id,
            plan_item_id=line.plan_item_id,
            follow_up_id=line.follow_up_id,
            reason=reason,
            status="NOMINATED",
            nominated_at=now,
        )
        for line in lines
    ]
    try:
        async with session.begin_nested():
            session.add_all(rows)
    except IntegrityError:
        raise Conflict("Pegawai yang sama sudah diusulkan untuk kelas ini.") from None
    audit.record(session, actor, "nominate", "class", class_id, {"nominations": len(rows)})
    return [row.to_domain() for row in rows]


async def decide_nominations(
    session: AsyncSession, actor: Actor, class_id: UUID, accepted: Sequence[UUID], refused: Sequence[UUID]
) -> list[Enrolment]:
    """Accept some nominations, whose people get seats, and refuse others; all of it or nothing."""
    row = await queries.class_for_update(session, actor, class_id)
    known = await queries.nominations_of(session, class_id)
    if any(each not in known for each in (*accepted, *refused)):
        raise NotFound("Usulan tidak ditemukan.")
    for each, action in [
        *((each, NominationAction.ACCEPT) for each in accepted),
        *((each, NominationAction.REFUSE) for each in refused),
    ]:
        known[each].status = known[each].to_domain().after(action).status.value
    newcomers = [
        Newcomer(
            employee_id=known[each].employee_id,
            plan_item_id=known[each].plan_item_id,
            follow_up_id=known[each].follow_up_id,
        )
        for each in accepted
    ]
    seated = await seat_newcomers(session, {row.id: row}, {row.id: newcomers})
    counts = {"accepted": len(accepted), "refused": len(refused)}
    audit.record(session, actor, "decide_nominations", "class", class_id, counts)
    return seated
