"""Forms of one pair: its agreement, its meetings and its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, time
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, field_validator, model_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.mentoring.commands import pairs as commands
from services.mentoring.commands import sessions
from services.mentoring.commands.pairs import Report
from services.mentoring.commands.sessions import Told
from services.mentoring.domain.pairs import Agreement, PairStatus, Side, StopReason
from services.mentoring.domain.sessions import Mode
from services.mentoring.pages import words
from services.mentoring.pages.pairs import pair_page
from services.mentoring.pages.shapes import PREFIX, Line, Mark, Words
from services.mentoring.queries import pairs as queries
from shared.errors import NotFound
from shared.web.doing import Doing, Said
from shared.web.language import _
from shared.web.seeing import Seeing
from shared.web.shapes import AnyoneDoes, Form

router = APIRouter(prefix="/pairs/{pair_id}")

GOALS = 10
LONGEST_GOAL = 200


class AgreementForm(Form):
    """What both sides agree on; goals stand one on a line."""

    objective: Words
    goals: Words
    start_date: date
    end_date: date
    target_level: Annotated[int, Field(ge=1, le=5)] | None = None
    sessions_per_month: Annotated[int, Field(ge=1, le=31)] | None = None

    @field_validator("goals")
    @classmethod
    def _few_short_lines(cls, goals: str) -> str:
        lines = _lines(goals)
        if not 0 < len(lines) <= GOALS or any(len(line) > LONGEST_GOAL for line in lines):
            told = _("paling banyak {goals} sasaran, masing-masing {characters} karakter")
            raise ValueError(told.format(goals=GOALS, characters=LONGEST_GOAL))
        return goals

    def agreement(self) -> Agreement:
        """What the domain takes."""
        return Agreement(**(dict(self) | {"goals": _lines(self.goals)}))


class MeetingForm(Form):
    """One meeting, at local times; whoever enters a signed form for others names the side that told and the form."""

    held_on: date
    starts_at: time
    minutes: Annotated[int, Field(ge=1, le=600)]
    mode: Mode
    topic: Line
    goal_number: Annotated[int, Field(ge=1, le=GOALS)] | None = None
    summary: Words | None = None
    goal: Words | None = None
    reality: Words | None = None
    options: Words | None = None
    will: Words | None = None
    next_on: date | None = None
    on_behalf_of: Literal[Side.MENTOR, Side.EMPLOYEE] | None = None
    evidence: Mark | None = None

    def told(self, pair_id: UUID) -> Told:
        """What the command takes."""
        given = dict(self)
        notes = {name: given.pop(name) for name in words.NOTES}
        return Told(pair_id=pair_id, notes={name: text for name, text in notes.items() if text} or None, **given)


class AnswerForm(Form):
    """Meetings that took place as told, or did not."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1)]
    answer: Literal["confirm", "dispute"]
    evidence: Mark | None = None


class ClosingForm(Form):
    """What was reached of each goal, in percent and in the order of the goals."""

    attainments: Annotated[tuple[Annotated[int, Field(ge=0, le=100)], ...], Field(min_length=1, max_length=GOALS)]
    note: Words | None = None


class ExtensionForm(Form):
    new_end_date: date


class StopForm(Form):
    """Why the pair ends; sure is the check that it is meant."""

    stop_reason: StopReason
    sure: Literal["yes"]

    @model_validator(mode="after")
    def _given_by_people(self) -> Self:
        if self.stop_reason not in words.PERSONS_STOP:
            raise ValueError("alasan ini tidak dapat dipilih")
        return self


class ReactionForm(Form):
    reaction: Annotated[int, Field(ge=1, le=4)]


@router.post("/agreement")
async def draft_agreement(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Write down what both are to agree on; who writes has signed."""

    async def work(session: AsyncSession) -> Said:
        agreement = doing.filled(AgreementForm).agreement()
        await commands.draft_agreement(session, doing.actor, pair_id, agreement)
        return _said(pair_id, "Kesepakatan tersimpan dengan tanda tangan Anda dan menunggu pihak yang lain.")

    return await doing.run(work, _again(pair_id))


@router.post("/sign")
async def sign_agreement(pair_id: UUID, doing: AnyoneDoes) -> Response:
    async def work(session: AsyncSession) -> Said:
        pair = await commands.sign_agreement(session, doing.actor, pair_id)
        begun = pair.status is PairStatus.ACTIVE
        return _said(pair_id, "Kesepakatan ditandatangani; pendampingan dimulai." if begun else "Tanda tangan dicatat.")

    return await doing.run(work, _again(pair_id))


@router.post("/sessions")
async def log_session(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Tell of one meeting; the other side confirms it."""

    async def work(session: AsyncSession) -> Said:
        await sessions.log_sessions(session, doing.actor, [doing.filled(MeetingForm).told(pair_id)])
        return _said(pair_id, "Sesi dicatat dan menunggu konfirmasi pihak yang lain.")

    return await doing.run(work, _again(pair_id))


@router.post("/answers")
async def answer_sessions(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Confirm or dispute meetings of this pair that the other side told of."""

    async def work(session: AsyncSession) -> Said:
        form = doing.filled(AnswerForm)
        await _require_of_pair(session, doing, pair_id, form.ids)
        if form.answer == "confirm":
            await sessions.confirm_sessions(session, doing.actor, form.ids, form.evidence)
            return _said(
                pair_id,
                _("{count} sesi dikonfirmasi; jam pelajarannya dicatat oleh Pelatihan.").format(count=len(form.ids)),
            )
        await sessions.dispute_sessions(session, doing.actor, form.ids)
        return _said(pair_id, _("{count} sesi disanggah.").format(count=len(form.ids)))

    return await doing.run(work, _again(pair_id))


@router.post("/close")
async def close_pair(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Close the pair with what was reached."""

    async def work(session: AsyncSession) -> Said:
        form = doing.filled(ClosingForm)
        report = Report(pair_id=pair_id, attainments=form.attainments, note=form.note)
        await commands.close_pairs(session, doing.actor, [report])
        return _said(pair_id, "Pendampingan ditutup. Hasilnya ditinjau di tempat kerja beberapa bulan lagi.")

    return await doing.run(work, _again(pair_id))


@router.post("/extend")
async def extend_pair(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Agree on a later end."""

    async def work(session: AsyncSession) -> Said:
        await commands.extend_pair(session, doing.actor, pair_id, doing.filled(ExtensionForm).new_end_date)
        return _said(pair_id, "Pendampingan diperpanjang.")

    return await doing.run(work, _again(pair_id))


@router.post("/stop")
async def stop_pair(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """End the pair before its time."""

    async def work(session: AsyncSession) -> Said:
        reason = doing.filled(StopForm).stop_reason
        await commands.stop_pair(session, doing.actor, pair_id, reason)
        if reason.another_guide:
            return _said(pair_id, "Pendampingan dihentikan; permintaannya menunggu pendamping lain.")
        return _said(pair_id, "Pendampingan dihentikan.")

    return await doing.run(work, _again(pair_id))


@router.post("/reaction")
async def react(pair_id: UUID, doing: AnyoneDoes) -> Response:
    """Say how one found it, after the end."""

    async def work(session: AsyncSession) -> Said:
        await commands.react(session, doing.actor, pair_id, doing.filled(ReactionForm).reaction)
        return _said(pair_id, "Terima kasih, kesan Anda dicatat.")

    return await doing.run(work, _again(pair_id))


async def _require_of_pair(session: AsyncSession, doing: Doing, pair_id: UUID, ids: tuple[UUID, ...]) -> None:
    """An id inside another must belong to it."""
    _, of_pairs = await queries.sessions_for_update(session, doing.actor, ids)
    if set(of_pairs) != {pair_id}:
        raise NotFound("Sesi ini tidak ada.")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _said(pair_id: UUID, sentence: str) -> Said:
    return Said(to=f"{PREFIX}/pairs/{pair_id}", sentence=sentence)


def _again(pair_id: UUID) -> Callable[[Seeing], Awaitable[Response]]:
    async def show(seeing: Seeing) -> Response:
        return await pair_page(seeing, pair_id)

    return show
