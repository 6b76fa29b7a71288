"""Routes of seats: given, promised, given up, corrected. Lists are sent whole: all or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.api.shapes import MANY, Paragraph
from services.training.domain import DECLINES, CancellationReason, Enrolment, EnrolmentStatus, Requirement
from shared import clock
from shared.web.shapes import AnyoneCommands, AnyoneReads, AskedPage, Body, OrganiserCommands

router = APIRouter()


class NewcomerLine(Body):
    """Somebody who gets a seat; the plan item and follow-up name demands that the seat meets."""

    employee_id: UUID
    need_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    plan_item_id: UUID | None = None
    follow_up_id: UUID | None = None
    application: Paragraph | None = None

    def newcomer(self) -> commands.Newcomer:
        return commands.Newcomer(**self.model_dump())


class EnrolmentList(Body):
    """Everybody here gets a seat, or nobody does."""

    participants: Annotated[list[NewcomerLine], Field(min_length=1, max_length=MANY)]


class CancellationLine(Body):
    enrolment_id: UUID
    reason: CancellationReason = CancellationReason.ORGANISER


class CancellationList(Body):
    """Seats of one class that are given up."""

    participants: Annotated[list[CancellationLine], Field(min_length=1, max_length=MANY)]


class Decline(Body):
    """Why a participant gives up the own seat."""

    reason: Annotated[CancellationReason, Field(json_schema_extra={"enum": sorted(DECLINES)})]


class Promise(Body):
    """What the participant will do at work with what is learned."""

    application: Paragraph


class CorrectionLine(Body):
    """Presence by number of the session; sessions not named stay, none at all only judges anew."""

    enrolment_id: UUID
    presence: dict[int, bool] = Field(default_factory=dict)


class CorrectionList(Body):
    """What was recorded wrongly in a closed class, and which part of the finding it concerns."""

    reason: commands.CorrectionReason
    participants: Annotated[list[CorrectionLine], Field(min_length=1, max_length=MANY)]


class EnrolmentView(BaseModel):
    id: UUID
    class_id: UUID
    employee_id: UUID
    need_ids: tuple[UUID, ...]
    plan_item_id: UUID | None
    follow_up_id: UUID | None
    status: EnrolmentStatus
    application: str | None
    promised_on: date | None
    pre_score: int | None
    post_score: int | None
    max_score: int | None
    attendance_percent: int | None
    missed: Requirement | None
    cancellation: CancellationReason | None

    @classmethod
    def of(cls, enrolment: Enrolment) -> EnrolmentView:
        scores, judgement, promised = enrolment.scores, enrolment.judgement, enrolment.commitment
        return cls(
            id=enrolment.id,
            class_id=enrolment.class_id,
            employee_id=enrolment.employee_id,
            need_ids=enrolment.need_ids,
            plan_item_id=enrolment.plan_item_id,
            follow_up_id=enrolment.follow_up_id,
            status=enrolment.status,
            application=promised.application if promised else None,
            promised_on=promised.promised_on if promised else None,
            pre_score=scores.pre_score if scores else None,
            post_score=scores.post_score if scores else None,
            max_score=scores.max_score if scores else None,
            attendance_percent=judgement.attendance_percent if judgement else None,
            missed=judgement.missed if judgement else None,
            cancellation=enrolment.cancellation,
        )


class EnrolmentsView(BaseModel):
    """The enrolments a command made or changed."""

    enrolments: list[EnrolmentView]

    @classmethod
    def of(cls, enrolments: Iterable[Enrolment]) -> EnrolmentsView:
        return cls(enrolments=[EnrolmentView.of(enrolment) for enrolment in enrolments])


@router.get("/enrolments")
async def list_all_enrolments(
    reading: AnyoneReads, page: AskedPage, employee_id: UUID | None = None
) -> list[EnrolmentView]:
    """Seats of everybody or of one person, newest first; for whoever may not see them, the own."""
    found = await queries.enrolments(reading.session, reading.actor, page, employee_id=employee_id)
    return [EnrolmentView.of(enrolment) for enrolment in found]


@router.post("/classes/{class_id}/enrolments", status_code=201, response_model=EnrolmentsView)
async def enrol(class_id: UUID, body: EnrolmentList, command: OrganiserCommands) -> Response:
    newcomers = [line.newcomer() for line in body.participants]

    async def work(session: AsyncSession) -> EnrolmentsView:
        return EnrolmentsView.of(await commands.enrol(session, command.actor, class_id, newcomers))

    return await command.run(work, status=201)


@router.post("/classes/{class_id}/cancellations", response_model=EnrolmentsView)
async def cancel(class_id: UUID, body: CancellationList, command: OrganiserCommands) -> Response:
    lines = [(line.enrolment_id, line.reason) for line in body.participants]

    async def work(session: AsyncSession) -> EnrolmentsView:
        return EnrolmentsView.of(await commands.cancel(session, command.actor, class_id, lines))

    return await command.run(work)


@router.put("/enrolments/{enrolment_id}/commitment", response_model=EnrolmentView)
async def commit_to_apply(enrolment_id: UUID, body: Promise, command: AnyoneCommands) -> Response:
    async def work(session: AsyncSession) -> EnrolmentView:
        committed = await commands.commit_to_apply(session, command.actor, enrolment_id, body.application)
        return EnrolmentView.of(committed)

    return await command.run(work)


@router.post("/enrolments/{enrolment_id}/decline", response_model=EnrolmentView)
async def decline(enrolment_id: UUID, body: Decline, command: AnyoneCommands) -> Response:
    async def work(session: AsyncSession) -> EnrolmentView:
        return EnrolmentView.of(await commands.decline(session, command.actor, enrolment_id, body.reason))

    return await command.run(work)


@router.post("/classes/{class_id}/corrections", response_model=EnrolmentsView)
async def correct_class(class_id: UUID, body: CorrectionList, command: OrganiserCommands) -> Response:
    """Correct attendance after the class was closed; answers with the seats of which another finding holds now."""
    corrected = {line.enrolment_id: line.presence for line in body.participants}

    async def work(session: AsyncSession) -> EnrolmentsView:
        today = await clock.today(session)
        changed = await commands.correct_class(session, command.actor, class_id, corrected, body.reason, today)
        return EnrolmentsView.of(changed)

    return await command.run(work)
