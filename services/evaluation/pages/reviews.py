"""The page of one review of behaviour: what was asked of whom, and what the figure was made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.evaluation.domain.behaviour import Answer, Role
from services.evaluation.domain.evaluations import cut
from services.evaluation.domain.selection import ReviewStatus
from services.evaluation.pages import words
from services.evaluation.pages.numbers import rule_view
from services.evaluation.pages.shapes import PREFIX
from services.evaluation.queries import reviews as queries
from services.evaluation.rules import BEHAVIOUR_OF_PERSON
from services.evaluation.tables import ReviewRow
from shared.directory import named_people
from shared.identity.actor import Role as ActorRole
from shared.web import figures
from shared.web.language import _
from shared.web.shapes import AnyoneSees

router = APIRouter(prefix="/reviews")

SIGNED = ((Role.SUPERIOR, _("Atasan")), (Role.SELF, _("Diri sendiri")))


@router.get("/{review_id}")
async def show_review(review_id: UUID, seeing: AnyoneSees) -> Response:
    """One review; what was answered only once it is closed, to everybody alike."""
    session, actor = seeing.session, seeing.actor
    row, concluded = await queries.review(session, actor, review_id)
    seeing.note("review", row.id, row.employee_id)
    closed = row.status == ReviewStatus.CLOSED
    answers = (await queries.answers(session, [row.id])).get(row.id, []) if closed else []
    titles = await queries.program_titles(session, {row.program_id} if row.program_id else set())
    sees_journey = bool(actor.roles & {ActorRole.ANALYST, ActorRole.AUDITOR}) or row.employee_id == actor.employee_id
    return await seeing.show(
        "evaluation/review.html",
        review=row,
        title=next(iter(titles.values()), None),
        concluded=concluded if closed else None,
        columns=_columns(row, answers),
        items=_items(row, answers),
        causes=[words.said(words.CAUSE, cause) for cause in row.causes or ()],
        rule=rule_view(concluded.rule, concluded.rule_version) if closed and concluded else None,
        selection=rule_view(row.rule, row.rule_version),
        sees_journey=sees_journey,
        people=await named_people(session, {row.employee_id} | ({row.superior_id} if row.superior_id else set())),
        words=words,
        path=PREFIX,
    )


def _columns(row: ReviewRow, answers: Sequence[Answer]) -> list[tuple[str, list[Answer]]]:
    """Whose answers are shown side by side: signed ones, and others where they are too many to be told apart."""
    shown = [(title, [answer for answer in answers if answer.role is role]) for role, title in SIGNED]
    others = [answer for answer in answers if not answer.role.is_signed]
    if len(others) >= BEHAVIOUR_OF_PERSON.in_force_on(row.end_date).minimum_others:
        shown.append((_("Rata-rata {count} rekan dan bawahan").format(count=len(others)), others))
    return [(title, given) for title, given in shown if given]


def _items(row: ReviewRow, answers: Sequence[Answer]) -> list[tuple[str, list[str]]]:
    """Each item with the score of each column, then the level that each column saw."""
    columns = [given for _, given in _columns(row, answers)]
    items = BEHAVIOUR_OF_PERSON.in_force_on(row.end_date).items
    lines = [
        (
            words.said(words.BEHAVIOUR_ITEM, item),
            [_mean([answer.scores[item] for answer in given]) for given in columns],
        )
        for item in items
    ]
    levels = [", ".join(str(level) for level in sorted(answer.level for answer in given)) for given in columns]
    return [*lines, (_("Tingkat kompetensi yang tampak"), levels)] if columns else []


def _mean(scores: Sequence[int]) -> str:
    return str(scores[0]) if len(scores) == 1 else figures.number(cut(Fraction(sum(scores), len(scores))))
