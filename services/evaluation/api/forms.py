"""Routes of forms: which ones wait for a person, and the answers, in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.api.shapes import MANY
from services.evaluation.commands import answers
from services.evaluation.commands.answers import Filled
from services.evaluation.domain.behaviour import (
    HIGHEST_LEVEL,
    HIGHEST_SCORE,
    LOWEST_LEVEL,
    LOWEST_SCORE,
    Cause,
    Role,
)
from services.evaluation.queries import reviews as queries
from services.evaluation.tables import ClassRow, FormRow, FormStatus, ReviewRow
from shared.events.contract import Code
from shared.web.shapes import AnyoneCommands, AnyoneReads, AskedPage, Body

router = APIRouter()

Score = Annotated[int, Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE)]
CompetencyLevel = Annotated[int, Field(ge=LOWEST_LEVEL, le=HIGHEST_LEVEL)]


class FormView(BaseModel):
    """One form and who is asked: about a class (role PARTICIPANT) or about the behaviour of subject_id.

    It says whether the person answered, never what: unsigned answers are kept apart. items are the codes to score.
    """

    id: UUID
    role: Role
    respondent_id: UUID
    subject_id: UUID
    class_id: UUID | None
    review_id: UUID | None
    competency: str | None
    items: list[str]
    status: FormStatus
    answer_by: date


class AnswerLine(Body):
    """One form filled in: 1 to 4 for each item.

    About behaviour also level, the description of the competency that fits (0, none, to 5), and cause when what was
    learned is not used at work.
    """

    form_id: UUID
    scores: Annotated[dict[Code, Score], Field(min_length=1, max_length=50)]
    level: CompetencyLevel | None = None
    cause: Cause | None = None

    def filled(self) -> Filled:
        scores: Mapping[str, int] = dict(self.scores)
        return Filled(form_id=self.form_id, scores=scores, level=self.level, cause=self.cause)


class AnswerList(Body):
    """All of these are taken, or none."""

    answers: Annotated[list[AnswerLine], Field(min_length=1, max_length=MANY)]


class ReceiptLine(BaseModel):
    form_id: UUID
    status: FormStatus


class Receipts(BaseModel):
    """Which forms are answered now."""

    forms: list[ReceiptLine]


@router.get("/forms", response_model=list[FormView])
async def list_forms(
    reading: AnyoneReads, page: AskedPage, status: FormStatus | None = None, respondent_id: UUID | None = None
) -> list[FormView]:
    """The newest forms of the person; as staff also those of the unit. Analysts and auditors see who was asked."""
    found = await queries.forms(reading.session, reading.actor, page, status=status, respondent_id=respondent_id)
    return [_view(form, review, held) for form, review, held in found]


@router.post("/answers", response_model=Receipts)
async def answer_forms(body: AnswerList, command: AnyoneCommands) -> Response:
    """Answer forms: one's own, or, as staff of a unit, those of its people who answered on paper.

    The first answer to a form stands: sent again, it changes nothing and is answered alike. A review of behaviour is
    concluded once everybody has answered, else the day after answer_by.
    """

    async def work(session: AsyncSession) -> Receipts:
        rows = await answers.answer_forms(session, command.actor, [line.filled() for line in body.answers])
        return Receipts(forms=[ReceiptLine(form_id=row.id, status=FormStatus(row.status)) for row in rows])

    return await command.run(work)


def _view(form: FormRow, review: ReviewRow | None, held: ClassRow | None) -> FormView:
    return FormView(
        id=form.id,
        role=Role(form.role),
        respondent_id=form.respondent_id,
        subject_id=form.subject_id,
        class_id=form.class_id,
        review_id=form.review_id,
        competency=review.competency if review else None,
        items=list(queries.items_of(review, held)),
        status=FormStatus(form.status),
        answer_by=form.answer_by,
    )
