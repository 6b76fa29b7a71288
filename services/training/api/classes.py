"""Routes of classes: scheduling, enrolment, attendance, scores, closing. Lists are sent whole: all or nothing."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.api.seats import EnrolmentsView, EnrolmentView
from services.training.api.shapes import MANY, Hours
from services.training.domain import ClassStatus, CostLevel, Schedule, Scope, Scores
from shared import clock
from shared.identity.actor import Role
from shared.web.requests import Commanding, may_command
from shared.web.shapes import AnyoneReads, AskedPage, Body, Line, OrganiserCommands

router = APIRouter(prefix="/classes")

ClassroomCommand = Annotated[Commanding, may_command(Role.ORGANISER, Role.FACILITATOR)]

HIGHEST_SCORE = 10_000
Score = Annotated[int, Field(ge=0, le=HIGHEST_SCORE)]


class ClassPlan(Body):
    """A class to be scheduled; session_hours are the JP of each session in order."""

    program_id: UUID
    start_date: date
    end_date: date
    place: Line
    capacity: Annotated[int, Field(ge=1, le=MANY)]
    session_hours: Annotated[tuple[Hours, ...], Field(min_length=1, max_length=500)]
    scope: Scope = Scope.NATIONAL
    cost_level: CostLevel = CostLevel.FREE

    def schedule(self) -> Schedule:
        return Schedule(
            start_date=self.start_date,
            end_date=self.end_date,
            place=self.place,
            capacity=self.capacity,
            session_hours=self.session_hours,
            scope=self.scope,
            cost_level=self.cost_level,
        )


class AttendanceLine(Body):
    enrolment_id: UUID
    present: bool


class AttendanceList(Body):
    """Who was present in one session; whoever is not named stays as recorded before."""

    participants: Annotated[list[AttendanceLine], Field(min_length=1, max_length=MANY)]


class ScoreLine(Body):
    """Both tests of one participant as they shall stand: null is a test not taken, so neither may be left out."""

    enrolment_id: UUID
    pre_score: Score | None
    post_score: Score | None


class ScoreList(Body):
    """Tests on one scale; whoever is not named stays as recorded before."""

    max_score: Annotated[int, Field(ge=1, le=HIGHEST_SCORE)] = 100
    participants: Annotated[list[ScoreLine], Field(min_length=1, max_length=MANY)]

    def measured(self) -> list[tuple[UUID, Scores]]:
        return [
            (p.enrolment_id, Scores(pre_score=p.pre_score, post_score=p.post_score, max_score=self.max_score))
            for p in self.participants
        ]


class ClassView(BaseModel):
    id: UUID
    program_id: UUID
    program_title: str
    status: ClassStatus
    start_date: date
    end_date: date
    place: str
    capacity: int
    seats_taken: int
    session_hours: tuple[int, ...]
    form: int
    scope: Scope
    cost_level: CostLevel
    competency: str
    learning_hours: int
    pass_mark: int | None
    minimum_attendance_percent: int
    post_test_required: bool

    @classmethod
    def of(cls, listed: queries.ListedClass) -> ClassView:
        schedule, terms = listed.training_class.schedule, listed.training_class.terms
        return cls(
            id=listed.training_class.id,
            program_id=listed.training_class.program_id,
            program_title=listed.program_title,
            status=listed.training_class.status,
            start_date=schedule.start_date,
            end_date=schedule.end_date,
            place=schedule.place,
            capacity=schedule.capacity,
            seats_taken=listed.seats_taken,
            session_hours=schedule.session_hours,
            form=listed.training_class.form,
            scope=schedule.scope,
            cost_level=schedule.cost_level,
            competency=terms.competency,
            learning_hours=terms.learning_hours,
            pass_mark=terms.pass_mark,
            minimum_attendance_percent=terms.minimum_attendance_percent,
            post_test_required=terms.post_test_required,
        )


class ParticipantView(BaseModel):
    """One seat with the person's name; presence by session number."""

    enrolment: EnrolmentView
    name: str | None
    presence: dict[int, bool]
    certificate_number: str | None

    @classmethod
    def of(cls, participant: queries.Participant) -> ParticipantView:
        enrolment = EnrolmentView.of(participant.enrolment)
        return cls(
            enrolment=enrolment,
            name=participant.name,
            presence=dict(participant.presence),
            certificate_number=participant.certificate_number,
        )


class AttendanceView(BaseModel):
    session_number: int
    recorded: int


@router.get("")
async def list_classes(reading: AnyoneReads, page: AskedPage, program_id: UUID | None = None) -> list[ClassView]:
    listed = await queries.classes(reading.session, reading.actor, page, program_id=program_id)
    return [ClassView.of(found) for found in listed]


@router.get("/{class_id}")
async def read_class(class_id: UUID, reading: AnyoneReads) -> ClassView:
    return ClassView.of(await queries.training_class(reading.session, reading.actor, class_id))


@router.get("/{class_id}/enrolments")
async def list_enrolments(class_id: UUID, reading: AnyoneReads) -> list[ParticipantView]:
    """Everybody in the class, or for whoever may not see them, their own seat alone."""
    participants = await queries.participants(reading.session, reading.actor, class_id)
    return [ParticipantView.of(participant) for participant in participants]


@router.post("", status_code=201, response_model=ClassView)
async def schedule_class(body: ClassPlan, command: OrganiserCommands) -> Response:
    async def work(session: AsyncSession) -> ClassView:
        scheduled = await commands.schedule_class(session, command.actor, body.program_id, body.schedule())
        return ClassView.of(await queries.training_class(session, command.actor, scheduled.id))

    return await command.run(work, status=201)


@router.put("/{class_id}/sessions/{session_number}/attendance", response_model=AttendanceView)
async def record_attendance(
    class_id: UUID, session_number: int, body: AttendanceList, command: ClassroomCommand
) -> Response:
    present = [(line.enrolment_id, line.present) for line in body.participants]

    async def work(session: AsyncSession) -> AttendanceView:
        today = await clock.today(session)
        await commands.record_attendance(session, command.actor, class_id, session_number, present, today)
        return AttendanceView(session_number=session_number, recorded=len(present))

    return await command.run(work)


@router.put("/{class_id}/scores", response_model=EnrolmentsView)
async def record_scores(class_id: UUID, body: ScoreList, command: ClassroomCommand) -> Response:
    async def work(session: AsyncSession) -> EnrolmentsView:
        return EnrolmentsView.of(await commands.record_scores(session, command.actor, class_id, body.measured()))

    return await command.run(work)


@router.post("/{class_id}/close", response_model=EnrolmentsView)
async def close_class(class_id: UUID, command: OrganiserCommands) -> Response:
    async def work(session: AsyncSession) -> EnrolmentsView:
        today = await clock.today(session)
        return EnrolmentsView.of(await commands.close_class(session, command.actor, class_id, today))

    return await command.run(work)
