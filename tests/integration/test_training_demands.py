"""Demands on a real database: opened by the plan and follow-ups, met by classes, let go when nobody needs them."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from services.training import commands, queries
from services.training.app import SERVICE
from services.training.commands import Newcomer
from services.training.domain import CancellationReason, DemandStatus
from shared.db import Database
from shared.errors import Conflict
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.asked import FollowUp, PlanItem, consumer_of, demands, employee, revision_asked
from tests.integration.classroom import ORGANISER, add_class, attend, close, enrol, people, told, told_about
from tests.locks import waits_for_a_lock
from tests.records import emitted, event_id_of, record_of
from tests.waiting import wait_until

OPEN, ENROLLED = DemandStatus.OPEN.value, DemandStatus.ENROLLED.value
MET, WITHDRAWN = DemandStatus.MET.value, DemandStatus.WITHDRAWN.value


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=SERVICE.lineages)


async def seat(database: Database, class_id: UUID, newcomer: Newcomer) -> UUID:
    async with database.transaction() as session:
        return (await commands.enrol(session, ORGANISER, class_id, [newcomer]))[0].id


async def status_of(database: Database, demand_id: UUID) -> tuple[str, UUID | None]:
    row = (await demands(database))[demand_id]
    return row.status, row.enrolment_id


async def test_plan_opens_a_demand_unless_its_form_belongs_to_mentoring(database: Database) -> None:
    [ani] = await people(database, "Ani")
    items = [PlanItem(employee_id=ani, form=form, program="BIMTEK") for form in (8, 14, 15, 16)]

    await consumer_of(database).take([item.approved() for item in items])

    found = await demands(database)
    assert found.keys() == {items[0].id, items[3].id}
    row = found[items[0].id]
    assert (row.origin, row.employee_id, row.form, row.program, row.status) == ("PLAN_ITEM", ani, 8, "BIMTEK", OPEN)
    assert row.need_ids == [str(items[0].need_id)]


async def test_follow_up_opens_a_demand_once_it_is_confirmed_for_training(database: Database) -> None:
    [ani] = await people(database, "Ani")
    ours, theirs = FollowUp(employee_id=ani), FollowUp(employee_id=ani)
    confirmed = ours.confirmed()

    for _ in range(2):
        await consumer_of(database).take([confirmed, theirs.confirmed("COACHING")])

    assert {each: row.due_date for each, row in (await demands(database)).items()} == {ours.id: date(2026, 9, 30)}


async def test_seat_from_the_plan_carries_its_links_to_completion_and_meets_it(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item, follow_up = PlanItem(employee_id=ani), FollowUp(employee_id=ani)
    await consumer_of(database).take([item.approved(), follow_up.confirmed()])
    held, extra = await add_class(database, 4), uuid4()

    newcomer = Newcomer(employee_id=ani, need_ids=(extra,), plan_item_id=item.id, follow_up_id=follow_up.id)
    seat_id = await seat(database, held.id, newcomer)
    enrolled = [await status_of(database, each) for each in (item.id, follow_up.id)]
    await attend(database, held.id, 1, {seat_id: True})
    await close(database, held.id)

    assert enrolled == [(ENROLLED, seat_id)] * 2
    assert [await status_of(database, each) for each in (item.id, follow_up.id)] == [(MET, seat_id)] * 2
    events = {event.name: event.data for event in await told(database) if event.subject == seat_id}
    for name in ("enrolment_confirmed", "training_completed"):
        assert events[name]["plan_item_id"] == str(item.id)
        assert events[name]["follow_up_id"] == str(follow_up.id)
        assert events[name]["need_ids"] == [str(each) for each in (extra, item.need_id, follow_up.need_id)]


async def test_demand_waits_for_another_class_when_the_first_was_not_completed(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([item.approved()])
    held, again = await add_class(database, 4), await add_class(database, 4)
    seat_id = await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=item.id))

    await attend(database, held.id, 1, {seat_id: False})
    await close(database, held.id)
    freed = await status_of(database, item.id)
    second = await seat(database, again.id, Newcomer(employee_id=ani, plan_item_id=item.id))

    assert freed == (OPEN, None)
    assert await status_of(database, item.id) == (ENROLLED, second)


async def test_demand_gets_one_seat_though_two_ask_at_once(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([item.approved()])
    one, other = [await add_class(database, 4) for _ in range(2)]
    newcomer = Newcomer(employee_id=ani, plan_item_id=item.id)

    async def late_comer_is_through_or_waits() -> bool:
        return asking.done() or await waits_for_a_lock(database)

    async with database.transaction() as session:
        [given] = await commands.enrol(session, ORGANISER, one.id, [newcomer])
        asking = asyncio.create_task(seat(database, other.id, newcomer))
        await wait_until(late_comer_is_through_or_waits)

    with pytest.raises(Conflict):
        await asking
    assert await status_of(database, item.id) == (ENROLLED, given.id)


async def test_withdrawn_item_gives_up_its_seat_where_the_class_has_not_begun(database: Database) -> None:
    ani, budi = await people(database, "Ani", "Budi")
    waiting, begun = PlanItem(employee_id=ani), PlanItem(employee_id=budi)
    await consumer_of(database).take([waiting.approved(), begun.approved()])
    held = await add_class(database, 4)
    given_up = await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=waiting.id))
    kept = await seat(database, held.id, Newcomer(employee_id=budi, plan_item_id=begun.id))
    await attend(database, held.id, 1, {kept: True})
    gone = waiting.withdrawn()

    await consumer_of(database).take([gone, begun.withdrawn()])
    await close(database, held.id)

    assert {(await status_of(database, each.id))[0] for each in (waiting, begun)} == {WITHDRAWN}
    assert await told_about(database, given_up) == ["enrolment_confirmed", "enrolment_cancelled"]
    assert await told_about(database, kept) == ["enrolment_confirmed", "training_completed"]
    [cancelled] = [each for each in await emitted(database) if each.event.subject == given_up][1:]
    assert (cancelled.causation, cancelled.correlation) == (str(event_id_of(gone)), waiting.need_id)
    assert cancelled.headers["ce_type"].endswith("enrolment_cancelled.v1")


async def test_seat_that_a_follow_up_still_needs_is_kept_when_the_plan_item_goes(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item, follow_up = PlanItem(employee_id=ani), FollowUp(employee_id=ani)
    await consumer_of(database).take([item.approved(), follow_up.confirmed()])
    held = await add_class(database, 4)
    both = await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=item.id, follow_up_id=follow_up.id))

    await consumer_of(database).take([item.withdrawn()])

    assert await told_about(database, both) == ["enrolment_confirmed"]
    assert await status_of(database, follow_up.id) == (ENROLLED, both)


@pytest.mark.parametrize("ending", ["closed", "rerouted"])
async def test_follow_up_that_ends_or_goes_another_way_is_let_go(database: Database, ending: str) -> None:
    [ani] = await people(database, "Ani")
    follow_up = FollowUp(employee_id=ani)
    await consumer_of(database).take([follow_up.confirmed()])

    await consumer_of(database).take([follow_up.closed() if ending == "closed" else follow_up.confirmed("SUPERIOR")])
    withdrawn = await status_of(database, follow_up.id)
    await consumer_of(database).take([follow_up.confirmed()])

    assert withdrawn == (WITHDRAWN, None)
    assert await status_of(database, follow_up.id) == (OPEN, None)


async def test_withdrawal_of_what_was_met_changes_nothing(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([item.approved()])
    held = await add_class(database, 4)
    seat_id = await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=item.id))
    await attend(database, held.id, 1, {seat_id: True})
    await close(database, held.id)

    await consumer_of(database).take([item.withdrawn(), PlanItem(employee_id=ani).withdrawn()])

    assert await status_of(database, item.id) == (MET, seat_id)


async def test_declined_seat_is_free_and_its_demand_open_again(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([item.approved()])
    held = await add_class(database, 4, capacity=1)
    newcomer = Newcomer(employee_id=ani, plan_item_id=item.id)
    first = await seat(database, held.id, newcomer)

    async with database.transaction() as session:
        await commands.cancel(session, ORGANISER, held.id, [(first, CancellationReason.NO_TIME)])
    freed = await status_of(database, item.id)
    second = await seat(database, held.id, newcomer)

    assert freed == (OPEN, None)
    assert await status_of(database, item.id) == (ENROLLED, second)
    [cancelled] = [event for event in await told(database) if event.name == "enrolment_cancelled"]
    assert (cancelled.subject, cancelled.data["reason"]) == (first, "NO_TIME")


async def test_people_who_are_away_leave_their_seats_and_cannot_be_enrolled_until_they_return(
    database: Database,
) -> None:
    ani = new_id()
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([record_of(employee(ani)), item.approved()])
    held = await add_class(database, 4)
    seat_id = await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=item.id))

    await consumer_of(database).take([record_of(employee(ani, legal_status="02"))])
    with pytest.raises(Conflict, match="tidak aktif"):
        await enrol(database, held.id, ani)
    waiting = await status_of(database, item.id)
    await consumer_of(database).take([record_of(employee(ani))])
    await seat(database, held.id, Newcomer(employee_id=ani, plan_item_id=item.id))

    assert waiting == (OPEN, None)
    assert await told_about(database, seat_id) == ["enrolment_confirmed", "enrolment_cancelled"]


async def test_removed_person_leaves_the_seat(database: Database) -> None:
    [ani] = await people(database, "Ani")
    held = await add_class(database, 4)
    [seated] = await enrol(database, held.id, ani)

    await consumer_of(database).take([replace(record_of(employee(ani)), value=None)])

    assert await told_about(database, seated.id) == ["enrolment_confirmed", "enrolment_cancelled"]


async def test_revision_request_stands_with_the_programme_until_it_is_changed(database: Database) -> None:
    held = await add_class(database, 4)
    asked = revision_asked(held.program_id)

    for _ in range(2):
        await consumer_of(database).take([asked])

    async with database.transaction() as session:
        [before] = await queries.revision_requests(session, ORGANISER, held.program_id)
        assert (before.rule, str(before.figure), before.answered_at) == ("L1_CLASS", "70.50", None)
        await commands.change_program(session, ORGANISER, held.program_id, "Cara baru", 16, held.terms)
    async with database.session() as session:
        [after] = await queries.revision_requests(session, ORGANISER, held.program_id)
    assert after.answered_at is not None
