"""Level 3 on a real database: reviews fall due, forms go out, answers decide and follow-ups take their rounds."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.rules import SELECTION
from services.evaluation.tables import BehaviourAnswerRow, FormRow
from shared.db import Database
from shared.events.contract import Event
from shared.events.evaluation import (
    CompetencyRemeasured,
    EvaluationConcluded,
    FollowUpClosed,
    FollowUpConfirmed,
    FollowUpDone,
    FollowUpEscalated,
    FollowUpOpened,
)
from shared.events.needs import NeedIdentified
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.participants import Participant, evaluations, follow_ups
from tests.integration.workplace import (
    Office,
    answer_as,
    forms,
    line,
    mentored,
    move_clock,
    office,
    reviews,
    send,
    take,
    today,
)
from tests.records import emitted, record_of

RULE = SELECTION.versions[-1]


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


async def said(database: Database, *kinds: type[Event]) -> list[Event]:
    """What the service has said of these kinds."""
    return [each.event for each in await emitted(database) if isinstance(each.event, kinds)]


async def trained(house: House, staff: Office, *, post: int = 90, end_date: date | None = None) -> Participant:
    """The person of an office completed a class long enough ago for its review to be due today."""
    day = end_date or await today(house.database) - timedelta(days=RULE.opens_after_days)
    seat = Participant(employee_id=staff.person.id, end_date=day)
    await take(house.database, *staff.recorded(), seat.confirmed(), seat.measured(pre=55, post=post), seat.completed())
    return seat


async def answer_all(house: House, *, score: int = 3, level: int = 3, cause: str | None = None) -> None:
    """Everybody who is asked about behaviour answers alike."""
    for form in await forms(house.database):
        if form.review_id is not None:
            assert (await answer_as(house, form, score=score, level=level, cause=cause)).status_code == 200


async def confirm(house: House, **line_of: str) -> UUID:
    """An analyst confirms the follow-up that is open."""
    [plan] = [each for each in await follow_ups(house.database) if each.status == "OPEN"]
    analyst = await house.person(Role.ANALYST)
    answer = await analyst.post(
        "/evaluation/follow-ups/confirmations", json={"follow_ups": [{"follow_up_id": str(plan.id), **line_of}]}
    )
    assert answer.status_code == 200, answer.text
    return plan.id


async def behaviour_answers(database: Database) -> Sequence[BehaviourAnswerRow]:
    async with database.session() as session:
        return (await session.scalars(select(BehaviourAnswerRow))).all()


async def needs_level(house: House, seat: Participant, level: int) -> None:
    """The need that a seat is to meet asks for a level."""
    need = NeedIdentified(
        need_id=seat.need_id,
        employee_id=seat.employee_id,
        competency=seat.competency,
        cycle=2026,
        standard_level=level,
        current_level=1,
        gap=1 - level,
    )
    await take(house.database, record_of(need))


async def test_review_opens_when_its_day_begins_and_asks_self_superior_peers_and_subordinates(house: House) -> None:
    staff = office()
    day = await today(house.database) - timedelta(days=RULE.opens_after_days - 1)
    await trained(house, staff, end_date=day)

    before = [form for form in await forms(house.database) if form.review_id]
    await move_clock(house.database, 1)
    asked = [(form.role, form.respondent_id) for form in await forms(house.database) if form.review_id]

    assert before == []
    assert sorted(asked) == sorted(
        [
            ("SELF", staff.person.id),
            ("SUPERIOR", staff.superior.id),
            *(("PEER", peer.id) for peer in staff.peers),
            *(("SUBORDINATE", below.id) for below in staff.subordinates),
        ]
    )
    [review] = await reviews(house.database)
    assert (review.status, review.ground, review.superior_id) == ("OPEN", "LEARNING_HOURS", staff.superior.id)


async def test_good_behaviour_is_concluded_with_its_level_when_everybody_has_answered(house: House) -> None:
    staff = office()
    seat = await trained(house, staff)

    await answer_all(house, score=4, level=4)

    [learned, behaved] = await evaluations(house.database)
    assert (behaved.level, behaved.verdict, behaved.figure) == (3, "EFFECTIVE", Decimal("4.00"))
    assert (behaved.activity_id, learned.activity_id) == (seat.enrolment_id, seat.enrolment_id)
    [remeasured] = await said(house.database, CompetencyRemeasured)
    assert isinstance(remeasured, CompetencyRemeasured)
    assert (remeasured.level, remeasured.need_ids) == (4, (seat.need_id,))
    assert remeasured.evaluation_id == behaved.id
    assert await follow_ups(house.database) == []


async def test_review_is_concluded_after_its_deadline_with_the_answers_there_are(house: House) -> None:
    staff = office()
    await trained(house, staff)
    [form] = [form for form in await forms(house.database) if form.role == "SUPERIOR"]
    await answer_as(house, form, score=3, level=2)

    await move_clock(house.database, RULE.answer_within_days)
    still_open = (await reviews(house.database))[0].status
    await move_clock(house.database, 1)

    assert still_open == "OPEN"
    [_, behaved] = await evaluations(house.database)
    assert (behaved.verdict, behaved.figure) == ("PARTLY", Decimal("3.00"))
    assert {form.status for form in await forms(house.database, status=None) if form.review_id} == {
        "ANSWERED",
        "EXPIRED",
    }
    [late] = [form for form in await forms(house.database, status=None) if form.role == "SELF"]
    assert (await answer_as(house, late)).status_code == 409


async def test_without_the_superior_there_is_no_level_and_not_enough_data(house: House) -> None:
    staff = office()
    await trained(house, staff)
    for form in await forms(house.database):
        if form.review_id and form.role != "SUPERIOR":
            await answer_as(house, form, score=1, level=1)

    await move_clock(house.database, RULE.answer_within_days + 1)

    [_, behaved] = await evaluations(house.database)
    assert (behaved.verdict, behaved.figure) == ("NOT_ENOUGH_DATA", None)
    assert await said(house.database, CompetencyRemeasured) == []
    assert await follow_ups(house.database) == []


@pytest.mark.parametrize(
    ("cause", "target", "kind"),
    [
        (None, "COACHING", "COACHING"),
        ("NOT_RELEVANT", "COACHING", "COACHING"),
        ("NOT_MASTERED", "MENTORING", "MENTORING"),
        ("NO_OPPORTUNITY", "SUPERIOR", "ASSIGNMENT"),
        ("NO_SUPPORT", "SUPERIOR", "SUPPORT"),
    ],
)
async def test_weak_behaviour_is_followed_up_by_its_cause(
    house: House, cause: str | None, target: str, kind: str
) -> None:
    staff = office()
    await trained(house, staff)

    await answer_all(house, score=2, level=2, cause=cause)
    follow_up_id = await confirm(house)

    [plan] = await follow_ups(house.database)
    assert (plan.id, plan.target, plan.kind, plan.round, plan.status) == (follow_up_id, target, kind, 1, "CONFIRMED")
    [confirmed] = await said(house.database, FollowUpConfirmed)
    assert isinstance(confirmed, FollowUpConfirmed)
    guide = None if target == "MENTORING" else staff.superior.id
    assert (confirmed.target, confirmed.guide_id) == (target, guide)


async def test_case_is_resolved_when_what_was_ordered_helped(house: House) -> None:
    staff = office()
    seat = await trained(house, staff)
    await answer_all(house, score=2, level=2, cause="NOT_MASTERED")
    follow_up_id = await confirm(house)

    done = mentored(staff.person.id, await today(house.database), follow_up_id=follow_up_id, need_id=seat.need_id)
    await take(house.database, done)
    status_when_done = (await follow_ups(house.database))[0].status
    await move_clock(house.database, RULE.opens_after_days)
    await answer_all(house, score=4, level=3)

    [plan] = await follow_ups(house.database)
    assert status_when_done == "DONE"
    assert (plan.status, plan.closing_reason) == ("CLOSED", "RESOLVED")
    assert [type(event).__name__ for event in await said(house.database, FollowUpDone, FollowUpClosed)] == [
        "FollowUpDone",
        "FollowUpClosed",
    ]


async def test_two_rounds_in_vain_are_escalated(house: House) -> None:
    staff = office()
    seat = await trained(house, staff)
    for _ in range(2):
        await answer_all(house, score=2, level=2, cause="NOT_MASTERED")
        follow_up_id = await confirm(house)
        ended = mentored(staff.person.id, await today(house.database), follow_up_id=follow_up_id, need_id=seat.need_id)
        await take(house.database, ended)
        await move_clock(house.database, RULE.opens_after_days)

    await answer_all(house, score=2, level=2, cause="NOT_MASTERED")

    first, second = await follow_ups(house.database)
    assert (first.round, first.status, first.closing_reason) == (1, "CLOSED", "NOT_RESOLVED")
    assert (second.round, second.status, second.closing_reason) == (2, "ESCALATED", None)
    [escalated] = await said(house.database, FollowUpEscalated)
    assert isinstance(escalated, FollowUpEscalated)
    assert (escalated.follow_up_id, escalated.need_ids) == (second.id, (seat.need_id,))


async def test_escalated_case_opens_no_further_follow_up(house: House) -> None:
    await test_two_rounds_in_vain_are_escalated(house)
    person = (await follow_ups(house.database))[0].employee_id
    year = (await follow_ups(house.database))[0].cycle
    again = Participant(employee_id=person, end_date=date(year, 12, 1))

    await take(house.database, again.measured(pre=10, post=20), again.completed())

    assert [plan.status for plan in await follow_ups(house.database)] == ["CLOSED", "ESCALATED"]


async def test_gap_that_remains_after_training_and_mentoring_asks_for_another_training(house: House) -> None:
    staff = office()
    seat = Participant(employee_id=staff.person.id, end_date=date(2026, 2, 2))
    await take(house.database, *staff.recorded(), seat.measured(pre=50, post=64), seat.completed())
    await needs_level(house, seat, 4)
    await answer_all(house, score=3, level=3)
    follow_up_id = await confirm(house, target="MENTORING")
    ended = mentored(staff.person.id, date(2026, 6, 1), follow_up_id=follow_up_id, need_id=seat.need_id)

    await take(house.database, ended)
    await answer_all(house, score=3, level=3)

    first, second = await follow_ups(house.database)
    assert (first.kind, first.closing_reason) == ("REMEDIAL", "NOT_RESOLVED")
    assert (second.round, second.kind, second.target) == (2, "RETRAINING", "TRAINING")


async def test_stronger_signal_takes_the_open_plan_another_way_in_the_same_round(house: House) -> None:
    staff = office()
    seat = await trained(house, staff, post=60)
    [learned] = await evaluations(house.database)

    await answer_all(house, score=3, level=3, cause="NO_SUPPORT")

    first, second = await follow_ups(house.database)
    assert (first.target, first.status, first.closing_reason) == ("MENTORING", "CLOSED", "REROUTED")
    assert (second.target, second.status, second.round) == ("SUPERIOR", "OPEN", 1)
    assert {row.follow_up_id for row in await evaluations(house.database)} == {second.id}
    told = [type(e).__name__ for e in await said(house.database, FollowUpOpened, FollowUpClosed, EvaluationConcluded)]
    assert told == [
        "EvaluationConcluded",
        "FollowUpOpened",
        "EvaluationConcluded",
        "FollowUpClosed",
        "FollowUpOpened",
    ]
    assert learned.activity_id == seat.enrolment_id


async def test_weaker_signal_is_one_more_reason_of_the_open_plan(house: House) -> None:
    staff = office()
    await trained(house, staff)
    await answer_all(house, score=2, level=2, cause="NO_OPPORTUNITY")
    again = Participant(employee_id=staff.person.id, end_date=(await follow_ups(house.database))[0].opened_at.date())

    await take(house.database, again.measured(pre=10, post=20), again.completed())

    plans = [plan for plan in await follow_ups(house.database) if plan.cycle == again.end_date.year]
    assert [(plan.target, plan.status) for plan in plans] == [("SUPERIOR", "OPEN")]
    attached = {row.activity_id: row.follow_up_id for row in await evaluations(house.database)}
    assert attached[again.enrolment_id] == plans[0].id


async def test_superiors_task_is_reported_done_and_its_effect_reviewed(house: House) -> None:
    staff = office()
    await trained(house, staff)
    await answer_all(house, score=2, level=2, cause="NO_SUPPORT")
    follow_up_id = await confirm(house)
    superior = await house.person(employee_id=staff.superior.id)
    colleague = await house.person(employee_id=staff.peers[0].id)

    refused = await colleague.post(f"/evaluation/follow-ups/{follow_up_id}/done")
    taken = await superior.post(f"/evaluation/follow-ups/{follow_up_id}/done")
    await move_clock(house.database, RULE.opens_after_days)
    await answer_all(house, score=4, level=4)

    assert (refused.status_code, taken.status_code, taken.json()["status"]) == (404, 200, "DONE")
    [plan] = await follow_ups(house.database)
    assert (plan.status, plan.closing_reason) == ("CLOSED", "RESOLVED")
    [_, task] = await reviews(house.database)
    assert (task.activity_kind, task.activity_id, task.ground) == ("TASK", follow_up_id, "FOLLOW_UP")


async def test_answers_that_are_not_signed_are_kept_apart_from_who_gave_them(house: House) -> None:
    staff = office()
    await trained(house, staff)
    await answer_all(house, score=3, level=3)

    kept = await behaviour_answers(house.database)
    named = {(row.role, row.respondent_id) for row in kept if row.respondent_id}
    assert named == {("SELF", staff.person.id), ("SUPERIOR", staff.superior.id)}
    assert {row.id.version for row in kept} == {4}
    assert len(kept) == 8


async def test_first_answer_stands_and_a_repetition_is_answered_alike(house: House) -> None:
    staff = office()
    await trained(house, staff)
    [form] = [form for form in await forms(house.database) if form.role == "PEER"][:1]
    peer = await house.person(employee_id=form.respondent_id)

    first = await send(peer, line(form, score=4))
    again = await send(peer, line(form, score=1))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    [kept] = await behaviour_answers(house.database)
    assert set(kept.scores.values()) == {4}


async def test_result_is_shown_when_the_review_is_closed_and_others_pooled_from_three_on(house: House) -> None:
    staff = office()
    await trained(house, staff)
    [review] = await reviews(house.database)
    person = await house.person(employee_id=staff.person.id)
    asked: list[FormRow] = [form for form in await forms(house.database) if form.review_id]
    for form in asked[:-1]:
        await answer_as(house, form, score=4 if form.role == "SUPERIOR" else 2, level=3)

    before = (await person.get(f"/evaluation/reviews/{review.id}")).json()
    await answer_as(house, asked[-1], score=4 if asked[-1].role == "SUPERIOR" else 2, level=3)
    after = (await person.get(f"/evaluation/reviews/{review.id}")).json()

    assert (before["verdict"], before["signed"], before["others_mean"]) == (None, [], None)
    assert (after["verdict"], after["figure"], after["level"]) == ("PARTLY", "3.00", 3)
    assert (after["others"], after["others_mean"]) == (6, "2.00")
    together = after["others_answers"]
    assert (set(map(tuple, together["scores"].values())), together["levels"], together["causes"]) == (
        {(6, 12)},
        {"3": 6},
        {},
    )
    assert {answer["role"] for answer in after["signed"]} == {"SELF", "SUPERIOR"}
