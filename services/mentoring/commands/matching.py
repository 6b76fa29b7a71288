"""Matching: one run proposes, a person confirms; or a person names the guide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands.pairs import Guide, make_pairs, require_no_own_case
from services.mentoring.domain.matching import Candidate, Matching, Obstacle, obstacle, propose
from services.mentoring.domain.pairs import Basis, Pair
from services.mentoring.domain.people import in_force_on
from services.mentoring.domain.requests import Form, Request
from services.mentoring.queries import matching, people, requests
from services.mentoring.rules import MATCHING
from services.mentoring.tables import MatchingRunRow, ProposalRow, as_json
from shared import audit, clock
from shared.db import insert_rows
from shared.errors import Conflict, Invalid
from shared.identity.actor import Actor
from shared.ids import new_id

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7220004)")


class ProposalStatus(StrEnum):
    """Where a proposal stands."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    REPLACED = "REPLACED"


WORDS: dict[Obstacle, str] = {
    Obstacle.SAME_PERSON: "seseorang tidak dapat mendampingi dirinya sendiri",
    Obstacle.NOT_OFFERED: "orang ini bukan mentor yang siap untuk kompetensi tersebut",
    Obstacle.LEVEL: "level mentor belum cukup di atas pegawai dan standarnya",
    Obstacle.EXPERIENCE: "masa kerja mentor belum cukup",
    Obstacle.EXCLUDED: "ada benturan kepentingan, atau pendampingan sebelumnya tidak cocok",
    Obstacle.CAPACITY: "mentor tidak punya tempat lagi",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The guide whom a person names for a request; without one the superior, for coaching only."""

    request_id: UUID
    guide_id: UUID | None = None


async def run_matching(session: AsyncSession, actor: Actor) -> MatchingRunRow:
    """Propose mentors for all who wait; earlier proposals that nobody decided on are replaced."""
    await session.execute(ONE_AT_A_TIME)
    today = await clock.today(session)
    rule = in_force_on(MATCHING, today)
    waiting = await matching.waiting_requests(session)
    seekers = await matching.seekers(session, waiting, today)
    mentors = await matching.candidates(session, {seeker.competency for seeker in seekers}, today)
    found = propose(seekers, mentors, today, rule)
    moment = await clock.now(session)
    await session.execute(
        update(ProposalRow)
        .where(ProposalRow.status == ProposalStatus.WAITING)
        .values(status=ProposalStatus.REPLACED, decided_at=moment)
    )
    run = MatchingRunRow(
        id=new_id(),
        made_at=moment,
        made_by=actor.id,
        rule_version=rule.name,
        considered=len(seekers),
        unmatched={str(request_id): barrier.name for request_id, barrier in found.unmatched.items()},
    )
    session.add(run)
    await session.flush()
    await insert_rows(session, ProposalRow, _proposal_rows(found, run.id))
    details = {"considered": run.considered, "proposed": len(found.proposals)}
    audit.record(session, actor, "run_matching", "matching_run", run.id, details)
    return run


async def confirm_proposals(session: AsyncSession, actor: Actor, proposal_ids: Sequence[UUID]) -> list[Pair]:
    """Make pairs of proposals, if no hard rule has come to stand against one since: all or none."""
    chosen = await matching.proposals_for_update(session, proposal_ids)
    waiting = _waiting(list(chosen.values()))
    require_no_own_case(actor, *(proposal.employee_id for proposal in waiting))
    found = await requests.locked_requests(session, {proposal.request_id for proposal in waiting})
    guides = [
        Guide(request=found[proposal.request_id], mentor_id=proposal.mentor_id, basis=Basis.MATCHING)
        for proposal in waiting
    ]
    await _require_suitable(session, guides)
    made = await make_pairs(session, guides)
    await _decide(session, actor, waiting, ProposalStatus.CONFIRMED)
    return made


async def decline_proposals(session: AsyncSession, actor: Actor, proposal_ids: Sequence[UUID]) -> int:
    """Set proposals aside; the requests wait for the next run."""
    chosen = await matching.proposals_for_update(session, proposal_ids)
    waiting = _waiting(list(chosen.values()))
    await _decide(session, actor, waiting, ProposalStatus.DECLINED)
    return len(waiting)


async def name_guides(session: AsyncSession, actor: Actor, namings: Sequence[Naming]) -> list[Pair]:
    """Give requests the guides a person names, mentors under the hard rules of matching: all or none."""
    given = {naming.request_id: naming for naming in namings}
    found = await requests.requests_for_update(session, actor, given)
    require_no_own_case(actor, *(request.employee_id for request in found.values()))
    superiors = await people.superiors_on_duty(session, {request.employee_id for request in found.values()})
    guides = [_named(request, given[request_id], superiors) for request_id, request in sorted(found.items())]
    coaches = {guide.mentor_id for guide in guides if guide.request.form is Form.COACHING}
    if coaches - await people.people_on_duty(session, coaches):
        raise Invalid("Daftar memuat pendamping yang tidak ada dalam direktori atau sedang tidak aktif.")
    await _require_suitable(session, [guide for guide in guides if guide.request.form is Form.MENTORING])
    made = await make_pairs(session, guides)
    for pair in made:
        audit.record(session, actor, "name_guide", "mentoring_pair", pair.id, {"basis": pair.basis.value})
    return made


def _named(request: Request, naming: Naming, superiors: dict[UUID, UUID]) -> Guide:
    if naming.guide_id is not None:
        return Guide(request=request, mentor_id=naming.guide_id, basis=Basis.NAMED)
    superior_id = superiors.get(request.employee_id) if request.form is Form.COACHING else None
    if superior_id is None:
        raise Invalid("Sebutkan pendampingnya: atasan hanya menjadi pendamping coaching, dan harus tercatat aktif.")
    return Guide(request=request, mentor_id=superior_id, basis=Basis.SUPERIOR)


async def _require_suitable(session: AsyncSession, guides: Sequence[Guide]) -> None:
    """Ask the hard rules again, with the mentors locked, so that two confirmations never overfill one mentor."""
    if not guides:
        return
    await matching.mentors_for_update(session, {guide.mentor_id for guide in guides})
    today = await clock.today(session)
    rule = in_force_on(MATCHING, today)
    wanted = [guide.request for guide in guides]
    seekers = {each.request_id: each for each in await matching.seekers(session, wanted, today)}
    competencies = {request.competency for request in wanted}
    ready: dict[UUID, Candidate] = {
        each.id: each
        for each in await matching.candidates(session, competencies, today, {guide.mentor_id for guide in guides})
    }
    for guide in guides:
        seeker, mentor = seekers.get(guide.request.id), ready.get(guide.mentor_id)
        if seeker is None:
            raise Invalid("Pegawai yang akan didampingi tidak ada dalam direktori.")
        barrier = Obstacle.NOT_OFFERED if mentor is None else obstacle(seeker, mentor, today, rule)
        if barrier is not None or mentor is None:
            raise Conflict(f"Permintaan {guide.request.id}: {WORDS[barrier or Obstacle.NOT_OFFERED]}.")
        ready[mentor.id] = replace(mentor, load=mentor.load + 1)


async def _decide(session: AsyncSession, actor: Actor, decided: Sequence[ProposalRow], status: ProposalStatus) -> None:
    moment = await clock.now(session)
    for proposal in decided:
        proposal.status, proposal.decided_at = status, moment
        audit.record(session, actor, f"{status.lower()}_proposal", "mentor_proposal", proposal.id)


def _waiting(proposals: list[ProposalRow]) -> list[ProposalRow]:
    if any(proposal.status != ProposalStatus.WAITING for proposal in proposals):
        raise Conflict("Daftar memuat usulan yang sudah diputuskan atau diganti.")
    return proposals


def _proposal_rows(found: Matching, run_id: UUID) -> list[dict[str, object]]:
    return [
        {
            "id": new_id(),
            "run_id": run_id,
            "request_id": proposal.request_id,
            "employee_id": proposal.employee_id,
            "mentor_id": proposal.mentor_id,
            "points": as_json(proposal.score._asdict()),
            "total": proposal.score.total,
            "status": ProposalStatus.WAITING,
        }
        for proposal in found.proposals
    ]
