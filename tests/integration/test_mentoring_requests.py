"""Where requests come from and what becomes of them: plan items, follow-ups, newcomers, own wishes; coaching."""

from __future__ import annotations

import random
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.mentoring.app import SERVICE
from services.mentoring.tables import LevelRow, PairRow, RequestRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.evaluation import FollowUpClosed, FollowUpOpened
from shared.events.mentoring import (
    MentoringRequested,
    MentoringRequestWithdrawn,
    MentoringStopped,
    MentorMatched,
)
from shared.events.needs import PlanItemApproved, PlanItemWithdrawn
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.mentorship import COMPETENCY, Somebody, rows, take
from tests.records import Emitted, emitted, event_id_of, record_of

NEED = UUID("01920000-0000-7000-8000-00000000aaaa")


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="mentoring", agency="medan", lineages=SERVICE.lineages)


def opened(person: Somebody, follow_up_id: UUID, target: str = "MENTORING") -> Record:
    event = FollowUpOpened(
        follow_up_id=follow_up_id,
        evaluation_id=new_id(),
        employee_id=person.id,
        competency=COMPETENCY,
        cycle=2026,
        round=1,
        kind="COACHING",
        cause="NOT_APPLIED",
        target=target,
        due_date=date(2026, 4, 3),
        rule="L3_PERSON",
        rule_version="2019-01-01",
        need_ids=(NEED,),
    )
    return record_of(event, correlation=NEED)


def closed(person: Somebody, follow_up_id: UUID) -> Record:
    event = FollowUpClosed(
        follow_up_id=follow_up_id, employee_id=person.id, competency=COMPETENCY, cycle=2026, round=1, reason="CORRECTED"
    )
    return record_of(event, correlation=NEED)


def withdrawn(plan_item: Record, person: Somebody) -> Record:
    item = PlanItemApproved.model_validate_json(plan_item.value or b"")
    event = PlanItemWithdrawn(
        plan_item_id=item.plan_item_id, need_id=item.need_id, employee_id=person.id, reason="EMPLOYEE_LEFT"
    )
    return record_of(event, correlation=item.need_id)


def kinds(said: Any) -> list[str]:
    return [type(each.event).__name__ for each in said]


def only(said: Any, kind: type[Any]) -> Emitted:
    found: list[Emitted] = [each for each in said if isinstance(each.event, kind)]
    assert len(found) == 1
    return found[0]


async def statuses(database: Database) -> list[str]:
    return [row.status for row in await rows(database, RequestRow)]


async def test_plan_item_for_mentoring_opens_a_request_with_its_levels(database: Database) -> None:
    ani = Somebody()
    record = ani.planned(15, current=1, standard=3)
    item = PlanItemApproved.model_validate_json(record.value or b"")

    [said] = await take(database, record, record)

    [row] = await rows(database, RequestRow)
    assert said.event == MentoringRequested(
        request_id=row.id,
        employee_id=ani.id,
        competency=COMPETENCY,
        origin="PLAN_ITEM",
        form=15,
        plan_item_id=item.plan_item_id,
        need_ids=(item.need_id,),
    )
    assert (said.causation, said.correlation) == (str(event_id_of(record)), item.need_id)
    assert (row.status, row.required_level, row.current_level) == ("OPEN", 3, 1)


async def test_plan_items_of_other_forms_are_left_to_training(database: Database) -> None:
    assert await take(database, Somebody().planned(8), Somebody().planned(24)) == []


async def test_withdrawn_plan_item_withdraws_what_has_not_begun(database: Database) -> None:
    ani = Somebody()
    item = ani.planned()
    await take(database, item, Somebody().planned())

    [said] = await take(database, withdrawn(item, ani))

    assert isinstance(said.event, MentoringRequestWithdrawn)
    assert (said.event.reason, said.event.plan_item_id is None) == ("PLAN_ITEM_WITHDRAWN", False)
    assert await statuses(database) == ["WITHDRAWN", "OPEN"]


async def test_confirmed_follow_up_opens_what_waited(database: Database) -> None:
    ani, key = Somebody(), new_id()
    await take(database, opened(ani, key))

    said = await take(database, ani.confirmed(key), ani.confirmed(key))

    assert said == []
    assert await statuses(database) == ["OPEN"]


async def test_follow_up_confirmed_for_somebody_else_is_let_go(database: Database) -> None:
    ani, key = Somebody(), new_id()
    await take(database, opened(ani, key))

    [said] = await take(database, ani.confirmed(key, target="TRAINING"))

    assert isinstance(said.event, MentoringRequestWithdrawn)
    assert (said.event.reason, await statuses(database)) == ("REROUTED", ["WITHDRAWN"])


async def test_follow_up_that_comes_to_us_when_confirmed_opens_at_once(database: Database) -> None:
    ani, key = Somebody(), new_id()

    said = await take(database, opened(ani, key, target="SUPERIOR"), ani.confirmed(key))

    assert (kinds(said), await statuses(database)) == (["MentoringRequested"], ["OPEN"])


async def test_confirmed_coaching_goes_to_the_superior_without_matching(database: Database) -> None:
    boss = Somebody()
    ani, key = Somebody(superior_id=boss.id), new_id()
    await take(database, boss.recorded(), ani.recorded(), opened(ani, key, "COACHING"))
    record = ani.confirmed(key, "COACHING", boss.id, need=NEED)

    [said] = await take(database, record)

    [pair] = await rows(database, PairRow)
    [request] = await rows(database, RequestRow)
    assert said.event == MentorMatched(
        pair_id=pair.id,
        request_id=request.id,
        mentor_id=boss.id,
        employee_id=ani.id,
        competency=COMPETENCY,
        form=14,
        follow_up_id=key,
        need_ids=(NEED,),
    )
    assert (said.causation, said.correlation) == (str(event_id_of(record)), NEED)
    assert (request.status, pair.status, pair.basis) == ("MATCHED", "MATCHED", "SUPERIOR")


async def test_coach_named_by_the_follow_up_guides_instead_of_the_superior(database: Database) -> None:
    boss, coach = Somebody(), Somebody()
    ani, key = Somebody(superior_id=boss.id), new_id()
    await take(database, boss.recorded(), coach.recorded(), ani.recorded())

    await take(database, ani.confirmed(key, "COACHING", coach.id))

    [pair] = await rows(database, PairRow)
    assert (pair.mentor_id, pair.basis) == (coach.id, "NAMED")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1), (1, 0, 2)])
async def test_coaching_waits_until_the_directory_knows_both(database: Database, order: tuple[int, int, int]) -> None:
    boss = Somebody()
    ani = Somebody(superior_id=boss.id)
    records = [boss.recorded(), ani.recorded(), ani.planned(14)]

    for number in order:
        await take(database, records[number])

    [pair] = await rows(database, PairRow)
    assert (pair.mentor_id, pair.employee_id, pair.basis) == (boss.id, ani.id, "SUPERIOR")
    assert kinds(await emitted(database)) == ["MentoringRequested", "MentorMatched"]


async def test_closed_follow_up_ends_a_pair_that_has_not_begun(database: Database) -> None:
    boss = Somebody()
    ani, key = Somebody(superior_id=boss.id), new_id()
    await take(database, boss.recorded(), ani.recorded(), ani.confirmed(key, "COACHING", boss.id))

    stopped = only(await take(database, closed(ani, key)), MentoringStopped)

    assert isinstance(stopped.event, MentoringStopped)
    assert (stopped.event.reason, stopped.event.request_reopened) == ("FOLLOW_UP_CLOSED", False)
    assert await statuses(database) == ["STOPPED"]


async def test_assessments_are_kept_once_and_stand_as_told_last(database: Database) -> None:
    ani = Somebody()
    first = ani.assessed(2)

    await take(database, first, first, ani.assessed(3))
    await take(database, first)

    assert sorted(row.level for row in await rows(database, LevelRow)) == [2, 3]


@pytest.mark.parametrize("seed", range(4))
async def test_end_state_is_the_same_for_every_order_of_keys_and_every_repetition(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    boss = Somebody()
    wanted: dict[UUID, tuple[str, str | None]] = {}
    stories: list[list[Record]] = [[boss.recorded()]]
    for _ in range(40):
        story, person, end = _story(chance, boss)
        stories.extend(story)
        wanted[person.id] = end
    turns = [index for index, story in enumerate(stories) for _ in story]
    chance.shuffle(turns)
    left = [iter(story) for story in stories]
    log = [next(left[index]) for index in turns]

    for start in range(0, len(log), 13):
        await take(database, *log[max(0, start - 4) : start + 13])

    pairs = {row.employee_id: row.status for row in await rows(database, PairRow)}
    found = {row.employee_id: (row.status, pairs.get(row.employee_id)) for row in await rows(database, RequestRow)}
    assert {key: end[0] for key, end in found.items()} == {key: end[0] for key, end in wanted.items() if end[0]}
    living = {key for key, (_, pair) in found.items() if pair == "MATCHED"}
    assert living == {key for key, end in wanted.items() if end[1] == "MATCHED"}


def _story(chance: random.Random, boss: Somebody) -> tuple[list[list[Record]], Somebody, tuple[str, str | None]]:
    """What is told of one person, by key, and where the request and its pair must stand at the end."""
    person, key = Somebody(superior_id=boss.id), new_id()
    follow_up = [opened(person, key, "COACHING")]
    coached = [*follow_up, person.confirmed(key, "COACHING", boss.id)]
    there, retired = person.recorded(), person.recorded(legal_status="99")
    stories: list[tuple[list[Record], list[Record], tuple[str, str | None]]] = [
        ([], [person.planned()], ("OPEN", None)),
        ([], [person.planned(14)], ("MATCHED", "MATCHED")),
        ([], follow_up, ("PROPOSED", None)),
        ([], [*follow_up, person.confirmed(key, "TRAINING")], ("WITHDRAWN", None)),
        ([], [*follow_up, closed(person, key)], ("WITHDRAWN", None)),
        ([], coached, ("MATCHED", "MATCHED")),
        ([retired], [person.planned()], ("WITHDRAWN", None)),
    ]
    state, work, end = chance.choice(stories)
    return [[there, *state], work], person, end
