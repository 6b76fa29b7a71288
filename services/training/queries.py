"""Reads of training. Everybody signed in sees programmes and classes; who sits in them, only some see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import CollectionAggregate, ColumnElement, Row, Select, Uuid, any_, false, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.training.domain import Enrolment, Presence, Program, TrainingClass
from services.training.tables import AttendanceRow, ClassRow, EnrolmentRow, ProgramRow
from shared.directory import DirectoryEmployee
from shared.errors import NotFound
from shared.identity.actor import Actor, Role

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SEES_PARTICIPANTS = frozenset({Role.ORGANISER, Role.FACILITATOR, Role.ANALYST, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of a list, newest first: what was created before the thing with this id."""

    before: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedClass:
    """A class with what a list of classes shows beside it."""

    training_class: TrainingClass
    program_title: str
    seats_taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An enrolment with the person's name (none once the directory has forgotten the person) and attendance."""

    enrolment: Enrolment
    name: str | None
    presence: Presence


async def programs(session: AsyncSession, _: Actor, page: Page) -> list[Program]:
    """The catalogue."""
    rows = await session.scalars(_page(select(ProgramRow), ProgramRow.id, page))
    return [row.to_domain() for row in rows]


async def program(session: AsyncSession, _: Actor, program_id: UUID) -> Program:
    """One programme."""
    return _found(await session.get(ProgramRow, program_id), "Program").to_domain()


async def program_for_update(session: AsyncSession, _: Actor, program_id: UUID) -> ProgramRow:
    """One programme, locked, so that the order of its events is the order of its changes."""
    return _found(await session.get(ProgramRow, program_id, with_for_update=True), "Program")


async def classes(session: AsyncSession, _: Actor, page: Page, *, program_id: UUID | None = None) -> list[ListedClass]:
    """Classes of all programmes, or of one."""
    of_program = ClassRow.program_id == program_id if program_id else true()
    rows = await session.execute(_page(_listed_classes().where(of_program), ClassRow.id, page))
    return [_listed(row) for row in rows]


async def training_class(session: AsyncSession, _: Actor, class_id: UUID) -> ListedClass:
    """One class."""
    row = (await session.execute(_listed_classes().where(ClassRow.id == class_id))).one_or_none()
    return _listed(_found(row, "Kelas"))


async def class_for_update(session: AsyncSession, _: Actor, class_id: UUID) -> ClassRow:
    """One class, locked. Whatever changes a class or a seat in it takes this lock first, and needs no other."""
    return _found(await session.get(ClassRow, class_id, with_for_update=True), "Kelas")


async def enrolments_of(session: AsyncSession, training_class: ClassRow) -> dict[UUID, Enrolment]:
    """Every seat of a class that the caller holds the lock of, by id, in the order they were taken."""
    statement = select(EnrolmentRow).where(EnrolmentRow.class_id == training_class.id).order_by(EnrolmentRow.id)
    return {row.id: row.to_domain() for row in await session.scalars(statement)}


async def participants(session: AsyncSession, actor: Actor, class_id: UUID) -> list[Participant]:
    """The seats of a class that the actor may see, with names and attendance, in the order they were taken."""
    await training_class(session, actor, class_id)
    seat, person = EnrolmentRow, DirectoryEmployee
    statement = select(seat, person.name).outerjoin(person, person.id == seat.employee_id)
    seats = statement.where(seat.class_id == class_id, _visible_to(actor)).order_by(seat.id)
    rows = [(row.to_domain(), name) for row, name in await session.execute(seats)]
    attended = await presence(session, [enrolment.id for enrolment, _ in rows])
    return [Participant(enrolment=e, name=name, presence=attended.get(e.id, {})) for e, name in rows]


async def presence(session: AsyncSession, enrolment_ids: Collection[UUID]) -> dict[UUID, dict[int, bool]]:
    """Recorded attendance by enrolment and session number."""
    statement = select(AttendanceRow).where(AttendanceRow.enrolment_id == _any_of(enrolment_ids))
    found: dict[UUID, dict[int, bool]] = defaultdict(dict)
    for row in await session.scalars(statement.order_by(AttendanceRow.session_number)):
        found[row.enrolment_id][row.session_number] = row.present
    return found


async def known_employees(session: AsyncSession, employee_ids: Collection[UUID]) -> set[UUID]:
    """Those of the employees who stand in the directory."""
    statement = select(DirectoryEmployee.id).where(DirectoryEmployee.id == _any_of(employee_ids))
    return set(await session.scalars(statement))


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor.roles & SEES_PARTICIPANTS:
        return true()
    if actor.employee_id is not None:
        return EnrolmentRow.employee_id == actor.employee_id
    return false()


def _any_of(ids: Collection[UUID]) -> CollectionAggregate[bool]:
    # One array: the statement does not grow with the list, and the limit on parameters does not count.
    return any_(literal(list(ids), ARRAY(Uuid)))


def _page(statement: Select[*Ts], key: InstrumentedAttribute[UUID], page: Page) -> Select[*Ts]:
    """Ids grow with time, so they are the order of creation and the mark where the next page goes on."""
    earlier = statement.where(key < page.before) if page.before else statement
    return earlier.order_by(key.desc()).limit(page.limit)


def _listed_classes() -> Select[ClassRow, str, int]:
    taken = select(func.count()).where(EnrolmentRow.class_id == ClassRow.id).scalar_subquery()
    return select(ClassRow, ProgramRow.title, taken).join(ProgramRow, ProgramRow.id == ClassRow.program_id)


def _listed(row: Row[ClassRow, str, int]) -> ListedClass:
    found, title, taken = row
    return ListedClass(training_class=found.to_domain(), program_title=title, seats_taken=taken)


def _found(row: T | None, what: str) -> T:
    if row is None:
        raise NotFound(f"{what} tidak ditemukan.")
    return row
