"""The people of mentoring: who offers to mentor, who asks, and whom an analyst brings together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo import pairs
from services.demo.stage import Stage
from services.mentoring.commands import matching, mentors, requests
from services.mentoring.commands.matching import Naming, ProposalStatus
from services.mentoring.commands.mentors import Offer
from services.mentoring.domain.mentors import MentorStatus, PauseReason
from services.mentoring.domain.people import in_force_on, months_after, service_begins
from services.mentoring.domain.requests import Form, Origin, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.rules import ONBOARDING
from services.mentoring.tables import MatchingRunRow, MentorRow, ProposalRow, RequestRow
from shared.directory import DirectoryEmployee, DirectoryPosition

AT_WORK = "01"

ABLE = text(
    "SELECT e.id, e.employee_number, array_agg(DISTINCT l.competency ORDER BY l.competency) AS competencies"
    " FROM directory_employees e JOIN assessed_levels l ON l.employee_id = e.id"
    " WHERE e.legal_status = '01' AND l.source <> 'SELF' AND l.level >= :from_level"
    " AND (l.valid_until IS NULL OR l.valid_until > :today)"
    " AND NOT EXISTS (SELECT FROM mentors m WHERE m.id = e.id) GROUP BY e.id, e.employee_number"
)
MENTORS_FROM_LEVEL = 2
WILLING = 0.18
CAPACITIES = (None, None, None, None, 2, 4, 5)
ONLINE = 0.4
PAUSES_BELOW = 2
RESUMES_FROM = 70

NEWCOMERS = text(
    "SELECT e.id, e.employee_number, e.valid_from FROM directory_employees e"
    " WHERE e.legal_status = '01' AND substr(e.employee_number, 9, 4) >= :since AND NOT EXISTS ("
    "SELECT FROM requests r WHERE r.employee_id = e.id AND r.origin = 'ONBOARDING' AND r.status <> 'WITHDRAWN')"
)
ASKS_FOR_ONESELF = 0.004
WISHES = (UnitWish.ANY, UnitWish.ANY, UnitWish.SAME, UnitWish.OTHER)
PATIENCE = timedelta(days=45)
LOSES_PATIENCE = 0.35

DECLINED = 0.05
LEFT_UNDECIDED = 0.03


async def act(stage: Stage) -> int:
    """Do what waits for somebody in mentoring; returns how many things were done."""
    done = await _enlist(stage) + await _pause_and_resume(stage)
    done += await pairs.act(stage)
    done += await _ask(stage) + await _let_go(stage)
    done += await _name_coaches(stage) + await _match(stage)
    return done + await pairs.agree(stage)


async def _enlist(stage: Stage) -> int:
    """People who can do something well offer it, if they are willing."""
    async with stage.transaction() as session:
        able = (await session.execute(ABLE, {"from_level": MENTORS_FROM_LEVEL, "today": stage.today})).all()
        dice = stage.dice
        offers = [
            Offer(
                employee_id=row.id,
                competencies=tuple(row.competencies),
                capacity=dice.pick(CAPACITIES, "mentor's capacity", row.employee_number),
                online=dice.chance(ONLINE, "mentor online", row.employee_number),
            )
            for row in able
            if dice.chance(WILLING, "willing to mentor", row.employee_number)
        ]
        if offers:
            await mentors.enlist_mentors(session, stage.analyst(), offers)
    return len(offers)


async def _pause_and_resume(stage: Stage) -> int:
    async with stage.transaction() as session:
        number = DirectoryEmployee.employee_number
        enlisted = await session.execute(
            select(MentorRow.id, MentorRow.status, number).join(DirectoryEmployee, DirectoryEmployee.id == MentorRow.id)
        )
        done = 0
        for mentor_id, status, employee_number in enlisted.all():
            # One fall for both turns: who paused today does not come back today.
            fall = stage.dice.between(0, 99, "mentor pauses or resumes", employee_number, stage.today)
            person = stage.person(mentor_id)
            if status == MentorStatus.READY and fall < PAUSES_BELOW:
                reason = (PauseReason.OWN_WISH, PauseReason.WORKLOAD)[fall % 2]
                await mentors.pause_mentor(session, person, mentor_id, reason)
                done += 1
            elif status == MentorStatus.PAUSED and fall >= RESUMES_FROM:
                await mentors.resume_mentor(session, person, mentor_id)
                done += 1
    return done


async def _ask(stage: Stage) -> int:
    """Newcomers are given a guide, and some ask for a mentor by themselves."""
    async with stage.transaction() as session:
        newcomers = await _newcomers(session, stage.today)
        if newcomers:
            await requests.open_onboarding(session, stage.analyst(), newcomers)
        asking = await _asking(stage, session)
        for employee_id, competency, wish in asking:
            await requests.request_own_mentoring(session, stage.person(employee_id), competency, wish)
    return len(newcomers) + len(asking)


async def _newcomers(session: AsyncSession, today: date) -> list[UUID]:
    months = in_force_on(ONBOARDING, today).newcomer_months
    since = str(today.year - months // 12 - 1)
    found = (await session.execute(NEWCOMERS, {"since": since})).all()
    return [
        row.id for row in found if months_after(service_begins(row.employee_number, row.valid_from), months) > today
    ]


async def _asking(stage: Stage, session: AsyncSession) -> list[tuple[UUID, str, UnitWish]]:
    dice = stage.dice
    person, position = DirectoryEmployee, DirectoryPosition
    at_work = await session.execute(select(person.id, person.employee_number).where(person.legal_status == AT_WORK))
    wishing = [
        row.id
        for row in at_work
        if dice.chance(ASKS_FOR_ONESELF, "asks for a mentor", row.employee_number, stage.today)
    ]
    standards = await session.execute(
        select(person.id, person.employee_number, position.standard_levels)
        .join(position, position.id == person.position_id)
        .where(person.id.in_(wishing))
    )
    waiting = select(RequestRow.employee_id).where(
        RequestRow.employee_id.in_(wishing),
        RequestRow.status.in_([RequestStatus.PROPOSED, RequestStatus.OPEN, RequestStatus.MATCHED]),
    )
    busy = set(await session.scalars(waiting))
    return [
        (
            row.id,
            dice.pick(sorted(row.standard_levels), "wishes to learn", row.employee_number, stage.today),
            dice.pick(WISHES, "mentor's unit", row.employee_number, stage.today),
        )
        for row in standards
        if row.standard_levels and row.id not in busy
    ]


async def _let_go(stage: Stage) -> int:
    """Who has waited long for a mentor looks for another way."""
    since = datetime.combine(stage.today - PATIENCE, time.min, stage.database.origin.zone)
    async with stage.transaction() as session:
        waiting = await session.execute(
            select(RequestRow, DirectoryEmployee.employee_number)
            .join(DirectoryEmployee, DirectoryEmployee.id == RequestRow.employee_id)
            .where(
                RequestRow.status == RequestStatus.OPEN,
                RequestRow.form == Form.MENTORING,
                RequestRow.origin.in_([Origin.OWN, Origin.FOLLOW_UP]),
                RequestRow.requested_at < since,
            )
        )
        done = 0
        for row, number in waiting.all():
            if not stage.dice.chance(LOSES_PATIENCE, "tired of waiting", number, row.competency, stage.today):
                continue
            own = row.origin == Origin.OWN
            actor = stage.person(row.employee_id) if own else stage.analyst()
            reason = WithdrawalReason.NOT_AVAILABLE if own else WithdrawalReason.OTHER_PATH
            await requests.withdraw_request(session, actor, row.id, reason)
            done += 1
    return done


async def _name_coaches(stage: Stage) -> int:
    """Whom no superior can coach, an analyst gives somebody else who leads people."""
    async with stage.transaction() as session:
        person = DirectoryEmployee
        waiting = (
            await session.execute(
                select(RequestRow.id, RequestRow.employee_id, person.employee_number)
                .join(person, person.id == RequestRow.employee_id)
                .where(
                    RequestRow.status == RequestStatus.OPEN,
                    RequestRow.form == Form.COACHING,
                    person.legal_status == AT_WORK,
                )
                .order_by(person.employee_number)
            )
        ).all()
        if not waiting:
            return 0
        leading = select(person.superior_id).where(person.superior_id.is_not(None))
        leaders = await session.execute(
            select(person.id, person.employee_number)
            .where(person.id.in_(leading), person.legal_status == AT_WORK)
            .order_by(person.employee_number)
        )
        guides = [row.id for row in leaders]
        named = [_named(stage, row, guides) for row in waiting if set(guides) - {row.employee_id}]
        if named:
            await matching.name_guides(session, stage.analyst(), named)
    return len(named)


def _named(stage: Stage, row: Any, guides: Sequence[UUID]) -> Naming:
    others = [guide for guide in guides if guide != row.employee_id]
    guide = stage.dice.pick(others, "coach", row.employee_number, stage.today)
    return Naming(request_id=row.id, guide_id=guide)


async def _match(stage: Stage) -> int:
    """One matching run a day when somebody waits; the analyst decides on nearly all that it proposes."""
    async with stage.transaction() as session:
        if not await _somebody_waits(stage, session):
            return 0
        run = await matching.run_matching(session, stage.analyst())
        proposed = await session.execute(
            select(ProposalRow.id, DirectoryEmployee.employee_number)
            .join(DirectoryEmployee, DirectoryEmployee.id == ProposalRow.employee_id)
            .where(ProposalRow.run_id == run.id, ProposalRow.status == ProposalStatus.WAITING)
            .order_by(ProposalRow.id)
        )
        confirmed: list[UUID] = []
        declined: list[UUID] = []
        for proposal_id, number in proposed:
            if stage.dice.chance(LEFT_UNDECIDED, "proposal left", number, stage.today):
                continue
            refused = stage.dice.chance(DECLINED, "proposal declined", number, stage.today)
            (declined if refused else confirmed).append(proposal_id)
        if confirmed:
            await matching.confirm_proposals(session, stage.analyst(), confirmed)
        if declined:
            await matching.decline_proposals(session, stage.analyst(), declined)
    return 1 + len(confirmed) + len(declined)


async def _somebody_waits(stage: Stage, session: AsyncSession) -> bool:
    newest = await session.scalar(select(func.max(MatchingRunRow.made_at)))
    if newest is not None and newest.astimezone(stage.database.origin.zone).date() >= stage.today:
        return False
    waiting = select(RequestRow.id).where(RequestRow.status == RequestStatus.OPEN, RequestRow.form == Form.MENTORING)
    ready = select(MentorRow.id).where(MentorRow.status == MentorStatus.READY)
    return bool(await session.scalar(waiting.limit(1)) and await session.scalar(ready.limit(1)))
