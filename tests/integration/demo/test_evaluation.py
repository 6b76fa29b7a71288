"""The people of evaluation in the demo: what they answer decides, and the same with the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from services.demo import evaluation
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.evaluation.app import SERVICE
from services.evaluation.tables import (
    BehaviourAnswerRow,
    CitizenSurveyRow,
    EvaluationRow,
    FollowUpRow,
    FormRow,
    ReactionAnswerRow,
)
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.directory import DIRECTORY_HANDLERS, DirectoryEmployee
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import FollowUpConfirmed
from shared.events.mentoring import MentoringCompleted
from shared.events.needs import NeedIdentified
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from shared.timers import run_due
from tests.conftest import MakeDatabase
from tests.integration.participants import COMPETENCY, Participant
from tests.integration.workplace import move_clock, today
from tests.records import emitted, record_of

STEP = 15
A_YEAR = 24
TEAMS, TEAM = 4, 11
CITY = UUID(int=1)


def city(day: date) -> list[Record]:
    """Units with teams, of whom all but the heads complete a class on a day."""
    told = [_unit(CITY, None, "1"), _person(UUID(int=99), CITY, None)]
    for team in range(TEAMS):
        unit, head = UUID(int=10 + team), UUID(int=100 * (team + 1))
        told += [_unit(unit, CITY, f"1.{team}"), _person(head, unit, UUID(int=99))]
        for number in range(1, TEAM):
            person = UUID(int=head.int + number)
            told.append(_person(person, unit, head))
            seat = Participant(employee_id=person, end_date=day, class_id=UUID(int=50 + team), program_id=UUID(int=60))
            told += [_need(seat), seat.confirmed(), seat.measured(pre=50, post=85 if number % 5 else 60)]
            told.append(seat.completed())
    return told


async def take(database: Database, *records: Record) -> None:
    """Take a batch as a worker does, the units of the directory among it, and do what is due."""
    await Consumer(database, {**DIRECTORY_HANDLERS, **SERVICE.handlers}, frozenset({"medan"})).take(records)
    await run_due(database, SERVICE.timers)


def _unit(unit_id: UUID, parent: UUID | None, code: str) -> Record:
    return record_of(UnitRecorded(unit_id=unit_id, code=code, name=f"Unit {code}", parent_id=parent))


def _person(person_id: UUID, unit_id: UUID, superior_id: UUID | None) -> Record:
    event = EmployeeRecorded(
        employee_id=person_id,
        name="Contoh Rekaan",
        employee_number=f"1990{person_id.int:04}2015011000",
        employment_type="PNS",
        legal_status="01",
        unit_id=unit_id,
        position_id=UUID(int=3),
        superior_id=superior_id,
        valid_from=date(2020, 1, 1),
    )
    return record_of(event)


def _need(seat: Participant) -> Record:
    event = NeedIdentified(
        need_id=seat.need_id,
        employee_id=seat.employee_id,
        competency=COMPETENCY,
        cycle=seat.end_date.year,
        standard_level=3,
        current_level=1,
        gap=-2,
    )
    return record_of(event, correlation=seat.need_id)


def _mentored(plan: FollowUpConfirmed, day: date) -> Record:
    """By an id that follows from the case: it chooses who of the peers is asked."""
    event = MentoringCompleted(
        pair_id=uuid5(plan.employee_id, str(day)),
        request_id=new_id(),
        mentor_id=UUID(int=99),
        employee_id=plan.employee_id,
        competency=plan.competency,
        form=15,
        start_date=day,
        end_date=day,
        sessions=6,
        attainment=80,
        follow_up_id=plan.follow_up_id,
        need_ids=plan.need_ids,
    )
    return record_of(event)


async def act(database: Database, seed: int = 1) -> int:
    return await evaluation.act(Stage(database=database, today=await today(database), dice=Dice(seed)))


async def live(database: Database, steps: int, seed: int = 1) -> None:
    """People act, what follow-ups ordered is carried out by mentors at once, and half a month passes; so many times."""
    done: set[UUID] = set()
    for _ in range(steps):
        await act(database, seed)
        confirmed = [each.event for each in await emitted(database) if isinstance(each.event, FollowUpConfirmed)]
        fresh = [each for each in confirmed if each.follow_up_id not in done and each.target != "SUPERIOR"]
        done |= {each.follow_up_id for each in fresh}
        day = await today(database)
        if fresh:
            await take(database, *(_mentored(each, day) for each in fresh))
        await move_clock(database, STEP)


async def story(database: Database) -> Sequence[str]:
    """What became of every case, in words that are the same in every run."""
    cases = select(DirectoryEmployee.employee_number, FollowUpRow.round, FollowUpRow.kind, FollowUpRow.target)
    cases = cases.add_columns(FollowUpRow.status, FollowUpRow.closing_reason)
    found = select(DirectoryEmployee.employee_number, EvaluationRow.level, EvaluationRow.verdict, EvaluationRow.figure)
    async with database.session() as session:
        of_cases = await session.execute(cases.join(FollowUpRow, FollowUpRow.employee_id == DirectoryEmployee.id))
        judged = await session.execute(found.join(EvaluationRow, EvaluationRow.employee_id == DirectoryEmployee.id))
        return sorted(str(tuple(row)) for row in [*of_cases, *judged])


async def test_people_of_evaluation_answer_and_decide_until_cases_end(make_database: MakeDatabase) -> None:
    database = await make_database(service="evaluation", lineages=SERVICE.lineages)
    await take(database, *city(await today(database) - timedelta(days=1)))

    await live(database, A_YEAR)

    async with database.session() as session:
        answers = (await session.scalars(select(BehaviourAnswerRow))).all()
        forms = Counter(await session.scalars(select(FormRow.status)))
        plans = (await session.scalars(select(FollowUpRow))).all()
        verdicts = set(await session.scalars(select(EvaluationRow.verdict).where(EvaluationRow.level == 3)))
        reactions = len((await session.scalars(select(ReactionAnswerRow))).all())
        quarters = Counter(await session.scalars(select(CitizenSurveyRow.quarter)))
    assert len({answer.cause for answer in answers}) == 5
    assert verdicts >= {"EFFECTIVE", "PARTLY", "NOT_EFFECTIVE"}
    assert 3 * forms["ANSWERED"] > 10 * forms["EXPIRED"] > 0
    assert TEAMS * TEAM // 2 < reactions < TEAMS * TEAM
    assert {plan.target for plan in plans} == {"TRAINING", "MENTORING", "COACHING", "SUPERIOR"}
    assert {plan.closing_reason for plan in plans} >= {"RESOLVED", "NOT_RESOLVED"}
    assert {plan.round for plan in plans if plan.status == "ESCALATED"} == {2}
    assert len(quarters) == 4


async def test_people_of_evaluation_do_nothing_twice_on_a_day(make_database: MakeDatabase) -> None:
    database = await make_database(service="evaluation", lineages=SERVICE.lineages)
    await take(database, *city(await today(database) - timedelta(days=1)))

    for _ in range(A_YEAR // 2):
        await act(database)
        told = len(await emitted(database))

        assert await act(database) == 0
        assert len(await emitted(database)) == told
        await move_clock(database, STEP)


async def test_people_of_evaluation_do_the_same_with_the_same_seed(make_database: MakeDatabase) -> None:
    told: Sequence[Record] = ()
    stories = []
    for seed in (1, 1, 2):
        database = await make_database(service="evaluation", lineages=SERVICE.lineages)
        told = told or city(await today(database) - timedelta(days=1))
        await take(database, *told)
        await live(database, A_YEAR // 2, seed)
        stories.append(await story(database))

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]
