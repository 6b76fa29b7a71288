"""Pages of forms: what waits for the visitor's answer, and one form about a class or about somebody's behaviour."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from services.evaluation.commands import answers
from services.evaluation.commands.answers import Filled
from services.evaluation.domain.behaviour import HIGHEST_SCORE, LOWEST_SCORE, Cause, Role
from services.evaluation.domain.evaluations import ActivityKind
from services.evaluation.pages import words
from services.evaluation.pages.shapes import PREFIX
from services.evaluation.queries import reviews as queries
from services.evaluation.queries.reviews import AskedForm
from services.evaluation.tables import FormStatus
from shared import clock
from shared.directory import named_people
from shared.lists import Page
from shared.web.doing import Said
from shared.web.forms import FormRefused, Typed
from shared.web.language import _
from shared.web.seeing import Seeing
from shared.web.shapes import AnyoneDoes, AnyoneSees, Form

router = APIRouter(prefix="/forms")

PATH = f"{PREFIX}/forms"
MOST = 200
ANSWERED = 10
SCORES = range(LOWEST_SCORE, HIGHEST_SCORE + 1)
ANONYMOUS = frozenset({Role.PARTICIPANT, Role.PEER, Role.SUBORDINATE})


class BehaviourForm(Form):
    """What is asked about behaviour beside the items: the level that fits, and why something is not used yet."""

    level: Annotated[int, Field(ge=0, le=5)]
    cause: Cause | None = None


@router.get("")
async def list_forms(seeing: AnyoneSees) -> Response:
    """The forms that wait, those due first at the head, and what was answered last."""
    session, actor = seeing.session, seeing.actor
    waiting = await queries.forms_to_fill(session, actor, MOST)
    own = [asked for asked in waiting if asked[0].respondent_id == actor.employee_id]
    others = [asked for asked in waiting if asked[0].respondent_id != actor.employee_id]
    answered: list[AskedForm] = []
    if actor.employee_id is not None:
        page = Page(limit=ANSWERED)
        answered = await queries.forms(
            session, actor, page, status=FormStatus.ANSWERED, respondent_id=actor.employee_id
        )
    shown = [*waiting, *answered]
    about = {person for form, _, _ in shown for person in (form.subject_id, form.respondent_id)}
    return await seeing.show(
        "evaluation/forms.html",
        own=own,
        others=others,
        answered=answered,
        titles=await queries.program_titles(session, _programs(shown)),
        people=await named_people(session, about),
        today=await clock.today(session),
        most=len(waiting) == MOST,
        words=words,
        path=PATH,
    )


@router.get("/{form_id}")
async def show_form(form_id: UUID, seeing: AnyoneSees) -> Response:
    return await form_page(seeing, form_id)


@router.post("/{form_id}")
async def answer_form(form_id: UUID, doing: AnyoneDoes) -> Response:
    """Take the answer: the visitor's own, or one that staff of the unit enter from paper."""

    async def work(session: AsyncSession) -> Said:
        form, review, held = await queries.form_to_fill(session, doing.actor, form_id)
        scores = _scores(doing.typed, queries.items_of(review, held))
        extra = doing.filled(BehaviourForm) if review is not None else None
        filled = Filled(
            form_id=form.id,
            scores=scores,
            level=extra.level if extra else None,
            cause=extra.cause if extra else None,
        )
        await answers.answer_forms(session, doing.actor, [filled])
        return Said(to=PATH, sentence="Terima kasih, jawaban disimpan.")

    async def again(seeing: Seeing) -> Response:
        return await form_page(seeing, form_id)

    return await doing.run(work, again)


async def form_page(seeing: Seeing, form_id: UUID) -> HTMLResponse:
    """One form to fill in, or what became of it."""
    session = seeing.session
    form, review, held = await queries.form_to_fill(session, seeing.actor, form_id)
    titles = await queries.program_titles(session, _programs([(form, review, held)]))
    meanings = words.BEHAVIOUR_ITEM if review else words.REACTION_ITEM
    return await seeing.show(
        "evaluation/form.html",
        form=form,
        review=review,
        held=held,
        title=next(iter(titles.values()), None),
        items=[(item, words.said(meanings, item)) for item in queries.items_of(review, held)],
        scores=[(score, (words.FREQUENCY if review else words.AGREEMENT)[score]) for score in SCORES],
        anonymous=form.role in ANONYMOUS,
        own=form.respondent_id == seeing.actor.employee_id,
        task=review is not None and review.activity_kind == ActivityKind.TASK,
        people=await named_people(session, {form.subject_id, form.respondent_id}),
        words=words,
        path=f"{PATH}/{form_id}",
    )


def _scores(typed: Typed, items: tuple[str, ...]) -> dict[str, int]:
    """The score of every item; FormRefused names those that are missing."""
    given = {item: typed.get(f"score-{item}") for item in items}
    allowed = {str(score) for score in SCORES}
    wrong = {f"score-{item}": _("pilih salah satu") for item, score in given.items() if score not in allowed}
    if wrong:
        raise FormRefused(wrong)
    return {item: int(score) for item, score in given.items()}


def _programs(shown: list[AskedForm]) -> set[UUID]:
    return {
        about.program_id
        for _, review, held in shown
        for about in (review, held)
        if about is not None and about.program_id is not None
    }
