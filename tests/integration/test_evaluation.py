"""Evaluation on a real database: training's events go in, verdicts and follow-ups come out."""

from collections.abc import Sequence
from datetime import date, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.tables import EnrolmentRow, ProgramRow
from shared.db import Database, Origin
from shared.delivery.envelope import Record
from shared.events.evaluation import EvaluationConcluded, FollowUpClosed, FollowUpOpened
from shared.events.training import ProgramRecorded
from shared.ids import new_id
from shared.tables import HeldRecord
from tests.conftest import MakeDatabase
from tests.integration.participants import Participant, consumer_of, evaluations, follow_ups
from tests.records import Emitted, emitted, event_id_of, record_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="evaluation", agency="medan", lineages=SERVICE.lineages)


async def take(database: Database, *records: Record) -> Sequence[Emitted]:
    """Take one batch; returns what it made the service say."""
    before = len(await emitted(database))
    await consumer_of(database).take(records)
    return (await emitted(database))[before:]


def names(said: Sequence[Emitted]) -> list[str]:
    return [type(each.event).__name__ for each in said]


async def test_failed_training_is_concluded_and_followed_up(database: Database) -> None:
    ani = Participant()
    completed = ani.completed()

    said = await take(database, ani.confirmed(), ani.measured(pre=55, post=64), completed)

    [evaluation], [follow_up] = await evaluations(database), await follow_ups(database)
    assert [each.event for each in said] == [
        EvaluationConcluded(
            evaluation_id=evaluation.id,
            enrolment_id=ani.enrolment_id,
            class_id=ani.class_id,
            program_id=ani.program_id,
            employee_id=ani.employee_id,
            competency=ani.competency,
            level=2,
            verdict="NOT_EFFECTIVE",
            figure=Decimal("64.00"),
            gain=Decimal("0.20"),
            rule="L2_PERSON",
            rule_version="2019-01-01",
        ),
        FollowUpOpened(
            follow_up_id=follow_up.id,
            evaluation_id=evaluation.id,
            employee_id=ani.employee_id,
            competency=ani.competency,
            cycle=2026,
            round=1,
            kind="REMEDIAL",
            cause="NOT_MASTERED",
            target="MENTORING",
            due_date=follow_up.opened_at.astimezone(ZoneInfo("Asia/Jakarta")).date() + timedelta(days=30),
            rule="L2_PERSON",
            rule_version="2019-01-01",
            need_ids=(ani.need_id,),
        ),
    ]
    assert {each.causation for each in said} == {str(event_id_of(completed))}
    assert {each.correlation for each in said} == {ani.need_id}
    assert evaluation.follow_up_id == follow_up.id


@pytest.mark.parametrize("hours", [-12, 14])
async def test_due_date_is_reckoned_in_the_zone_of_the_agency(database: Database, hours: int) -> None:
    # 26 hours lie between the two zones, so that their dates differ at every moment.
    zone, ani = timezone(timedelta(hours=hours)), Participant()
    elsewhere = Database(database.url, Origin(agency="medan", service="evaluation", zone=zone))
    try:
        await take(elsewhere, ani.measured(pre=55, post=64), ani.completed())
    finally:
        await elsewhere.close()

    [follow_up] = await follow_ups(database)
    assert follow_up.due_date == follow_up.opened_at.astimezone(zone).date() + timedelta(days=30)


async def test_passed_training_is_concluded_without_follow_up(database: Database) -> None:
    ani = Participant()

    said = await take(database, ani.confirmed(), ani.measured(pre=55, post=70), ani.completed())

    assert names(said) == ["EvaluationConcluded"]
    assert await follow_ups(database) == []


async def test_training_without_a_post_test_leaves_not_enough_data(database: Database) -> None:
    ani, budi = Participant(), Participant()

    await take(database, ani.measured(pre=55, post=None), ani.completed(), budi.completed())

    found = {row.enrolment_id: (row.verdict, row.figure, row.gain) for row in await evaluations(database)}
    assert found == dict.fromkeys([ani.enrolment_id, budi.enrolment_id], ("NOT_ENOUGH_DATA", None, None))
    assert await follow_ups(database) == []


async def test_training_not_completed_is_never_evaluated(database: Database) -> None:
    ani = Participant()

    said = await take(database, ani.confirmed(), ani.measured(pre=10, post=20), ani.not_completed())
    said_later = await take(database, ani.measured(pre=10, post=30))

    assert names(said) == names(said_later) == []
    async with database.session() as session:
        assert await session.scalar(select(EnrolmentRow.outcome)) == "NOT_COMPLETED"


async def test_completion_is_evaluated_though_nothing_else_was_heard(database: Database) -> None:
    said = await take(database, Participant(pass_mark=None).completed())

    assert names(said) == ["EvaluationConcluded"]


async def test_correction_to_a_failure_opens_a_follow_up(database: Database) -> None:
    ani = Participant()
    await take(database, ani.measured(pre=55, post=80), ani.completed())
    correction = ani.measured(pre=55, post=60)

    said = await take(database, correction)

    assert names(said) == ["EvaluationConcluded", "FollowUpOpened"]
    assert {each.causation for each in said} == {str(event_id_of(correction))}
    [evaluation] = await evaluations(database)
    assert (evaluation.verdict, evaluation.figure) == ("NOT_EFFECTIVE", Decimal("60.00"))


async def test_correction_to_a_pass_closes_the_follow_up(database: Database) -> None:
    ani = Participant()
    await take(database, ani.measured(pre=55, post=64), ani.completed())
    [evaluation], [follow_up] = await evaluations(database), await follow_ups(database)
    correction = ani.measured(pre=55, post=74)

    concluded, closed = await take(database, correction)

    assert isinstance(concluded.event, EvaluationConcluded)
    assert (concluded.event.evaluation_id, concluded.event.verdict) == (evaluation.id, "EFFECTIVE")
    assert closed.event == FollowUpClosed(
        follow_up_id=follow_up.id,
        employee_id=ani.employee_id,
        competency=ani.competency,
        cycle=2026,
        round=1,
        reason="CORRECTED",
    )
    assert concluded.causation == closed.causation == str(event_id_of(correction))
    [row] = await follow_ups(database)
    assert (row.status, row.closing_reason, row.closed_at is not None) == ("CLOSED", "CORRECTED", True)


async def test_failure_after_a_correction_opens_a_new_follow_up(database: Database) -> None:
    ani = Participant()
    await take(database, ani.measured(pre=55, post=64), ani.completed(), ani.measured(pre=55, post=74))

    said = await take(database, ani.measured(pre=55, post=65))

    assert names(said) == ["EvaluationConcluded", "FollowUpOpened"]
    assert [row.status for row in await follow_ups(database)] == ["CLOSED", "OPEN"]


async def test_correction_that_changes_a_figure_only_tells_the_figure(database: Database) -> None:
    ani = Participant()
    await take(database, ani.measured(pre=55, post=64), ani.completed())

    [said] = await take(database, ani.measured(pre=55, post=65))

    assert isinstance(said.event, EvaluationConcluded)
    assert (said.event.verdict, said.event.figure) == ("NOT_EFFECTIVE", Decimal("65.00"))
    assert [row.status for row in await follow_ups(database)] == ["OPEN"]


async def test_correction_that_changes_nothing_says_nothing(database: Database) -> None:
    ani = Participant()
    await take(database, ani.measured(pre=55, post=64), ani.completed())

    assert names(await take(database, ani.measured(pre=55, post=64))) == []


async def test_older_scores_told_again_under_another_id_undo_nothing(database: Database) -> None:
    ani = Participant()
    older, newer = ani.measured(pre=55, post=64), ani.measured(pre=55, post=80)
    await take(database, newer, ani.completed())

    assert names(await take(database, older)) == []
    [evaluation] = await evaluations(database)
    assert (evaluation.verdict, evaluation.figure) == ("EFFECTIVE", Decimal("80.00"))


async def test_one_follow_up_is_open_for_a_case_however_many_trainings_failed(database: Database) -> None:
    first = Participant()
    second = Participant(employee_id=first.employee_id)
    await take(database, first.measured(pre=10, post=20), first.completed())

    said = await take(database, second.measured(pre=10, post=30), second.completed())
    said_at_one_pass = await take(database, first.measured(pre=10, post=90))
    said_at_both = await take(database, second.measured(pre=10, post=90))

    assert names(said) == ["EvaluationConcluded"]
    assert names(said_at_one_pass) == ["EvaluationConcluded"]
    assert names(said_at_both) == ["EvaluationConcluded", "FollowUpClosed"]


async def test_failures_of_one_case_in_one_batch_share_a_follow_up(database: Database) -> None:
    first = Participant()
    second = Participant(employee_id=first.employee_id)

    said = await take(
        database,
        first.measured(pre=10, post=20),
        second.measured(pre=10, post=20),
        first.completed(),
        second.completed(),
    )

    assert sorted(names(said)) == ["EvaluationConcluded", "EvaluationConcluded", "FollowUpOpened"]
    [follow_up] = await follow_ups(database)
    assert [row.follow_up_id for row in await evaluations(database)] == [follow_up.id, follow_up.id]


async def test_other_competency_and_other_year_have_follow_ups_of_their_own(database: Database) -> None:
    ani = Participant()
    digital = Participant(employee_id=ani.employee_id, competency="LITERASI_DIGITAL")
    last_year = Participant(employee_id=ani.employee_id, end_date=date(2025, 12, 31))

    for seat in (ani, digital, last_year):
        await take(database, seat.measured(pre=10, post=20), seat.completed())

    found = {(row.employee_id, row.competency, row.cycle) for row in await follow_ups(database)}
    assert found == {ani.case, digital.case, last_year.case}
    assert len(await follow_ups(database)) == 3


async def test_impossible_scores_are_a_dead_letter_and_hold_back_nobody_else(database: Database) -> None:
    ani, budi = Participant(), Participant()

    said = await take(database, ani.measured(pre=10, post=120), budi.measured(pre=10, post=20), budi.completed())

    assert names(said) == ["EvaluationConcluded", "FollowUpOpened"]
    async with database.session() as session:
        [held] = (await session.scalars(select(HeldRecord))).all()
    assert (held.key, held.status) == (str(ani.enrolment_id), "DEAD")


async def test_newest_state_of_a_programme_is_kept_whatever_comes_last(database: Database) -> None:
    program_id = new_id()

    def recorded(title: str) -> Record:
        event = ProgramRecorded(
            program_id=program_id, code="P-1", title=title, form=8, competency="X", learning_hours=8, pass_mark=70
        )
        return record_of(event)

    older, newer = recorded("Judul lama"), recorded("Judul baru")

    await take(database, newer)
    await take(database, older)

    async with database.session() as session:
        assert (await session.scalars(select(ProgramRow.title))).all() == ["Judul baru"]
