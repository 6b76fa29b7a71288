"""Routes of reviews: what people show at work some months after an activity (level 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.evaluation.api.shapes import View
from services.evaluation.domain.behaviour import Answer, Cause, Role
from services.evaluation.domain.evaluations import ActivityKind, Verdict, cut
from services.evaluation.domain.selection import Ground, ReviewStatus
from services.evaluation.queries import reviews as queries
from services.evaluation.rules import BEHAVIOUR_OF_PERSON
from services.evaluation.tables import EvaluationRow, ReviewRow
from shared.web.shapes import AnyoneReads, AskedPage

router = APIRouter()


class ReviewView(View):
    """The review after one activity. ground says why it is held or not, decided on due_date by the rule version named.

    Held: whatever a follow-up ordered, mentoring and coaching, trainings from 20 JP on, structural and functional ones,
    those paid by the agency, and a sample: an activity is in it when the first 8 bytes of the SHA-256 of its id as
    text, as one number modulo 100, are below the percentage. Within a person's year and a superior's month, by
    due_date, those due first (then the smaller activity_id) are held, the rest is CAPPED; what a follow-up ordered
    counts, but is always held. follow_up_id names the follow-up that ordered the activity.
    """

    id: UUID
    activity_kind: ActivityKind
    activity_id: UUID
    employee_id: UUID
    competency: str
    class_id: UUID | None
    program_id: UUID | None
    follow_up_id: UUID | None
    need_ids: list[UUID]
    end_date: date
    due_date: date
    status: ReviewStatus
    ground: Ground | None
    rule: str
    rule_version: str
    superior_id: UUID | None
    opened_at: datetime | None
    answer_by: date | None
    closed_at: datetime | None


class SignedAnswer(BaseModel):
    """What the person, or the superior, answered under their name."""

    role: Role
    scores: dict[str, int]
    level: int
    cause: Cause | None


class OthersAnswers(BaseModel):
    """What peers and subordinates answered, taken together: by item how many and their sum, by level and cause how
    many chose it.
    """

    scores: dict[str, tuple[int, int]]
    levels: dict[int, int]
    causes: dict[Cause, int]


class ReviewDetail(ReviewView):
    """A review with its result, once it is closed.

    figure: the mean of the superior's mean and the pooled mean of peers and subordinates; the superior's alone if fewer
    than three others answered. Nothing of what fewer than three others say counts or is shown; the person's own answer
    counts for the causes only. level: lower median of the superior's and the others' levels; none without the superior.
    failed_items: what the superior scored 1.
    """

    verdict: Verdict | None = None
    figure: Decimal | None = None
    level: int | None = None
    causes: tuple[Cause, ...] = ()
    failed_items: tuple[str, ...] = ()
    signed: tuple[SignedAnswer, ...] = ()
    others: int | None = None
    others_mean: Decimal | None = None
    others_answers: OthersAnswers | None = None


@router.get("/reviews", response_model=list[ReviewView])
async def list_reviews(
    reading: AnyoneReads, page: AskedPage, status: ReviewStatus | None = None, employee_id: UUID | None = None
) -> list[ReviewView]:
    """The newest reviews: of oneself, of those one is the superior of."""
    found = await queries.reviews(reading.session, reading.actor, page, status=status, employee_id=employee_id)
    return [ReviewView.model_validate(row) for row in found]


@router.get("/reviews/{review_id}", response_model=ReviewDetail)
async def read_review(review_id: UUID, reading: AnyoneReads) -> ReviewDetail:
    """One review; its result only once it is closed, to analysts and auditors as to everybody."""
    row, concluded = await queries.review(reading.session, reading.actor, review_id)
    reading.note("review", row.id, row.employee_id)
    shown = ReviewDetail(**ReviewView.model_validate(row).model_dump())
    if row.status != ReviewStatus.CLOSED:
        return shown
    answers = (await queries.answers(reading.session, [row.id])).get(row.id, [])
    return shown.model_copy(update=_result(row, concluded, answers))


def _result(row: ReviewRow, concluded: EvaluationRow | None, answers: Sequence[Answer]) -> Mapping[str, object]:
    others = [answer for answer in answers if not answer.role.is_signed]
    shown = len(others) >= BEHAVIOUR_OF_PERSON.in_force_on(row.end_date).minimum_others
    scores = [score for answer in others for score in answer.scores.values()]
    return {
        "verdict": Verdict(concluded.verdict) if concluded else None,
        "figure": concluded.figure if concluded else None,
        "level": row.level,
        "causes": tuple(Cause(cause) for cause in row.causes or ()),
        "failed_items": tuple(row.failed_items or ()),
        "signed": tuple(_signed(answer) for answer in answers if answer.role.is_signed),
        "others": len(others) if shown else None,
        "others_mean": cut(Fraction(sum(scores), len(scores))) if shown else None,
        "others_answers": _together(others) if shown else None,
    }


def _together(others: Sequence[Answer]) -> OthersAnswers:
    items = sorted({item for answer in others for item in answer.scores})
    given = {item: [answer.scores[item] for answer in others if item in answer.scores] for item in items}
    return OthersAnswers(
        scores={item: (len(scores), sum(scores)) for item, scores in given.items()},
        levels=Counter(answer.level for answer in others),
        causes=Counter(answer.cause for answer in others if answer.cause),
    )


def _signed(answer: Answer) -> SignedAnswer:
    return SignedAnswer(role=answer.role, scores=dict(answer.scores), level=answer.level, cause=answer.cause)
