"""Superiors and analysts in the demo: needs come from gaps, take one step at a time, and end under a decree."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.demo import needs, population
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.needs.app import SERVICE
from shared import clock
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.directory import DIRECTORY_HANDLERS
from shared.events.evaluation import FollowUpEscalated
from shared.events.needs import PlanItemApproved, PlanItemWithdrawn
from tests.conftest import MakeDatabase
from tests.records import emitted, record_of

PEOPLE = 90
STEP = timedelta(days=15)
WHAT_IS = text(
    "SELECT employee_number, needs.competency, needs.cycle, needs.status, needs.reason, form, plan_items.status"
    " FROM needs JOIN employees ON employees.id = needs.employee_id LEFT JOIN plan_items ON need_id = needs.id"
    " ORDER BY 1, 2, 3, 6, 7"
)
ALONE = text("SELECT count(*) FROM decrees WHERE entered_by = concluded_by")


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="needs", lineages=SERVICE.lineages)


async def today(database: Database) -> date:
    async with database.session() as session:
        return await clock.today(session)


async def populated(database: Database, seed: int = 1) -> Stage:
    stage = Stage(database=database, today=await today(database), dice=Dice(seed), opening=True)
    assert await population.settle_in(stage, PEOPLE) == PEOPLE
    return stage


async def acts(database: Database, seed: int = 1) -> int:
    """One step of the demo: half a month passes, people act."""
    async with database.transaction() as session:
        await clock.advance(session, STEP, simulation=True)
    return await needs.act(Stage(database=database, today=await today(database), dice=Dice(seed)))


async def state(database: Database) -> list[tuple[Any, ...]]:
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(WHAT_IS)]


async def test_opening_day_leads_needs_to_confirmed_decrees(database: Database) -> None:
    await needs.act(await populated(database))

    statuses = Counter(row[3] for row in await state(database))
    approved = [each.event for each in await emitted(database) if isinstance(each.event, PlanItemApproved)]
    forms = {event.form for event in approved}
    assert statuses["PLANNED"] == len(approved) > PEOPLE / 2
    assert {"REJECTED", "RETURNED"} <= statuses.keys()
    assert {14, 15} < forms
    assert 0.15 < sum(event.form in {14, 15} for event in approved) / len(approved) < 0.4
    async with database.session() as session:
        assert await session.scalar(ALONE) == 0


async def test_population_is_recorded_once(database: Database) -> None:
    stage = await populated(database)

    assert await population.settle_in(stage, PEOPLE) == 0


async def test_people_act_once_a_day(database: Database) -> None:
    stage = await populated(database)
    await needs.act(stage)
    opened = await state(database)

    assert await needs.act(stage) == 0
    assert await state(database) == opened
    for _ in range(4):
        await acts(database)
        told = len(await emitted(database))
        again = Stage(database=database, today=await today(database), dice=Dice(1))
        assert await needs.act(again) == 0
        assert len(await emitted(database)) == told


async def test_same_seed_gives_the_same_decisions(make_database: MakeDatabase) -> None:
    found = []
    for seed in (1, 1, 2):
        database = await make_database(service="needs", lineages=SERVICE.lineages)
        await needs.act(await populated(database, seed))
        for _ in range(3):
            await acts(database, seed)
        found.append(await state(database))

    assert found[0] == found[1] != found[2]


async def test_needs_that_nothing_helped_are_planned_in_another_form_or_left(database: Database) -> None:
    await needs.act(await populated(database))
    planned = [each.event for each in await emitted(database) if isinstance(each.event, PlanItemApproved)]
    consumer = Consumer(database, {**DIRECTORY_HANDLERS, **SERVICE.handlers}, frozenset({"medan"}))
    escalated = [
        record_of(
            FollowUpEscalated(
                follow_up_id=item.plan_item_id,
                employee_id=item.employee_id,
                competency=item.competency,
                cycle=item.cycle,
                round=2,
                reason="STILL_BELOW_STANDARD",
                need_ids=(item.need_id,),
            )
        )
        for item in planned[:20]
    ]
    await consumer.take(escalated)

    for _ in range(3):
        await acts(database)

    events = [each.event for each in await emitted(database)]
    withdrawn = {event.need_id for event in events if isinstance(event, PlanItemWithdrawn)}
    fixed = Counter(event.need_id for event in events if isinstance(event, PlanItemApproved))
    looked_at = {item.need_id for item in planned[:20]}
    assert 4 <= len(withdrawn & looked_at) <= 16
    assert any(fixed[need_id] == 2 for need_id in withdrawn & looked_at)
    assert not withdrawn - looked_at
