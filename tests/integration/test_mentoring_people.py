"""The state of people: leave, retirement, a new superior, a guide who goes, and what each does to pairs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.mentoring.app import SERVICE
from services.mentoring.commands import matching, pairs
from services.mentoring.commands.pairs import SignedAgreement
from services.mentoring.domain.pairs import Pair, StopReason
from services.mentoring.tables import PairRow, RequestRow
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.employees import EmployeeRecorded
from shared.events.mentoring import MentoringRequestWithdrawn, MentoringStopped, MentorMatched
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.mentorship import Somebody, agreement, analyst, enlist, reference, rows, take, today
from tests.records import event_id_of, tombstone_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="mentoring", agency="medan", lineages=SERVICE.lineages)


def removed(person: Somebody) -> Record:
    return tombstone_of(EmployeeRecorded, person.id)


async def mentored(database: Database, ani: Somebody, mentor: Somebody, *, begun: bool = True) -> Pair:
    """Ani is mentored as her plan wants it."""
    await take(database, *reference(), ani.recorded(), mentor.recorded(), mentor.assessed(4), ani.planned())
    await enlist(database, mentor)
    [request] = await rows(database, RequestRow)
    day = await today(database)
    async with database.transaction() as session:
        naming = matching.Naming(request_id=request.id, guide_id=mentor.id)
        [pair] = await matching.name_guides(session, analyst(), [naming])
        if begun:
            signed = SignedAgreement(pair_id=pair.id, agreement=agreement(day - timedelta(days=9)), evidence="F-1")
            [pair] = await pairs.start_pairs(session, analyst(), [signed])
    return pair


async def coached(database: Database, ani: Somebody, boss: Somebody) -> UUID:
    """Ani is coached by her superior."""
    await take(database, boss.recorded(), ani.recorded(), ani.planned(14))
    [pair] = await rows(database, PairRow)
    found: UUID = pair.id
    return found


async def states(database: Database) -> tuple[list[str], list[str]]:
    found: list[Any] = [await rows(database, RequestRow), await rows(database, PairRow)]
    return [row.status for row in found[0]], [row.status for row in found[1]]


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("leaves", ["retires", "is removed"])
async def test_who_leaves_is_mentored_no_more(database: Database, begun: bool, leaves: str) -> None:
    ani, mentor = Somebody(), Somebody()
    pair = await mentored(database, ani, mentor, begun=begun)
    record = removed(ani) if leaves == "is removed" else ani.recorded(legal_status="99")

    [said] = await take(database, record)

    assert said.event == MentoringStopped(
        pair_id=pair.id,
        request_id=pair.request_id,
        employee_id=ani.id,
        competency=pair.competency,
        reason="EMPLOYEE_LEFT",
        plan_item_id=pair.plan_item_id,
        need_ids=pair.need_ids,
    )
    assert (said.causation, said.correlation) == (str(event_id_of(record)), pair.need_ids[0])
    assert await states(database) == (["STOPPED"], ["STOPPED"])


async def test_request_of_who_leaves_is_withdrawn_and_return_brings_nothing_back(database: Database) -> None:
    ani = Somebody()
    await take(database, ani.recorded(), ani.planned())

    [said] = await take(database, ani.recorded(legal_status="02"))
    returned = await take(database, ani.recorded())

    assert isinstance(said.event, MentoringRequestWithdrawn)
    assert (said.event.reason, returned) == ("EMPLOYEE_LEFT", [])
    assert await states(database) == (["WITHDRAWN"], [])


async def test_plan_item_of_somebody_known_to_be_away_is_let_go_at_once(database: Database) -> None:
    ani, budi = Somebody(legal_status="03"), Somebody()
    await take(database, ani.recorded(), budi.recorded(), removed(budi))

    await take(database, ani.planned(), budi.planned())

    assert await states(database) == (["WITHDRAWN", "WITHDRAWN"], [])


async def test_request_waits_for_another_when_the_mentor_leaves(database: Database) -> None:
    ani, mentor, other = Somebody(), Somebody(), Somebody()
    await mentored(database, ani, mentor)
    await take(database, other.recorded(), other.assessed(3))
    await enlist(database, other)

    [said] = await take(database, mentor.recorded(legal_status="99"))
    async with database.transaction() as session:
        run = await matching.run_matching(session, analyst())

    assert isinstance(said.event, MentoringStopped)
    assert (said.event.reason, said.event.request_reopened) == ("GUIDE_LEFT", True)
    assert await states(database) == (["OPEN"], ["STOPPED"])
    assert (run.considered, run.unmatched) == (1, {})


async def test_coaching_goes_to_the_new_superior(database: Database) -> None:
    boss, heir = Somebody(), Somebody()
    ani = Somebody(superior_id=boss.id)
    pair_id = await coached(database, ani, boss)
    await take(database, heir.recorded())
    record = ani.recorded(superior_id=heir.id)

    [said] = await take(database, record)

    [pair] = await rows(database, PairRow)
    assert isinstance(said.event, MentorMatched)
    assert (said.event.pair_id, said.event.mentor_id, pair.mentor_id) == (pair_id, heir.id, heir.id)
    assert said.causation == str(event_id_of(record))


async def test_coaching_waits_for_the_next_superior_when_the_old_one_retires(database: Database) -> None:
    boss, heir = Somebody(), Somebody()
    ani = Somebody(superior_id=boss.id)
    await coached(database, ani, boss)

    [stopped] = await take(database, boss.recorded(legal_status="99"))
    between = await states(database)
    said = await take(database, ani.recorded(superior_id=heir.id), heir.recorded())

    assert isinstance(stopped.event, MentoringStopped)
    assert (stopped.event.reason, between) == ("GUIDE_LEFT", (["OPEN"], ["STOPPED"]))
    assert [type(each.event) for each in said] == [MentorMatched]
    assert await states(database) == (["MATCHED"], ["STOPPED", "MATCHED"])


async def test_mentoring_goes_on_through_a_transfer(database: Database) -> None:
    ani, mentor, boss = Somebody(), Somebody(), Somebody()
    await mentored(database, ani, mentor)

    said = await take(database, boss.recorded(), ani.recorded(unit_id=new_id(), superior_id=boss.id))

    assert (said, await states(database)) == ([], (["MATCHED"], ["ACTIVE"]))


async def test_superior_who_does_not_suit_is_not_named_again_by_the_next_record(database: Database) -> None:
    boss = Somebody()
    ani = Somebody(superior_id=boss.id)
    pair_id = await coached(database, ani, boss)
    async with database.transaction() as session:
        await pairs.stop_pair(session, analyst(), pair_id, StopReason.NOT_SUITABLE)

    said = await take(database, ani.recorded(), boss.recorded())

    assert (said, await states(database)) == ([], (["OPEN"], ["STOPPED"]))


async def test_older_record_changes_nothing(database: Database) -> None:
    ani = Somebody()
    older = ani.recorded(legal_status="99")
    await take(database, ani.recorded(), ani.planned())

    assert await take(database, older) == []
    assert await states(database) == (["OPEN"], [])
