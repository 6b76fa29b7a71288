"""What people of the demo answer when evaluation asks them: about a class, and about somebody's behaviour at work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.stage import Stage
from services.evaluation.commands.answers import Filled, answer_forms
from services.evaluation.domain.behaviour import HIGHEST_LEVEL, LOWEST_LEVEL, Cause, Role
from services.evaluation.rules import BEHAVIOUR_OF_PERSON, REACTION_OF_CLASS
from shared.identity.actor import Actor
from shared.identity.actor import Role as ActorRole

AT_ONCE = 500
"""Forms that one transaction takes."""

BY_HAND = 0.03
"""Forms that people fill in themselves; the staff of their office enter what the others wrote on paper."""

ABOUT_BEHAVIOUR = text(
    "SELECT f.id, f.role, f.respondent_id, f.opened_at, p.unit_id, p.employee_number AS respondent,"
    " s.employee_number AS subject, r.competency, r.end_date, r.activity_kind, r.follow_up_id,"
    " coalesce((SELECT max(n.standard_level) FROM needs n"
    "   WHERE n.id IN (SELECT CAST(x AS uuid) FROM jsonb_array_elements_text(r.need_ids) x)"
    "   AND n.competency = r.competency), CAST(j.standard_levels->>r.competency AS integer)) AS standard"
    " FROM reviews r JOIN forms f ON f.review_id = r.id AND f.status = 'OPEN'"
    " JOIN directory_employees s ON s.id = r.employee_id"
    " JOIN directory_employees p ON p.id = f.respondent_id AND p.legal_status = '01'"
    " LEFT JOIN directory_positions j ON j.id = s.position_id"
    " WHERE r.status = 'OPEN' ORDER BY f.id"
)
ABOUT_CLASSES = text(
    "SELECT f.id, f.respondent_id, f.opened_at, p.unit_id, p.employee_number AS respondent, c.end_date, g.code"
    " FROM classes c JOIN forms f ON f.class_id = c.id AND f.status = 'OPEN'"
    " JOIN directory_employees p ON p.id = f.respondent_id AND p.legal_status = '01'"
    " LEFT JOIN programs g ON g.id = c.program_id"
    " WHERE c.concluded_at IS NULL AND f.answer_by >= :today ORDER BY f.id"
)
UNITS = text("SELECT id, parent_id FROM directory_units")
STAFF = text(
    "SELECT DISTINCT ON (unit_id) unit_id, id FROM directory_employees WHERE legal_status = '01'"
    " ORDER BY unit_id, employee_number"
)

ANSWERS_ABOUT_CLASS = 0.75
ALL_ANSWER = 0.45
ANSWERS_ABOUT_BEHAVIOUR = 0.7
SUPERIOR_ANSWERS = 0.93
ANSWERS_SOON = 0.75
WEAK_CLASS = 0.12

PARTLY_FROM, GOOD_FROM = 34, 47
"""Marks of how somebody does, from 0 to 99: two parts luck of this time, one part talent."""

WEAK, PARTLY, GOOD = "WEAK", "PARTLY", "GOOD"
SCORES: Mapping[str, Sequence[int]] = {
    WEAK: (1, 2, 2, 2, 2, 2, 3, 3),
    PARTLY: (2, 3, 3, 3, 3, 3, 4),
    GOOD: (3, 3, 4, 4, 4),
}
STEPS: Mapping[str, Sequence[int]] = {
    WEAK: (-1, -1, -1, -2),
    PARTLY: (0, -1),
    GOOD: (0, 0, 0, 0, 0, 1),
}
"""Levels below or above what the job asks."""

CAUSES: Sequence[Cause | None] = (
    *[Cause.NOT_MASTERED] * 8,
    *[Cause.NO_OPPORTUNITY] * 4,
    *[Cause.NO_SUPPORT] * 3,
    *[Cause.NOT_RELEVANT] * 3,
    None,
    None,
)
NAMES_CAUSE = {Role.SELF: 0.9, Role.SUPERIOR: 0.9, Role.PEER: 0.5, Role.SUBORDINATE: 0.5}
BLAMES_OTHERS = 0.1
HINDERED = 0.06


async def answer(stage: Stage) -> int:
    """Let people answer what they were asked; some answer late, some never."""
    async with stage.transaction() as session:
        behaviour = (await session.execute(ABOUT_BEHAVIOUR)).all()
        classes = (await session.execute(ABOUT_CLASSES, {"today": stage.today})).all()
        filled = [(row, _behaviour(stage, row)) for row in behaviour if _answers_behaviour(stage, row)]
        filled += [(row, _reaction(stage, row)) for row in classes if _answers_class(stage, row)]
        staff = await _staff_by_unit(session) if filled else {}
    by_actor: dict[Actor, list[Filled]] = defaultdict(list)
    for row, each in filled:
        by_actor[_who_enters(stage, row, staff)].append(each)
    for batch in _batches(by_actor):
        async with stage.transaction() as session:
            for actor, entered in batch:
                await answer_forms(session, actor, entered)
    return len(filled)


def quality(stage: Stage, number: str, competency: str, end_date: date) -> str:
    """How somebody does at work after an activity: talent, and how it went this time."""
    luck = stage.dice.between(0, 99, "behaviour", number, competency, end_date)
    mark = (2 * luck + talent(stage, number)) // 3
    if mark < PARTLY_FROM:
        return WEAK
    return PARTLY if mark < GOOD_FROM else GOOD


def talent(stage: Stage, number: str) -> int:
    """How easily somebody learns, from 0 to 99."""
    return stage.dice.between(0, 99, "talent", number)


def _answers_behaviour(stage: Stage, row: Any) -> bool:
    dice, words = stage.dice, (row.subject, row.competency, row.end_date)
    if not dice.chance(ALL_ANSWER, "all answer", *words):
        share = SUPERIOR_ANSWERS if row.role == Role.SUPERIOR else ANSWERS_ABOUT_BEHAVIOUR
        if not dice.chance(share, "answers", *words, row.respondent, row.role):
            return False
    return _answers_today(stage, row)


def _answers_class(stage: Stage, row: Any) -> bool:
    return stage.dice.chance(ANSWERS_ABOUT_CLASS, "answers", row.code or "", row.end_date, row.respondent)


def _answers_today(stage: Stage, row: Any) -> bool:
    """Most answer when they are asked, the others the next time they look."""
    asked_today = row.opened_at.astimezone(stage.database.origin.zone).date() >= stage.today
    return not asked_today or stage.dice.chance(ANSWERS_SOON, "answers soon", row.respondent, stage.today)


def _behaviour(stage: Stage, row: Any) -> Filled:
    dice, words = stage.dice, (row.subject, row.competency, row.end_date, row.respondent, row.role)
    shown = quality(stage, row.subject, row.competency, row.end_date)
    items = BEHAVIOUR_OF_PERSON.in_force_on(row.end_date).items
    return Filled(
        form_id=row.id,
        scores={item: dice.pick(SCORES[shown], "score", item, *words) for item in items},
        level=_level(stage, row, shown),
        cause=_cause(stage, row, shown),
    )


def _level(stage: Stage, row: Any, shown: str) -> int:
    """The level that fits: all see about the same, peers and subordinates less exactly."""
    step = stage.dice.pick(STEPS[shown], "level", row.subject, row.competency, row.end_date)
    if row.role not in {Role.SUPERIOR, Role.SELF}:
        step += stage.dice.pick((-1, 0, 0, 0, 0, 1), "sees", row.respondent, row.subject, row.competency, row.end_date)
    asked = 2 if row.standard is None else row.standard
    return int(min(max(asked + step, LOWEST_LEVEL), HIGHEST_LEVEL))


def _cause(stage: Stage, row: Any, shown: str) -> Cause | None:
    """Why it is not used: one cause for all who name it, unless somebody sees it otherwise."""
    dice, words = stage.dice, (row.subject, row.competency, row.end_date)
    if shown == GOOD or not dice.chance(NAMES_CAUSE[Role(row.role)], "names cause", *words, row.respondent):
        return None
    hindrance = dice.pick((Cause.NO_OPPORTUNITY, Cause.NO_SUPPORT), "hindrance", *words)
    if shown == PARTLY:
        return hindrance if dice.chance(HINDERED, "hindered", *words) else None
    if row.role == Role.SELF and dice.chance(BLAMES_OTHERS, "blames others", *words):
        return hindrance
    return dice.pick(CAUSES, "cause", *words)


def _reaction(stage: Stage, row: Any) -> Filled:
    dice, held = stage.dice, (row.code or "", row.end_date)
    scores = (1, 2, 2, 3) if dice.chance(WEAK_CLASS, "weak class", *held) else (3, 3, 4, 4, 4)
    items = REACTION_OF_CLASS.in_force_on(row.end_date).items
    return Filled(form_id=row.id, scores={item: dice.pick(scores, item, *held, row.respondent) for item in items})


def _who_enters(stage: Stage, row: Any, staff: Mapping[UUID, UUID]) -> Actor:
    if row.unit_id not in staff or stage.dice.chance(BY_HAND, "fills in by hand", row.respondent, stage.today):
        return stage.person(row.respondent_id)
    return stage.person(staff[row.unit_id], ActorRole.UNIT_STAFF)


async def _staff_by_unit(session: AsyncSession) -> dict[UUID, UUID]:
    """By unit, who enters paper for it: somebody of the highest unit above it that has people at work."""
    parents = {row.id: row.parent_id for row in await session.execute(UNITS)}
    first = {row.unit_id: row.id for row in await session.execute(STAFF)}
    found: dict[UUID, UUID] = {}
    for unit in parents:
        above: UUID | None = unit
        seen: set[UUID] = set()
        while above is not None and above not in seen:
            seen.add(above)
            if above in first:
                found[unit] = first[above]
            above = parents.get(above)
    return found


def _batches(by_actor: Mapping[Actor, Sequence[Filled]]) -> Iterator[list[tuple[Actor, Sequence[Filled]]]]:
    """Together not much more than one transaction takes."""
    batch: list[tuple[Actor, Sequence[Filled]]] = []
    size = 0
    for actor, forms in by_actor.items():
        for start in range(0, len(forms), AT_ONCE):
            part = forms[start : start + AT_ONCE]
            if batch and size + len(part) > AT_ONCE:
                yield batch
                batch, size = [], 0
            batch.append((actor, part))
            size += len(part)
    if batch:
        yield batch
