"""What happens in evaluation on the events of mentoring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import follow_ups, reviews
from services.evaluation.domain.evaluations import Activity, ActivityKind
from shared.delivery.envelope import Received
from shared.events.mentoring import MentoringCompleted, MentoringRequestWithdrawn, MentoringStopped, MentorMatched

ENDED_WITH_THE_FOLLOW_UP = frozenset({"FOLLOW_UP_CLOSED", "REROUTED", "EMPLOYEE_LEFT"})
"""Reasons that need no other way: what asked has ended, or its person is away."""


async def on_mentor_matched(session: AsyncSession, events: list[Received[MentorMatched]]) -> None:
    """A follow-up whose request found a guide has been taken up."""
    await follow_ups.accepted(session, _by_follow_up(events))


async def on_mentoring_completed(session: AsyncSession, events: list[Received[MentoringCompleted]]) -> None:
    """What a mentoring or coaching brought is reviewed at work, like a class; it may end what a follow-up ordered."""
    activities = {event.event_id: _activity(event.data) for event in events}
    await reviews.plan_reviews(session, list(activities.values()))
    done = _by_follow_up(events)
    dates = {
        each: (event.data.end_date, reviews.due_date_of(activities[event.event_id])) for each, event in done.items()
    }
    await follow_ups.finished(session, dates, done)


async def on_mentoring_stopped(session: AsyncSession, events: list[Received[MentoringStopped]]) -> None:
    """A follow-up waits for the next guide, or asks for another way when there will be none."""
    await follow_ups.returned(session, _by_follow_up(e for e in events if e.data.request_reopened))
    ended = (e for e in events if not (e.data.request_reopened or e.data.reason in ENDED_WITH_THE_FOLLOW_UP))
    await follow_ups.stopped(session, _by_follow_up(ended))


async def on_mentoring_request_withdrawn(
    session: AsyncSession, events: list[Received[MentoringRequestWithdrawn]]
) -> None:
    """A follow-up that no mentor takes up asks for another way; one that went another way by itself does not."""
    withdrawn = (e for e in events if e.data.reason not in ENDED_WITH_THE_FOLLOW_UP)
    await follow_ups.stopped(session, _by_follow_up(withdrawn))


def _by_follow_up(events: Iterable[Received[Any]]) -> dict[UUID, Received[Any]]:
    return {event.data.follow_up_id: event for event in events if event.data.follow_up_id is not None}


def _activity(data: MentoringCompleted) -> Activity:
    return Activity(
        kind=ActivityKind.MENTORING,
        id=data.pair_id,
        employee_id=data.employee_id,
        competency=data.competency,
        end_date=data.end_date,
        need_ids=data.need_ids,
        follow_up_id=data.follow_up_id,
    )
