"""Pages of follow-ups: why each was opened, who is to carry it out, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.evaluation.commands import plans
from services.evaluation.domain.evaluations import Case
from services.evaluation.domain.follow_ups import EXCHANGEABLE, Action, FollowUpStatus
from services.evaluation.domain.rules import Target
from services.evaluation.pages import words
from services.evaluation.pages.numbers import rule_view
from services.evaluation.pages.shapes import PREFIX
from services.evaluation.queries import follow_ups as queries
from services.evaluation.queries.follow_ups import DueFilter
from services.evaluation.tables import FollowUpRow
from shared import clock
from shared.directory import named_people
from shared.identity.actor import Actor, Role
from shared.lists import Page
from shared.web.doing import Said
from shared.web.language import _
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnalystDoes, AnyoneDoes, AnyoneSees, Form, mark

router = APIRouter(prefix="/follow-ups")

PATH = f"{PREFIX}/follow-ups"
ACTIVE = (FollowUpStatus.OPEN, FollowUpStatus.CONFIRMED, FollowUpStatus.ACCEPTED, FollowUpStatus.DONE)


class SelectionForm(Form):
    """Follow-ups that are confirmed as the rules propose them."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1)]


class ConfirmationForm(Form):
    """Through whom it is carried out; class and mentor may be exchanged."""

    target: Target | None = None


class SureForm(Form):
    """The check that it is meant."""

    sure: Literal["yes"]


@router.get("")
async def list_follow_ups(seeing: AnyoneSees, status: str = "", before: UUID | None = None) -> Response:
    return await follow_ups_page(seeing, status, "", before)


@router.post("/search")
async def search_follow_ups(doing: AnyoneDoes) -> Response:
    """The list by name: sent as a form, since a name has no place in an address."""
    asked = doing.typed

    async def found(seeing: Seeing) -> Response:
        return await follow_ups_page(seeing, asked.get("status"), asked.get("name"), mark(asked.get("before")))

    return await doing.look(found)


@router.post("")
async def confirm_selected(doing: AnalystDoes) -> Response:
    """Confirm follow-ups as their rules propose them: all or none."""

    async def work(session: AsyncSession) -> Said:
        ids = doing.filled(SelectionForm).ids
        await plans.confirm(session, doing.actor, dict.fromkeys(ids))
        return Said(
            to=PATH,
            sentence=_("{count} tindak lanjut dikonfirmasi dan diteruskan kepada pelaksananya.").format(count=len(ids)),
        )

    async def again(seeing: Seeing) -> Response:
        return await follow_ups_page(seeing, FollowUpStatus.OPEN, "", None)

    return await doing.run(work, again)


@router.get("/{follow_up_id}")
async def show_follow_up(follow_up_id: UUID, seeing: AnyoneSees) -> Response:
    return await follow_up_page(seeing, follow_up_id)


@router.post("/{follow_up_id}/confirm")
async def confirm(follow_up_id: UUID, doing: AnalystDoes) -> Response:
    """Confirm one follow-up, with another target if it may have one."""

    async def work(session: AsyncSession) -> Said:
        target = doing.filled(ConfirmationForm).target
        await plans.confirm(session, doing.actor, {follow_up_id: target})
        return _said(follow_up_id, "Tindak lanjut dikonfirmasi dan diteruskan kepada pelaksananya.")

    return await doing.run(work, _again(follow_up_id))


@router.post("/{follow_up_id}/decline")
async def decline(follow_up_id: UUID, doing: AnalystDoes) -> Response:
    """Decline a follow-up that does not fit the person or the case."""

    async def work(session: AsyncSession) -> Said:
        doing.filled(SureForm)
        await plans.decline(session, doing.actor, follow_up_id)
        return _said(follow_up_id, "Tindak lanjut ditolak.")

    return await doing.run(work, _again(follow_up_id))


@router.post("/{follow_up_id}/done")
async def report_done(follow_up_id: UUID, doing: AnyoneDoes) -> Response:
    """Report a superior's task done: by that superior or an analyst."""

    async def work(session: AsyncSession) -> Said:
        await plans.report_done(session, doing.actor, follow_up_id)
        return _said(follow_up_id, "Tugas dilaporkan selesai. Hasilnya ditinjau beberapa bulan lagi.")

    return await doing.run(work, _again(follow_up_id))


@router.post("/{follow_up_id}/close")
async def give_up(follow_up_id: UUID, doing: AnalystDoes) -> Response:
    """Close a follow-up whose effect cannot be evaluated."""

    async def work(session: AsyncSession) -> Said:
        doing.filled(SureForm)
        await plans.give_up(session, doing.actor, follow_up_id)
        return _said(follow_up_id, "Tindak lanjut ditutup karena hasilnya tidak dapat dievaluasi.")

    return await doing.run(work, _again(follow_up_id))


async def follow_ups_page(seeing: Seeing, status: str, name: str, before: UUID | None) -> HTMLResponse:
    """The list, overdue first; of what has ended the latest first."""
    session = seeing.session
    chosen = FollowUpStatus(status) if status in set(FollowUpStatus) else None
    wanted = DueFilter(
        statuses=(chosen,) if chosen else ACTIVE,
        name=name.strip() or None,
        latest_first=chosen is not None and chosen not in ACTIVE,
    )
    found = await queries.follow_ups_by_due(session, seeing.actor, Page(before=before, limit=ROWS + 1), wanted)
    shown = found[:ROWS]
    return await seeing.show(
        "evaluation/follow_ups.html",
        follow_ups=shown,
        reasons=await queries.reasons_of(session, {row.id for row in shown}),
        people=await named_people(session, _about(shown)),
        confirmable={row.id for row in shown if _may(seeing.actor, row, Action.CONFIRM)},
        more=shown[-1].id if len(found) > ROWS else None,
        begun=before is not None,
        status=status,
        name=name,
        today=await clock.today(session),
        words=words,
        path=PATH,
    )


async def follow_up_page(seeing: Seeing, follow_up_id: UUID) -> HTMLResponse:
    """One follow-up with its reasons, the rounds of its case and what the visitor may decide."""
    session, actor = seeing.session, seeing.actor
    row, _ = await queries.follow_up(session, actor, follow_up_id)
    rounds = await queries.of_case(session, Case(row.employee_id, row.competency, row.cycle))
    reasons = await queries.reasons_of(session, [row.id])
    return await seeing.show(
        "evaluation/follow_up.html",
        follow_up=row,
        reasons=[(each, title, rule_view(each.rule, each.rule_version)) for each, title in reasons.get(row.id, ())],
        rule=rule_view(row.rule, row.rule_version),
        rounds=rounds,
        people=await named_people(session, _about([row])),
        may_confirm=_may(actor, row, Action.CONFIRM),
        may_decline=_may(actor, row, Action.DECLINE),
        may_close=_may(actor, row, Action.GIVE_UP),
        may_report=await _may_report(seeing, row),
        targets=_targets(row),
        sees_journey=bool(actor.roles & {Role.ANALYST, Role.AUDITOR}) or row.employee_id == actor.employee_id,
        today=await clock.today(session),
        words=words,
        path=f"{PATH}/{follow_up_id}",
    )


def _may(actor: Actor, row: FollowUpRow, action: Action) -> bool:
    """Whether the visitor decides on it as an analyst: never on what is about themselves."""
    return Role.ANALYST in actor.roles and row.employee_id != actor.employee_id and row.to_domain().may(action)


async def _may_report(seeing: Seeing, row: FollowUpRow) -> bool:
    actor = seeing.actor
    if row.target != Target.SUPERIOR or row.employee_id == actor.employee_id or not row.to_domain().may(Action.FINISH):
        return False
    return Role.ANALYST in actor.roles or await queries.is_for(seeing.session, actor, row.id)


def _targets(row: FollowUpRow) -> Sequence[tuple[str, str]]:
    """Through whom it may be carried out, where there is a choice."""
    if row.target not in EXCHANGEABLE:
        return ()
    return [(target.value, words.TARGET[target]) for target in Target if target in EXCHANGEABLE]


def _about(rows: Collection[FollowUpRow]) -> set[UUID]:
    return {row.employee_id for row in rows} | {row.guide_id for row in rows if row.guide_id}


def _said(follow_up_id: UUID, sentence: str) -> Said:
    return Said(to=f"{PATH}/{follow_up_id}", sentence=sentence)


def _again(follow_up_id: UUID) -> Callable[[Seeing], Awaitable[Response]]:
    async def show(seeing: Seeing) -> Response:
        return await follow_up_page(seeing, follow_up_id)

    return show
