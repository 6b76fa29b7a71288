"""What happens in training on the events of the other services."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.commands import Entry
from services.training.domain import (
    GUIDED_FORMS,
    Activity,
    ActivityOrigin,
    CancellationReason,
    Demand,
    DemandOrigin,
)
from services.training.rules import LEARNING_HOURS, LEARNING_HOURS_TARGET
from shared import clock
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.directory import on_employee_recorded as record_in_directory
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import FollowUpClosed, FollowUpConfirmed, FollowUpEscalated, ProgramRevisionRequested
from shared.events.mentoring import SessionConfirmed
from shared.events.needs import PlanItemApproved, PlanItemWithdrawn

TARGET = "TRAINING"


async def on_employee_recorded(session: AsyncSession, events: list[Received[EmployeeRecorded]]) -> None:
    """Take over the newest state of each person; who is away leaves the seats not taken yet to others."""
    await record_in_directory(session, events)
    await commands.remember_employment(session, events)
    active = LEARNING_HOURS_TARGET.active_on(await clock.today(session))
    at_work = await queries.at_work(session, {event.subject for event in events}, active)
    away = {event.subject: event for event in events if not at_work.get(event.subject)}
    if away:
        await commands.free_seats_of(session, away)


async def on_plan_item_approved(session: AsyncSession, events: list[Received[PlanItemApproved]]) -> None:
    """Open a demand for each item of the plan that is not for coaching or mentoring (PP 11/2017 Pasal 207)."""
    ours = [event.data for event in events if event.data.form not in GUIDED_FORMS]
    await commands.open_demands(session, [_planned(item) for item in ours])


async def on_plan_item_withdrawn(session: AsyncSession, events: list[Received[PlanItemWithdrawn]]) -> None:
    """Let go of what has not begun."""
    causes = {event.subject: event for event in events}
    await commands.withdraw_demands(session, causes, CancellationReason.PLAN_ITEM_WITHDRAWN)


async def on_follow_up_confirmed(session: AsyncSession, events: list[Received[FollowUpConfirmed]]) -> None:
    """Open a demand for each follow-up by training; one that takes another way by now is let go."""
    ours = [event.data for event in events if event.data.target == TARGET]
    await commands.open_demands(session, [_followed_up(follow_up) for follow_up in ours])
    elsewhere: dict[UUID, Received[Any]] = {e.subject: e for e in events if e.data.target != TARGET}
    if elsewhere:
        await commands.withdraw_demands(session, elsewhere, CancellationReason.FOLLOW_UP_CLOSED)


async def on_follow_up_ended(
    session: AsyncSession, events: list[Received[FollowUpClosed]] | list[Received[FollowUpEscalated]]
) -> None:
    """Let go of what has not begun; a class that is under way is finished."""
    causes: dict[UUID, Received[Any]] = {event.subject: event for event in events}
    await commands.withdraw_demands(session, causes, CancellationReason.FOLLOW_UP_CLOSED)


async def on_session_confirmed(session: AsyncSession, events: list[Received[SessionConfirmed]]) -> None:
    """Credit learning hours to the one who is guided; mentors and coaches earn none."""
    await commands.enter(session, [_held(event) for event in events])


async def on_program_revision_requested(
    session: AsyncSession, events: list[Received[ProgramRevisionRequested]]
) -> None:
    """Keep with the programme what its results call for."""
    await commands.note_revision_requests(session, events)


HANDLERS: Handlers = {
    EmployeeRecorded: on_employee_recorded,
    PlanItemApproved: on_plan_item_approved,
    PlanItemWithdrawn: on_plan_item_withdrawn,
    FollowUpConfirmed: on_follow_up_confirmed,
    FollowUpClosed: on_follow_up_ended,
    FollowUpEscalated: on_follow_up_ended,
    SessionConfirmed: on_session_confirmed,
    ProgramRevisionRequested: on_program_revision_requested,
}


def _planned(item: PlanItemApproved) -> Demand:
    return Demand(
        id=item.plan_item_id,
        origin=DemandOrigin.PLAN_ITEM,
        employee_id=item.employee_id,
        competency=item.competency,
        cycle=item.cycle,
        form=item.form,
        program=item.program,
        need_ids=(item.need_id,),
    )


def _followed_up(follow_up: FollowUpConfirmed) -> Demand:
    return Demand(
        id=follow_up.follow_up_id,
        origin=DemandOrigin.FOLLOW_UP,
        employee_id=follow_up.employee_id,
        competency=follow_up.competency,
        cycle=follow_up.cycle,
        due_date=follow_up.due_date,
        need_ids=follow_up.need_ids,
    )


def _held(event: Received[SessionConfirmed]) -> Entry:
    held = event.data
    activity = Activity(
        id=held.session_id,
        employee_id=held.employee_id,
        form_code=LEARNING_HOURS.code_of(held.form, held.held_on),
        starts_on=held.held_on,
        starts_at=held.starts_at,
        ends_on=held.held_on,
    )
    return Entry(activity=activity, origin=ActivityOrigin.SESSION, correlation_id=event.correlation_id, cause=event)
