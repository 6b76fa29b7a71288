"""What a change in people does to requests and pairs: leave, retirement, a new superior, a guide who goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands.pairs import Causes, Guide, hand_over_pairs, let_go, make_pairs, stop_pairs
from services.mentoring.domain.pairs import Basis, Pair, StopReason
from services.mentoring.domain.requests import Form, Request, RequestStatus, WithdrawalReason
from services.mentoring.queries import matching, pairs, people, requests
from shared.delivery.envelope import Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around some requests: their living pairs, and who leads those who are coached."""

    living: Mapping[UUID, Pair]
    superiors: Mapping[UUID, UUID]


async def follow_people(session: AsyncSession, changed: Mapping[UUID, Received[Any]]) -> None:
    """Bring requests and pairs in line with what the directory now says of these people.

    Who is away is mentored no more; whose guide is away waits for another; coaching goes from superior to superior.
    """
    concerned = await requests.requests_touched_by(session, changed)
    if not concerned:
        return
    around = await _around(session, concerned)
    causes: dict[UUID, Received[Any]] = {}
    for request in concerned:
        guide = around.living[request.id].mentor_id if request.id in around.living else request.guide_id
        about = (request.employee_id, guide, around.superiors.get(request.employee_id))
        told = [changed[each] for each in about if each is not None and each in changed]
        if told:
            causes[request.id] = told[0]
    await _settle(session, concerned, around, causes)


async def settle(session: AsyncSession, concerned: Collection[Request], causes: Causes) -> None:
    """Let locked requests and their pairs follow the directory."""
    if concerned:
        await _settle(session, concerned, await _around(session, concerned), causes)


async def _around(session: AsyncSession, concerned: Collection[Request]) -> Surroundings:
    matched = {request.id for request in concerned if request.status is RequestStatus.MATCHED}
    coached = {request.employee_id for request in concerned if request.form is Form.COACHING}
    return Surroundings(
        living=await pairs.living_pairs_of(session, matched) if matched else {},
        superiors=await people.superiors_on_duty(session, coached) if coached else {},
    )


async def _settle(session: AsyncSession, concerned: Collection[Request], around: Surroundings, causes: Causes) -> None:
    gone = await people.people_away(session, {request.employee_id for request in concerned})
    leaving = [request for request in concerned if request.employee_id in gone]
    await let_go(session, leaving, WithdrawalReason.EMPLOYEE_LEFT, causes, begun=True)
    staying = {request.id: request for request in concerned if request.employee_id not in gone}
    reopened = await _change_guides(session, staying, around, causes)
    await _coach(session, [*staying.values(), *reopened], around.superiors, causes)


async def _coach(
    session: AsyncSession, found: Collection[Request], superiors: Mapping[UUID, UUID], causes: Causes
) -> None:
    """Give each request for coaching that waits its named guide or the superior, once the directory knows them.

    Nobody is matched for coaching: it is the superior's work (SE Kepala BKN 3/2022), and a person confirmed it before.
    """
    waiting = [each for each in found if each.form is Form.COACHING and each.status is RequestStatus.OPEN]
    if not waiting:
        return
    named = {each.guide_id for each in waiting if each.guide_id and each.guide_id != superiors.get(each.employee_id)}
    away = await people.people_away(session, named) if named else set()
    asked = named | {each.employee_id for each in waiting if each.guide_id in named}
    ready = await people.people_on_duty(session, asked) if named else set()
    excluded = await matching.ruled_out(session, waiting)
    guides = []
    for request in waiting:
        superior_id = superiors.get(request.employee_id)
        guide_id = superior_id if request.guide_id is None or request.guide_id in away else request.guide_id
        if guide_id is None or guide_id in excluded[request.id]:
            continue
        if guide_id == superior_id:
            guides.append(Guide(request=request, mentor_id=guide_id, basis=Basis.SUPERIOR))
        elif {guide_id, request.employee_id} <= ready:
            guides.append(Guide(request=request, mentor_id=guide_id, basis=Basis.NAMED))
    await make_pairs(session, guides, causes)


async def _change_guides(
    session: AsyncSession, staying: Mapping[UUID, Request], around: Surroundings, causes: Causes
) -> list[Request]:
    """Hand coaching over to new superiors and stop what lost its guide; returns the requests that wait again."""
    living = {key: pair for key, pair in around.living.items() if key in staying}
    if not living:
        return []
    gone = await people.people_away(session, {pair.mentor_id for pair in living.values()})
    handed = []
    left = []
    for request_id, pair in living.items():
        superior_id = around.superiors.get(pair.employee_id) if pair.basis is Basis.SUPERIOR else None
        if superior_id is not None and superior_id != pair.mentor_id:
            handed.append(pair.hand_over(superior_id))
        elif pair.mentor_id in gone:
            left.append((staying[request_id], pair.stop()))
    await hand_over_pairs(session, handed, causes)
    return await stop_pairs(session, left, StopReason.GUIDE_LEFT, causes)
