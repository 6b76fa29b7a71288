"""What organisers and facilitators do in a class: seats for whom the plan names, attendance, tests, the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.domain import DemandOrigin, Scores
from services.training.pages.classes import class_page
from shared import clock
from shared.errors import Invalid
from shared.identity.actor import Actor, Role
from shared.web.doing import Doing, Said, may_do
from shared.web.forms import FormRefused, Typed
from shared.web.language import _

router = APIRouter()

MANY = 5_000
HIGHEST_SCORE = 10_000
WHOLE_NUMBER = re.compile(r"[0-9]{1,5}")
TESTS = ("pre", "post")
Organiser = Annotated[Doing, may_do(Role.ORGANISER)]
Classroom = Annotated[Doing, may_do(Role.ORGANISER, Role.FACILITATOR)]
Ids = Annotated[list[UUID], Field(max_length=MANY)]


class Chosen(BaseModel):
    """Demands whose people get a seat."""

    demand: Ids = []


class Attendance(BaseModel):
    """Who is on the list that was shown, and who of them was present."""

    number: Annotated[int, Field(ge=1, le=500)]
    shown: Ids = []
    present: Ids = []


class Scale(BaseModel):
    """The highest score of both tests."""

    max_score: Annotated[int, Field(ge=1, le=HIGHEST_SCORE)] = 100


class Ending(BaseModel):
    """That whoever closes the class means it."""

    sure: bool = False


@router.post("/classes/{class_id}/seats")
async def enrol(class_id: UUID, form: Organiser) -> Response:
    """Give seats to people for whom the plan or a follow-up asks this competency."""

    async def work(session: AsyncSession) -> Said:
        chosen = form.filled(Chosen).demand
        if not chosen:
            raise Invalid("Centang sedikitnya satu orang.")
        newcomers = [await _newcomer(session, form.actor, each) for each in chosen]
        await commands.enrol(session, form.actor, class_id, newcomers)
        return Said(to=_place(class_id), sentence=_("{count} peserta didaftarkan.").format(count=len(newcomers)))

    return await form.run(work, lambda page: class_page(page, class_id))


@router.post("/classes/{class_id}/attendance")
async def record_attendance(class_id: UUID, form: Classroom) -> Response:
    """Record who was present in one session, of everybody on the list."""

    async def work(session: AsyncSession) -> Said:
        taken = form.filled(Attendance)
        here = set(taken.present)
        present = [(each, each in here) for each in taken.shown]
        if not present:
            raise Invalid("Daftar ini kosong.")
        today = await clock.today(session)
        await commands.record_attendance(session, form.actor, class_id, taken.number, present, today)
        told = _("Kehadiran sesi {number} dicatat: {here} dari {all} hadir.")
        sentence = told.format(number=taken.number, here=len(here), all=len(present))
        return Said(to=f"{_place(class_id)}#attendance", sentence=sentence)

    return await form.run(work, lambda page: class_page(page, class_id, _number(form.typed)))


@router.post("/classes/{class_id}/scores")
async def record_scores(class_id: UUID, form: Classroom) -> Response:
    """Record the tests of everybody on the list as they shall stand."""

    async def work(session: AsyncSession) -> Said:
        measured = _scores(form.typed, form.filled(Scale).max_score)
        changed = await commands.record_scores(session, form.actor, class_id, measured)
        return Said(
            to=f"{_place(class_id)}#scores", sentence=_("Nilai dicatat; {count} berubah.").format(count=len(changed))
        )

    return await form.run(work, lambda page: class_page(page, class_id))


@router.post("/classes/{class_id}/close")
async def close(class_id: UUID, form: Organiser) -> Response:
    """Close the class, once asked whether that is meant: it cannot be taken back."""

    async def work(session: AsyncSession) -> Said:
        if not form.filled(Ending).sure:
            raise Invalid("Centang bahwa kehadiran dan nilai sudah lengkap sebelum kelas ditutup.")
        judged = await commands.close_class(session, form.actor, class_id, await clock.today(session))
        done = sum(1 for each in judged if each.judgement and not each.judgement.missed)
        return Said(
            to=_place(class_id),
            sentence=_("Kelas ditutup: {done} dari {all} peserta selesai.").format(done=done, all=len(judged)),
        )

    return await form.run(work, lambda page: class_page(page, class_id))


async def _newcomer(session: AsyncSession, actor: Actor, demand_id: UUID) -> commands.Newcomer:
    demand = (await queries.demand(session, actor, demand_id)).demand
    planned = demand.origin is DemandOrigin.PLAN_ITEM
    return commands.Newcomer(
        employee_id=demand.employee_id,
        plan_item_id=demand.id if planned else None,
        follow_up_id=None if planned else demand.id,
    )


def _scores(typed: Typed, max_score: int) -> Sequence[tuple[UUID, Scores]]:
    """Scores by enrolment, from fields named after it; who was not measured, now or before, is left out."""
    measured: list[tuple[UUID, Scores]] = []
    wrong: dict[str, str] = {}
    for seat in typed.all("shown"):
        given = {kind: typed.get(f"{kind}-{seat}").strip() for kind in TESTS}
        bad = [kind for kind, text in given.items() if text and not _is_score(text, max_score)]
        wrong |= {f"{kind}-{seat}": _("bilangan bulat 0 sampai {highest}").format(highest=max_score) for kind in bad}
        if not bad and (any(given.values()) or typed.get(f"had-{seat}")):
            pre, post = (int(given[kind]) if given[kind] else None for kind in TESTS)
            measured.append((_id(seat), Scores(pre_score=pre, post_score=post, max_score=max_score)))
    if wrong:
        raise FormRefused(wrong)
    return measured


def _is_score(text: str, max_score: int) -> bool:
    return bool(WHOLE_NUMBER.fullmatch(text)) and int(text) <= max_score


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Peserta ini tidak dikenal.") from None


def _number(typed: Typed) -> int | None:
    text = typed.get("number")
    return int(text) if WHOLE_NUMBER.fullmatch(text) else None


def _place(class_id: UUID) -> str:
    return f"/training/pages/classes/{class_id}"
