"""Training on a real database: what each command leaves behind, and what it tells the other services."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select

from services.training import commands, queries
from services.training.app import SERVICE
from services.training.commands import Newcomer
from services.training.domain import ClassStatus, EnrolmentStatus, Requirement, TrainingClass
from services.training.tables import AttendanceRow, EnrolmentRow, TrainingBase
from shared.audit import AuditEntry
from shared.db import Database
from shared.errors import Conflict, DomainError, Invalid, NotFound
from shared.lists import Page
from tests.conftest import MakeDatabase
from tests.integration.classroom import (
    LAST_DAY,
    ORGANISER,
    add_class,
    add_program,
    attend,
    close,
    enrol,
    people,
    score,
    terms,
    told,
    told_about,
)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=SERVICE.lineages)


async def count(database: Database, table: type[TrainingBase]) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_program_is_told_when_created_and_when_changed(database: Database) -> None:
    program = await add_program(database, terms(20))

    async with database.transaction() as session:
        await commands.change_program(session, ORGANISER, program.id, "Bimtek Layanan Prima", 11, terms(24))

    created, changed = await told(database)
    assert (created.name, created.subject) == ("program_recorded", program.id)
    assert created.data == {
        "program_id": str(program.id),
        "code": "BIMTEK-LAYANAN",
        "title": "Bimtek Pelayanan Publik",
        "form": 8,
        "competency": "PELAYANAN_PUBLIK",
        "learning_hours": 20,
        "pass_mark": 70,
    }
    assert changed.data == created.data | {"title": "Bimtek Layanan Prima", "form": 11, "learning_hours": 24}


async def test_program_code_belongs_to_the_first_who_takes_it(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(add_program(database, terms(hours)) for hours in range(10, 15)), return_exceptions=True
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(refusal) for refusal in refused] == [Conflict] * 4
    assert len(await told(database)) == 1


async def test_class_keeps_the_terms_it_was_scheduled_under(database: Database) -> None:
    training_class = await add_class(database, 8, 8, 4)

    async with database.transaction() as session:
        await commands.change_program(session, ORGANISER, training_class.program_id, "Baru", 8, terms(8, pass_mark=90))

    async with database.session() as session:
        found = await queries.training_class(session, ORGANISER, training_class.id)
    assert found.training_class == training_class
    assert found.training_class.terms.pass_mark == 70
    assert found.program_title == "Baru"


async def run_class(database: Database, needs: dict[UUID, tuple[UUID, ...]]) -> TrainingClass:
    """Enrol three people, of whom the second misses 4 and the third 8 of 20 JP; test two of them, and close."""
    training_class = await add_class(database, 8, 8, 4)
    newcomers = [Newcomer(employee_id=person, need_ids=need_ids) for person, need_ids in needs.items()]
    async with database.transaction() as session:
        seats = await commands.enrol(session, ORGANISER, training_class.id, newcomers)
    first, second, third = (seat.id for seat in seats)
    await attend(database, training_class.id, 1, {first: True, second: True, third: True})
    await attend(database, training_class.id, 2, {first: True, second: True, third: False})
    await attend(database, training_class.id, 3, {first: True, second: False, third: True})
    await score(database, training_class.id, {first: (55, 64), third: (None, 80)})
    await close(database, training_class.id)
    return training_class


async def test_class_is_told_from_enrolment_to_completion_within_the_journey_of_each_need(database: Database) -> None:
    ani, budi, citra = await people(database, "Ani", "Budi", "Citra")
    need, other_need = uuid4(), uuid4()

    await run_class(database, {ani: (need,), budi: (need, other_need), citra: ()})

    _, _, *events = await told(database)
    seats = {UUID(e.data["employee_id"]): e.subject for e in events if e.name == "enrolment_confirmed"}
    worth = [(event.name, event.subject, event.correlation) for event in events[8:]]
    assert [(event.name, event.subject, event.correlation) for event in events] == [
        ("enrolment_confirmed", seats[ani], need),
        ("enrolment_confirmed", seats[budi], seats[budi]),
        ("enrolment_confirmed", seats[citra], seats[citra]),
        ("learning_measured", seats[ani], need),
        ("learning_measured", seats[citra], seats[citra]),
        ("training_completed", seats[ani], need),
        ("training_completed", seats[budi], seats[budi]),
        ("training_not_completed", seats[citra], seats[citra]),
        *worth,
    ]
    assert [(name, correlation) for name, _, correlation in worth] == [
        ("certificate_issued", need),
        ("certificate_issued", seats[budi]),
        ("learning_hours_credited", need),
        ("learning_hours_credited", seats[budi]),
    ]


async def test_class_events_say_what_happened(database: Database) -> None:
    ani, budi, citra = await people(database, "Ani", "Budi", "Citra")
    need, other_need = uuid4(), uuid4()

    training_class = await run_class(database, {ani: (need,), budi: (need, other_need), citra: ()})

    events = {(event.name, UUID(event.data.get("employee_id", ani.hex))): event for event in await told(database)}
    confirmed, measured = events["enrolment_confirmed", ani], events["learning_measured", ani]
    completed, missed = events["training_completed", budi], events["training_not_completed", citra]
    ids = ("enrolment_id", "class_id", "program_id", "employee_id")
    for event, person in ((confirmed, ani), (measured, ani), (completed, budi), (missed, citra)):
        whose = (event.subject, training_class.id, training_class.program_id, person)
        assert tuple(event.data.pop(name) for name in ids) == tuple(str(each) for each in whose)
    links = {"plan_item_id": None, "follow_up_id": None}
    assert confirmed.data == {"need_ids": [str(need)]} | links
    assert measured.data == {"pre_score": 55, "post_score": 64, "max_score": 100}
    assert (
        completed.data
        == {
            "competency": "PELAYANAN_PUBLIK",
            "learning_hours": 20,
            "attendance_percent": 80,
            "pass_mark": 70,
            "start_date": "2026-03-02",
            "end_date": "2026-03-04",
            "need_ids": [str(need), str(other_need)],
        }
        | links
    )
    assert missed.data == {"reason": "ATTENDANCE", "attendance_percent": 60}


async def test_class_remembers_how_it_was_closed(database: Database) -> None:
    ani, budi = await people(database, "Ani", "Budi")
    training_class = await add_class(database, 4, post_test_required=True)
    of_ani, of_budi = (seat.id for seat in await enrol(database, training_class.id, ani, budi))
    await attend(database, training_class.id, 1, {of_ani: True, of_budi: True})
    await score(database, training_class.id, {of_ani: (None, 90)})

    await close(database, training_class.id)

    async with database.session() as session:
        found = await queries.training_class(session, ORGANISER, training_class.id)
        first, second = await queries.participants(session, ORGANISER, training_class.id)
    assert found.training_class.status is ClassStatus.CLOSED
    assert found.seats_taken == 2
    assert (first.name, first.enrolment.status, first.presence) == ("Ani", EnrolmentStatus.COMPLETED, {1: True})
    assert second.enrolment.judgement is not None
    assert second.enrolment.judgement.missed is Requirement.POST_TEST


async def test_class_closes_once_however_many_try(database: Database) -> None:
    (ani,) = await people(database, "Ani")
    training_class = await add_class(database, 4)
    (seat,) = await enrol(database, training_class.id, ani)
    await attend(database, training_class.id, 1, {seat.id: True})

    outcomes = await asyncio.gather(*(close(database, training_class.id) for _ in range(8)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 7 + ["list"]
    assert await told_about(database, seat.id) == ["enrolment_confirmed", "training_completed"]


async def test_last_seat_goes_to_exactly_one(database: Database) -> None:
    crowd = await people(database, *(f"Peserta {number}" for number in range(20)))
    training_class = await add_class(database, 4, capacity=3)
    await enrol(database, training_class.id, *crowd[:2])

    outcomes = await asyncio.gather(
        *(enrol(database, training_class.id, person) for person in crowd[2:]), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 17 + ["list"]
    assert await count(database, EnrolmentRow) == 3
    assert [e.name for e in await told(database)].count("enrolment_confirmed") == 3


async def test_enrolment_of_many_is_all_or_nothing(database: Database) -> None:
    ani, budi = await people(database, "Ani", "Budi")
    training_class = await add_class(database, 4, capacity=2)
    await enrol(database, training_class.id, ani)
    before = await told(database)

    for newcomers, refusal, words in [
        ((budi, uuid4()), Invalid, r"ke-2.*tidak dikenal"),
        ((budi, ani), Conflict, r"ke-2.*sudah terdaftar"),
        ((budi, budi), Conflict, r"ke-2.*sudah terdaftar"),
    ]:
        with pytest.raises(refusal, match=words):
            await enrol(database, training_class.id, *newcomers)

    assert await count(database, EnrolmentRow) == 1
    assert await told(database) == before


async def test_refused_commands_leave_nothing_and_tell_nothing(database: Database) -> None:
    ani, _ = await people(database, "Ani", "Budi")
    training_class = await add_class(database, 4, 4)
    (seat,) = await enrol(database, training_class.id, ani)
    await attend(database, training_class.id, 1, {seat.id: True})
    before, acts = await told(database), await audited(database)

    refused = [
        (attend(database, training_class.id, 2, {seat.id: True, uuid4(): True}), Invalid),
        (attend(database, training_class.id, 3, {seat.id: True}), NotFound),
        (score(database, training_class.id, {seat.id: (1, 2), uuid4(): (1, 2)}), Invalid),
        (close(database, training_class.id, LAST_DAY - timedelta(days=1)), Conflict),
        (close(database, training_class.id), Conflict),
        (close(database, uuid4()), NotFound),
        (enrol(database, uuid4(), ani), NotFound),
    ]
    for command, refusal in refused:
        with pytest.raises(DomainError) as caught:
            await command
        assert type(caught.value) is refusal

    assert await told(database) == before
    assert await audited(database) == acts
    assert await count(database, AttendanceRow) == 1


async def test_attendance_can_be_corrected_until_the_class_is_closed(database: Database) -> None:
    (ani,) = await people(database, "Ani")
    training_class = await add_class(database, 4)
    (seat,) = await enrol(database, training_class.id, ani)

    await attend(database, training_class.id, 1, {seat.id: False})
    await attend(database, training_class.id, 1, {seat.id: True})
    await close(database, training_class.id)

    assert await told_about(database, seat.id) == ["enrolment_confirmed", "training_completed"]
    with pytest.raises(Conflict, match="sudah ditutup"):
        await attend(database, training_class.id, 1, {seat.id: False})


async def test_scores_are_told_when_entered_corrected_and_measured_anew_after_closing(database: Database) -> None:
    ani, budi = await people(database, "Ani", "Budi")
    training_class = await add_class(database, 4)
    of_ani, of_budi = (seat.id for seat in await enrol(database, training_class.id, ani, budi))
    await attend(database, training_class.id, 1, {of_ani: True, of_budi: True})

    await score(database, training_class.id, {of_ani: (40, None), of_budi: (50, None)})
    await score(database, training_class.id, {of_ani: (40, 60), of_budi: (50, None)})
    await close(database, training_class.id)
    await score(database, training_class.id, {of_ani: (40, 85)})

    measured = [e.data for e in await told(database) if (e.name, e.subject) == ("learning_measured", of_ani)]
    assert [(m["pre_score"], m["post_score"]) for m in measured] == [(40, None), (40, 60), (40, 85)]
    assert (await told_about(database, of_ani))[-2:] == ["training_completed", "learning_measured"]
    assert (await told_about(database, of_budi)).count("learning_measured") == 1


async def test_commands_are_audited_with_who_gave_them(database: Database) -> None:
    (ani,) = await people(database, "Ani")
    training_class = await add_class(database, 4)
    (seat,) = await enrol(database, training_class.id, ani)
    await attend(database, training_class.id, 1, {seat.id: True})
    await score(database, training_class.id, {seat.id: (1, 2)})
    await close(database, training_class.id)

    acts = ["create_program", "schedule_class", "enrol", "record_attendance", "record_scores", "close_class"]
    assert await audited(database) == [(act, ORGANISER.id) for act in acts]


async def test_lists_go_on_where_the_page_before_ended(database: Database) -> None:
    made = [(await add_class(database, 4)).id for _ in range(5)]
    seen: list[UUID] = []

    async with database.session() as session:
        while page := await queries.classes(session, ORGANISER, Page(before=seen[-1] if seen else None, limit=2)):
            seen += [listed.training_class.id for listed in page]

    assert seen == made[::-1]


async def test_tables_equal_the_migration(make_database: MakeDatabase) -> None:
    alone = await make_database(service="training", agency="medan", lineages=[SERVICE.lineage])

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": "training_version", "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), TrainingBase.metadata))

    async with alone.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def audited(database: Database) -> list[tuple[str, UUID]]:
    async with database.session() as session:
        entries = await session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.action, entry.actor_id) for entry in entries]
