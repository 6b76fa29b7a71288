"""Two workers of evaluation that meet at one case: the second waits for the first and sees what it did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.evaluation.app import SERVICE
from shared.db import Database
from shared.delivery.envelope import Record
from tests.conftest import MakeDatabase
from tests.integration.participants import Participant, consumer_of, evaluations, follow_ups
from tests.locks import waits_for_a_lock
from tests.records import emitted
from tests.waiting import wait_until


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="evaluation", agency="medan", lineages=SERVICE.lineages)


@asynccontextmanager
async def taken_but_not_committed(database: Database, *records: Record) -> AsyncIterator[None]:
    """A worker has done everything but its commit, which follows at the end of the block."""
    consumer = consumer_of(database)
    async with database.session() as session:
        await consumer.handle(session, await consumer.begin(session, list(records)), {})
        yield
        await consumer.commit_db(session)


async def meet(database: Database, first: tuple[Record, ...], second: tuple[Record, ...]) -> None:
    """The second worker comes to the rows of the first before that one commits."""
    async with taken_but_not_committed(database, *first):
        other = asyncio.create_task(consumer_of(database).take(second))
        await wait_until(lambda: waits_for_a_lock(database))
    await other


def pair() -> tuple[Participant, Participant]:
    """Two seats of one person for one competency."""
    first = Participant()
    return first, Participant(employee_id=first.employee_id)


def failure_of(seat: Participant) -> tuple[Record, ...]:
    return seat.measured(pre=10, post=20), seat.completed()


async def statuses(database: Database) -> list[str]:
    return [row.status for row in await follow_ups(database)]


async def open_reasons(database: Database) -> set[object]:
    """The seats that a follow-up which is open has as reasons."""
    plans = {row.id for row in await follow_ups(database) if row.status == "OPEN"}
    return {row.enrolment_id for row in await evaluations(database) if row.follow_up_id in plans}


async def test_two_first_failures_open_one_follow_up(database: Database) -> None:
    ani, again = pair()

    await meet(database, failure_of(ani), failure_of(again))

    assert await statuses(database) == ["OPEN"]
    assert await open_reasons(database) == {ani.enrolment_id, again.enrolment_id}
    assert [type(each.event).__name__ for each in await emitted(database)].count("FollowUpOpened") == 1


async def test_follow_up_that_gains_a_reason_meanwhile_stays_open(database: Database) -> None:
    ani, again = pair()
    await consumer_of(database).take(failure_of(ani))

    await meet(database, failure_of(again), (ani.measured(pre=10, post=90),))

    assert await statuses(database) == ["OPEN"]
    assert await open_reasons(database) == {again.enrolment_id}


async def test_failure_that_finds_the_follow_up_closed_meanwhile_opens_another(database: Database) -> None:
    ani, again = pair()
    await consumer_of(database).take(failure_of(ani))

    await meet(database, (ani.measured(pre=10, post=90),), failure_of(again))

    assert await statuses(database) == ["CLOSED", "OPEN"]
    assert await open_reasons(database) == {again.enrolment_id}
