"""Each service's own copy of people, units and positions, filled from the two state topics."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BigInteger, Index, Uuid, any_, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared import metrics
from shared.db import KernelBase, insert_rows
from shared.delivery.consumer import Handlers
from shared.delivery.envelope import Received
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded


class DirectoryEmployee(KernelBase):
    """One person as the newest record says."""

    __tablename__ = "directory_employees"
    __table_args__ = (
        Index("ix_directory_employees_unit_id", "unit_id"),
        Index("ix_directory_employees_superior_id", "superior_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    employee_number: Mapped[str]
    email: Mapped[str | None]
    employment_type: Mapped[str]
    legal_status: Mapped[str]
    unit_id: Mapped[UUID]
    position_id: Mapped[UUID]
    superior_id: Mapped[UUID | None]
    heads_unit_ids: Mapped[list[str]] = mapped_column(JSONB)
    acting: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    valid_from: Mapped[date]
    sequence: Mapped[int] = mapped_column(BigInteger)


class DirectoryUnit(KernelBase):
    """One work unit as the newest record says."""

    __tablename__ = "directory_units"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[UUID | None]
    unit_type: Mapped[str | None]
    sequence: Mapped[int] = mapped_column(BigInteger)


class DirectoryPosition(KernelBase):
    """One position with the levels its standard asks."""

    __tablename__ = "directory_positions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    job_kind: Mapped[str]
    position_class: Mapped[str]
    standard_levels: Mapped[dict[str, int]] = mapped_column(JSONB)
    sequence: Mapped[int] = mapped_column(BigInteger)


class DirectoryRemoval(KernelBase):
    """A subject that was removed, so that an older record that arrives late does not bring it back."""

    __tablename__ = "directory_removals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson:
    """A person as pages name them; unit and position are None while their records have not arrived."""

    id: UUID
    name: str
    employee_number: str
    unit: str | None
    position: str | None


Directory = type[DirectoryEmployee] | type[DirectoryUnit] | type[DirectoryPosition]

REMOVED = text(
    "SELECT r.id FROM directory_removals r JOIN unnest(CAST(:ids AS uuid[]), CAST(:sequences AS bigint[]))"
    " AS e(id, sequence) ON r.id = e.id WHERE r.sequence >= e.sequence"
)
REMEMBER = text(
    "INSERT INTO directory_removals (id, sequence)"
    " SELECT id, sequence FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS bigint[])) AS e(id, sequence)"
    " ON CONFLICT (id) DO UPDATE SET sequence = greatest(directory_removals.sequence, excluded.sequence)"
)


async def on_employee_recorded(session: AsyncSession, events: list[Received[EmployeeRecorded]]) -> None:
    """Take over the newest state of each person; a tombstone removes the person."""
    await _apply(session, DirectoryEmployee, events, "employee_id")


async def on_unit_recorded(session: AsyncSession, events: list[Received[UnitRecorded]]) -> None:
    """Take over the newest state of each unit."""
    await _apply(session, DirectoryUnit, events, "unit_id")


async def on_position_recorded(session: AsyncSession, events: list[Received[PositionRecorded]]) -> None:
    """Take over the newest state of each position."""
    await _apply(session, DirectoryPosition, events, "position_id")


DIRECTORY_HANDLERS: Handlers = {
    EmployeeRecorded: on_employee_recorded,
    UnitRecorded: on_unit_recorded,
    PositionRecorded: on_position_recorded,
}


async def named_people(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, NamedPerson]:
    """How to name these people, as far as the directory knows them; whoever asks has decided that they may be named."""
    person, unit, position = DirectoryEmployee, DirectoryUnit, DirectoryPosition
    statement = (
        select(person.id, person.name, person.employee_number, unit.name, position.title)
        .outerjoin(unit, unit.id == person.unit_id)
        .outerjoin(position, position.id == person.position_id)
        .where(person.id == any_(literal(sorted(set(ids)), ARRAY(Uuid))))
    )
    return {
        person_id: NamedPerson(id=person_id, name=name, employee_number=number, unit=unit_name, position=title)
        for person_id, name, number, unit_name, title in await session.execute(statement)
    }


async def _apply(session: AsyncSession, table: Directory, events: list[Received[Any]], subject_field: str) -> None:
    gone = [event for event in events if event.payload is None]
    if gone:
        await _remove(session, table, gone)
    present = [event for event in events if event.payload is not None]
    if not present:
        return
    ids = {"ids": [e.subject for e in present], "sequences": [e.sequence for e in present]}
    removed = set((await session.execute(REMOVED, ids)).scalars())
    rows = [_row(event.data, event, subject_field) for event in present if event.subject not in removed]
    name, columns = table.__tablename__, [c.name for c in table.__table__.columns if c.name != "id"]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    newer = f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE {name}.sequence < excluded.sequence"
    # Ascending ids: two workers that hold the same people never wait for each other in a circle.
    taken = await insert_rows(session, table, sorted(rows, key=lambda row: row["id"].int), newer)
    metrics.OLDER.labels(session.info["origin"].service).inc(len(present) - taken)


async def _remove(session: AsyncSession, table: Directory, gone: list[Received[Event]]) -> None:
    ids = {"ids": [event.subject for event in gone], "sequences": [event.sequence for event in gone]}
    await session.execute(REMEMBER, ids)
    await session.execute(
        text(
            f"DELETE FROM {table.__tablename__} d USING directory_removals r"  # noqa: S608 the table's own name
            " WHERE d.id = r.id AND d.sequence <= r.sequence AND d.id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"ids": ids["ids"]},
    )


def _row(data: Event, event: Received[Any], subject_field: str) -> dict[str, Any]:
    row = {name: getattr(data, name) for name in type(data).model_fields}
    row["id"] = row.pop(subject_field)
    row["sequence"] = event.sequence
    for name, value in data.model_dump(mode="json").items():
        if isinstance(value, list | dict):
            row[name] = orjson.dumps(value).decode()
    return row
