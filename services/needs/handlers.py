"""What happens in needs on the events of evaluation, and when the record of a person changes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.commands import needs as commands
from services.needs.commands.assessments import Assessment, record_assessments
from services.needs.domain.evidence import EvidenceKind
from services.needs.queries import needs as queries
from shared import directory
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import CompetencyRemeasured, FollowUpEscalated


async def on_employee_recorded(session: AsyncSession, events: list[Received[EmployeeRecorded]]) -> None:
    """Bring the open needs of people in line with where they now work, or whether they do at all."""
    await directory.on_employee_recorded(session, events)
    removed = {event.subject for event in events if event.payload is None}
    await commands.follow_people(session, {event.subject: event for event in events}, removed)


async def on_competency_remeasured(session: AsyncSession, events: list[Received[CompetencyRemeasured]]) -> None:
    """Take re-measured levels as evidence; it bears the id of the evaluation, so that a correction replaces it."""
    assessments = [
        Assessment(
            id=event.data.evaluation_id,
            employee_id=event.data.employee_id,
            kind=EvidenceKind.POST_TRAINING,
            assessed_on=event.data.measured_on,
            levels={event.data.competency: event.data.level},
            need_ids=event.data.need_ids,
            cause=event,
        )
        for event in sorted(events, key=lambda event: event.data.evaluation_id)
    ]
    await record_assessments(session, assessments)


async def on_follow_up_escalated(session: AsyncSession, events: list[Received[FollowUpEscalated]]) -> None:
    """Mark the needs of cases that two rounds did not help."""
    unnamed = {(e.data.employee_id, e.data.competency, e.data.cycle) for e in events if not e.data.need_ids}
    needs_of_case = await queries.needs_of_case(session, unnamed) if unnamed else {}
    marks: dict[UUID, UUID] = {}
    for event in events:
        follow_up = event.data
        for need_id in follow_up.need_ids:
            marks[need_id] = follow_up.follow_up_id
        found = needs_of_case.get((follow_up.employee_id, follow_up.competency, follow_up.cycle))
        if found:
            marks[found] = follow_up.follow_up_id
    await commands.mark_for_review(session, marks)


HANDLERS: Handlers = {
    EmployeeRecorded: on_employee_recorded,
    CompetencyRemeasured: on_competency_remeasured,
    FollowUpEscalated: on_follow_up_escalated,
}
