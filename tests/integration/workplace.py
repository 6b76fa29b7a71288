"""People at work as evaluation hears of them: an office with superior, colleagues and subordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.evaluation.app import SERVICE
from services.evaluation.tables import FormRow, ReviewRow
from shared import clock
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.employees import Acting, EmployeeRecorded
from shared.events.mentoring import MentoringCompleted
from shared.ids import new_id
from shared.timers import run_due
from tests.integration.house import House
from tests.integration.participants import consumer_of
from tests.records import record_of

ITEMS = ("USES_AT_WORK", "WORKS_ALONE", "QUALITY", "SHARES", "IMPROVES")
UNIT = UUID(int=2)
POSITION = UUID(int=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One person of the office; each call of recorded makes a newer record."""

    superior_id: UUID | None = None
    legal_status: str = "01"
    heads_unit_ids: tuple[UUID, ...] = ()
    acting: tuple[Acting, ...] = ()
    unit_id: UUID = UNIT
    position_id: UUID = POSITION
    id: UUID = field(default_factory=new_id)

    def recorded(self) -> Record:
        event = EmployeeRecorded(
            employee_id=self.id,
            name="Contoh Rekaan",
            employee_number="199001012015011000",
            employment_type="PNS",
            legal_status=self.legal_status,
            unit_id=self.unit_id,
            position_id=self.position_id,
            superior_id=self.superior_id,
            heads_unit_ids=self.heads_unit_ids,
            acting=self.acting,
            valid_from=date(2020, 1, 1),
        )
        return record_of(event)

    def away(self, legal_status: str = "02") -> "Worker":
        return replace(self, legal_status=legal_status)

    def under(self, superior: "Worker") -> "Worker":
        return replace(self, superior_id=superior.id)


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody with a superior, three peers and three subordinates."""

    superior: Worker
    person: Worker
    peers: tuple[Worker, ...]
    subordinates: tuple[Worker, ...]

    @property
    def others(self) -> tuple[Worker, ...]:
        return self.peers + self.subordinates

    def recorded(self) -> list[Record]:
        return [worker.recorded() for worker in (self.superior, self.person, *self.others)]


def office(others: int = 3) -> Office:
    superior = Worker(heads_unit_ids=(UNIT,))
    person = Worker(superior_id=superior.id)
    peers = tuple(Worker(superior_id=superior.id) for _ in range(others))
    return Office(superior, person, peers, tuple(Worker(superior_id=person.id) for _ in range(others)))


def mentored(
    employee_id: UUID, end_date: date, *, follow_up_id: UUID | None = None, need_id: UUID | None = None, form: int = 15
) -> Record:
    """A mentoring (or coaching) in the competency that participants have, as mentoring tells of its end."""
    event = MentoringCompleted(
        pair_id=new_id(),
        request_id=new_id(),
        mentor_id=new_id(),
        employee_id=employee_id,
        competency="PELAYANAN_PUBLIK",
        form=form,
        start_date=end_date - timedelta(days=90),
        end_date=end_date,
        sessions=6,
        attainment=80,
        follow_up_id=follow_up_id,
        need_ids=(need_id,) if need_id else (),
    )
    return record_of(event)


async def today(database: Database) -> date:
    async with database.session() as session:
        return await clock.today(session)


async def move_clock(database: Database, days: int) -> None:
    """Let days pass, and do what falls due by then."""
    async with database.transaction() as session:
        await clock.advance(session, timedelta(days=days), simulation=True)
    await run_due(database, SERVICE.timers)


async def take(database: Database, *records: Record) -> None:
    """Take a batch, and do what is due."""
    await consumer_of(database).take(records)
    await run_due(database, SERVICE.timers)


async def reviews(database: Database) -> Sequence[ReviewRow]:
    async with database.session() as session:
        return (await session.scalars(select(ReviewRow).order_by(ReviewRow.due_date, ReviewRow.activity_id))).all()


async def forms(database: Database, *, review_id: UUID | None = None, status: str | None = "OPEN") -> Sequence[FormRow]:
    async with database.session() as session:
        statement = select(FormRow).order_by(FormRow.role, FormRow.id)
        if review_id is not None:
            statement = statement.where(FormRow.review_id == review_id)
        if status is not None:
            statement = statement.where(FormRow.status == status)
        return (await session.scalars(statement)).all()


def line(form: FormRow, score: int = 3, level: int = 3, cause: str | None = None) -> dict[str, Any]:
    """One form about behaviour filled in alike throughout."""
    return {"form_id": str(form.id), "scores": dict.fromkeys(ITEMS, score), "level": level, "cause": cause}


async def send(client: httpx.AsyncClient, *lines: Mapping[str, Any]) -> httpx.Response:
    return await client.post("/evaluation/answers", json={"answers": list(lines)})


async def answer_as(house: House, form: FormRow, **filled: Any) -> httpx.Response:
    """Let the respondent of a form about behaviour answer it."""
    client = await house.person(employee_id=form.respondent_id)
    return await send(client, line(form, **filled))
