"""Which reviews are held on a real database: limits, late news, people who move, and corrections."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from services.evaluation.app import SERVICE
from services.evaluation.domain.selection import sampled
from services.evaluation.tables import ReviewRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.contract import Event
from shared.events.training import ClassScheduled, EnrolmentConfirmed, ProgramRecorded, TrainingCompletionCorrected
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.participants import Participant, evaluations, follow_ups
from tests.integration.workplace import (
    Office,
    Worker,
    answer_as,
    forms,
    mentored,
    move_clock,
    office,
    reviews,
    take,
    today,
)
from tests.records import emitted, record_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="evaluation", agency="medan", lineages=SERVICE.lineages)


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


async def said(database: Database, *kinds: type[Event]) -> list[Event]:
    return [each.event for each in await emitted(database) if isinstance(each.event, kinds)]


def short(seat: Participant) -> Record:
    """A completion of too few hours to be reviewed for them."""
    record = seat.completed()
    assert record.value is not None
    return replace(record, value=record.value.replace(b'"learning_hours":20', b'"learning_hours":8'))


def outside_the_sample() -> Participant:
    while sampled((seat := Participant()).enrolment_id, 10):
        pass
    return seat


def scheduled(seat: Participant, cost_level: str) -> Record:
    event = ClassScheduled(
        class_id=seat.class_id,
        program_id=seat.program_id,
        start_date=seat.end_date,
        end_date=seat.end_date,
        cost_level=cost_level,
    )
    return record_of(event)


def program(seat: Participant, form: int = 8) -> Record:
    event = ProgramRecorded(
        program_id=seat.program_id,
        code="P-1",
        title="Bimtek rekaan",
        form=form,
        competency=seat.competency,
        learning_hours=8,
        pass_mark=70,
    )
    return record_of(event)


async def states(database: Database) -> list[tuple[str, str | None]]:
    return [(review.status, review.ground) for review in await reviews(database)]


async def test_short_free_class_outside_the_sample_is_not_reviewed(database: Database) -> None:
    seat = outside_the_sample()

    await take(database, Worker(id=seat.employee_id).recorded(), program(seat), scheduled(seat, "FREE"), short(seat))

    assert await states(database) == [("NOT_SELECTED", "NOT_IN_SAMPLE")]


async def test_class_that_is_heard_of_late_is_looked_at_again(database: Database) -> None:
    seat = outside_the_sample()
    await take(database, Worker(id=seat.employee_id).recorded(), short(seat))
    unknown = await states(database)

    await take(database, scheduled(seat, "PAID"))
    known_cost = await states(database)
    await take(database, program(seat))

    assert unknown == [("NOT_SELECTED", "CLASS_UNKNOWN")]
    assert known_cost == await states(database) == [("OPEN", "PAID")]


async def test_review_waits_for_the_records_of_person_and_superior(database: Database) -> None:
    staff = office()
    seat = Participant(employee_id=staff.person.id)
    await take(database, seat.completed())
    nobody_known = await states(database)

    await take(database, staff.person.recorded())
    superior_unknown = await states(database)
    await take(database, staff.superior.recorded())

    assert nobody_known == superior_unknown == [("PLANNED", None)]
    [review] = await reviews(database)
    assert (review.status, review.superior_id) == ("OPEN", staff.superior.id)


@pytest.mark.parametrize("seed", range(4))
async def test_limits_come_out_the_same_in_whatever_order_events_arrive(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    superior = Worker()
    people = [Worker(superior_id=superior.id) for _ in range(9)]
    await take(database, *(worker.recorded() for worker in (superior, *people)))
    days = [date(2026, 1, 7), date(2026, 1, 8), date(2026, 2, 9), date(2026, 3, 10)]
    seats = [Participant(employee_id=worker.id, end_date=day) for worker in people for day in days]
    by_person: dict[object, int] = {}
    by_month: dict[tuple[int, int], int] = {}
    expected = {}
    for seat in sorted(seats, key=lambda s: (s.end_date, s.enrolment_id)):
        due = seat.end_date + timedelta(days=90)
        month = (due.year, due.month)
        if by_person.get(seat.employee_id, 0) >= 2:
            expected[seat.enrolment_id] = "PERSON_YEAR_FULL"
        elif by_month.get(month, 0) >= 10:
            expected[seat.enrolment_id] = "SUPERIOR_MONTH_FULL"
        else:
            by_person[seat.employee_id] = by_person.get(seat.employee_id, 0) + 1
            by_month[month] = by_month.get(month, 0) + 1
    chance.shuffle(seats)

    while seats:
        batch, seats = seats[:7], seats[7:]
        await take(database, *(seat.completed() for seat in batch))

    found = {r.activity_id: r.ground for r in await reviews(database) if r.status == "CAPPED"}
    assert found == expected
    assert {r.status for r in await reviews(database)} == {"OPEN", "CAPPED"}
    asked = {form.review_id for form in await forms(database) if form.review_id}
    assert asked == {r.id for r in await reviews(database) if r.status == "OPEN"}


async def test_person_who_is_away_when_the_review_falls_due_is_not_reviewed(database: Database) -> None:
    staff = office()
    seat = Participant(employee_id=staff.person.id)

    await take(database, *staff.recorded(), staff.person.away().recorded(), seat.completed())

    assert await states(database) == [("DROPPED", "PERSON_AWAY")]


def corrected(seat: Participant, *, completed: bool, follow_up_id: object = None) -> Record:
    event = TrainingCompletionCorrected(
        enrolment_id=seat.enrolment_id,
        class_id=seat.class_id,
        program_id=seat.program_id,
        employee_id=seat.employee_id,
        competency=seat.competency,
        completed=completed,
        learning_hours=20 if completed else 0,
        attendance_percent=100 if completed else 40,
        pass_mark=70,
        start_date=seat.end_date,
        end_date=seat.end_date,
        reason="ATTENDANCE",
        need_ids=(seat.need_id,),
    )
    return record_of(event, correlation=seat.need_id)


async def test_older_completion_told_again_under_another_id_brings_nothing_back(database: Database) -> None:
    seat = Participant()
    again = seat.completed()
    await take(database, seat.measured(pre=10, post=20), seat.completed(), corrected(seat, completed=False))

    await take(database, again)

    assert [plan.closing_reason for plan in await follow_ups(database)] == ["CORRECTED"]
    assert await states(database) == [("DROPPED", "NOT_COMPLETED")]


async def test_completion_that_is_taken_back_takes_verdict_review_and_follow_up_with_it(database: Database) -> None:
    staff = office()
    seat = Participant(employee_id=staff.person.id)
    await take(database, *staff.recorded(), seat.measured(pre=10, post=20), seat.completed())

    await take(database, corrected(seat, completed=False))
    [evaluation] = await evaluations(database)
    taken_back = (evaluation.verdict, evaluation.follow_up_id, await states(database), len(await forms(database)))
    [plan] = await follow_ups(database)
    await take(database, corrected(seat, completed=True))

    assert taken_back == ("NOT_ENOUGH_DATA", None, [("DROPPED", "NOT_COMPLETED")], 0)
    assert (plan.status, plan.closing_reason) == ("CLOSED", "CORRECTED")
    assert [row.verdict for row in await evaluations(database)] == ["NOT_EFFECTIVE"]
    assert await states(database) == [("OPEN", "LEARNING_HOURS")]
    assert [plan.status for plan in await follow_ups(database)] == ["CLOSED", "OPEN"]
    assert len([form for form in await forms(database) if form.review_id]) == 8


async def test_correction_to_completed_is_judged_like_a_completion(database: Database) -> None:
    seat = Participant()
    await take(database, seat.measured(pre=10, post=90), seat.not_completed(), corrected(seat, completed=True))

    assert [row.verdict for row in await evaluations(database)] == ["EFFECTIVE"]


async def ordered(house: House) -> tuple[Office, Participant]:
    """A failed test, followed up by a mentoring that an analyst turned into a class; the seat is confirmed."""
    staff = office()
    seat = Participant(employee_id=staff.person.id)
    await take(house.database, *staff.recorded(), seat.measured(pre=10, post=20), seat.completed())
    [plan] = await follow_ups(house.database)
    analyst = await house.person(Role.ANALYST)
    body = {"follow_ups": [{"follow_up_id": str(plan.id), "target": "TRAINING"}]}
    assert (await analyst.post("/evaluation/follow-ups/confirmations", json=body)).status_code == 200
    again = Participant(employee_id=staff.person.id, end_date=await today(house.database))
    await take(house.database, confirmed(again, plan.id))
    return staff, again


def confirmed(seat: Participant, follow_up_id: object) -> Record:
    event = EnrolmentConfirmed.model_validate(
        {
            "enrolment_id": seat.enrolment_id,
            "class_id": seat.class_id,
            "program_id": seat.program_id,
            "employee_id": seat.employee_id,
            "follow_up_id": follow_up_id,
        }
    )
    return record_of(event)


def finished(seat: Participant, follow_up_id: object) -> Record:
    record = seat.completed()
    assert record.value is not None
    value = record.value.replace(b'"follow_up_id":null', f'"follow_up_id":"{follow_up_id}"'.encode())
    return replace(record, value=value)


async def test_follow_up_is_accepted_given_back_and_resolved_by_the_class_that_it_asked_for(house: House) -> None:
    _, again = await ordered(house)
    [accepted] = await follow_ups(house.database)
    await take(house.database, again.not_completed())
    [given_back] = await follow_ups(house.database)
    other = Participant(employee_id=again.employee_id, end_date=again.end_date)
    await take(house.database, confirmed(other, accepted.id), other.measured(pre=10, post=90))

    await take(house.database, finished(other, accepted.id))

    [plan] = await follow_ups(house.database)
    assert (accepted.status, given_back.status) == ("ACCEPTED", "CONFIRMED")
    assert (plan.status, plan.closing_reason) == ("CLOSED", "RESOLVED")


async def test_failed_retraining_opens_the_second_round(house: House) -> None:
    _, again = await ordered(house)
    [first] = await follow_ups(house.database)

    await take(house.database, again.measured(pre=10, post=30), finished(again, first.id))

    first, second = await follow_ups(house.database)
    assert (first.status, first.closing_reason) == ("CLOSED", "NOT_RESOLVED")
    assert (second.round, second.kind, second.target, second.status) == (2, "RETRAINING", "TRAINING", "OPEN")


async def test_mentoring_that_answers_a_failed_test_is_reviewed_at_work(house: House) -> None:
    staff = office()
    seat = Participant(employee_id=staff.person.id)
    await take(house.database, *staff.recorded(), seat.measured(pre=10, post=20), seat.completed())
    [plan] = await follow_ups(house.database)
    analyst = await house.person(Role.ANALYST)
    body = {"follow_ups": [{"follow_up_id": str(plan.id)}]}
    await analyst.post("/evaluation/follow-ups/confirmations", json=body)
    ended = mentored(staff.person.id, await today(house.database), follow_up_id=plan.id)

    await take(house.database, ended)
    await move_clock(house.database, 90)
    for form in await forms(house.database):
        if form.review_id and form.subject_id == staff.person.id:
            await answer_as(house, form, score=4, level=4)

    assert [p.closing_reason for p in await follow_ups(house.database)] == ["RESOLVED"]


async def test_what_a_follow_up_ordered_is_reviewed_though_the_year_is_full(house: House) -> None:
    staff = office()
    days = [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]
    seats = [Participant(employee_id=staff.person.id, end_date=day) for day in days]
    await take(house.database, *staff.recorded(), *(seat.completed() for seat in seats))
    before = await states(house.database)
    async with house.database.transaction() as session:
        await session.execute(
            update(ReviewRow)
            .where(ReviewRow.activity_id == seats[2].enrolment_id)
            .values(follow_up_id=new_id(), status="PLANNED")
        )

    await take(house.database, mentored(new_id(), date(2026, 1, 8)))

    assert before == [("OPEN", "LEARNING_HOURS"), ("OPEN", "LEARNING_HOURS"), ("CAPPED", "PERSON_YEAR_FULL")]
    assert ("OPEN", "FOLLOW_UP") in await states(house.database)
