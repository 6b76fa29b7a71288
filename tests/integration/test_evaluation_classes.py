"""Levels 1 and 2 of whole classes on a real database, through forms and routes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.rules import REACTION_OF_CLASS
from services.evaluation.tables import FormRow, ReactionAnswerRow
from shared.db import Database
from shared.events.evaluation import FeedbackSubmitted, ProgramRevisionRequested
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.participants import ENDED, Participant
from tests.integration.workplace import Worker, forms, move_clock, send, take
from tests.records import emitted

RULE = REACTION_OF_CLASS.in_force_on(ENDED)


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


def a_class(size: int, *, end_date: date = ENDED, program_id: Any = None) -> list[Participant]:
    first = Participant(end_date=end_date, program_id=program_id or new_id())
    same: dict[str, Any] = {"class_id": first.class_id, "program_id": first.program_id, "end_date": end_date}
    return [first, *(Participant(**same) for _ in range(size - 1))]


async def hold(house: House, seats: Sequence[Participant], *, pre: int = 40, post: int = 90) -> None:
    for seat in seats:
        await take(house.database, seat.measured(pre=pre, post=post), seat.completed())


def filled(form: FormRow, score: int = 4, benefit: int | None = None) -> dict[str, Any]:
    scores = dict.fromkeys(RULE.items, score) | {"BENEFIT": score if benefit is None else benefit}
    return {"form_id": str(form.id), "scores": scores}


async def of_class(database: Database, seats: Sequence[Participant]) -> list[FormRow]:
    return [form for form in await forms(database) if form.class_id == seats[0].class_id]


async def answer(house: House, asked: Sequence[FormRow], **scores: int) -> None:
    for form in asked:
        person = await house.person(employee_id=form.respondent_id)
        assert (await send(person, filled(form, **scores))).status_code == 200


async def findings(house: House) -> dict[int, dict[str, Any]]:
    analyst = await house.person(Role.ANALYST)
    return {row["level"]: row for row in (await analyst.get("/evaluation/class-findings")).json()}


async def revisions(database: Database) -> list[tuple[str, Decimal]]:
    told = [each.event for each in await emitted(database)]
    return [(event.rule, event.figure) for event in told if isinstance(event, ProgramRevisionRequested)]


async def test_everybody_who_completes_is_asked_and_answers_are_anonymous(house: House) -> None:
    seats = a_class(3)
    await hold(house, seats)
    asked = await of_class(house.database, seats)

    await answer(house, asked[:2])

    assert {form.respondent_id for form in asked} == {seat.employee_id for seat in seats}
    async with house.database.session() as session:
        kept = (await session.scalars(select(ReactionAnswerRow))).all()
    assert [row.id.version for row in kept] == [4, 4]
    assert {"respondent_id", "form_id"}.isdisjoint(ReactionAnswerRow.__table__.columns.keys())
    told = [each.event for each in await emitted(house.database)]
    assert [event.answers for event in told if isinstance(event, FeedbackSubmitted)] == [1, 2]


async def test_class_is_judged_after_its_days_and_a_weak_one_asks_for_a_revision(house: House) -> None:
    seats = a_class(10)
    await hold(house, seats, pre=40, post=50)
    asked = await of_class(house.database, seats)
    await answer(house, asked[:7])
    await answer(house, asked[7:], score=4, benefit=2)

    await move_clock(house.database, RULE.answer_within_days)
    before = await findings(house)
    await move_clock(house.database, 1)

    assert before == {}
    found = await findings(house)
    assert {level: (row["verdict"], row["count"], row["figure"]) for level, row in found.items()} == {
        1: ("NOT_EFFECTIVE", 10, "97.00"),
        2: ("NOT_EFFECTIVE", 10, "0.16"),
    }
    assert found[1]["low_share"] == "30.00"
    benefit = found[1]["items"][RULE.benefit_item]
    assert (benefit, found[2]["items"]) == ({"count": 10, "total": 34, "low": 3}, None)
    assert await revisions(house.database) == [("L1_CLASS", Decimal("97.00")), ("L2_CLASS", Decimal("0.16"))]


async def test_good_class_asks_for_nothing(house: House) -> None:
    seats = a_class(10)
    await hold(house, seats)
    await answer(house, await of_class(house.database, seats))

    await move_clock(house.database, RULE.answer_within_days + 1)

    assert {level: row["verdict"] for level, row in (await findings(house)).items()} == {1: "EFFECTIVE", 2: "EFFECTIVE"}
    assert await revisions(house.database) == []


async def test_small_class_is_judged_with_the_programmes_classes_of_the_last_twelve_months(house: House) -> None:
    program_id = new_id()
    older = a_class(6, end_date=ENDED.replace(year=ENDED.year - 1), program_id=program_id)
    last_year = a_class(6, end_date=date(ENDED.year - 1, ENDED.month, ENDED.day + 1), program_id=program_id)
    now = a_class(4, program_id=program_id)
    for seats in (older, last_year, now):
        await hold(house, seats)
        await answer(house, await of_class(house.database, seats), score=2)

    await move_clock(house.database, RULE.answer_within_days + 1)

    analyst = await house.person(Role.ANALYST)
    rows = (await analyst.get(f"/evaluation/class-findings?program_id={program_id}")).json()
    found = {row["class_id"]: (row["verdict"], row["count"]) for row in rows if row["level"] == 1}
    assert found == {
        str(older[0].class_id): ("NOT_ENOUGH_DATA", 6),
        str(last_year[0].class_id): ("NOT_EFFECTIVE", 12),
        str(now[0].class_id): ("NOT_EFFECTIVE", 10),
    }


async def test_forms_are_filled_in_whole_and_in_time(house: House) -> None:
    [seat] = a_class(1)
    await hold(house, [seat])
    [form] = await of_class(house.database, [seat])
    person = await house.person(employee_id=seat.employee_id)
    stranger = await house.person(employee_id=new_id())

    short = await send(person, {"form_id": str(form.id), "scores": {"BENEFIT": 3}})
    beyond = await send(person, {"form_id": str(form.id), "scores": dict.fromkeys(RULE.items, 5)})
    with_level = await send(person, filled(form) | {"level": 3})
    foreign = await send(stranger, filled(form))
    unknown = await send(stranger, filled(form) | {"form_id": str(new_id())})
    await move_clock(house.database, RULE.answer_within_days + 1)
    late = await send(person, filled(form))

    assert [short.status_code, beyond.status_code, with_level.status_code] == [422, 422, 422]
    assert (foreign.status_code, unknown.status_code, late.status_code) == (404, 404, 409)
    assert foreign.json()["detail"] == unknown.json()["detail"]


async def test_staff_enter_answers_of_their_unit_and_of_nobody_else(house: House) -> None:
    mine, other = Worker(), Worker(unit_id=new_id())
    clerk = Worker()
    seats = [Participant(employee_id=worker.id) for worker in (mine, other)]
    await take(house.database, *(worker.recorded() for worker in (mine, other, clerk)))
    await hold(house, seats)
    asked = {form.respondent_id: form for form in await forms(house.database) if form.class_id}
    staff = await house.person(Role.UNIT_STAFF, employee_id=clerk.id)
    colleague = await house.person(Role.EMPLOYEE, employee_id=clerk.id)

    listed = {row["id"] for row in (await staff.get("/evaluation/forms")).json() if row["class_id"]}
    taken = await send(staff, filled(asked[mine.id]))
    refused = await send(staff, filled(asked[other.id]))
    not_staff = await send(colleague, filled(asked[mine.id]))

    assert listed == {str(asked[mine.id].id)}
    assert (taken.status_code, refused.status_code, not_staff.status_code) == (200, 404, 404)


async def test_list_of_answers_is_taken_whole_or_not_at_all(house: House) -> None:
    [seat], [other] = a_class(1), a_class(1)
    seats = [seat, replace(other, employee_id=seat.employee_id)]
    await hold(house, seats)
    first, second = [form for form in await forms(house.database) if form.class_id]
    person = await house.person(employee_id=seats[0].employee_id)

    refused = await send(person, filled(first), filled(second) | {"scores": {"BENEFIT": 1}})
    twice = await send(person, filled(first), filled(first))
    taken = await send(person, filled(first), filled(second))

    assert (refused.status_code, twice.status_code, taken.status_code) == (422, 422, 200)
    assert {line["status"] for line in taken.json()["forms"]} == {"ANSWERED"}
    async with house.database.session() as session:
        assert len((await session.scalars(select(ReactionAnswerRow))).all()) == 2
