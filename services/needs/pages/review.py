"""Needs that wait for a decision: verified by the unit, validated by the agency, with boxes to tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs.commands import needs as commands
from services.needs.domain.needs import Reason
from services.needs.pages.words import REASON, REJECTIONS, RETURNS, WORDS
from services.needs.queries import deputies as deputy_queries
from services.needs.queries import review as queries
from services.needs.queries.competencies import competencies
from services.needs.tables import NeedRow
from shared import clock
from shared.directory import named_people
from shared.errors import Invalid, NotAllowed
from shared.identity.actor import Role
from shared.web.doing import Doing, Said, may_do
from shared.web.language import _, translated
from shared.web.seeing import Seeing, may_see

router = APIRouter()

HERE = "/needs/pages/review"
AT_ONCE = 50


class Place(BaseModel):
    """Which slice of each stage is shown, and whether the boxes of one stage begin ticked."""

    verify_after: UUID | None = None
    validate_after: UUID | None = None
    ticked: Literal["verify", "validate"] | None = None


class Decision(BaseModel):
    """What is decided about the needs that were ticked."""

    need: Annotated[list[UUID], Field(max_length=AT_ONCE)] = []
    action: Literal["verify", "validate", "return", "reject"]
    return_reason: Reason | None = None
    reject_reason: Reason | None = None


@router.get("/review")
async def show_waiting(page: Annotated[Seeing, may_see()], place: Annotated[Place, Query()]) -> Response:
    """What waits for the actor, a slice of each stage."""
    return await _waiting(page, place)


@router.post("/review")
async def decide(form: Annotated[Doing, may_do()]) -> Response:
    """Decide about the needs that were ticked: all of them or none."""

    async def work(session: AsyncSession) -> Said:
        decision = form.filled(Decision)
        if not decision.need:
            raise Invalid("Centang sedikitnya satu kebutuhan.")
        return Said(to=HERE, sentence=await _decide(session, form, decision))

    return await form.run(work, lambda page: _waiting(page, form.filled(Place)))


async def _decide(session: AsyncSession, form: Doing, decision: Decision) -> str:
    actor, chosen = form.actor, set(decision.need)
    if decision.action == "verify":
        await commands.verify_needs(session, actor, chosen)
        return _("{count} kebutuhan diverifikasi.").format(count=len(chosen))
    if decision.action == "reject":
        await commands.reject_needs(session, actor, chosen, _reason(decision.reject_reason, REJECTIONS))
        return _("{count} kebutuhan ditolak.").format(count=len(chosen))
    if Role.ANALYST not in actor.roles:
        raise NotAllowed("Hanya analis yang memvalidasi atau mengembalikan kebutuhan.")
    if decision.action == "validate":
        await commands.validate_needs(session, actor, chosen)
        return _("{count} kebutuhan divalidasi.").format(count=len(chosen))
    await commands.return_needs(session, actor, chosen, _reason(decision.return_reason, RETURNS))
    return _("{count} kebutuhan dikembalikan ke unit.").format(count=len(chosen))


def _reason(given: Reason | None, allowed: Sequence[Reason]) -> Reason:
    if given is None or given not in allowed:
        raise Invalid("Pilih alasannya lebih dahulu.")
    return given


async def _waiting(page: Seeing, place: Place) -> Response:
    session, actor = page.session, page.actor
    analyst = Role.ANALYST in actor.roles
    to_verify = await queries.needs_to_verify(session, actor, after=place.verify_after, limit=AT_ONCE)
    to_validate: Sequence[NeedRow] = ()
    to_look_at: Sequence[NeedRow] = ()
    if analyst:
        to_validate = await queries.needs_to_validate(session, actor, after=place.validate_after, limit=AT_ONCE)
        to_look_at = await queries.needs_to_look_at(session, actor)
    shown = [*to_verify, *to_validate, *to_look_at]
    waiting = {need.employee_id for need in to_verify}
    entered_for = await deputy_queries.entered_for(session, actor, waiting, await clock.today(session))
    return await page.show(
        "needs/review.html",
        to_verify=to_verify,
        to_validate=to_validate,
        to_look_at=to_look_at,
        at_once=AT_ONCE,
        place=place,
        analyst=analyst,
        entered_for=entered_for,
        people=await named_people(
            session, {need.employee_id for need in shown} | {each for each in entered_for.values() if each}
        ),
        titles={code: each.title for code, (_, each) in (await competencies(session)).items()},
        rejections=[(reason.value, translated(REASON[reason]).capitalize()) for reason in REJECTIONS],
        returns=[(reason.value, translated(REASON[reason]).capitalize()) for reason in RETURNS],
        words=WORDS,
    )
