"""The people of mentoring in the demo: they carry what is asked to its end, the same with the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from services.demo import mentoring
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.mentoring.app import SERVICE
from services.mentoring.tables import MentorRow, PairRow, RequestRow, SessionRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.directory import DirectoryEmployee
from shared.events.mentoring import MentoringCompleted, SessionConfirmed
from tests.conftest import MakeDatabase
from tests.integration.mentorship import Somebody, move_clock, reference, rows, take, today
from tests.records import emitted

STEP = timedelta(days=15)
HALF_A_YEAR = 12
ABLE, LEARNING = 30, 24


def people() -> list[Record]:
    """A head, people who can do something well, and people of whom the plan asks mentoring or coaching."""
    head = Somebody(id=UUID(int=100))
    told = [*reference(), _recorded(head, 100)]
    for number in range(ABLE):
        mentor = Somebody(id=UUID(int=200 + number), superior_id=head.id)
        told += [_recorded(mentor, 200 + number), mentor.assessed(4)]
    for number in range(LEARNING):
        person = Somebody(id=UUID(int=300 + number), superior_id=head.id)
        told += [_recorded(person, 300 + number), person.assessed(1), person.planned(15 if number % 4 else 14)]
    return told


def _recorded(person: Somebody, number: int) -> Record:
    return person.recorded(employee_number=f"1990{number:04}2015011000")


async def stage_of(database: Database, seed: int = 1) -> Stage:
    return Stage(database=database, today=await today(database), dice=Dice(seed))


async def live(database: Database, steps: int, seed: int = 1) -> None:
    """Let people act and half a month pass, so many times."""
    for _ in range(steps):
        await mentoring.act(await stage_of(database, seed))
        await move_clock(database, STEP)


async def story(database: Database) -> tuple[Sequence[str], Sequence[str]]:
    """What became of every pair and meeting, in words that are the same in every run."""
    pairs = select(DirectoryEmployee.employee_number, PairRow.form, PairRow.status, PairRow.end_date)
    pairs = pairs.add_columns(PairRow.mentor_id, PairRow.attainment, PairRow.session_count, PairRow.reaction)
    held = select(DirectoryEmployee.employee_number, SessionRow.held_on, SessionRow.status, SessionRow.minutes)
    async with database.session() as session:
        of_pairs = await session.execute(pairs.join(PairRow, PairRow.employee_id == DirectoryEmployee.id))
        of_meetings = await session.execute(
            held.join(PairRow, PairRow.employee_id == DirectoryEmployee.id).join(SessionRow)
        )
        return sorted(map(str, map(tuple, of_pairs))), sorted(map(str, map(tuple, of_meetings)))


async def test_people_of_mentoring_carry_requests_to_their_end(make_database: MakeDatabase) -> None:
    database = await make_database(service="mentoring", lineages=SERVICE.lineages)
    await take(database, *people())

    await live(database, HALF_A_YEAR)

    pairs = await rows(database, PairRow)
    completed = [pair for pair in pairs if pair.status == "COMPLETED"]
    sessions = Counter(row.status for row in await rows(database, SessionRow))
    assert 0 < len(await rows(database, MentorRow)) < ABLE + 1
    assert {pair.form for pair in completed} == {14, 15}
    assert len(completed) > LEARNING // 3
    assert len({pair.attainment for pair in completed}) > 3
    assert len({pair.reaction for pair in completed}) > 1
    assert sessions["CONFIRMED"] > 5 * sessions["DISPUTED"] > 0
    said = Counter(type(each.event) for each in await emitted(database))
    assert said[MentoringCompleted] == len(completed)
    assert said[SessionConfirmed] == sessions["CONFIRMED"]


async def test_people_of_mentoring_do_nothing_twice_on_a_day(make_database: MakeDatabase) -> None:
    database = await make_database(service="mentoring", lineages=SERVICE.lineages)
    await take(database, *people())

    for _ in range(HALF_A_YEAR):
        first = await mentoring.act(await stage_of(database))
        told = len(await emitted(database))

        assert (first > 0, await mentoring.act(await stage_of(database))) == (True, 0)
        assert len(await emitted(database)) == told
        await move_clock(database, STEP)


async def test_people_of_mentoring_do_the_same_with_the_same_seed(make_database: MakeDatabase) -> None:
    told = people()
    stories = []
    for seed in (1, 1, 2):
        database = await make_database(service="mentoring", lineages=SERVICE.lineages)
        await take(database, *told)
        await live(database, HALF_A_YEAR // 2, seed)
        stories.append(await story(database))

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


async def test_people_of_mentoring_find_no_mentor_where_nobody_can_do_it(make_database: MakeDatabase) -> None:
    database = await make_database(service="mentoring", lineages=SERVICE.lineages)
    alone = Somebody(id=UUID(int=300))
    await take(database, *reference(), _recorded(alone, 300), alone.planned(15), alone.planned(14))

    await live(database, HALF_A_YEAR)

    assert {row.status for row in await rows(database, RequestRow)} == {"OPEN"}
    assert await rows(database, PairRow) == []
