"""Level 2: what one participant learned, concluded anew whenever a correction changes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import follow_ups
from services.evaluation.commands.causes import Causes
from services.evaluation.domain import learning
from services.evaluation.domain.evaluations import LEARNING
from services.evaluation.domain.learning import Enrolment
from services.evaluation.queries import evaluations as queries
from services.evaluation.rules import LEARNING_OF_PERSON
from services.evaluation.tables import EnrolmentRow, enrolment_values
from shared.db import insert_rows
from shared.ids import new_id

REPLACE_ENROLMENT = (
    "ON CONFLICT (id) DO UPDATE SET need_ids = excluded.need_ids, pre_score = excluded.pre_score,"
    " post_score = excluded.post_score, max_score = excluded.max_score, outcome = excluded.outcome,"
    " competency = excluded.competency, pass_mark = excluded.pass_mark, end_date = excluded.end_date,"
    " learning_hours = excluded.learning_hours, follow_up_id = excluded.follow_up_id,"
    " score_sequence = excluded.score_sequence, outcome_sequence = excluded.outcome_sequence"
)


async def keep_enrolments(session: AsyncSession, enrolments: Iterable[Enrolment]) -> None:
    """Write down what is now known of these enrolments."""
    await insert_rows(session, EnrolmentRow, [enrolment_values(e) for e in enrolments], REPLACE_ENROLMENT)


async def conclude_learning(session: AsyncSession, enrolments: Sequence[Enrolment], causes: Causes) -> None:
    """Conclude level 2 for those that are completed, anew where a correction changes what stood before."""
    before = await queries.standings(session, [e.id for e in enrolments if e.completion], LEARNING)
    judged = (learning.evaluate(e, before.get(e.id), LEARNING_OF_PERSON, new_id()) for e in enrolments)
    if changed := [evaluation for evaluation in judged if evaluation is not None]:
        await follow_ups.settle(session, changed, causes)
