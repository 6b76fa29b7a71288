"""Reads of the catalogue and its classes. Everybody signed in sees them; who sits in them, only some see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import ClassStatus, Enrolment, EnrolmentStatus, Presence, Program, TrainingClass
from services.training.queries.people import SEES_PARTICIPANTS, visible_to
from services.training.tables import (
    AttendanceRow,
    CertificateRow,
    ClassRow,
    EnrolmentRow,
    ProgramRow,
    RevisionRequestRow,
    enrolment_of,
)
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor
from shared.lists import Page, among, page_of, require

T = TypeVar("T")


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
    certificate_number: str | None


async def programs(session: AsyncSession, _: Actor, page: Page) -> list[Program]:
    """The catalogue."""
    rows = await session.scalars(page_of(select(ProgramRow), ProgramRow.id, page))
    return [row.to_domain() for row in rows]


async def program(session: AsyncSession, _: Actor, program_id: UUID) -> Program:
    """One programme."""
    return require(await session.get(ProgramRow, program_id), "Program").to_domain()


async def programs_by_id(session: AsyncSession, _: Actor, program_ids: Collection[UUID]) -> dict[UUID, Program]:
    """Programmes by id, every one of them."""
    rows = await session.scalars(select(ProgramRow).where(among(ProgramRow.id, program_ids)))
    return _every(program_ids, {row.id: row.to_domain() for row in rows}, "Program")


async def program_for_update(session: AsyncSession, _: Actor, program_id: UUID) -> ProgramRow:
    """One programme, locked, so that the order of its events is the order of its changes."""
    return require(await session.get(ProgramRow, program_id, with_for_update=True), "Program")


async def classes(
    session: AsyncSession,
    _: Actor,
    page: Page,
    *,
    program_id: UUID | None = None,
    status: ClassStatus | None = None,
) -> list[ListedClass]:
    """Classes of all programmes, or of one; in any status, or in one."""
    of_program = ClassRow.program_id == program_id if program_id else true()
    in_status = ClassRow.status == status.value if status else true()
    rows = await session.execute(page_of(_listed_classes().where(of_program, in_status), ClassRow.id, page))
    return [listed_class(row) for row in rows]


def every_class(_: Actor) -> Select[*tuple[Any, ...]]:
    """Classes of all programmes, for listed_class."""
    return _listed_classes()


async def classes_by_id(session: AsyncSession, _: Actor, class_ids: Collection[UUID]) -> dict[UUID, ListedClass]:
    """Those of these classes that exist, by id."""
    rows = await session.execute(_listed_classes().where(among(ClassRow.id, class_ids)))
    return {found.training_class.id: found for found in map(listed_class, rows)}


async def training_class(session: AsyncSession, _: Actor, class_id: UUID) -> ListedClass:
    """One class."""
    row = (await session.execute(_listed_classes().where(ClassRow.id == class_id))).one_or_none()
    return listed_class(require(row, "Kelas"))


async def class_for_update(session: AsyncSession, _: Actor, class_id: UUID) -> ClassRow:
    """One class, locked. Whatever changes a class or a seat in it takes this lock first, and needs no other."""
    return require(await session.get(ClassRow, class_id, with_for_update=True), "Kelas")


async def classes_for_update(session: AsyncSession, class_ids: Collection[UUID]) -> dict[UUID, ClassRow]:
    """Classes by id, locked in one order, so that those who meet at them wait in a row."""
    statement = select(ClassRow).where(among(ClassRow.id, class_ids)).order_by(ClassRow.id).with_for_update()
    return {row.id: row for row in await session.scalars(statement)}


async def every_class_for_update(session: AsyncSession, _: Actor, class_ids: Collection[UUID]) -> dict[UUID, ClassRow]:
    """As class_for_update, of every one of these classes."""
    return _every(class_ids, await classes_for_update(session, class_ids), "Kelas")


async def enrolments_of(session: AsyncSession, *class_ids: UUID) -> dict[UUID, Enrolment]:
    """Every seat not given up of classes that the caller holds the locks of, by id, in the order they were taken."""
    seat = EnrolmentRow
    # As plain rows: commands write seats past the session, whose loaded rows would hide that from the next command.
    statement = select(*seat.__table__.c).where(among(seat.class_id, class_ids), _taken()).order_by(seat.id)
    return {row.id: enrolment_of(row) for row in await session.execute(statement)}


async def enrolment(session: AsyncSession, actor: Actor, enrolment_id: UUID) -> Enrolment:
    """The actor's own seat."""
    row = await session.get(EnrolmentRow, enrolment_id)
    mine = row if row and row.employee_id == actor.employee_id else None
    return enrolment_of(require(mine, "Tempat di kelas"))


async def enrolments(
    session: AsyncSession, actor: Actor, page: Page, *, employee_id: UUID | None = None
) -> list[Enrolment]:
    """Seats that the actor may see, of all or of one person, those given up too."""
    of_person = EnrolmentRow.employee_id == employee_id if employee_id else true()
    seen = visible_to(actor, EnrolmentRow.employee_id, SEES_PARTICIPANTS)
    rows = await session.scalars(page_of(select(EnrolmentRow).where(of_person, seen), EnrolmentRow.id, page))
    return [enrolment_of(row) for row in rows]


async def participants(session: AsyncSession, actor: Actor, class_id: UUID) -> list[Participant]:
    """The seats of a class that the actor may see, with names and attendance, in the order they were taken."""
    await training_class(session, actor, class_id)
    seat, person, certificate = EnrolmentRow, DirectoryEmployee, CertificateRow
    holds = (certificate.enrolment_id == seat.id) & certificate.revoked_on.is_(None)
    statement = select(seat, person.name, certificate.number).outerjoin(person, person.id == seat.employee_id)
    seen = visible_to(actor, seat.employee_id, SEES_PARTICIPANTS)
    seats = statement.outerjoin(certificate, holds).where(seat.class_id == class_id, _taken(), seen).order_by(seat.id)
    rows = [(enrolment_of(row), name, number) for row, name, number in await session.execute(seats)]
    attended = await presence(session, [enrolment.id for enrolment, _, _ in rows])
    return [
        Participant(enrolment=each, name=name, presence=attended.get(each.id, {}), certificate_number=number)
        for each, name, number in rows
    ]


async def presence(session: AsyncSession, enrolment_ids: Collection[UUID]) -> dict[UUID, dict[int, bool]]:
    """Recorded attendance by enrolment and session number."""
    row = AttendanceRow
    marks = select(row.enrolment_id, row.session_number, row.present).where(among(row.enrolment_id, enrolment_ids))
    found: dict[UUID, dict[int, bool]] = defaultdict(dict)
    for enrolment_id, number, present in await session.execute(marks.order_by(row.session_number)):
        found[enrolment_id][number] = present
    return found


async def revision_requests(session: AsyncSession, _: Actor, program_id: UUID) -> list[RevisionRequestRow]:
    """What evaluation asked of a programme, newest first."""
    asked = select(RevisionRequestRow).where(RevisionRequestRow.program_id == program_id)
    return list(await session.scalars(asked.order_by(RevisionRequestRow.requested_at.desc())))


def _listed_classes() -> Select[ClassRow, str, int]:
    taken = select(func.count()).where(EnrolmentRow.class_id == ClassRow.id, _taken()).scalar_subquery()
    return select(ClassRow, ProgramRow.title, taken).join(ProgramRow, ProgramRow.id == ClassRow.program_id)


def listed_class(row: Row[ClassRow, str, int]) -> ListedClass:
    """One row of every_class."""
    found, title, taken = row
    return ListedClass(training_class=found.to_domain(), program_title=title, seats_taken=taken)


def _every(ids: Collection[UUID], found: dict[UUID, T], what: str) -> dict[UUID, T]:
    for each in ids:
        require(found.get(each), what)
    return found


def _taken() -> ColumnElement[bool]:
    return EnrolmentRow.status != EnrolmentStatus.CANCELLED.value
