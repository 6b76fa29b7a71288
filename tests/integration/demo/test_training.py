"""The people of training in the demo: they carry what is demanded to its end, the same with the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from services.demo import training
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.training.app import SERVICE
from services.training.tables import ClassRow, EnrolmentRow, NominationRow, ProgramRow
from shared import clock
from shared.db import Database
from shared.delivery.envelope import Record
from shared.directory import DirectoryEmployee
from shared.events.evaluation import FollowUpConfirmed
from shared.events.needs import PlanItemApproved
from shared.events.training import (
    CertificateIssued,
    EnrolmentCancelled,
    EnrolmentConfirmed,
    TrainingCompleted,
    TrainingCompletionCorrected,
    TrainingNotCompleted,
)
from tests.conftest import MakeDatabase
from tests.integration.asked import consumer_of, employee, revision_asked
from tests.records import emitted, record_of

STEP = timedelta(days=15)
MORNING = datetime(2026, 1, 5, 2, tzinfo=UTC)
HALF_A_YEAR = 12
COMPETENCIES = ("PELAYANAN_PUBLIK", "KERJA_SAMA", "KOMUNIKASI")
FORMS = (8, 4, 1, 7)
PEOPLE = 90
TAUGHT_AGAIN = 20
WORKING_DAYS = 5

IN_TWO_AT_ONCE = text(
    "SELECT count(*) FROM enrolments a JOIN classes c ON c.id = a.class_id"
    " JOIN enrolments b ON b.employee_id = a.employee_id AND b.id > a.id JOIN classes d ON d.id = b.class_id"
    " WHERE a.status <> 'CANCELLED' AND b.status <> 'CANCELLED'"
    " AND c.start_date <= d.end_date AND d.start_date <= c.end_date"
)
HOURS = text(
    "SELECT e.employee_number, a.form_code, a.ends_on, a.claimed_hours, a.credited_hours, a.counts"
    " FROM activities a JOIN directory_employees e ON e.id = a.employee_id"
)


def people() -> list[Record]:
    """Superiors and those they lead, of whom the plan asks a training in each competency."""
    told = []
    for number in range(PEOPLE):
        led_by = UUID(int=100 + number % 6) if number > 5 else None
        person = employee(UUID(int=100 + number), employee_number=f"1990{number:04}2015011000", superior_id=led_by)
        told.append(record_of(person))
        told += [_planned(number, competency, at) for at, competency in enumerate(COMPETENCIES)]
    return told


def _planned(number: int, competency: str, at: int) -> Record:
    item = PlanItemApproved(
        plan_item_id=UUID(int=10_000 + 10 * number + at),
        need_id=UUID(int=20_000 + 10 * number + at),
        employee_id=UUID(int=100 + number),
        competency=competency,
        cycle=2026,
        form=FORMS[(number + at) % 3] if at else FORMS[number % 2 * 3],
        standard_level=3,
        current_level=2,
    )
    return record_of(item, correlation=item.need_id)


def followed_up() -> list[Record]:
    """Some are to be taught again."""
    told = []
    for number in range(TAUGHT_AGAIN):
        confirmed = FollowUpConfirmed(
            follow_up_id=UUID(int=30_000 + number),
            employee_id=UUID(int=100 + number),
            competency=COMPETENCIES[0],
            cycle=2026,
            round=2,
            kind="RETRAINING",
            cause="NOT_MASTERED",
            target="TRAINING",
            due_date=date(2026, 3, 1),
            need_ids=(UUID(int=20_000 + 10 * number),),
        )
        told.append(record_of(confirmed, correlation=confirmed.need_ids[0]))
    return told


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await begun(await make_database(service="training", lineages=SERVICE.lineages))


async def begun(database: Database) -> Database:
    async with database.transaction() as session:
        await clock.move(session, MORNING, simulation=True)
    await consumer_of(database).take(people())
    return database


async def stage_of(database: Database, seed: int = 1) -> Stage:
    async with database.session() as session:
        return Stage(database=database, today=await clock.today(session), dice=Dice(seed))


async def pass_time(database: Database) -> None:
    async with database.transaction() as session:
        await clock.advance(session, STEP, simulation=True)


async def live(database: Database, steps: int, seed: int = 1) -> None:
    """Let people act and half a month pass, so many times."""
    for _ in range(steps):
        await training.act(await stage_of(database, seed))
        await pass_time(database)


async def story(database: Database) -> Sequence[str]:
    """What became of every seat and certificate, in words that are the same in every run."""
    seat = EnrolmentRow
    seats = select(
        DirectoryEmployee.employee_number,
        ProgramRow.code,
        ProgramRow.title,
        ClassRow.start_date,
        ClassRow.place,
        seat.status,
        seat.pre_score,
        seat.post_score,
        seat.attendance_percent,
        seat.missed,
        seat.cancellation,
        seat.application,
    ).where(
        DirectoryEmployee.id == seat.employee_id, ClassRow.id == seat.class_id, ProgramRow.id == ClassRow.program_id
    )
    async with database.session() as session:
        rows = [*await session.execute(seats), *await session.execute(HOURS)]
    return sorted(str(tuple(row)) for row in rows)


async def test_people_of_training_carry_demands_to_their_end(database: Database) -> None:
    await live(database, HALF_A_YEAR)

    said = Counter(type(each.event) for each in await emitted(database))
    assert said[EnrolmentConfirmed] > PEOPLE * len(COMPETENCIES)
    assert said[TrainingCompleted] > 5 * said[TrainingNotCompleted] > 0
    assert said[CertificateIssued] >= said[TrainingCompleted]
    assert said[TrainingCompletionCorrected] > 0
    assert said[EnrolmentCancelled] > 0
    async with database.session() as session:
        unmet = await session.scalar(text("SELECT count(*) FROM demands WHERE status <> 'MET'"))
        decided = set(await session.scalars(select(NominationRow.status)))
        in_two_at_once = await session.scalar(IN_TWO_AT_ONCE)
        days = await session.execute(select(ClassRow.start_date, ClassRow.end_date, ClassRow.session_hours))
    assert unmet < PEOPLE * len(COMPETENCIES) // 20
    assert decided
    assert decided <= {"ACCEPTED", "REFUSED"}
    assert in_two_at_once == 0
    assert all((last - first).days + 1 == len(hours) for first, last, hours in days if len(hours) <= WORKING_DAYS)


async def test_some_learn_and_some_fail_the_test_those_taught_again_more_often(database: Database) -> None:
    await consumer_of(database).take(followed_up())

    await live(database, HALF_A_YEAR)

    async with database.session() as session:
        failed = text(
            "SELECT follow_up_id IS NOT NULL AS again, avg((post_score < 70)::int) AS share FROM enrolments"
            " WHERE post_score IS NOT NULL GROUP BY 1"
        )
        shares: dict[bool, Decimal] = {row.again: row.share for row in await session.execute(failed)}
    assert 0.05 < shares[False] < 0.25 < shares[True] < 0.75


async def test_people_of_training_do_nothing_twice_on_a_day(database: Database) -> None:
    for step in range(HALF_A_YEAR):
        if step == 4:
            await consumer_of(database).take(followed_up())
        await training.act(await stage_of(database))
        told = len(await emitted(database))

        assert await training.act(await stage_of(database)) == 0
        assert len(await emitted(database)) == told
        await pass_time(database)


async def test_people_of_training_do_the_same_with_the_same_seed(make_database: MakeDatabase) -> None:
    stories = []
    for seed in (1, 1, 2):
        database = await begun(await make_database(service="training", lineages=SERVICE.lineages))
        await live(database, HALF_A_YEAR // 2, seed)
        stories.append(await story(database))

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


async def test_follow_ups_get_a_class_soon_and_with_the_plan_item_of_their_competency(database: Database) -> None:
    await consumer_of(database).take(followed_up())

    await training.act(await stage_of(database))

    today = (await stage_of(database)).today
    async with database.session() as session:
        seats = (
            await session.execute(
                select(EnrolmentRow, ClassRow.start_date)
                .join(ClassRow, ClassRow.id == EnrolmentRow.class_id)
                .where(EnrolmentRow.follow_up_id.is_not(None))
            )
        ).all()
    assert {row.employee_id for row, _ in seats} == {UUID(int=100 + number) for number in range(TAUGHT_AGAIN)}
    assert all(row.plan_item_id is not None for row, _ in seats)
    assert all(today < start <= today + timedelta(days=14) for _, start in seats)


async def test_program_whose_results_call_for_it_is_revised_once(database: Database) -> None:
    await training.act(await stage_of(database))
    async with database.session() as session:
        [program, *_] = (await session.scalars(select(ProgramRow).order_by(ProgramRow.code))).all()

    for _ in range(2):
        await consumer_of(database).take([revision_asked(program.id)])
        await training.act(await stage_of(database))
        await training.act(await stage_of(database))

    async with database.session() as session:
        revised = await session.get_one(ProgramRow, program.id)
    assert revised.title == f"{program.title} – Edisi 3"
    assert revised.learning_hours == program.learning_hours + 8


async def test_nobody_is_away_and_sits_in_a_class(database: Database) -> None:
    away = UUID(int=150)
    retired = employee(away, employee_number="199000502015011000", legal_status="99", superior_id=UUID(int=102))
    await consumer_of(database).take([record_of(retired)])

    await live(database, HALF_A_YEAR // 2)

    async with database.session() as session:
        seats = await session.scalars(select(EnrolmentRow).where(EnrolmentRow.employee_id == away))
    assert seats.all() == []
