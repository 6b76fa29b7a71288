"""What a change in people does to requests and pairs: leave, retirement, a new superior, a guide who goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands.pairs import Causes, Guide, hand_over_pairs, let_go, make_pairs, stop_pairs
from services.mentoring.domain.pairs import Basis, StopReason
from services.mentoring.domain.requests import Form, Request, RequestStatus, WithdrawalReason
from services.mentoring.queries import matching, pairs, people, requests
from shared.delivery.envelope import Received


async def follow_people(session: AsyncSession, changed: Mapping[UUID, Received[Any]]) -> None:
    """Bring requests and pairs in line with what the directory now says of these people.

    Who is away is mentored no more; whose guide is away waits for another; coaching goes from superior to superior.
    """
    concerned = await requests.requests_touched_by(session, changed)
    if not concerned:
        return
    living = await pairs.living_pairs_of(session, {request.id for request in concerned})
    superiors = await people.superiors_on_duty(session, {request.employee_id for request in concerned})
    causes: dict[UUID, Received[Any]] = {}
    for request in concerned:
        guide = living[request.id].mentor_id if request.id in living else request.guide_id
        about = (request.employee_id, guide, superiors.get(request.employee_id))
        told = [changed[each] for each in about if each is not None and each in changed]
        if told:
            causes[request.id] = told[0]
    await settle(session, concerned, causes)


async def settle(session: AsyncSession, concerned: Collection[Request], causes: Causes) -> None:
    """Let locked requests and their pairs follow the directory."""
    by_id = {request.id: request for request in concerned}
    gone = await people.people_away(session, {request.employee_id for request in concerned})
    leaving = [request for request in concerned if request.employee_id in gone]
    await let_go(session, leaving, WithdrawalReason.EMPLOYEE_LEFT, causes, begun=True)
    staying = {key: request for key, request in by_id.items() if request.employee_id not in gone}
    await _change_guides(session, staying, causes)
    if all(request.form is not Form.COACHING for request in staying.values()):
        return
    open_now = await requests.locked_requests(session, staying)
    await coach_by_superiors(session, open_now.values(), causes)


async def coach_by_superiors(session: AsyncSession, found: Collection[Request], causes: Causes) -> None:
    """Give each locked request for coaching that waits its named guide or the superior, once the directory knows them.

    Nobody is matched for coaching: it is the superior's work (SE Kepala BKN 3/2022), and a person confirmed it before.
    """
    waiting = [each for each in found if each.form is Form.COACHING and each.status is RequestStatus.OPEN]
    if not waiting:
        return
    superiors = await people.superiors_on_duty(session, {request.employee_id for request in waiting})
    named = {request.guide_id for request in waiting if request.guide_id}
    ready = await people.people_on_duty(session, named | {request.employee_id for request in waiting})
    away = await people.people_away(session, named)
    excluded = await matching.ruled_out(session, waiting)
    guides = []
    for request in waiting:
        superior_id = superiors.get(request.employee_id)
        guide_id = superior_id if request.guide_id is None or request.guide_id in away else request.guide_id
        if guide_id is None or request.employee_id not in ready or guide_id in excluded[request.id]:
            continue
        if guide_id == superior_id or guide_id in ready:
            basis = Basis.SUPERIOR if guide_id == superior_id else Basis.NAMED
            guides.append(Guide(request=request, mentor_id=guide_id, basis=basis))
    await make_pairs(session, guides, causes)


async def _change_guides(session: AsyncSession, staying: Mapping[UUID, Request], causes: Causes) -> None:
    if all(request.status is not RequestStatus.MATCHED for request in staying.values()):
        return
    living = await pairs.living_pairs_of(session, staying)
    gone = await people.people_away(session, {pair.mentor_id for pair in living.values()})
    led = {pair.employee_id for pair in living.values() if pair.basis is Basis.SUPERIOR}
    superiors = await people.superiors_on_duty(session, led)
    handed = []
    left = []
    for request_id, pair in living.items():
        superior_id = superiors.get(pair.employee_id) if pair.basis is Basis.SUPERIOR else None
        if superior_id is not None and superior_id != pair.mentor_id:
            handed.append(pair.hand_over(superior_id))
        elif pair.mentor_id in gone:
            left.append((staying[request_id], pair.stop()))
    await hand_over_pairs(session, handed, causes)
    await stop_pairs(session, left, StopReason.GUIDE_LEFT, causes)
