"""What a change of unit, superior or legal status means for open forms, reviews and follow-ups, on a real database."""

from dataclasses import replace

import pytest

from services.evaluation.app import SERVICE
from shared.db import Database
from shared.events.employees import Acting
from shared.events.evaluation import FollowUpClosed
from shared.timers import run_due
from tests.conftest import MakeDatabase
from tests.integration.participants import Participant, consumer_of, follow_ups
from tests.integration.workplace import UNIT, Office, Worker, forms, office, reviews, take, today
from tests.records import Emitted, emitted, event_id_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="evaluation", agency="medan", lineages=SERVICE.lineages)


async def closures(database: Database) -> list[Emitted]:
    return [each for each in await emitted(database) if isinstance(each.event, FollowUpClosed)]


async def open_review(database: Database) -> Office:
    staff = office()
    seat = Participant(employee_id=staff.person.id)
    await take(database, *staff.recorded(), seat.measured(pre=10, post=20), seat.completed())
    return staff


async def test_open_form_goes_to_the_new_superior(database: Database) -> None:
    staff = await open_review(database)
    newcomer = Worker()

    await take(database, newcomer.recorded(), staff.person.under(newcomer).recorded())

    [form] = [form for form in await forms(database) if form.role == "SUPERIOR"]
    assert form.respondent_id == newcomer.id
    assert (await reviews(database))[0].superior_id == newcomer.id


async def test_peer_who_becomes_the_superior_is_asked_as_superior_only(database: Database) -> None:
    staff = await open_review(database)
    invited = {form.respondent_id for form in await forms(database) if form.role == "PEER"}
    peer = next(each for each in staff.peers if each.id in invited)

    await take(database, staff.person.under(peer).recorded())

    asked = [(f.role, f.status) for f in await forms(database, status=None) if f.respondent_id == peer.id]
    assert sorted(asked) == [("PEER", "DROPPED"), ("SUPERIOR", "OPEN")]


async def test_open_form_of_a_superior_who_leaves_goes_to_the_deputy(database: Database) -> None:
    staff = await open_review(database)
    day = await today(database)
    deputy = Worker(acting=(Acting(unit_id=UNIT, capacity="PLH", from_date=day, to_date=day),))

    await take(database, deputy.recorded(), staff.superior.away().recorded())

    [form] = [form for form in await forms(database) if form.role == "SUPERIOR"]
    assert form.respondent_id == deputy.id


async def test_forms_of_colleagues_who_leave_are_dropped(database: Database) -> None:
    staff = await open_review(database)

    await take(database, staff.peers[0].away("99").recorded())

    asked = {form.respondent_id for form in await forms(database) if form.role == "PEER"}
    assert asked == {peer.id for peer in staff.peers[1:]}


async def test_leaving_ends_reviews_and_follow_ups_of_the_person(database: Database) -> None:
    staff = await open_review(database)

    await take(database, staff.person.away("99").recorded())

    assert [(review.status, review.ground) for review in await reviews(database)] == [("DROPPED", "PERSON_AWAY")]
    assert await forms(database) == []
    [plan] = await follow_ups(database)
    assert (plan.status, plan.closing_reason) == ("CLOSED", "EMPLOYEE_AWAY")
    [closed] = await closures(database)
    assert isinstance(closed.event, FollowUpClosed)
    assert (closed.event.follow_up_id, closed.event.reason) == (plan.id, "EMPLOYEE_AWAY")


async def test_leave_that_has_ended_meanwhile_ends_no_follow_up(database: Database) -> None:
    staff = await open_review(database)
    catching_up = consumer_of(database)

    await catching_up.take([staff.person.away("99").recorded()])
    await catching_up.take([replace(staff.person, legal_status="01").recorded()])
    await run_due(database, SERVICE.timers)

    assert [plan.status for plan in await follow_ups(database)] == ["OPEN"]


async def test_follow_up_opened_for_somebody_who_has_left_is_ended_for_it(database: Database) -> None:
    seat = Participant()
    completed = seat.completed()
    await take(database, Worker(id=seat.employee_id, legal_status="99").recorded())

    await take(database, seat.measured(pre=10, post=20), completed)

    assert [plan.closing_reason for plan in await follow_ups(database)] == ["EMPLOYEE_AWAY"]
    [closed] = await closures(database)
    assert closed.causation == str(event_id_of(completed))
