"""What happens in mentoring on the events of needs and evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands import levels
from services.mentoring.commands.pairs import let_go
from services.mentoring.commands.people import follow_people, settle
from services.mentoring.commands.requests import Change, open_requests, write_requests
from services.mentoring.domain.requests import Form, Origin, Request, RequestStatus, WithdrawalReason
from services.mentoring.queries import requests
from shared import directory
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import FollowUpClosed, FollowUpConfirmed, FollowUpOpened
from shared.events.needs import CompetencyAssessed, PlanItemApproved, PlanItemWithdrawn
from shared.events.reference import CompetencyRecorded
from shared.ids import new_id

TARGETS: Mapping[str, Form] = {"MENTORING": Form.MENTORING, "COACHING": Form.COACHING}
"""What follow-ups are ours, by their target."""


async def on_follow_up_opened(session: AsyncSession, events: list[Received[FollowUpOpened]]) -> None:
    """Write down a request for each follow-up that is ours to take up, one per follow-up whoever tells of it again.

    It waits until a person confirms the follow-up (UU 27/2022: no plan by a machine alone).
    """
    ours = {event.data.follow_up_id: event for event in events if event.data.target in TARGETS}
    known = await requests.requests_of_follow_ups(session, ours)
    openings = [
        Change(request=_proposed(event.data), cause=event)
        for follow_up_id, event in ours.items()
        if follow_up_id not in known
    ]
    await _open(session, openings)


async def on_follow_up_confirmed(session: AsyncSession, events: list[Received[FollowUpConfirmed]]) -> None:
    """Open what was confirmed for us, and let go of what was confirmed for somebody else."""
    told = {event.data.follow_up_id: event for event in events}
    known = await requests.requests_of_follow_ups(session, told)
    ours = {key: event for key, event in told.items() if event.data.target in TARGETS}
    elsewhere = [request for key, request in known.items() if key not in ours]
    causes = {request.id: told[key] for key, request in known.items()}
    await let_go(session, elsewhere, WithdrawalReason.REROUTED, causes)
    confirmed = {
        key: _confirmed(known[key], event.data)
        for key, event in ours.items()
        if key in known and known[key].status is RequestStatus.PROPOSED
    }
    await write_requests(session, confirmed.values())
    await settle(session, confirmed.values(), causes)
    fresh = {key: event for key, event in ours.items() if key not in known}
    await _open(session, [Change(request=_confirmed_anew(event.data), cause=event) for event in fresh.values()])


async def on_follow_up_closed(session: AsyncSession, events: list[Received[FollowUpClosed]]) -> None:
    """Let go of what has not begun; people who are already at work finish it."""
    closed = {event.data.follow_up_id: event for event in events}
    known = await requests.requests_of_follow_ups(session, closed)
    causes = {request.id: closed[follow_up_id] for follow_up_id, request in known.items()}
    await let_go(session, known.values(), WithdrawalReason.FOLLOW_UP_CLOSED, causes)


async def on_plan_item_approved(session: AsyncSession, events: list[Received[PlanItemApproved]]) -> None:
    """Open a request for each item of the plan that is coaching or mentoring, one per item."""
    ours = {event.data.plan_item_id: event for event in events if event.data.form in set(Form)}
    known = await requests.requests_of_plan_items(session, ours)
    fresh = {key: event for key, event in ours.items() if key not in known}
    openings = [Change(request=_planned(event.data), cause=event) for event in fresh.values()]
    await _open(session, openings)


async def on_plan_item_withdrawn(session: AsyncSession, events: list[Received[PlanItemWithdrawn]]) -> None:
    """Let go of what has not begun; people who are already at work finish it."""
    withdrawn = {event.data.plan_item_id: event for event in events}
    known = await requests.requests_of_plan_items(session, withdrawn)
    causes = {request.id: withdrawn[plan_item_id] for plan_item_id, request in known.items()}
    await let_go(session, known.values(), WithdrawalReason.PLAN_ITEM_WITHDRAWN, causes)


async def on_employee_recorded(session: AsyncSession, events: list[Received[EmployeeRecorded]]) -> None:
    """Take over the newest state of each person, and let requests and pairs follow it."""
    await directory.on_employee_recorded(session, events)
    await follow_people(session, {event.subject: event for event in events})


async def on_competency_assessed(session: AsyncSession, events: list[Received[CompetencyAssessed]]) -> None:
    """Keep the levels that matching compares."""
    await levels.keep_levels(session, [event.data for event in events])


async def on_competency_recorded(session: AsyncSession, events: list[Received[CompetencyRecorded]]) -> None:
    """Keep the kind of each competency, which says what evidence decides."""
    await levels.keep_competencies(session, events)


HANDLERS: Handlers = {
    FollowUpOpened: on_follow_up_opened,
    FollowUpConfirmed: on_follow_up_confirmed,
    FollowUpClosed: on_follow_up_closed,
    PlanItemApproved: on_plan_item_approved,
    PlanItemWithdrawn: on_plan_item_withdrawn,
    EmployeeRecorded: on_employee_recorded,
    CompetencyAssessed: on_competency_assessed,
    CompetencyRecorded: on_competency_recorded,
}


async def _open(session: AsyncSession, openings: Sequence[Change]) -> None:
    await open_requests(session, openings)
    causes = {opening.request.id: opening.cause for opening in openings if opening.cause is not None}
    await settle(session, [opening.request for opening in openings], causes)


def _proposed(follow_up: FollowUpOpened) -> Request:
    return Request(
        id=new_id(),
        employee_id=follow_up.employee_id,
        competency=follow_up.competency,
        origin=Origin.FOLLOW_UP,
        form=TARGETS[follow_up.target],
        follow_up_id=follow_up.follow_up_id,
        need_ids=follow_up.need_ids,
        due_date=follow_up.due_date,
        status=RequestStatus.PROPOSED,
    )


def _confirmed(request: Request, follow_up: FollowUpConfirmed) -> Request:
    return replace(
        request.confirm(),
        form=TARGETS[follow_up.target],
        guide_id=follow_up.guide_id,
        due_date=follow_up.due_date,
    )


def _confirmed_anew(follow_up: FollowUpConfirmed) -> Request:
    return Request(
        id=new_id(),
        employee_id=follow_up.employee_id,
        competency=follow_up.competency,
        origin=Origin.FOLLOW_UP,
        form=TARGETS[follow_up.target],
        follow_up_id=follow_up.follow_up_id,
        need_ids=follow_up.need_ids,
        guide_id=follow_up.guide_id,
        due_date=follow_up.due_date,
    )


def _planned(item: PlanItemApproved) -> Request:
    return Request(
        id=new_id(),
        employee_id=item.employee_id,
        competency=item.competency,
        origin=Origin.PLAN_ITEM,
        form=Form(item.form),
        plan_item_id=item.plan_item_id,
        need_ids=(item.need_id,),
        required_level=item.standard_level,
        current_level=item.current_level,
    )
