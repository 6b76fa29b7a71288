"""Whatever the order of keys, the size of batches, repetition and number of workers: evaluation ends in one state."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest

from services.evaluation.app import SERVICE
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.delivery.failures import is_transient
from shared.events.evaluation import EvaluationConcluded, FollowUpClosed, FollowUpOpened
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.participants import Participant, consumer_of, evaluations, follow_ups
from tests.records import emitted

Story = list[Record]


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="evaluation", agency="medan", lineages=SERVICE.lineages)


class Cohort:
    """Participants with the stories told of them, and what each story has to lead to."""

    def __init__(self, chance: random.Random, size: int) -> None:
        self._chance = chance
        self.stories: list[Story] = []
        self.expected: dict[UUID, list[tuple[str, Fraction | None]]] = {}
        self.open_cases: set[tuple[UUID, str, int]] = set()
        people = [new_id() for _ in range(size // 3)]
        for _ in range(size):
            self._enrol(chance.choice(people))

    def _enrol(self, employee_id: UUID) -> None:
        competency = self._chance.choice(["PELAYANAN_PUBLIK", "LITERASI_DIGITAL"])
        end_date = self._chance.choice([date(2025, 12, 31), date(2026, 1, 1)])
        seat = Participant(employee_id=employee_id, competency=competency, end_date=end_date)
        story, conclusions, post, completed = [seat.confirmed()], list[tuple[str, Fraction | None]](), None, False
        for step in self._steps():
            if step is None:
                completed = True
                story.append(seat.completed())
            else:
                post = step
                story.append(seat.measured(pre=40, post=post))
            conclusion = self._judged(post)
            if completed and conclusions[-1:] != [conclusion]:
                conclusions.append(conclusion)
        self.stories.append(story if completed else [*story, seat.not_completed()])
        self.expected[seat.enrolment_id] = conclusions
        if conclusions and conclusions[-1][0] == "NOT_EFFECTIVE":
            self.open_cases.add(seat.case)

    def _steps(self) -> list[int | None]:
        """Scores in their order, with None where the training is completed, if it is."""
        steps: list[int | None] = [self._chance.choice([50, 69, 70, 90]) for _ in range(self._chance.randrange(4))]
        if self._chance.random() < 0.85:
            steps.insert(self._chance.randrange(len(steps) + 1), None)
        return steps

    @staticmethod
    def _judged(post: int | None) -> tuple[str, Fraction | None]:
        if post is None:
            return "NOT_ENOUGH_DATA", None
        return ("EFFECTIVE" if post >= 70 else "NOT_EFFECTIVE"), Fraction(post)

    def interleaved(self) -> list[Record]:
        """All records in an order that keeps each story's own, as a log does, and no other."""
        turns = [number for number, story in enumerate(self.stories) for _ in story]
        self._chance.shuffle(turns)
        left = [iter(story) for story in self.stories]
        return [next(left[number]) for number in turns]

    def batches(self) -> Iterator[list[Record]]:
        """The log in batches of any size; some come twice, some from an offset that lies behind."""
        log, at = self.interleaved(), 0
        while at < len(log):
            again, size = self._chance.randrange(4), self._chance.randrange(1, 40)
            batch = log[max(0, at - again) : at + size]
            yield batch
            if self._chance.random() < 0.3:
                yield batch
            at += size


async def assert_true_to(cohort: Cohort, database: Database) -> None:
    """State and events agree with the stories: nothing is missing, nothing is there twice."""
    rows = await evaluations(database)
    completed = {seat: told[-1] for seat, told in cohort.expected.items() if told}
    assert {r.enrolment_id: (r.verdict, None if r.figure is None else Fraction(r.figure)) for r in rows} == completed

    plans = await follow_ups(database)
    open_plans = {(p.employee_id, p.competency, p.cycle): p.id for p in plans if p.status == "OPEN"}
    assert open_plans.keys() == cohort.open_cases
    for row in rows:
        cycle = next(p.cycle for p in plans if p.id == row.follow_up_id) if row.follow_up_id else None
        expected = open_plans[row.employee_id, row.competency, cycle] if cycle else None
        assert row.follow_up_id == expected
        assert (row.follow_up_id is not None) == (row.verdict == "NOT_EFFECTIVE")
    await assert_told(cohort, database, {plan.id: plan.status for plan in plans})


async def assert_told(cohort: Cohort, database: Database, plans: dict[UUID, str]) -> None:
    concluded: dict[UUID, list[tuple[str, Fraction | None]]] = defaultdict(list)
    opened: list[UUID] = []
    closed: list[UUID] = []
    for event in [each.event for each in await emitted(database)]:
        if isinstance(event, EvaluationConcluded):
            assert event.enrolment_id is not None
            figure = None if event.figure is None else Fraction(event.figure)
            concluded[event.enrolment_id].append((event.verdict, figure))
        elif isinstance(event, FollowUpOpened):
            opened.append(event.follow_up_id)
        elif isinstance(event, FollowUpClosed):
            assert event.follow_up_id in opened
            closed.append(event.follow_up_id)
    assert concluded == {seat: told for seat, told in cohort.expected.items() if told}
    assert sorted(opened) == sorted(plans)
    assert sorted(closed) == sorted(plan for plan, status in plans.items() if status == "CLOSED")


async def take_until_it_holds(consumer: Consumer, batch: list[Record]) -> None:
    """Take a batch as a worker does: what was rolled back for a passing reason comes again."""
    for _ in range(10):
        try:
            return await consumer.take(batch)
        except Exception as error:
            if not is_transient(error):
                raise
    raise AssertionError("ten times in vain")


@pytest.mark.parametrize("seed", range(6))
async def test_end_state_is_the_same_for_every_order_of_keys_and_every_repetition(
    database: Database, seed: int
) -> None:
    cohort = Cohort(random.Random(seed), size=60)
    consumer = consumer_of(database)

    for batch in cohort.batches():
        await consumer.take(batch)

    await assert_true_to(cohort, database)


@pytest.mark.parametrize("seed", range(3))
async def test_workers_that_meet_at_one_case_keep_one_follow_up(database: Database, seed: int) -> None:
    cohort = Cohort(random.Random(seed), size=60)
    shares: tuple[list[Story], list[Story]] = (cohort.stories[::2], cohort.stories[1::2])

    async def work(stories: list[Story]) -> None:
        consumer = consumer_of(database)
        for turn in range(max(map(len, stories))):
            batch = [story[turn] for story in stories if turn < len(story)]
            for start in range(0, len(batch), 5):
                await take_until_it_holds(consumer, batch[start : start + 5])

    await asyncio.gather(*(work(share) for share in shares))

    await assert_true_to(cohort, database)
