"""What happens in mentoring on the events of evaluation."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring import commands, queries
from services.mentoring.commands import Opening, Withdrawal
from services.mentoring.domain import Origin, Request, WithdrawalReason
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.events.evaluation import FollowUpClosed, FollowUpOpened
from shared.ids import new_id

TARGET = "MENTORING"


async def on_follow_up_opened(session: AsyncSession, events: list[Received[FollowUpOpened]]) -> None:
    """Open a request for each follow-up that is ours to take up, one per follow-up whoever tells of it again."""
    ours = {event.data.follow_up_id: event for event in events if event.data.target == TARGET}
    known = await queries.requests_of_follow_ups(session, ours)
    openings = [
        Opening(request=_request(event.data), due_date=event.data.due_date, cause=event)
        for follow_up_id, event in ours.items()
        if follow_up_id not in known
    ]
    await commands.open_requests(session, openings)


async def on_follow_up_closed(session: AsyncSession, events: list[Received[FollowUpClosed]]) -> None:
    """Withdraw what has not begun; people who are already at work finish it."""
    closed = {event.data.follow_up_id: event for event in events}
    known = await queries.requests_of_follow_ups(session, closed)
    withdrawals = [
        Withdrawal(request=request.withdraw(), reason=WithdrawalReason.FOLLOW_UP_CLOSED, cause=closed[follow_up_id])
        for follow_up_id, request in known.items()
        if request.has_not_begun
    ]
    await commands.withdraw_requests(session, withdrawals)


HANDLERS: Handlers = {FollowUpOpened: on_follow_up_opened, FollowUpClosed: on_follow_up_closed}


def _request(follow_up: FollowUpOpened) -> Request:
    return Request(
        id=new_id(),
        employee_id=follow_up.employee_id,
        competency=follow_up.competency,
        origin=Origin.FOLLOW_UP,
        follow_up_id=follow_up.follow_up_id,
        need_ids=follow_up.need_ids,
    )
