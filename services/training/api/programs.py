"""Routes of the catalogue."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.api.shapes import Hours, Percent
from services.training.domain import DEFAULT_MINIMUM_ATTENDANCE_PERCENT, FORMS, Program, Terms
from services.training.tables import RevisionRequestRow
from shared.events.contract import Code
from shared.identity.actor import Role
from shared.web.requests import Commanding, may_command
from shared.web.shapes import AnyoneReads, AskedPage, Body, Line

router = APIRouter(prefix="/programs")

CatalogueCommand = Annotated[Commanding, may_command(Role.ANALYST, Role.ORGANISER)]


class ProgramChange(Body):
    """Everything of a programme that may change."""

    title: Line
    form: Annotated[int, Field(ge=1, le=max(FORMS))]
    competency: Code
    learning_hours: Hours
    pass_mark: Percent | None = None
    minimum_attendance_percent: Percent = DEFAULT_MINIMUM_ATTENDANCE_PERCENT
    post_test_required: bool = False

    def terms(self) -> Terms:
        return Terms(
            competency=self.competency,
            learning_hours=self.learning_hours,
            pass_mark=self.pass_mark,
            minimum_attendance_percent=self.minimum_attendance_percent,
            post_test_required=self.post_test_required,
        )


class ProgramEntry(ProgramChange):
    """A new programme; its code stays for ever."""

    code: Code


class ProgramView(BaseModel):
    id: UUID
    code: str
    title: str
    form: int
    form_name: str
    competency: str
    learning_hours: int
    pass_mark: int | None
    minimum_attendance_percent: int
    post_test_required: bool

    @classmethod
    def of(cls, program: Program) -> ProgramView:
        return cls(
            id=program.id,
            code=program.code,
            title=program.title,
            form=program.form,
            form_name=FORMS[program.form],
            competency=program.terms.competency,
            learning_hours=program.terms.learning_hours,
            pass_mark=program.terms.pass_mark,
            minimum_attendance_percent=program.terms.minimum_attendance_percent,
            post_test_required=program.terms.post_test_required,
        )


class RevisionRequestView(BaseModel):
    """What evaluation asks of a programme: the rule that fired and its figure; answered with the next change."""

    id: UUID
    class_id: UUID | None
    rule: str
    rule_version: str
    figure: Decimal
    requested_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, row: RevisionRequestRow) -> RevisionRequestView:
        return cls.model_validate(row, from_attributes=True)


class ProgramDetail(ProgramView):
    """A programme with what evaluation asks of it, newest first."""

    revision_requests: list[RevisionRequestView]


@router.get("")
async def list_programs(reading: AnyoneReads, page: AskedPage) -> list[ProgramView]:
    return [ProgramView.of(program) for program in await queries.programs(reading.session, reading.actor, page)]


@router.get("/{program_id}")
async def read_program(program_id: UUID, reading: AnyoneReads) -> ProgramDetail:
    view = ProgramView.of(await queries.program(reading.session, reading.actor, program_id))
    asked = await queries.revision_requests(reading.session, reading.actor, program_id)
    return ProgramDetail(**view.model_dump(), revision_requests=[RevisionRequestView.of(row) for row in asked])


@router.post("", status_code=201, response_model=ProgramView)
async def create_program(body: ProgramEntry, command: CatalogueCommand) -> Response:
    async def work(session: AsyncSession) -> ProgramView:
        terms = body.terms()
        program = await commands.create_program(session, command.actor, body.code, body.title, body.form, terms)
        return ProgramView.of(program)

    return await command.run(work, status=201)


@router.put("/{program_id}", response_model=ProgramView)
async def change_program(program_id: UUID, body: ProgramChange, command: CatalogueCommand) -> Response:
    async def work(session: AsyncSession) -> ProgramView:
        terms = body.terms()
        program = await commands.change_program(session, command.actor, program_id, body.title, body.form, terms)
        return ProgramView.of(program)

    return await command.run(work)
