"""The journey of one need: every event about it and about what was done for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.queries.access import seen_by
from services.evaluation.tables import JourneyEventRow, JourneyLinkRow, NeedRow, ReviewRow
from shared.errors import NotFound
from shared.identity.actor import Actor
from shared.lists import Page, among, names_contain, page_of

# What hangs on a step that was found first: hours credited for a seat may be reversed, under an id of their own.
HANGING_ON = ("credit_id",)
UNKNOWN = datetime.min.replace(tzinfo=UTC)
NEED_IDS = text("SELECT need_id FROM journey_links WHERE subject_id = :id LIMIT 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One need, its events from first to last, and the reviews of behaviour held or not held for it."""

    need: NeedRow
    steps: Sequence[JourneyEventRow]
    reviews: Sequence[ReviewRow]


async def needs(
    session: AsyncSession,
    actor: Actor,
    page: Page,
    *,
    employee_id: UUID | None = None,
    name: str | None = None,
    cycle: int | None = None,
) -> Sequence[NeedRow]:
    """The newest needs whose journeys the actor may see, of one person, of a name or of one plan year if asked so."""
    statement = page_of(select(NeedRow).where(seen_by(actor, NeedRow.employee_id)), NeedRow.id, page)
    if employee_id is not None:
        statement = statement.where(NeedRow.employee_id == employee_id)
    if name is not None:
        statement = statement.where(names_contain(name, NeedRow.employee_id))
    if cycle is not None:
        statement = statement.where(NeedRow.cycle == cycle)
    return (await session.scalars(statement)).all()


async def journey(session: AsyncSession, actor: Actor, need_id: UUID) -> Journey:
    """The journey of a need; raises NotFound, also when it is not the actor's to see."""
    need = await session.scalar(select(NeedRow).where(NeedRow.id == need_id, seen_by(actor, NeedRow.employee_id)))
    if need is None:
        raise NotFound("Kebutuhan ini tidak ada.")
    linked = set(await session.scalars(select(JourneyLinkRow.subject_id).where(JourneyLinkRow.need_id == need_id)))
    steps = await _about(session, linked | {need_id})
    hanging = {UUID(step.data[name]) for step in steps for name in HANGING_ON if step.data.get(name)} - linked
    if hanging:
        steps += [step for step in await _about(session, hanging) if step.event_id not in {s.event_id for s in steps}]
    reviews = await session.scalars(
        select(ReviewRow).where(among(ReviewRow.activity_id, linked)).order_by(ReviewRow.due_date, ReviewRow.id)
    )
    return Journey(need=need, steps=in_order(steps), reviews=reviews.all())


def in_order(steps: Iterable[JourneyEventRow]) -> list[JourneyEventRow]:
    """By time, but nothing before what caused it: the clocks of two services are never quite the same.

    Events of one moment stand in the order they were made: their ids count upwards.
    """
    known = {str(step.event_id): step for step in steps}
    places: dict[UUID, tuple[datetime | UUID, ...]] = {}

    def place(step: JourneyEventRow) -> tuple[datetime | UUID, ...]:
        if step.event_id not in places:
            own = (step.happened_at or UNKNOWN, step.event_id)
            # Noted before its cause is looked at: causes that run in a circle, which only forgers write, end here.
            places[step.event_id] = own
            cause = known.get(step.causation or "")
            if cause is not None and (before := place(cause)) > own:
                places[step.event_id] = (*before, step.event_id)
        return places[step.event_id]

    return sorted(known.values(), key=place)


async def newest_facts(session: AsyncSession, need_ids: Collection[UUID]) -> dict[UUID, str]:
    """By need the type of what was last told of the need itself, not of what was done for it."""
    found = await session.execute(
        select(JourneyEventRow.subject_id, JourneyEventRow.type)
        .where(among(JourneyEventRow.subject_id, need_ids))
        .order_by(JourneyEventRow.happened_at.nulls_first(), JourneyEventRow.event_id)
    )
    return dict(found.all())


async def need_of(session: AsyncSession, case_id: UUID) -> UUID:
    """The need that an id leads to: its own, or that of a plan item, seat, pair, follow-up …; raises NotFound."""
    if await session.get(NeedRow, case_id) is not None:
        return case_id
    need_id: UUID | None = await session.scalar(NEED_IDS, {"id": case_id})
    if need_id is None:
        raise NotFound("Tidak ada kebutuhan dengan id ini, dan tidak ada yang terkait dengannya.")
    return need_id


async def _about(session: AsyncSession, subjects: set[UUID]) -> list[JourneyEventRow]:
    return list(await session.scalars(select(JourneyEventRow).where(among(JourneyEventRow.subject_id, subjects))))
