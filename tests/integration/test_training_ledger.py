"""The ledger of learning hours on a real database: in whatever order things come, the same counts in the end."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.training import commands, queries
from services.training.app import SERVICE
from services.training.commands import CorrectionReason, Entry
from services.training.domain import Activity, ActivityOrigin, LearningHourRule, credits_of
from services.training.rules import LEARNING_HOURS, LEARNING_HOURS_TARGET
from shared.db import Database
from shared.delivery.envelope import Record
from shared.errors import Conflict, Invalid, NotFound
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.asked import (
    PlanItem,
    activities,
    consumer_of,
    demands,
    employee,
    ledger,
    session_held,
)
from tests.integration.classroom import (
    LAST_DAY,
    ORGANISER,
    Told,
    add_class,
    attend,
    close,
    enrol,
    people,
    score,
    told,
    told_about,
)
from tests.records import emitted, event_id_of, record_of

ANALYST = Actor(id=UUID(int=8), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))
APRIL = date(2026, 4, 1)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=SERVICE.lineages)


async def credited(database: Database) -> dict[date, int]:
    """What counts by the first day of the activity."""
    return {row.starts_on: row.credited_hours for row in await activities(database)}


def balance(events: list[Told]) -> Counter[str]:
    """Hours by person, year and form, from what was told alone."""
    found: Counter[str] = Counter()
    for event in events:
        sign = {"learning_hours_credited": 1, "learning_hours_reversed": -1}.get(event.name, 0)
        if sign:
            found["{employee_id} {year} {form_code}".format(**event.data)] += sign * event.data["hours"]
    return found


async def test_session_credits_the_one_who_is_guided(database: Database) -> None:
    ani, need = new_id(), new_id()
    record = session_held(ani, date(2026, 4, 10), form=14, need_id=need)

    for _ in range(2):
        await consumer_of(database).take([record])

    [event] = await emitted(database)
    assert (event.causation, event.correlation) == (str(event_id_of(record)), need)
    [told_of] = await told(database)
    assert {name: told_of.data[name] for name in ("employee_id", "form_code", "hours", "year", "origin")} == {
        "employee_id": str(ani),
        "form_code": "C1",
        "hours": 2,
        "year": 2026,
        "origin": "SESSION",
    }
    assert (told_of.data["ends_on"], told_of.data["rule_version"]) == ("2026-04-10", "2019-02-01")


async def test_third_session_of_a_month_counts_nothing_and_tells_nothing(database: Database) -> None:
    ani = new_id()

    for day in (3, 10, 17):
        await consumer_of(database).take([session_held(ani, date(2026, 4, day))])

    assert list((await credited(database)).values()) == [2, 2, 0]
    assert len(await told(database)) == 2


async def test_of_two_sessions_on_one_day_the_earlier_counts_first(database: Database) -> None:
    ani, day = new_id(), date(2026, 4, 10)
    afternoon = session_held(ani, day, starts_at=time(14))
    morning = session_held(ani, day, starts_at=time(9))

    await consumer_of(database).take([session_held(ani, date(2026, 4, 3)), afternoon, morning])

    assert {row.starts_at: row.credited_hours for row in await activities(database) if row.starts_on == day} == {
        time(9): 2,
        time(14): 0,
    }


async def test_late_session_takes_the_place_of_a_later_one_by_reversal(database: Database) -> None:
    ani = new_id()
    await consumer_of(database).take([session_held(ani, date(2026, 4, day)) for day in (10, 17)])
    _, seventeenth = await ledger(database)
    late = session_held(ani, date(2026, 4, 3))

    await consumer_of(database).take([late])

    assert await credited(database) == {date(2026, 4, 3): 2, date(2026, 4, 10): 2, date(2026, 4, 17): 0}
    entries = await ledger(database)
    assert [(row.hours, row.reversal_reason) for row in entries] == [(2, None), (2, "LIMIT"), (2, None)]
    assert entries[1].id == seventeenth.id
    *_, reversed_, credited_anew = await emitted(database)
    assert {reversed_.causation, credited_anew.causation} == {str(event_id_of(late))}
    assert (reversed_.event.subject, reversed_.headers["ce_type"]) == (
        seventeenth.id,
        "bangkom.training.learning_hours_reversed.v1",
    )


def held_sessions(seed: int) -> list[Record]:
    """Sessions of three people in two months, more than count."""
    chance = random.Random(seed)
    guided = [new_id() for _ in range(3)]
    return [
        session_held(chance.choice(guided), APRIL + timedelta(days=chance.randrange(60)), chance.choice((14, 15)))
        for _ in range(40)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_order_and_repetition_ends_with_the_same_hours(make_database: MakeDatabase, seed: int) -> None:
    sessions, chance = held_sessions(seed), random.Random(seed)
    ends = []
    for size in (40, 7, 1):
        database = await make_database(service="training", agency="medan", lineages=SERVICE.lineages)
        shuffled = chance.sample(sessions, len(sessions)) + chance.sample(sessions, 10)
        for start in range(0, len(shuffled), size):
            await consumer_of(database).take(shuffled[start : start + size])
        rows = await activities(database)
        in_rows: Counter[str] = Counter()
        for row in rows:
            in_rows[f"{row.employee_id} {row.year} {row.form_code}"] += row.credited_hours
        assert balance(await told(database)) == in_rows
        held = Counter((row.employee_id, row.form_code, row.starts_on.month) for row in rows)
        assert sum(in_rows.values()) == sum(2 * min(2, times) for times in held.values())
        ends.append({row.id: row.credited_hours for row in rows})

    assert ends[0] == ends[1] == ends[2]


def attended(seed: int) -> list[Entry]:
    """Activities of one person in every form, over four months, many of them overlapping or across a month's end."""
    chance, ani, found = random.Random(seed), new_id(), []
    for number in range(120):
        first = date(2025, 11, 1) + timedelta(days=chance.randrange(120))
        activity = Activity(
            id=UUID(int=number),
            employee_id=ani,
            form_code=chance.choice(sorted(LEARNING_HOURS.versions[0].rates)[::3]),
            starts_on=first,
            ends_on=first + timedelta(days=chance.choice((0, 0, 2, 5, 40))),
            claimed_hours=Decimal(chance.randrange(1, 60)),
        )
        found.append(Entry(activity=activity, origin=ActivityOrigin.IMPORT))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_one_after_the_other_counts_as_all_at_once(database: Database, seed: int) -> None:
    entries = attended(seed)
    revoked = {entry.activity.id for entry in entries[::7]}

    for entry in entries:
        async with database.transaction() as session:
            await commands.enter(session, [entry])
    for each in sorted(revoked):
        async with database.transaction() as session:
            await commands.revoke_activity(session, ANALYST, each, "FORGED")

    by_form: dict[str, list[Activity]] = {}
    for entry in entries:
        kept = replace(entry.activity, counts=entry.activity.id not in revoked)
        by_form.setdefault(kept.form_code, []).append(kept)
    expected = {
        each: credit.hours
        for activities_of_form in by_form.values()
        for each, credit in credits_of(activities_of_form, LEARNING_HOURS).items()
    }
    assert {row.id: row.credited_hours for row in await activities(database)} == expected
    in_force = [row for row in await ledger(database) if row.reversed_at is None]
    assert {row.activity_id: row.hours for row in in_force} == {each: jp for each, jp in expected.items() if jp}
    assert sum(balance(await told(database)).values()) == sum(expected.values())


async def finish(database: Database, *, present: bool = True, hours: int = 12) -> tuple[UUID, UUID, UUID]:
    """A closed class with one participant; gives class, seat and person."""
    [ani] = await people(database, "Ani")
    held = await add_class(database, hours)
    [seat] = await enrol(database, held.id, ani)
    await attend(database, held.id, 1, {seat.id: present})
    await close(database, held.id)
    return held.id, seat.id, ani


async def correct(
    database: Database, class_id: UUID, presence: dict[UUID, dict[int, bool]], reason: str = "ATTENDANCE"
) -> int:
    async with database.transaction() as session:
        changed = await commands.correct_class(
            session, ORGANISER, class_id, presence, CorrectionReason(reason), LAST_DAY + timedelta(days=30)
        )
    return len(changed)


async def test_completed_class_is_credited_with_a_certificate(database: Database) -> None:
    class_id, seat_id, ani = await finish(database)

    [row] = await activities(database)
    assert (row.id, row.employee_id, row.form_code, row.credited_hours, row.year) == (seat_id, ani, "B10", 12, 2026)
    async with database.session() as session:
        [participant] = await queries.participants(session, ORGANISER, class_id)
    assert participant.certificate_number is not None
    assert participant.certificate_number.startswith("00001/P-")
    assert participant.certificate_number.endswith("/2026")


async def test_correction_takes_completion_certificate_and_hours_back_and_gives_them_anew(database: Database) -> None:
    class_id, seat_id, _ = await finish(database)
    before = len(await told(database))

    assert await correct(database, class_id, {seat_id: {1: False}}) == 1
    taken = (await told(database))[before:]
    assert await correct(database, class_id, {seat_id: {1: True}}) == 1
    given = (await told(database))[before + len(taken) :]

    assert [event.name for event in taken] == [
        "training_completion_corrected",
        "certificate_revoked",
        "learning_hours_reversed",
    ]
    facts = ("completed", "learning_hours", "attendance_percent", "reason")
    assert [taken[0].data[name] for name in facts] == [False, 0, 0, "ATTENDANCE"]
    assert (taken[2].data["hours"], taken[2].data["reason"]) == (12, "CORRECTED")
    assert [event.name for event in given] == [
        "training_completion_corrected",
        "certificate_issued",
        "learning_hours_credited",
    ]
    assert [given[0].data[name] for name in facts] == [True, 12, 100, "ATTENDANCE"]
    assert sum(balance(await told(database)).values()) == 12
    async with database.session() as session:
        [participant] = await queries.participants(session, ORGANISER, class_id)
    assert participant.certificate_number is not None
    assert participant.certificate_number.startswith("00002/")


async def test_correction_that_changes_the_figure_only_keeps_certificate_and_hours(database: Database) -> None:
    [ani] = await people(database, "Ani")
    held = await add_class(database, 9, 1)
    [seat] = await enrol(database, held.id, ani)
    for number in (1, 2):
        await attend(database, held.id, number, {seat.id: True})
    await close(database, held.id)
    before = await told(database)

    changed = await correct(database, held.id, {seat.id: {2: False}})
    again = await correct(database, held.id, {seat.id: {2: False}})

    assert (changed, again) == (1, 0)
    [event] = (await told(database))[len(before) :]
    assert (event.name, event.data["attendance_percent"], event.data["completed"]) == (
        "training_completion_corrected",
        90,
        True,
    )


async def test_remedial_test_completes_when_judged_anew(database: Database) -> None:
    [ani] = await people(database, "Ani")
    held = await add_class(database, 4, post_test_required=True)
    [seat] = await enrol(database, held.id, ani)
    await attend(database, held.id, 1, {seat.id: True})
    await close(database, held.id)
    await score(database, held.id, {seat.id: (50, 80)})

    await correct(database, held.id, {seat.id: {}}, "POST_TEST")

    assert (await told_about(database, seat.id))[-1] == "training_completion_corrected"
    assert sum(balance(await told(database)).values()) == 4


async def test_correction_frees_the_demand_or_meets_it(database: Database) -> None:
    [ani] = await people(database, "Ani")
    item = PlanItem(employee_id=ani)
    await consumer_of(database).take([item.approved()])
    held = await add_class(database, 4)
    newcomer = commands.Newcomer(employee_id=ani, plan_item_id=item.id)
    async with database.transaction() as session:
        [seat] = await commands.enrol(session, ORGANISER, held.id, [newcomer])
    await attend(database, held.id, 1, {seat.id: True})
    await close(database, held.id)

    statuses = []
    for present in (False, True):
        await correct(database, held.id, {seat.id: {1: present}})
        statuses.append((await demands(database))[item.id].status)

    assert statuses == ["OPEN", "MET"]


async def test_correction_that_cannot_be_true_is_refused_whole(database: Database) -> None:
    class_id, seat_id, _ = await finish(database)
    [open_class, stranger] = [(await add_class(database, 4)).id, new_id()]
    before = await told(database)

    for class_, presence, refusal in [
        (open_class, {}, Conflict),
        (class_id, {seat_id: {1: False}, stranger: {1: True}}, Invalid),
        (class_id, {seat_id: {1: False, 2: True}}, NotFound),
    ]:
        with pytest.raises(refusal):
            await correct(database, class_, presence)

    assert await told(database) == before


async def statement_of(database: Database, employee_id: UUID, year: int = 2026) -> queries.Statement:
    async with database.session() as session:
        return await queries.statement(session, ANALYST, LEARNING_HOURS_TARGET, employee_id, year)


async def test_target_follows_what_is_told_of_employment(database: Database) -> None:
    ani = new_id()

    async def told_of(**changes: object) -> int | None:
        await consumer_of(database).take([record_of(employee(ani, **changes))])
        return (await statement_of(database, ani)).target

    assert await told_of() == 20
    assert await told_of(legal_status="02", valid_from=date(2026, 1, 1)) == 0
    assert await told_of(legal_status="01", valid_from=date(2026, 7, 1)) == 10
    assert await told_of(legal_status="01", valid_from=date(2026, 9, 1)) == 10
    assert await told_of(employment_type="PPPK", valid_from=date(2026, 10, 1)) == 5


async def test_change_without_a_date_of_its_own_holds_from_the_day_it_was_recorded(database: Database) -> None:
    ani = new_id()
    await consumer_of(database).take([record_of(employee(ani))])

    await consumer_of(database).take([record_of(employee(ani, legal_status="03"))])

    # Recorded on 4 March 2026: three months with a day at work.
    assert (await statement_of(database, ani)).target == 5


async def test_older_state_of_a_person_changes_nothing(database: Database) -> None:
    ani = new_id()
    older, newer = record_of(employee(ani, legal_status="02")), record_of(employee(ani))

    await consumer_of(database).take([newer])
    await consumer_of(database).take([older])

    assert (await statement_of(database, ani)).target == 20


async def test_statement_adds_up_what_counts_beside_what_was_claimed(database: Database) -> None:
    _, _, ani = await finish(database, hours=12)
    await consumer_of(database).take([session_held(ani, date(2026, 4, day)) for day in (1, 2, 3)])

    found = await statement_of(database, ani)

    assert (found.credited, found.claimed, found.by_form) == (16, Decimal(16), {"B10": 12, "C2": 4})
    assert (await statement_of(database, ani, 2025)).by_form == {}


async def test_sessions_keep_to_the_table_of_their_day(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    [present] = LEARNING_HOURS.versions
    once = {code: rate for code, rate in present.rates.items() if code != "C2"}
    later = type(present)(effective_from=date(2026, 5, 1), codes=present.codes, rates=once)
    rule = LearningHourRule(name="LEARNING_HOURS", versions=(present, later))
    monkeypatch.setattr("services.training.commands.ledger.LEARNING_HOURS", rule)
    ani = new_id()

    await consumer_of(database).take([session_held(ani, date(2026, month, 30)) for month in (4, 5)])

    assert await credited(database) == {date(2026, 4, 30): 2, date(2026, 5, 30): 0}
