"""Mentoring on a real database: follow-ups become requests, and let go of those that have not begun."""

import random
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select, update

from services.mentoring.app import SERVICE
from services.mentoring.tables import RequestRow
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.events.evaluation import FollowUpClosed, FollowUpOpened
from shared.events.mentoring import MentoringRequested, MentoringRequestWithdrawn
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.records import Emitted, emitted, event_id_of, record_of

NEED = UUID("01920000-0000-7000-8000-00000000aaaa")


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="mentoring", agency="medan", lineages=SERVICE.lineages)


def opened(follow_up_id: UUID, *, target: str = "MENTORING", need_ids: tuple[UUID, ...] = (NEED,)) -> Record:
    event = FollowUpOpened(
        follow_up_id=follow_up_id,
        evaluation_id=new_id(),
        employee_id=new_id(),
        competency="PELAYANAN_PUBLIK",
        cycle=2026,
        round=1,
        kind="REMEDIAL",
        cause="NOT_MASTERED",
        target=target,
        due_date=date(2026, 4, 3),
        rule="L2_PERSON",
        rule_version="2019-01-01",
        need_ids=need_ids,
    )
    return record_of(event, correlation=NEED)


def closed(follow_up_id: UUID) -> Record:
    event = FollowUpClosed(
        follow_up_id=follow_up_id,
        employee_id=new_id(),
        competency="PELAYANAN_PUBLIK",
        cycle=2026,
        round=1,
        reason="CORRECTED",
    )
    return record_of(event, correlation=NEED)


async def take(database: Database, *records: Record) -> Sequence[Emitted]:
    """Take one batch; returns what it made the service say."""
    before = len(await emitted(database))
    await Consumer(database, SERVICE.handlers, frozenset({"medan"})).take(records)
    return (await emitted(database))[before:]


async def requests(database: Database) -> Sequence[RequestRow]:
    async with database.session() as session:
        return (await session.scalars(select(RequestRow).order_by(RequestRow.id))).all()


async def test_follow_up_for_mentoring_opens_a_request(database: Database) -> None:
    follow_up_id = new_id()
    record = opened(follow_up_id)

    [said] = await take(database, record)

    [row] = await requests(database)
    assert said.event == MentoringRequested(
        request_id=row.id,
        employee_id=row.employee_id,
        competency="PELAYANAN_PUBLIK",
        origin="FOLLOW_UP",
        follow_up_id=follow_up_id,
        need_ids=(NEED,),
    )
    assert (said.causation, said.correlation) == (str(event_id_of(record)), NEED)
    assert (row.status, row.due_date) == ("PROPOSED", date(2026, 4, 3))


async def test_follow_up_for_somebody_else_is_left_to_them(database: Database) -> None:
    said = await take(database, opened(new_id(), target="SUPERIOR"), opened(new_id()))

    assert [type(each.event) for each in said] == [MentoringRequested]
    assert len(await requests(database)) == 1


async def test_follow_up_told_twice_has_one_request(database: Database) -> None:
    follow_up_id = new_id()
    record = opened(follow_up_id)

    await take(database, record, record)
    await take(database, record)
    await take(database, opened(follow_up_id))

    assert len(await requests(database)) == len(await emitted(database)) == 1


async def test_closed_follow_up_withdraws_its_request(database: Database) -> None:
    follow_up_id, other_id = new_id(), new_id()
    await take(database, opened(follow_up_id), opened(other_id))
    record = closed(follow_up_id)

    [said] = await take(database, record)

    found = {row.follow_up_id: (row.status, row.withdrawal_reason) for row in await requests(database)}
    assert found == {follow_up_id: ("WITHDRAWN", "FOLLOW_UP_CLOSED"), other_id: ("PROPOSED", None)}
    assert isinstance(said.event, MentoringRequestWithdrawn)
    assert (said.event.follow_up_id, said.event.reason) == (follow_up_id, "FOLLOW_UP_CLOSED")
    assert (said.causation, said.correlation) == (str(event_id_of(record)), NEED)


async def test_request_is_opened_and_withdrawn_in_one_batch(database: Database) -> None:
    follow_up_id = new_id()

    said = await take(database, opened(follow_up_id), closed(follow_up_id))

    assert [type(each.event) for each in said] == [MentoringRequested, MentoringRequestWithdrawn]
    [row] = await requests(database)
    assert row.status == "WITHDRAWN"


async def test_closed_follow_up_leaves_alone_what_is_no_longer_open(database: Database) -> None:
    follow_up_id = new_id()
    await take(database, opened(follow_up_id))
    async with database.transaction() as session:
        await session.execute(update(RequestRow).values(status="WITHDRAWN", withdrawal_reason="OTHER_PATH"))

    said = await take(database, closed(follow_up_id), closed(new_id()))

    assert said == []
    assert [row.withdrawal_reason for row in await requests(database)] == ["OTHER_PATH"]


@pytest.mark.parametrize("seed", range(4))
async def test_end_state_is_the_same_for_every_order_of_keys_and_every_repetition(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    stories = [(new_id(), chance.random() < 0.7, chance.random() < 0.5) for _ in range(80)]
    records = {
        key: [opened(key, target="MENTORING" if ours else "SUPERIOR"), *([closed(key)] if ended else [])]
        for key, ours, ended in stories
    }
    turns = [key for key, told in records.items() for _ in told]
    chance.shuffle(turns)
    left = {key: iter(told) for key, told in records.items()}
    log = [next(left[key]) for key in turns]

    for start in range(0, len(log), 17):
        await take(database, *log[max(0, start - 5) : start + 17])

    found = {row.follow_up_id: row.status for row in await requests(database)}
    assert found == {key: "WITHDRAWN" if ended else "PROPOSED" for key, ours, ended in stories if ours}
    said = [type(each.event) for each in await emitted(database)]
    assert said.count(MentoringRequested) == len(found)
    assert said.count(MentoringRequestWithdrawn) == list(found.values()).count("WITHDRAWN")
