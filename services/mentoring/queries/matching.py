"""Reads of mentors and of what matching looks at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.levels import Evidence, deciding_level
from services.mentoring.domain.matching import Candidate, Seeker
from services.mentoring.domain.mentors import MentorStatus
from services.mentoring.domain.pairs import LIVING, RULES_OUT
from services.mentoring.domain.people import ON_DUTY, in_force_on
from services.mentoring.domain.requests import Form, Origin, Request, RequestStatus
from services.mentoring.queries.access import seen_by
from services.mentoring.queries.people import persons, persons_on_duty
from services.mentoring.rules import EVIDENCE
from services.mentoring.tables import (
    CompetencyRow,
    ConflictRow,
    LevelRow,
    MatchingRunRow,
    MentorRow,
    PairRow,
    ProposalRow,
    RequestRow,
)
from shared.directory import DirectoryEmployee, DirectoryPosition
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, among_codes, page_of

LevelsByPerson = Mapping[UUID, Mapping[str, int]]


async def mentors_for_update(session: AsyncSession, mentor_ids: Collection[UUID]) -> dict[UUID, MentorRow]:
    """These mentors, locked, by id, as far as they are enlisted."""
    statement = select(MentorRow).where(among(MentorRow.id, mentor_ids)).order_by(MentorRow.id).with_for_update()
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


async def mentors(
    session: AsyncSession, actor: Actor, page: Page, *, competency: str | None = None
) -> Sequence[tuple[MentorRow, int]]:
    """The mentors the actor may see, each with the number of people now mentored."""
    statement = page_of(select(MentorRow).where(seen_by(actor, MentorRow.id)), MentorRow.id, page)
    if competency is not None:
        statement = statement.where(MentorRow.competencies.contains([competency]))
    rows = (await session.scalars(statement.execution_options(populate_existing=True))).all()
    taken = await loads(session, [row.id for row in rows])
    return [(row, taken[row.id]) for row in rows]


async def loads(session: AsyncSession, mentor_ids: Collection[UUID]) -> Counter[UUID]:
    """How many people each mentors now; coaching is the superior's work and takes no place."""
    statement = (
        select(PairRow.mentor_id, func.count())
        .where(
            among(PairRow.mentor_id, mentor_ids), PairRow.form == Form.MENTORING, among_codes(PairRow.status, LIVING)
        )
        .group_by(PairRow.mentor_id)
    )
    return Counter(dict((await session.execute(statement)).all()))


async def waiting_requests(session: AsyncSession) -> list[Request]:
    """The requests for mentoring that wait for somebody, of people at work, the oldest first."""
    statement = (
        select(RequestRow)
        .join(DirectoryEmployee, DirectoryEmployee.id == RequestRow.employee_id)
        .where(
            RequestRow.status == RequestStatus.OPEN,
            RequestRow.form == Form.MENTORING,
            DirectoryEmployee.legal_status == ON_DUTY,
        )
        .order_by(RequestRow.id)
    )
    return [row.to_domain() for row in await session.scalars(statement)]


async def seekers(session: AsyncSession, requests: Sequence[Request], today: date) -> list[Seeker]:
    """What matching knows of those who wait; people whom the directory does not know are left out."""
    people = await persons(session, {request.employee_id for request in requests})
    standards = await _standards(session, set(people))
    known = await levels(session, set(people), {request.competency for request in requests}, today)
    excluded = await ruled_out(session, requests)
    return [
        Seeker(
            request_id=request.id,
            person=people[request.employee_id],
            competency=request.competency,
            newcomer=request.origin is Origin.ONBOARDING,
            required_level=request.required_level or standards[request.employee_id].get(request.competency),
            current_level=_current_level(request, known),
            wish=request.unit_wish,
            due_date=request.due_date,
            excluded=excluded[request.id],
        )
        for request in requests
        if request.employee_id in people
    ]


async def candidates(
    session: AsyncSession, competencies: Collection[str], today: date, only: Collection[UUID] | None = None
) -> list[Candidate]:
    """The mentors who are at work and ready, all or those of the ids, by id."""
    ready = select(MentorRow).where(MentorRow.status == MentorStatus.READY).order_by(MentorRow.id)
    statement = ready if only is None else ready.where(among(MentorRow.id, only))
    rows = (await session.scalars(statement.execution_options(populate_existing=True))).all()
    people = await persons_on_duty(session, {row.id for row in rows})
    known = await levels(session, set(people), competencies, today)
    taken = await loads(session, people.keys())
    return [
        Candidate(
            person=people[row.id],
            competencies=frozenset(row.competencies),
            levels=known.get(row.id, {}),
            capacity=row.capacity,
            load=taken[row.id],
            online=row.online,
        )
        for row in rows
        if row.id in people
    ]


async def levels(
    session: AsyncSession, employee_ids: Collection[UUID], competencies: Collection[str], today: date
) -> LevelsByPerson:
    """The levels that count today, by person and competency."""
    chosen = select(LevelRow).where(
        among_codes(LevelRow.competency, competencies), among(LevelRow.employee_id, employee_ids)
    )
    rule = in_force_on(EVIDENCE, today)
    kinds = dict((await session.execute(select(CompetencyRow.code, CompetencyRow.kind))).all())
    evidence: dict[tuple[UUID, str], list[Evidence]] = defaultdict(list)
    for row in await session.scalars(chosen):
        evidence[row.employee_id, row.competency].append(row.to_domain())
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for (employee_id, competency), shown in evidence.items():
        core = kinds.get(competency) in rule.core_kinds
        if (level := deciding_level(shown, today, rule, core=core)) is not None:
            found[employee_id][competency] = level
    return found


async def proposals(
    session: AsyncSession, actor: Actor, page: Page, *, status: str | None = None, run_id: UUID | None = None
) -> Sequence[ProposalRow]:
    """The newest proposals, as far as the actor may see who is to be mentored."""
    seen = seen_by(actor, ProposalRow.employee_id)
    statement = page_of(select(ProposalRow).where(seen), ProposalRow.id, page)
    if status is not None:
        statement = statement.where(ProposalRow.status == status)
    if run_id is not None:
        statement = statement.where(ProposalRow.run_id == run_id)
    return (await session.scalars(statement)).all()


async def waiting_proposals(session: AsyncSession, actor: Actor, page: Page) -> list[tuple[ProposalRow, RequestRow]]:
    """The newest proposals that nobody has decided on, each with its request; of people the actor may see."""
    statement = (
        select(ProposalRow, RequestRow)
        .join(RequestRow, RequestRow.id == ProposalRow.request_id)
        .where(ProposalRow.status == "WAITING", seen_by(actor, ProposalRow.employee_id))
    )
    return [(row, request) for row, request in await session.execute(page_of(statement, ProposalRow.id, page))]


async def newest_run(session: AsyncSession) -> MatchingRunRow | None:
    """The run that was made last, if there was one."""
    return await session.scalar(select(MatchingRunRow).order_by(MatchingRunRow.id.desc()).limit(1))


async def competency_codes(session: AsyncSession) -> Sequence[str]:
    """Every competency that mentoring has heard of, in the order of the alphabet."""
    return (await session.scalars(select(CompetencyRow.code).distinct().order_by(CompetencyRow.code))).all()


async def own_offer(session: AsyncSession, actor: Actor) -> MentorRow | None:
    """What the actor offers as a mentor, if anything."""
    return None if actor.employee_id is None else await session.get(MentorRow, actor.employee_id)


async def proposals_for_update(session: AsyncSession, proposal_ids: Collection[UUID]) -> dict[UUID, ProposalRow]:
    """All of these proposals, locked, by id; raises NotFound when one is not there."""
    statement = select(ProposalRow).where(among(ProposalRow.id, proposal_ids)).order_by(ProposalRow.id)
    rows = await session.scalars(statement.with_for_update().execution_options(populate_existing=True))
    found = {row.id: row for row in rows}
    if len(found) < len(set(proposal_ids)):
        raise NotFound("Usulan ini tidak ada.")
    return found


async def matching_run(session: AsyncSession, run_id: UUID) -> MatchingRunRow:
    """One run; raises NotFound."""
    row = await session.get(MatchingRunRow, run_id)
    if row is None:
        raise NotFound("Pencocokan ini tidak ada.")
    return row


async def _standards(session: AsyncSession, employee_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """What the positions of these people ask, by person and competency."""
    statement = (
        select(DirectoryEmployee.id, DirectoryPosition.standard_levels)
        .join(DirectoryPosition, DirectoryPosition.id == DirectoryEmployee.position_id)
        .where(among(DirectoryEmployee.id, employee_ids))
    )
    found: dict[UUID, Mapping[str, int]] = defaultdict(dict)
    found.update((await session.execute(statement)).all())
    return found


async def ruled_out(session: AsyncSession, requests: Sequence[Request]) -> Mapping[UUID, frozenset[UUID]]:
    """By request, whom a declared conflict or an earlier pair of it rules out."""
    found: dict[UUID, set[UUID]] = {request.id: set() for request in requests}
    declared: dict[UUID, set[UUID]] = defaultdict(set)
    conflicts = select(ConflictRow).where(among(ConflictRow.employee_id, {r.employee_id for r in requests}))
    for conflict in await session.scalars(conflicts):
        declared[conflict.employee_id].add(conflict.mentor_id)
    earlier = select(PairRow.request_id, PairRow.mentor_id).where(
        among(PairRow.request_id, found), PairRow.stop_reason.in_(RULES_OUT)
    )
    for request_id, mentor_id in await session.execute(earlier):
        found[request_id].add(mentor_id)
    return {r.id: frozenset(found[r.id] | declared[r.employee_id]) for r in requests}


def _current_level(request: Request, known: LevelsByPerson) -> int | None:
    """What was found newest counts; the plan item's figure stands in while nothing has arrived here."""
    level = known.get(request.employee_id, {}).get(request.competency)
    return request.current_level if level is None else level
