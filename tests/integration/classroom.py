"""A stage for the tests of training: people in the directory, a programme, a class, and what was told of them."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update

from services.training import commands
from services.training.commands import Newcomer
from services.training.domain import (
    Demand,
    DemandOrigin,
    Enrolment,
    Nomination,
    Program,
    Schedule,
    Scores,
    Terms,
    TrainingClass,
)
from shared.db import Database
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from shared.tables import Outbox

ORGANISER = Actor(id=UUID(int=7), kind="ACCOUNT", roles=frozenset({Role.ORGANISER}))
FIRST_DAY = date(2026, 3, 2)
LAST_DAY = date(2026, 3, 4)


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it stands in the outbox."""

    name: str
    subject: UUID
    correlation: UUID
    data: dict[str, Any]


async def told(database: Database) -> list[Told]:
    """Everything the service has told so far, in order."""
    async with database.session() as session:
        rows = await session.scalars(select(Outbox).order_by(Outbox.seq))
        return [
            Told(
                name=row.headers["ce_type"].removeprefix("bangkom.training.").removesuffix(".v1"),
                subject=UUID(row.key),
                correlation=UUID(row.headers["ce_correlationid"]),
                data=orjson.loads(row.value or b"null"),
            )
            for row in rows
        ]


async def told_about(database: Database, subject: UUID) -> list[str]:
    """The names of the events about one subject, in order."""
    return [event.name for event in await told(database) if event.subject == subject]


async def people(database: Database, *names: str) -> list[UUID]:
    """Put made-up people into the directory."""
    ids = [new_id() for _ in names]
    async with database.transaction() as session:
        session.add_all(
            DirectoryEmployee(
                id=employee_id,
                name=name,
                employee_number=f"{19900100 + number}2015011000",
                email=None,
                employment_type="PNS",
                legal_status="01",
                unit_id=UUID(int=2),
                position_id=UUID(int=3),
                superior_id=None,
                heads_unit_ids=[],
                acting=[],
                valid_from=date(2026, 1, 1),
                sequence=number,
            )
            for number, (employee_id, name) in enumerate(zip(ids, names, strict=True), start=1)
        )
    return ids


def terms(learning_hours: int = 20, *, pass_mark: int | None = 70, post_test_required: bool = False) -> Terms:
    return Terms(
        competency="PELAYANAN_PUBLIK",
        learning_hours=learning_hours,
        pass_mark=pass_mark,
        post_test_required=post_test_required,
    )


async def add_program(database: Database, of: Terms, code: str = "BIMTEK-LAYANAN") -> Program:
    async with database.transaction() as session:
        return await commands.create_program(session, ORGANISER, code, "Bimtek Pelayanan Publik", 8, of)


async def add_class(
    database: Database, *session_hours: int, capacity: int = 30, post_test_required: bool = False
) -> TrainingClass:
    """A class from 2 to 4 March 2026 of a programme of its own."""
    program = await add_program(
        database, terms(sum(session_hours), post_test_required=post_test_required), code=f"P-{new_id()}"
    )
    schedule = Schedule(
        start_date=FIRST_DAY, end_date=LAST_DAY, place="Aula", capacity=capacity, session_hours=session_hours
    )
    async with database.transaction() as session:
        return await commands.schedule_class(session, ORGANISER, program.id, schedule)


async def enrol(database: Database, class_id: UUID, *employee_ids: UUID) -> list[Enrolment]:
    newcomers = [Newcomer(employee_id=employee_id) for employee_id in employee_ids]
    async with database.transaction() as session:
        return await commands.enrol(session, ORGANISER, class_id, newcomers)


async def demand(database: Database, employee_id: UUID, **changes: Any) -> Demand:
    """What the plan asks for somebody."""
    asked = Demand(
        id=new_id(),
        origin=DemandOrigin.PLAN_ITEM,
        employee_id=employee_id,
        competency="PELAYANAN_PUBLIK",
        cycle=2026,
        form=8,
        need_ids=(new_id(),),
    )
    asked = replace(asked, **changes)
    async with database.transaction() as session:
        await commands.open_demands(session, [asked])
    return asked


async def nominate(database: Database, class_id: UUID, *employee_ids: UUID) -> list[Nomination]:
    """Have people proposed for a class by a superior that they get for it."""
    [superior] = await people(database, "Atasan")
    async with database.transaction() as session:
        await session.execute(
            update(DirectoryEmployee).where(DirectoryEmployee.id.in_(employee_ids)).values(superior_id=superior)
        )
        actor = Actor(id=superior, kind="ACCOUNT", roles=frozenset(), employee_id=superior)
        lines = [Newcomer(employee_id=each) for each in employee_ids]
        return await commands.nominate(session, actor, class_id, lines, "Diperlukan di loket")


async def attend(database: Database, class_id: UUID, session_number: int, present: dict[UUID, bool]) -> None:
    """Record who was present, by enrolment id."""
    async with database.transaction() as session:
        await commands.record_attendance(session, ORGANISER, class_id, session_number, list(present.items()), LAST_DAY)


async def score(database: Database, class_id: UUID, scores: dict[UUID, tuple[int | None, int | None]]) -> None:
    """Record pre and post test of 100, by enrolment id."""
    measured = [
        (enrolment_id, Scores(pre_score=pre, post_score=post, max_score=100))
        for enrolment_id, (pre, post) in scores.items()
    ]
    async with database.transaction() as session:
        await commands.record_scores(session, ORGANISER, class_id, measured)


async def close(database: Database, class_id: UUID, today: date = LAST_DAY) -> list[Enrolment]:
    async with database.transaction() as session:
        return await commands.close_class(session, ORGANISER, class_id, today)
