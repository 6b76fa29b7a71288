"""Answers to forms: taken once each, the unsigned ones kept apart from who gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands import reviews as reviewing
from services.evaluation.domain.behaviour import Cause, Role
from services.evaluation.domain.selection import ReviewStatus
from services.evaluation.queries import people as directory
from services.evaluation.queries import reviews as queries
from services.evaluation.rules import BEHAVIOUR_OF_PERSON, REACTION_OF_CLASS
from services.evaluation.tables import BehaviourAnswerRow, ClassRow, FormRow, FormStatus, ReactionAnswerRow, ReviewRow
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Conflict, Invalid, NotFound
from shared.events.evaluation import FeedbackSubmitted
from shared.identity.actor import Actor
from shared.identity.actor import Role as ActorRole
from shared.lists import among

ANSWERED = text("UPDATE forms SET status = 'ANSWERED' WHERE id = ANY(CAST(:ids AS uuid[]))")
COUNTS = text(
    "SELECT class_id, count(*) AS answers FROM reaction_answers WHERE class_id = ANY(CAST(:ids AS uuid[]))"
    " GROUP BY class_id"
)
STILL_OPEN = text(
    "SELECT DISTINCT review_id FROM forms WHERE review_id = ANY(CAST(:ids AS uuid[])) AND status = 'OPEN'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One form as it was filled in; level and cause are asked for behaviour only."""

    form_id: UUID
    scores: Mapping[str, int]
    level: int | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the forms ask about, locked: reviews and classes by their ids."""

    reviews: Mapping[UUID, ReviewRow]
    classes: Mapping[UUID, ClassRow]

    def items(self, form: FormRow) -> tuple[str, ...]:
        """The items of a form by the rule in force when its activity ended."""
        if form.review_id is not None:
            return BEHAVIOUR_OF_PERSON.in_force_on(self.reviews[form.review_id].end_date).items
        assert form.class_id is not None
        return REACTION_OF_CLASS.in_force_on(self.classes[form.class_id].end_date).items


async def answer_forms(session: AsyncSession, actor: Actor, filled: Sequence[Filled]) -> list[FormRow]:
    """Take the answers of the actor, or those that a unit's staff enter for people who answered on paper.

    The first answer to a form stands; sent again, it changes nothing and is answered alike.
    """
    by_form = {each.form_id: each for each in filled}
    if len(by_form) < len(filled):
        raise Invalid("Satu formulir hanya boleh disebut sekali.")
    asked, forms = await _locked(session, actor, by_form)
    new = [forms[each] for each in sorted(forms) if forms[each].status == FormStatus.OPEN]
    if any(form.status in {FormStatus.EXPIRED, FormStatus.DROPPED} for form in forms.values()):
        raise Conflict("Formulir ini tidak menunggu jawaban lagi.")
    for form in new:
        _check(form, by_form[form.id], asked.items(form))
    await _keep(session, new, by_form)
    for form in new:
        behalf = form.respondent_id if form.respondent_id != actor.employee_id else None
        audit.record(session, actor, "answer_form", "form", form.id, on_behalf_of=behalf)
    await _tell_feedback(session, asked, new)
    await _close_answered(session, asked, new)
    return list((await queries.forms_by_ids(session, by_form)).values())


async def _locked(session: AsyncSession, actor: Actor, ids: Collection[UUID]) -> tuple[Asked, dict[UUID, FormRow]]:
    """The forms, if all are the actor's to fill in: what they ask about is locked before them, as closing does."""
    seen = await queries.forms_by_ids(session, ids)
    await _check_access(session, actor, ids, seen)
    reviews = await queries.locked(session, {f.review_id for f in seen.values() if f.review_id})
    class_ids = {f.class_id for f in seen.values() if f.class_id}
    classes = await session.scalars(
        select(ClassRow).where(among(ClassRow.id, class_ids)).order_by(ClassRow.id).with_for_update()
    )
    asked = Asked(reviews={r.id: r for r in reviews}, classes={c.id: c for c in classes})
    return asked, await queries.forms_by_ids(session, ids, for_update=True)


async def _check_access(
    session: AsyncSession, actor: Actor, ids: Collection[UUID], forms: Mapping[UUID, FormRow]
) -> None:
    foreign = {form.respondent_id for form in forms.values() if form.respondent_id != actor.employee_id}
    if foreign and ActorRole.UNIT_STAFF in actor.roles and actor.employee_id is not None:
        units = await directory.units_of(session, actor.employee_id)
        foreign -= await directory.in_units(session, units, foreign)
    if foreign or len(forms) < len(ids):
        raise NotFound("Formulir ini tidak ada.")


def _check(form: FormRow, filled: Filled, items: tuple[str, ...]) -> None:
    if set(filled.scores) != set(items):
        raise Invalid(f"Nilai harus diisi untuk setiap butir: {', '.join(items)}.")
    about_behaviour = form.review_id is not None
    if about_behaviour and filled.level is None:
        raise Invalid("Tingkat kompetensi yang tampak (0–5) harus diisi.")
    if not about_behaviour and (filled.level is not None or filled.cause is not None):
        raise Invalid("Formulir tentang kelas tidak menanyakan tingkat atau penyebab.")


async def _keep(session: AsyncSession, forms: Sequence[FormRow], by_form: Mapping[UUID, Filled]) -> None:
    today = await clock.today(session)
    behaviour = [_behaviour(form, by_form[form.id], today) for form in forms if form.review_id]
    reactions = [_reaction(form, by_form[form.id], today) for form in forms if form.class_id]
    await insert_rows(session, BehaviourAnswerRow, sorted(behaviour, key=_by_id))
    await insert_rows(session, ReactionAnswerRow, sorted(reactions, key=_by_id))
    await session.execute(ANSWERED, {"ids": [form.id for form in forms]})


def _behaviour(form: FormRow, filled: Filled, today: date) -> dict[str, Any]:
    return {
        # Random, not in the order of time: an id must not tell whose answer it is.
        "id": uuid4(),
        "review_id": form.review_id,
        "role": form.role,
        "respondent_id": form.respondent_id if Role(form.role).is_signed else None,
        "answered_on": today,
        "scores": orjson.dumps(dict(filled.scores)).decode(),
        "level": filled.level,
        "cause": filled.cause,
    }


def _reaction(form: FormRow, filled: Filled, today: date) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "class_id": form.class_id,
        "answered_on": today,
        "scores": orjson.dumps(dict(filled.scores)).decode(),
    }


def _by_id(row: Mapping[str, Any]) -> UUID:
    found: UUID = row["id"]
    return found


async def _tell_feedback(session: AsyncSession, asked: Asked, forms: Sequence[FormRow]) -> None:
    answered = Counter(form.class_id for form in forms if form.class_id)
    if not answered:
        return
    for row in await session.execute(COUNTS, {"ids": sorted(filter(None, answered))}):
        program_id = asked.classes[row.class_id].program_id
        event = FeedbackSubmitted(class_id=row.class_id, program_id=program_id, level=1, answers=row.answers)
        outbox.record(session, event, correlation=row.class_id)


async def _close_answered(session: AsyncSession, asked: Asked, forms: Sequence[FormRow]) -> None:
    """Conclude the reviews that nobody is waited for any more."""
    ids = {form.review_id for form in forms if form.review_id}
    if not ids:
        return
    waiting = set((await session.execute(STILL_OPEN, {"ids": sorted(ids)})).scalars())
    ready = [asked.reviews[each] for each in sorted(ids - waiting)]
    await reviewing.close(session, [review for review in ready if review.status == ReviewStatus.OPEN])
