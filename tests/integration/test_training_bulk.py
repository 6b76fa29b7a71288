"""Commands on many classes at once: they do what the same commands do class by class, and all of it or nothing."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from services.training import commands
from services.training.app import SERVICE
from services.training.commands import Newcomer
from services.training.domain import Schedule, Scores, TrainingClass
from shared.db import Database
from shared.errors import Conflict, Invalid, NotFound
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.classroom import (
    FIRST_DAY,
    LAST_DAY,
    ORGANISER,
    add_class,
    add_program,
    attend,
    close,
    demand,
    enrol,
    people,
    score,
    terms,
    told,
)

NAMES = ("Ani", "Budi", "Citra", "Dewi")
POINTS = {"Ani": (40, 80), "Budi": (60, 65), "Citra": (None, 90), "Dewi": (50, None)}
ABSENT = "Dewi"


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=SERVICE.lineages)


async def told_of_names(database: Database, names: Mapping[UUID, str]) -> list[tuple[str, ...]]:
    """What was told of each person, without what differs from run to run."""
    facts = ("pre_score", "post_score", "attendance_percent", "reason", "hours")
    return sorted(
        (names[UUID(event.data["employee_id"])], event.name, *(str(event.data.get(fact)) for fact in facts))
        for event in await told(database)
        if "employee_id" in event.data
    )


async def class_by_class(database: Database, classes: list[TrainingClass], pairs: list[list[UUID]]) -> None:
    names = dict(zip([person for pair in pairs for person in pair], NAMES, strict=True))
    for held, pair in zip(classes, pairs, strict=True):
        seats = {seat.id: names[seat.employee_id] for seat in await enrol(database, held.id, *pair)}
        for number in (1, 2):
            await attend(database, held.id, number, {each: name != ABSENT for each, name in seats.items()})
        await score(database, held.id, {each: POINTS[name] for each, name in seats.items()})
        await close(database, held.id)


async def at_once(database: Database, classes: list[TrainingClass], pairs: list[list[UUID]]) -> None:
    """All of it in one transaction, where each command sees what the one before has written."""
    names = dict(zip([person for pair in pairs for person in pair], NAMES, strict=True))
    async with database.transaction() as session:
        newcomers = {
            held.id: [Newcomer(employee_id=each) for each in pair] for held, pair in zip(classes, pairs, strict=True)
        }
        seats = await commands.enrol_in_classes(session, ORGANISER, newcomers)
        lists: dict[UUID, dict[int, list[tuple[UUID, bool]]]] = {held.id: {1: [], 2: []} for held in classes}
        measured: dict[UUID, list[tuple[UUID, Scores]]] = {held.id: [] for held in classes}
        for seat in seats:
            name = names[seat.employee_id]
            for number in (1, 2):
                lists[seat.class_id][number].append((seat.id, name != ABSENT))
            pre, post = POINTS[name]
            measured[seat.class_id].append((seat.id, Scores(pre_score=pre, post_score=post, max_score=100)))
        await commands.record_attendances(session, ORGANISER, lists, LAST_DAY)
        await commands.record_scores_of_classes(session, ORGANISER, measured)
        await commands.close_classes(session, ORGANISER, [held.id for held in classes], LAST_DAY)


@pytest.mark.parametrize("held", [class_by_class, at_once])
async def test_classes_held_at_once_tell_what_each_of_them_tells(database: Database, held: Callable[..., Any]) -> None:
    ids = await people(database, *NAMES)
    classes = [await add_class(database, 4, 4, post_test_required=True) for _ in range(2)]

    await held(database, classes, [ids[:2], ids[2:]])

    outcomes = await told_of_names(database, dict(zip(ids, NAMES, strict=True)))
    none = "None"
    assert outcomes == sorted(
        [
            *((name, "enrolment_confirmed", none, none, none, none, none) for name in NAMES),
            *(
                (name, "learning_measured", str(pre), str(post), none, none, none)
                for name, (pre, post) in POINTS.items()
            ),
            *((name, "training_completed", none, none, "100", none, none) for name in NAMES if name != ABSENT),
            *((name, "certificate_issued", none, none, none, none, none) for name in NAMES if name != ABSENT),
            *((name, "learning_hours_credited", none, none, none, none, "8") for name in NAMES if name != ABSENT),
            (ABSENT, "training_not_completed", none, none, "0", "ATTENDANCE", none),
        ]
    )


async def test_classes_are_scheduled_at_once_each_under_its_program(database: Database) -> None:
    programs = [await add_program(database, terms(hours), code=f"P-{hours}") for hours in (4, 8)]
    schedules = [
        Schedule(start_date=FIRST_DAY, end_date=LAST_DAY, place="Aula", capacity=2, session_hours=(each,))
        for each in (4, 8)
    ]

    async with database.transaction() as session:
        planned = [(program.id, schedule) for program, schedule in zip(programs, schedules, strict=True)]
        scheduled = await commands.schedule_classes(session, ORGANISER, planned)

    assert [(each.program_id, each.terms.learning_hours) for each in scheduled] == [
        (program.id, hours) for program, hours in zip(programs, (4, 8), strict=True)
    ]
    events = [event for event in await told(database) if event.name == "class_scheduled"]
    assert [event.subject for event in events] == [each.id for each in scheduled]


async def test_one_who_cannot_be_seated_keeps_everybody_out_of_every_class(database: Database) -> None:
    ani, budi, citra = await people(database, *NAMES[:3])
    roomy, full = await add_class(database, 4), await add_class(database, 4, capacity=1)
    newcomers = {
        roomy.id: [Newcomer(employee_id=ani)],
        full.id: [Newcomer(employee_id=budi), Newcomer(employee_id=citra)],
    }

    with pytest.raises(Conflict, match="Kelas penuh"):
        async with database.transaction() as session:
            await commands.enrol_in_classes(session, ORGANISER, newcomers)

    assert "enrolment_confirmed" not in {event.name for event in await told(database)}


async def test_demand_named_in_two_classes_at_once_is_refused(database: Database) -> None:
    [ani] = await people(database, "Ani")
    asked = await demand(database, ani)
    classes = [await add_class(database, 4) for _ in range(2)]
    newcomer = Newcomer(employee_id=ani, plan_item_id=asked.id)

    with pytest.raises(Conflict, match="sudah mendapat kelas"):
        async with database.transaction() as session:
            await commands.enrol_in_classes(session, ORGANISER, {each.id: [newcomer] for each in classes})


async def test_seat_is_recorded_only_in_the_class_it_belongs_to(database: Database) -> None:
    ani, budi = await people(database, "Ani", "Budi")
    first, second = await add_class(database, 4), await add_class(database, 4)
    [seat] = await enrol(database, first.id, ani)
    await enrol(database, second.id, budi)
    scores = Scores(pre_score=1, post_score=2, max_score=100)

    with pytest.raises(Invalid, match="tidak terdaftar di kelas ini"):
        async with database.transaction() as session:
            await commands.record_attendances(session, ORGANISER, {second.id: {1: [(seat.id, True)]}}, LAST_DAY)
    with pytest.raises(Invalid, match="tidak terdaftar di kelas ini"):
        async with database.transaction() as session:
            await commands.record_scores_of_classes(session, ORGANISER, {second.id: [(seat.id, scores)]})


async def test_class_that_is_not_there_refuses_all(database: Database) -> None:
    held = await add_class(database, 4)

    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await commands.close_classes(session, ORGANISER, [held.id, new_id()], LAST_DAY)

    assert [event.name for event in await told(database)] == ["program_recorded", "class_scheduled"]
