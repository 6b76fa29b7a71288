"""The work that every candidate does: a completed training comes in, one row is kept, a verdict goes out."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import TYPES as COLUMN_TYPES
from shared.db import Database
from shared.events.evaluation import EvaluationConcluded
from shared.events.training import TrainingCompleted
from shared.ids import new_id

AGENCY = "medan"
TOPIC = TrainingCompleted.topic
COMPETENCIES = ("PELAYANAN_PUBLIK", "PENGELOLAAN_ARSIP", "KOMUNIKASI", "ORIENTASI_HASIL", "PENGADAAN")
CLASS_SIZE = 30


class LoadBase(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = COLUMN_TYPES


class CompletionRow(LoadBase):
    """The domain row: what a service would keep of a completion."""

    __tablename__ = "completions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID]
    class_id: Mapped[UUID]
    program_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    learning_hours: Mapped[int]
    end_date: Mapped[date]


async def create_tables(database: Database) -> None:
    """Add the domain's table to a migrated database."""
    async with database.engine.begin() as connection:
        await connection.run_sync(LoadBase.metadata.create_all)


def completions(count: int) -> list[TrainingCompleted]:
    """Completions of many classes with made-up participants; the same ones in every run but for their ids."""
    chance = random.Random(11)
    programs = [new_id() for _ in range(40)]
    found: list[TrainingCompleted] = []
    while len(found) < count:
        start = date(2026, 1, 5) + timedelta(days=chance.randrange(200))
        same_class = {
            "class_id": new_id(),
            "program_id": chance.choice(programs),
            "competency": chance.choice(COMPETENCIES),
            "learning_hours": chance.randrange(8, 60),
            "pass_mark": 70,
            "start_date": start,
            "end_date": start + timedelta(days=chance.randrange(1, 10)),
        }
        found += [_completion(same_class, chance) for _ in range(CLASS_SIZE)]
    return found[:count]


def _completion(same_class: dict[str, object], chance: random.Random) -> TrainingCompleted:
    return TrainingCompleted.model_validate(
        {
            "enrolment_id": new_id(),
            "employee_id": new_id(),
            "attendance_percent": chance.randrange(80, 101),
            "need_ids": [new_id()],
            **same_class,
        }
    )


def row_of(event: TrainingCompleted) -> dict[str, object]:
    """The domain row of a completion."""
    return {
        "id": new_id(),
        "enrolment_id": event.enrolment_id,
        "class_id": event.class_id,
        "program_id": event.program_id,
        "employee_id": event.employee_id,
        "competency": event.competency,
        "learning_hours": event.learning_hours,
        "end_date": event.end_date,
    }


def verdict_on(event: TrainingCompleted) -> EvaluationConcluded:
    """The event that goes out for a completion."""
    return EvaluationConcluded(
        evaluation_id=new_id(),
        enrolment_id=event.enrolment_id,
        class_id=event.class_id,
        program_id=event.program_id,
        employee_id=event.employee_id,
        competency=event.competency,
        level=2,
        verdict="EFFECTIVE",
        figure=Decimal("84.00"),
        gain=Decimal("0.40"),
        rule="L2_PERSON",
        rule_version="2026-01-01",
    )


async def effects(database: Database) -> tuple[int, int, int]:
    """How many rows of each kind there are: inbox, domain, outbox."""
    async with database.session() as session:
        rows = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM completions),"
                " (SELECT count(*) FROM outbox WHERE published_at IS NULL)"
            )
        )
        inbox, domain, outbox = rows.one()
        return inbox, domain, outbox
