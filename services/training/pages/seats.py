"""What participants say of their own seats: what they will apply at work, or that they give the seat up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands
from services.training.domain import CancellationReason
from services.training.pages.learning import learning_page, own_id
from shared.web.doing import Doing, Said, may_do
from shared.web.seeing import Seeing

router = APIRouter()

MINE = "/training/pages/me"
Sentences = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=1_000, pattern=r"^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f]*$"
    ),
]


class Promise(BaseModel):
    """What will be applied at work."""

    application: Sentences


class Decline(BaseModel):
    """Why the seat is given up."""

    reason: CancellationReason


@router.post("/seats/{enrolment_id}/commitment")
async def promise(enrolment_id: UUID, form: Annotated[Doing, may_do()]) -> Response:
    """Promise to attend and say what will be applied."""

    async def work(session: AsyncSession) -> Said:
        promised = form.filled(Promise)
        await commands.commit_to_apply(session, form.actor, enrolment_id, promised.application)
        return Said(to=MINE, sentence="Komitmen Anda dicatat.")

    return await form.run(work, _mine)


@router.post("/seats/{enrolment_id}/decline")
async def decline(enrolment_id: UUID, form: Annotated[Doing, may_do()]) -> Response:
    """Give up the own seat."""

    async def work(session: AsyncSession) -> Said:
        declined = form.filled(Decline)
        await commands.decline(session, form.actor, enrolment_id, declined.reason)
        return Said(to=MINE, sentence="Tempat Anda di kelas dilepas.")

    return await form.run(work, _mine)


async def _mine(page: Seeing) -> Response:
    return await learning_page(page, own_id(page), None)
