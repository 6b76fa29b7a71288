"""A stage for the tests of mentoring: people of two units, what they can, and who guides whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.mentoring.app import SERVICE
from services.mentoring.commands import matching, mentors, pairs, requests, sessions
from services.mentoring.commands.mentors import Offer
from services.mentoring.commands.pairs import SignedAgreement
from services.mentoring.commands.requests import Wish
from services.mentoring.commands.sessions import Told
from services.mentoring.domain.pairs import Agreement
from services.mentoring.domain.requests import Form
from services.mentoring.domain.sessions import Mode
from services.mentoring.tables import MentoringBase
from shared import clock
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.events.employees import EmployeeRecorded
from shared.events.evaluation import FollowUpConfirmed
from shared.events.needs import CompetencyAssessed, PlanItemApproved
from shared.events.reference import CompetencyRecorded, PositionRecorded, UnitRecorded
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from tests.records import Emitted, emitted, record_of

COMPETENCY = "PELAYANAN_PUBLIK"
UNIT, POSITION = UUID(int=2), UUID(int=3)
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A made-up employee; each method makes a new record about them."""

    id: UUID = field(default_factory=new_id)
    unit_id: UUID = UNIT
    position_id: UUID = POSITION
    superior_id: UUID | None = None
    appointed: str = "201501"
    legal_status: str = "01"

    def recorded(self, **changes: Any) -> Record:
        event = EmployeeRecorded(
            employee_id=self.id,
            name="Contoh Rekaan",
            employee_number=f"19900101{self.appointed}1000",
            employment_type="PNS",
            legal_status=self.legal_status,
            unit_id=self.unit_id,
            position_id=self.position_id,
            superior_id=self.superior_id,
            valid_from=LONG_AGO,
        )
        return record_of(event.model_copy(update=changes))

    def assessed(self, level: int, *, source: str = "CENTRE", on: date = date(2026, 1, 5)) -> Record:
        event = CompetencyAssessed(
            assessment_id=new_id(),
            employee_id=self.id,
            source=source,
            assessed_on=on,
            valid_until=None,
            levels={COMPETENCY: level},
        )
        return record_of(event)

    def planned(self, form: int = 15, *, current: int = 1, standard: int = 2) -> Record:
        need_id = new_id()
        event = PlanItemApproved(
            plan_item_id=new_id(),
            need_id=need_id,
            employee_id=self.id,
            competency=COMPETENCY,
            cycle=2026,
            form=form,
            standard_level=standard,
            current_level=current,
        )
        return record_of(event, correlation=need_id)

    def confirmed(
        self, follow_up_id: UUID, target: str = "MENTORING", guide_id: UUID | None = None, need: UUID | None = None
    ) -> Record:
        event = FollowUpConfirmed(
            follow_up_id=follow_up_id,
            employee_id=self.id,
            competency=COMPETENCY,
            cycle=2026,
            round=1,
            kind="COACHING",
            cause="NOT_APPLIED",
            target=target,
            guide_id=guide_id,
            due_date=date(2026, 4, 3),
            need_ids=(need,) if need else (),
        )
        return record_of(event, correlation=need)

    def actor(self, *roles: Role) -> Actor:
        return Actor(id=self.id, kind="ACCOUNT", roles=frozenset(roles), employee_id=self.id)


def reference() -> list[Record]:
    """The unit, the position and the competency that everybody has where nothing else is said."""
    unit = UnitRecorded(unit_id=UNIT, code="1.04", name="Dinas Contoh", unit_type="Dinas")
    position = PositionRecorded(
        position_id=POSITION,
        title="Perawat Terampil",
        job_kind="FUNCTIONAL",
        position_class="JF_TERAMPIL",
        standard_levels={COMPETENCY: 2},
    )
    competency = CompetencyRecorded(
        competency_id=UUID(int=43), code=COMPETENCY, title="Pelayanan Publik", kind="MANAGERIAL"
    )
    return [record_of(event) for event in (unit, position, competency)]


def analyst(number: int = 8) -> Actor:
    return Actor(id=UUID(int=number), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))


async def take(database: Database, *records: Record) -> Sequence[Emitted]:
    """Take one batch; returns what it made the service say."""
    before = len(await emitted(database))
    await Consumer(database, SERVICE.handlers, frozenset({"medan"})).take(records)
    return (await emitted(database))[before:]


async def rows(database: Database, table: type[MentoringBase]) -> Sequence[Any]:
    """Everything in a table, oldest first."""
    async with database.session() as session:
        return (await session.scalars(select(table).order_by(next(iter(table.__table__.primary_key))))).all()


async def today(database: Database) -> date:
    async with database.session() as session:
        return await clock.today(session)


async def move_clock(database: Database, by: timedelta) -> None:
    async with database.transaction() as session:
        await clock.advance(session, by, simulation=True)


async def enlist(database: Database, *people: Somebody, capacity: int = 3) -> None:
    offers = [Offer(employee_id=each.id, competencies=(COMPETENCY,), capacity=capacity) for each in people]
    async with database.transaction() as session:
        await mentors.enlist_mentors(session, analyst(), offers)


def agreement(start: date, *goals: str, months: int = 3) -> Agreement:
    end = date(start.year + (start.month + months - 1) // 12, (start.month + months - 1) % 12 + 1, min(start.day, 28))
    return Agreement(
        objective="Melayani warga tanpa bantuan", goals=goals or ("Antrean terurai",), start_date=start, end_date=end
    )


def body_of(of: Agreement) -> dict[str, Any]:
    """An agreement as the routes take it."""
    return {
        "objective": of.objective,
        "goals": list(of.goals),
        "start_date": of.start_date.isoformat(),
        "end_date": of.end_date.isoformat(),
    }


def meeting(pair_id: str, held_on: date, **more: Any) -> dict[str, Any]:
    """A meeting as the routes take it."""
    told = {"pair_id": pair_id, "held_on": held_on.isoformat(), "starts_at": "09:00", "minutes": 90}
    return {**told, "mode": "ONSITE", "topic": "Antrean", **more}


async def answered(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person with a record of each kind."""

    employee_id: UUID
    request_id: UUID
    pair_id: UUID


async def two_cases(database: Database) -> tuple[Case, Case]:
    """Two people of one unit: both are coached and have met their coach, wait for a mentor, and mentor themselves."""
    coach, mentor, ani, budi = [Somebody() for _ in range(4)]
    learned = [mentor.assessed(4), ani.assessed(1), budi.assessed(1)]
    await take(database, *reference(), *(each.recorded() for each in (coach, mentor, ani, budi)), *learned)
    await enlist(database, mentor, ani, budi)
    pair_ids = await _coached(database, coach, ani, budi)
    async with database.transaction() as session:
        wishes = [Wish(employee_id=each.id, competency=COMPETENCY) for each in (ani, budi)]
        asked = await requests.request_mentoring(session, analyst(), wishes)
        await matching.run_matching(session, analyst())
    first, second = (
        Case(employee_id=request.employee_id, request_id=request.id, pair_id=pair_ids[request.employee_id])
        for request in asked
    )
    return first, second


async def _coached(database: Database, coach: Somebody, *people: Somebody) -> Mapping[UUID, UUID]:
    day = await today(database)
    async with database.transaction() as session:
        wishes = [Wish(employee_id=each.id, competency="KERJA_SAMA", form=Form.COACHING) for each in people]
        asked = await requests.request_mentoring(session, analyst(), wishes)
        named = [matching.Naming(request_id=request.id, guide_id=coach.id) for request in asked]
        made = await matching.name_guides(session, analyst(), named)
        signed = [
            SignedAgreement(pair_id=pair.id, agreement=agreement(day - timedelta(days=3), months=1), evidence="F-1")
            for pair in made
        ]
        await pairs.start_pairs(session, analyst(), signed)
        told = [_told(pair.id, day - timedelta(days=1)) for pair in made]
        await sessions.log_sessions(session, coach.actor(), told)
    return {pair.employee_id: pair.id for pair in made}


def _told(pair_id: UUID, held_on: date) -> Told:
    return Told(
        pair_id=pair_id,
        held_on=held_on,
        starts_at=time(9),
        minutes=60,
        mode=Mode.ONSITE,
        topic="Antrean",
    )
